"""The contract of a table as something that can be checked: the rules that follow from its TableSpec.

`Violation` says what is broken in words and never holds a value. Whether a frame in memory is sound is told here; what
is broken in it by pandera (`pipeline.schemas.frames`); tables of any size on disk are checked by `pipeline.checks`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

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
    return [Rule(column, name) for column in spec.columns for name in rule_names(spec, column)]


def rule_names(spec: TableSpec, column: ColumnSpec) -> Iterator[RuleName]:
    """The promises about the values of one column."""
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
    nothing = value.is_null() | value.is_nan() if column.dtype == pl.Float64() else value.is_null()
    faults: dict[RuleName, Callable[[], pl.Expr]] = {
        "null": lambda: nothing,
        "allowed": lambda: ~value.is_in(list(column.allowed)),
        "minimum": lambda: value < column.minimum,
        "maximum": lambda: value > column.maximum,
        "finite": lambda: ~value.is_finite(),
    }
    return faults[rule.name]()
