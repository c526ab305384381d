"""What the footers of Parquet files prove about their rows, without reading them.

A footer holds, for every column of every row group, how many values are null and the least and greatest of the others.
Where that says enough a rule needs no pass over the rows; where it says nothing, or too much, `pipeline.checks` asks
the rows themselves. What the rules are belongs to `pipeline.schemas.contracts`.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.contracts import Rule


def unproven_rules(promised: Sequence[Rule], paths: Iterable[Path]) -> list[Rule]:
    """Those rules that the footers of the files alone do not prove, in their order."""
    told = [rule for rule in promised if _is_told(rule)]
    for path in paths:
        told = list(_proven_rules(told, path))
    proven = set(told)
    return [rule for rule in promised if rule not in proven]


def _is_told(rule: Rule) -> bool:
    """Whether footers can speak of a rule at all: they are silent about values that are no numbers, and of lists."""
    if rule.name == "null":
        return rule.column.dtype != pl.Float64()
    return rule.name in ("minimum", "maximum") and _is_exact(rule.column)


def _is_exact(column: ColumnSpec) -> bool:
    return column.dtype == pl.Int64() or isinstance(column.dtype, pl.Decimal)


def _proven_rules(asked: Sequence[Rule], path: Path) -> Iterator[Rule]:
    if not asked:
        return
    with pq.ParquetFile(path) as file:
        places = {name: place for place, name in enumerate(file.schema_arrow.names)}
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    for rule in asked:
        told = [group.column(places[rule.column.name]) for group in groups]
        if all(_holds(rule, chunk.statistics, chunk.num_values) for chunk in told):
            yield rule


def _holds(rule: Rule, statistics: pq.Statistics | None, values: int) -> bool:
    """Whether the figures of one column chunk of so many values, nulls among them, prove the rule."""
    if statistics is None or not statistics.has_null_count:
        return False
    if rule.name == "null" or statistics.null_count == values:
        return rule.name != "null" or statistics.null_count == 0
    if not statistics.has_min_max:
        return False
    if rule.name == "minimum":
        return bool(statistics.min >= rule.column.minimum)
    return bool(statistics.max <= rule.column.maximum)
