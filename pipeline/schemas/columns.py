"""Every column of every table, described once: one name has one type and one meaning everywhere.

Suffixes: `_id` and `_key` identify, `_at` is a timestamp without zone in the retailer's zone, `_on` a local
date, `_days` a number of days, `_amount` money in the retailer's currency unless the text says otherwise,
`_rate` a share 0..1, `_count` a whole number, `is_` a truth value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

TEXT = pl.String()
WHOLE = pl.Int64()
TRUTH = pl.Boolean()
DATE = pl.Date()
MOMENT = pl.Datetime("us")
MONEY = pl.Decimal(18, 2)
FINE = pl.Decimal(18, 4)
RATIO = pl.Float64()


@dataclass(frozen=True)
class ColumnSpec:
    """One column: its type, what it means, and what its values may be."""

    name: str
    dtype: pl.DataType
    description: str
    allowed: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


_REGISTRY: dict[str, ColumnSpec] = {}
COLUMNS: Mapping[str, ColumnSpec] = MappingProxyType(_REGISTRY)


def define(dtype: pl.DataType, /, **descriptions: str) -> None:
    """Enter columns of one type; a second meaning for a name is refused."""
    for name, description in descriptions.items():
        define_one(ColumnSpec(name, dtype, description))


def define_one(spec: ColumnSpec) -> None:
    """Enter one column with its rules; a second meaning for a name is refused."""
    if _REGISTRY.setdefault(spec.name, spec) != spec:
        raise ValueError(f"column {spec.name} already has another meaning")


def define_enum(name: str, description: str, *allowed: str) -> None:
    """Enter a text column whose values come from a closed list."""
    define_one(ColumnSpec(name, TEXT, description, allowed=allowed))


def define_count(**descriptions: str) -> None:
    """Enter whole numbers that are never negative."""
    for name, description in descriptions.items():
        define_one(ColumnSpec(name, WHOLE, description, minimum=0))
