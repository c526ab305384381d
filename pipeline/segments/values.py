"""Kinds of values in a condition: what may be compared with what, and what arithmetic gives.

Reading a condition belongs to `pipeline.segments.conditions`.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import date
from enum import Enum

import polars as pl

from pipeline.schemas.columns import ColumnSpec

NUMBER_LITERAL = re.compile(r"\d{1,15}(\.\d{1,9})?")
MAX_SHIFT_DAYS = 36500


class Kind(Enum):
    """What a value is; the value of the member is how messages call it."""

    WHOLE = "a whole number"
    NUMBER = "a number"
    TEXT = "text"
    DATE = "a date"
    TRUTH = "a truth value"


NUMBERS = (Kind.WHOLE, Kind.NUMBER)


class Mismatch(Exception):  # noqa: N818 (never leaves the package: it becomes a SettingsError with its segment)
    """A part of a condition that cannot be obeyed."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what, self.remedy = what, remedy
        super().__init__(what)


@dataclass(frozen=True)
class Value:
    """A part of a condition: its kind and its SQL; `column` or `literal` where it is just that."""

    kind: Kind
    sql: str
    column: ColumnSpec | None = None
    literal: str | None = None


def from_column(column: ColumnSpec) -> Value:
    """A column of `customers`."""
    kinds: dict[pl.DataType, Kind] = {
        pl.String(): Kind.TEXT,
        pl.Int64(): Kind.WHOLE,
        pl.Date(): Kind.DATE,
        pl.Boolean(): Kind.TRUTH,
    }
    return Value(kinds.get(column.dtype, Kind.NUMBER), f'customers."{column.name}"', column=column)


def quoted_text(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"


def number_literal(text: str) -> Value:
    """A number of up to 15 digits and 9 places."""
    if not NUMBER_LITERAL.fullmatch(text):
        raise Mismatch("holds a number out of range", "Write up to 15 digits and 9 places, without exponent.")
    return Value(Kind.NUMBER if "." in text else Kind.WHOLE, text, literal=text)


def date_literal(text: str) -> Value:
    """A day written YYYY-MM-DD."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Mismatch("compares a date with text that is no date", "Write a day as '2025-01-31'.") from error
    return Value(Kind.DATE, f"cast('{day.isoformat()}' as date)")


def expected(value: Value, *kinds: Kind) -> Value:
    """The value, which must be of one of these kinds."""
    if value.kind not in kinds:
        raise Mismatch(
            f"has {value.kind.value} where {kinds[-1].value} belongs",
            "Compare it with something, such as order_count > 1." if kinds == (Kind.TRUTH,) else "Check the column.",
        )
    return value


def comparable(left: Value, right: Value) -> tuple[Value, Value]:
    """Both sides of a comparison, in one kind; text beside a date is read as a day."""
    if left.kind is Kind.DATE and right.literal is not None and right.kind is Kind.TEXT:
        right = date_literal(right.literal)
    elif right.kind is Kind.DATE and left.literal is not None and left.kind is Kind.TEXT:
        left = date_literal(left.literal)
    if left.kind is not right.kind and not {left.kind, right.kind} <= set(NUMBERS):
        raise Mismatch(f"compares {left.kind.value} with {right.kind.value}", "Compare values of one kind.")
    _check_choice(left, right)
    _check_choice(right, left)
    return left, right


def _check_choice(column: Value, literal: Value) -> None:
    """A column with a closed list of values is only compared with one of them."""
    if column.column is None or literal.literal is None or not column.column.allowed:
        return
    allowed = column.column.allowed
    if literal.literal not in allowed:
        near = difflib.get_close_matches(literal.literal, allowed, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]}?" if near else f"It is one of {', '.join(allowed)}."
        raise Mismatch(f"compares {column.column.name} with a value it never has", hint)


def shifted(sign: str, left: Value, right: Value) -> Value:
    """Sum or difference of numbers; a date moved by whole days; days between two dates."""
    if sign == "-" and left.kind is Kind.DATE and right.kind is Kind.DATE:
        return Value(Kind.WHOLE, f"date_diff('day', {right.sql}, {left.sql})")
    if left.kind is Kind.DATE:
        if right.kind is not Kind.WHOLE or right.literal is None or int(right.literal) > MAX_SHIFT_DAYS:
            raise Mismatch("moves a date by something else than days", "Write a whole number, as in as_of - 30.")
        return Value(Kind.DATE, f"({left.sql} {sign} {right.sql})")
    return Value(_widest(left, right), f"({left.sql} {sign} {right.sql})")


def multiplied(left: Value, right: Value) -> Value:
    """The product of two numbers."""
    return Value(_widest(left, right), f"({left.sql} * {right.sql})")


def divided(left: Value, right: Value) -> Value:
    """The quotient of two numbers; null where the divisor is 0, so that it never counts as large."""
    _widest(left, right)
    return Value(Kind.NUMBER, f"({left.sql} / nullif({right.sql}, 0))")


def _widest(left: Value, right: Value) -> Kind:
    expected(left, *NUMBERS)
    expected(right, *NUMBERS)
    return Kind.NUMBER if Kind.NUMBER in {left.kind, right.kind} else Kind.WHOLE
