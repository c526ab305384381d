"""Kinds of values in a condition: what may be compared with what, and what arithmetic gives.

Reading a condition belongs to `pipeline.segments.conditions`.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

import polars as pl

from pipeline.schemas.columns import ColumnSpec

NUMBER_LITERAL = re.compile(r"\d{1,15}(\.\d{1,9})?")
MAX_SHIFT_DAYS = 36500
MAX_DIGITS = 38
"""What a decimal of the engine holds. Arithmetic that could need more is refused before anything is read."""
COUNT_DIGITS = 15
"""Counts and days have no more; so many digits of them fit into a decimal beside those of an amount."""


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
    """A part of a condition: its kind and its SQL; `column` or `literal` where it is just that.

    `digits` of a number are those before and behind the point, at most; None: it is a floating number.
    """

    kind: Kind
    sql: str
    column: ColumnSpec | None = None
    literal: str | None = None
    digits: tuple[int, int] | None = None

    @property
    def exact(self) -> str:
        """The number as a decimal as wide as there is: narrow ones overflow although their product would fit."""
        return f"cast({self.sql} as decimal({MAX_DIGITS}, {self.digits[1] if self.digits else 0}))"

    @property
    def floating(self) -> str:
        """The number as a floating one."""
        return f"cast({self.sql} as double)"


def from_column(column: ColumnSpec, table: str = "customers") -> Value:
    """A column of `table`."""
    kinds: dict[pl.DataType, Kind] = {
        pl.String(): Kind.TEXT,
        pl.Int64(): Kind.WHOLE,
        pl.Date(): Kind.DATE,
        pl.Boolean(): Kind.TRUTH,
    }
    kind = kinds.get(column.dtype, Kind.NUMBER)
    return Value(kind, f'{table}."{column.name}"', column=column, digits=_digits_of(column.dtype))


def _digits_of(dtype: pl.DataType) -> tuple[int, int] | None:
    if isinstance(dtype, pl.Decimal):
        return dtype.precision - dtype.scale, dtype.scale
    return (COUNT_DIGITS, 0) if dtype == pl.Int64() else None


def quoted_text(text: str) -> str:
    """A text literal."""
    return "'" + text.replace("'", "''") + "'"


def number_literal(text: str) -> Value:
    """A number of up to 15 digits and 9 places."""
    if not NUMBER_LITERAL.fullmatch(text):
        raise Mismatch("holds a number out of range", "Write up to 15 digits and 9 places, without exponent.")
    before, _, behind = text.partition(".")
    return Value(
        Kind.NUMBER if behind else Kind.WHOLE, text, literal=text, digits=(len(before.lstrip("0")), len(behind))
    )


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
    if left.digits and right.digits and sum(_widest_digits(left.digits, right.digits)) > MAX_DIGITS:
        return replace(left, sql=left.floating, digits=None), replace(right, sql=right.floating, digits=None)
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
        return Value(Kind.WHOLE, f"date_diff('day', {right.sql}, {left.sql})", digits=(COUNT_DIGITS, 0))
    if left.kind is Kind.DATE:
        if right.kind is not Kind.WHOLE or right.literal is None or int(right.literal) > MAX_SHIFT_DAYS:
            raise Mismatch("moves a date by something else than days", "Write a whole number, as in as_of - 30.")
        return Value(Kind.DATE, f"({left.sql} {sign} {right.sql})")
    kind = _widest(left, right)
    if left.digits is None or right.digits is None:
        return Value(kind, f"({left.floating} {sign} {right.floating})")
    before, behind = _widest_digits(left.digits, right.digits)
    return _exactly(kind, sign, left, right, (before + 1, behind))


def multiplied(left: Value, right: Value) -> Value:
    """The product of two numbers."""
    kind = _widest(left, right)
    if left.digits is None or right.digits is None:
        return Value(kind, f"({left.floating} * {right.floating})")
    return _exactly(kind, "*", left, right, (left.digits[0] + right.digits[0], left.digits[1] + right.digits[1]))


def _exactly(kind: Kind, sign: str, left: Value, right: Value, digits: tuple[int, int]) -> Value:
    if sum(digits) > MAX_DIGITS:
        raise Mismatch(
            f"computes with numbers of more than {MAX_DIGITS} digits together",
            "Use smaller numbers, or compare with a quotient instead of a product.",
        )
    return Value(kind, f"({left.exact} {sign} {right.exact})", digits=digits)


def _widest_digits(left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    return max(left[0], right[0]), max(left[1], right[1])


def common_digits(values: Iterable[Value]) -> tuple[int, int] | None:
    """Digits that hold every one of these numbers; None where one is floating, or they have too many."""
    widest = (0, 0)
    for value in values:
        if value.digits is None:
            return None
        widest = _widest_digits(widest, value.digits)
    return widest if sum(widest) <= MAX_DIGITS else None


def divided(left: Value, right: Value) -> Value:
    """The quotient of two numbers; null where the divisor is 0, so that it never counts as large."""
    _widest(left, right)
    return Value(Kind.NUMBER, f"({left.sql} / nullif({right.sql}, 0))")


def _widest(left: Value, right: Value) -> Kind:
    expected(left, *NUMBERS)
    expected(right, *NUMBERS)
    return Kind.NUMBER if Kind.NUMBER in {left.kind, right.kind} else Kind.WHOLE
