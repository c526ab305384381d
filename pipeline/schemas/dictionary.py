"""docs/data-dictionary.md, written from the contracts: `python -m pipeline.schemas.dictionary PATH`.

Nothing is said here that the contracts do not say; a test compares the file with a fresh one.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.tables import LAYERS, TableSpec

LAYER_TEXTS = {
    "raw": "What the readers make of landing files: every accepted row of every file ever taken. Restricted.",
    "clean": "The rows that count tonight: one version of each, nothing after as_of. Restricted.",
    "identity": "Source profiles, the keys they share, and the persons they are joined into.",
    "facts": "The one ledger of trade, and what it says of each customer.",
    "scores": "What is computed for each customer: recency, frequency, money, response, stages.",
    "predictions": "What each customer will probably do, what that is worth, and what winning them cost.",
    "segments": "One row per customer with everything current, who is in which segment, and who moved.",
    "kpis": "Figures of the whole shop, by day, store, channel and month.",
    "night": "The night itself: which files were taken, that every row and cent is accounted for, and what ran.",
}
INTRODUCTION = """\
# Data dictionary

Written from the contracts in `pipeline/schemas` by `make docs`; do not edit.

**published** tables stand in `warehouse.duckdb`; the others only in the snapshot, in
`snapshots/<id>/<layer>/<table>.parquet`, because they hold personal data or are steps on the way. The views of the
warehouse are listed in [analyst-guide.md](analyst-guide.md), words in [glossary.md](glossary.md).

Suffixes: `_id` and `_key` identify, `_at` is a timestamp without zone in the retailer's zone, `_on` a local date,
`_days` a number of days, `_amount` money in the retailer's currency unless the text says otherwise, `_rate` a share
0..1, `_count` a whole number, `is_` a truth value. In the column *empty*, – means never.
"""
_TYPES: dict[pl.DataType, str] = {
    pl.String(): "text",
    pl.Int64(): "whole number",
    pl.Boolean(): "truth",
    pl.Date(): "date",
    pl.Datetime("us"): "timestamp",
    pl.Float64(): "double",
}


def dictionary() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *(line for layer in LAYERS for line in _layer_lines(layer))])


def _layer_lines(layer: str) -> Iterator[str]:
    specs = [spec for spec in TABLES.values() if spec.layer == layer]
    if specs:
        yield f"## {layer}\n\n{LAYER_TEXTS.get(layer, '')}\n"
    for spec in specs:
        yield from _table_lines(spec)


def _table_lines(spec: TableSpec) -> Iterator[str]:
    yield f"### {spec.name}{' (published)' if spec.published else ''}\n\n{spec.grain}\n"
    yield f"Key: {', '.join(f'`{name}`' for name in spec.key)}\n"
    twin = next((other for other in TABLES.values() if _same_columns(spec, other)), spec)
    if twin is not spec:
        yield f"Columns as in [{twin.name}](#{twin.name}).\n"
        return
    yield "| column | type | empty | meaning |\n| --- | --- | --- | --- |"
    yield from (_column_line(spec, column) for column in spec.columns)
    yield ""


def _same_columns(spec: TableSpec, other: TableSpec) -> bool:
    return spec.columns == other.columns and spec.nullable == other.nullable


def _column_line(spec: TableSpec, column: ColumnSpec) -> str:
    empty = "yes" if column.name in spec.nullable else "–"
    meaning = column.description.replace("|", "\\|")
    return f"| `{column.name}` | {_type_name(column)} | {empty} | {meaning}{_rules(column)} |"


def _type_name(column: ColumnSpec) -> str:
    if isinstance(column.dtype, pl.Decimal):
        return f"decimal({column.dtype.precision},{column.dtype.scale})"
    return _TYPES[column.dtype]


def _rules(column: ColumnSpec) -> str:
    parts = []
    if column.allowed:
        parts.append("one of " + ", ".join(f"`{value}`" for value in column.allowed))
    if column.minimum is not None:
        parts.append(f"≥ {column.minimum}")
    if column.maximum is not None:
        parts.append(f"≤ {column.maximum}")
    return f" *({'; '.join(parts)})*" if parts else ""


def main(arguments: Sequence[str]) -> None:
    """Write the page to the one path given."""
    (path,) = arguments
    Path(path).write_text(dictionary(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
