"""The contract of a table as something that can be checked: the rules that follow from its TableSpec.

`Violation` says what is broken in words and never holds a value. Frames that are in memory are checked here, by
pandera; tables of any size on disk by `pipeline.checks`, from the same rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import pandera.polars as pa
import polars as pl

from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.tables import TableSpec

RuleName = Literal[
    "missing", "unexpected", "order", "type", "null", "allowed", "minimum", "maximum", "finite", "unique"
]  # fmt: skip

WORDING: Mapping[RuleName, str] = {
    "missing": "the column is missing",
    "unexpected": "the column is not in the contract",
    "order": "the columns stand in another order than in the contract",
    "type": "the column has another type than in the contract",
    "null": "empty, but the column must be filled",
    "allowed": "not one of the allowed values",
    "minimum": "below the minimum",
    "maximum": "above the maximum",
    "finite": "not a finite number",
    "unique": "key shared with another row",
}
_NAMES_OF_PANDERA: Mapping[str, RuleName] = {"not_nullable": "null", "multiple_fields_uniqueness": "unique"}


@dataclass(frozen=True)
class Rule:
    """One promise about the values of one column."""

    column: ColumnSpec
    name: RuleName


@dataclass(frozen=True, order=True)
class Violation:
    """A broken promise: how many rows break it and, 1-based, the first that does (0 = the table as a whole)."""

    table: str
    column: str
    rule: RuleName
    count: int
    first_row: int

    def __str__(self) -> str:
        """For people: table, column, rule and place; no value."""
        place = f"{self.table}.{self.column}" if self.column else self.table
        if self.first_row == 0:
            return f"{place}: {WORDING[self.rule]}"
        rows = "1 row" if self.count == 1 else f"{self.count} rows"
        return f"{place}: {WORDING[self.rule]} in {rows}, first in row {self.first_row}"


def rules(spec: TableSpec) -> list[Rule]:
    """Every promise about single values, column by column; that the key is unique stands beside them."""
    return [Rule(column, name) for column in spec.columns for name in _rule_names(spec, column)]


def _rule_names(spec: TableSpec, column: ColumnSpec) -> Iterator[RuleName]:
    if column.name not in spec.nullable or column.name in spec.key:
        yield "null"
    if column.allowed:
        yield "allowed"
    if column.minimum is not None:
        yield "minimum"
    if column.maximum is not None:
        yield "maximum"
    if column.dtype == pl.Float64():
        yield "finite"


def pandera_schema(spec: TableSpec) -> pa.DataFrameSchema:
    """The contract as a pandera schema: exact columns in order, types, nulls, values and the unique key.

    Validate frames, not LazyFrames: on those pandera checks the types alone.
    """
    columns = {}
    for column in spec.columns:
        names = set(_rule_names(spec, column))
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


def schema_violations(spec: TableSpec, schema: pl.Schema) -> list[Violation]:
    """Columns that are missing, unexpected, of another type or in another order."""
    expected = spec.polars_schema
    found = [Violation(spec.name, name, "missing", 1, 0) for name in expected if name not in schema]
    found += [Violation(spec.name, name, "unexpected", 1, 0) for name in schema if name not in expected]
    found += [
        Violation(spec.name, name, "type", 1, 0)
        for name, dtype in schema.items()
        if name in expected and expected[name] != dtype
    ]
    if not found and list(schema) != list(expected):
        found.append(Violation(spec.name, "", "order", 1, 0))
    return found


def is_kept(spec: TableSpec, frame: pl.DataFrame) -> bool:
    """Whether a frame with the right columns keeps every rule and its key: one pass, without telling what is broken.

    Sound tables are the rule, and this proves them in a tenth of the time that pandera takes to prepare its answer.
    """
    key = pl.col(*spec.key) if len(spec.key) == 1 else pl.struct(spec.key)
    faults = [_fault(rule).any() for rule in rules(spec)]
    broken = frame.lazy().select(pl.any_horizontal(*faults, key.is_duplicated().any())).collect().item()
    return not broken


def _fault(rule: Rule) -> pl.Expr:
    """Whether a value breaks the rule; null where another rule speaks of nulls."""
    column, value = rule.column, pl.col(rule.column.name)
    match rule.name:
        case "null":
            return value.is_null() | value.is_nan() if column.dtype == pl.Float64() else value.is_null()
        case "allowed":
            return ~value.is_in(list(column.allowed))
        case "minimum":
            return value < column.minimum
        case "maximum":
            return value > column.maximum
        case "finite":
            return ~value.is_finite()


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
