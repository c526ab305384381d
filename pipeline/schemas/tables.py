"""The registry of tables: what a table is called, what one row of it is, which columns it has.

One table = one asset = one Parquet dataset = one contract = one table of the warehouse, under one name.
The lists themselves stand in one module per layer; `TABLES` is filled by importing `pipeline.schemas.catalog`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import polars as pl

from pipeline.schemas.columns import COLUMNS, ColumnSpec

LAYERS = ("raw", "clean", "identity", "facts", "scores", "predictions", "segments", "kpis", "night")


@dataclass(frozen=True)
class TableSpec:
    """One table: `key` is unique and never null; columns outside `nullable` are never null."""

    name: str
    layer: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    nullable: frozenset[str]
    published: bool

    @property
    def polars_schema(self) -> pl.Schema:
        """Column names and types in the order of the file."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def names(self) -> list[str]:
        """Column names in the order of the file."""
        return [column.name for column in self.columns]

    def empty(self) -> pl.DataFrame:
        """The table with no rows, for a retailer who has no such source."""
        return self.polars_schema.to_frame()


_REGISTRY: dict[str, TableSpec] = {}
TABLES: Mapping[str, TableSpec] = MappingProxyType(_REGISTRY)


def define_table(name: str, layer: str, grain: str, *, key: str, columns: str, published: bool = False) -> TableSpec:
    """Enter a table. `key` and `columns` are names separated by blanks; a trailing `?` allows null.

    `value=tag_value` is a column `value` with the type and meaning entered as `tag_value`: for the few names of the
    public contract that mean different things in different tables.
    """
    if layer not in LAYERS or name in _REGISTRY:
        raise ValueError(f"table {name}: unknown layer or defined twice")
    words = [word.rstrip("?") for word in columns.split()]
    spec = TableSpec(
        name=name,
        layer=layer,
        grain=grain,
        key=tuple(key.split()),
        columns=tuple(_column(word) for word in words),
        nullable=frozenset(word[:-1].partition("=")[0] for word in columns.split() if word.endswith("?")),
        published=published,
    )
    missing = [part for part in spec.key if part not in spec.names]
    if missing:
        raise ValueError(f"table {name}: key columns {missing} are not among its columns")
    _REGISTRY[name] = spec
    return spec


def _column(word: str) -> ColumnSpec:
    name, _, meaning = word.partition("=")
    return replace(COLUMNS[meaning or name], name=name)
