"""Contracts as pandera schemas, and what is broken in a frame in memory.

pandera takes a second to load and sound tables do not need it, so only who asks for faults imports this module.
"""

from collections.abc import Iterator, Mapping

import pandera.polars as pa
import polars as pl

from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.contracts import RuleName, Violation, rule_names, schema_violations
from pipeline.schemas.tables import TableSpec

_NAMES_OF_PANDERA: Mapping[str, RuleName] = {"not_nullable": "null", "multiple_fields_uniqueness": "unique"}


def pandera_schema(spec: TableSpec) -> pa.DataFrameSchema:
    """The contract as a pandera schema: exact columns in order, types, nulls, values and the unique key.

    Validate frames, not LazyFrames: on those pandera checks the types alone.
    """
    columns = {}
    for column in spec.columns:
        names = set(rule_names(spec, column))
        checks = [_pandera_check(column, name) for name in sorted(names - {"null"})]
        columns[column.name] = pa.Column(column.dtype, nullable="null" not in names, checks=checks)
    return pa.DataFrameSchema(columns, strict=True, ordered=True, unique=list(spec.key), name=spec.name)


def _pandera_check(column: ColumnSpec, name: RuleName) -> pa.Check:
    if name == "allowed":
        return pa.Check.isin(list(column.allowed), error=name)
    if name == "minimum":
        return pa.Check.ge(column.minimum, error=name)
    if name == "maximum":
        return pa.Check.le(column.maximum, error=name)
    return pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_finite()), error=name)


def frame_violations(spec: TableSpec, frame: pl.DataFrame) -> list[Violation]:
    """What pandera finds in a frame; its failure cases hold values and stay here."""
    found = schema_violations(spec, frame.schema)
    if found:
        return found
    try:
        pandera_schema(spec).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        return sorted(_counted(spec, error.failure_cases))
    return []


def _counted(spec: TableSpec, cases: pl.DataFrame) -> Iterator[Violation]:
    broken = (
        cases.with_columns(
            pl.when(pl.col("schema_context") == "Column").then("column").otherwise(pl.lit("")).alias("column"),
            pl.col("check").replace(_NAMES_OF_PANDERA),
        )
        .group_by("column", "check")
        .agg(pl.len().alias("count"), pl.col("index").min())
    )
    for column, rule, count, index in broken.iter_rows():
        yield Violation(spec.name, column, rule, count, index + 1)
