"""Figures as people write them, and sentences in the language of the settings. No figure is worked out here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.labels import CHINESE, worded
from pipeline.kpis.words import change_in_words
from pipeline.reports import small_cells
from pipeline.reports.document import WITHHELD, Column, Figure, Hidden, Kind, Value
from pipeline.yaml_files import read_yaml

HERE = Path(__file__).parent
NOTHING, UNTOLD = "–", "*"
SYMBOLS: Mapping[str, str] = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "¥"}
PLACES: Mapping[Kind, int] = {"count": 0, "days": 0, "index": 0, "number": 2, "ratio": 1}
SIGNED_NOTHING = re.compile(r"[+-]0\.0(?!\d)")
CLOSED = ("lifecycle_stage", "rfm_class", "rfrc_class", "gender", "is_member")


@dataclass(frozen=True)
class Words:
    """The language of one report, and how exactly it tells of people. `texts` are sentences by key."""

    locale: str
    currency: str
    small_cell: int
    texts: Mapping[str, Mapping[str, str]]
    step: int = 1
    """People are counted in steps of so many; 1 is exact."""

    def __call__(self, key: str, **parts: Any) -> str:
        """A sentence; a key without one is a mistake."""
        return self.texts[key][self.locale].format(**parts)

    def name(self, family: str, value: str) -> str:
        """A closed value in words: from the lists' labels or the texts, else as it is, without underscores."""
        text = self.texts.get(f"{family}.{value}")
        if text is not None:
            return text[self.locale]
        if family in CLOSED and self.locale == CHINESE:
            return str(pl.DataFrame({family: [value]}).select(worded(family, self.locale)).item())
        return value.replace("_", " ")

    def day(self, on: date) -> str:
        """The weekday."""
        return self.texts["weekdays"][self.locale].split()[on.weekday()]

    def people(self, count: int) -> int | Hidden:
        """People of a group that is part of no told total."""
        shown = small_cells.alone(count, self.small_cell)
        return shown if isinstance(shown, Hidden) else small_cells.rounded(shown, self.step)

    def parts(self, counts: Sequence[int]) -> list[int | Hidden]:
        """People of groups that make up a whole."""
        shown = small_cells.told(counts, self.small_cell)
        return [each if isinstance(each, Hidden) else small_cells.rounded(each, self.step) for each in shown]

    def rate(self, part: int, whole: int) -> Decimal | None:
        """The share of a group in a whole, of the figures as they are told: it says no more than those do."""
        told_whole = small_cells.rounded(whole, self.step)
        return Decimal(small_cells.rounded(part, self.step)) / told_whole if told_whole else None

    def told(self, value: Value, kind: Kind = "text", *, signed: bool = False) -> str:
        """A figure as text."""
        if isinstance(value, Figure):
            return self.told(value.value, value.kind, signed=signed)
        if isinstance(value, Hidden):
            return UNTOLD if value is WITHHELD else f"<{self.small_cell}"
        if value is None:
            return NOTHING
        return str(value) if isinstance(value, str | date) else self._number(Decimal(str(value)), kind, signed=signed)

    def _number(self, number: Decimal, kind: Kind, *, signed: bool) -> str:
        if kind == "money":
            return self._money(number, "+" if signed and number else "")
        shown = _rounded(100 * number, 1) if kind == "rate" else _rounded(number, PLACES.get(kind, 0))
        sign = "+" if signed and shown else ""
        return f"{shown:{sign},}" + ("%" if kind == "rate" else "")

    def _money(self, number: Decimal, sign: str) -> str:
        symbol = SYMBOLS.get(self.currency, f"{self.currency} ")
        shown = _rounded(abs(number), 0 if number == 0 or abs(number) >= 100 else 2)
        return f"{'-' if number < 0 else sign}{symbol}{shown:,}"

    def short(self, amount: float) -> str:
        """A round amount for an axis: 60000 is ¥6万 or ¥60k."""
        number, symbol = Decimal(str(amount)), SYMBOLS.get(self.currency, "")
        steps = ((10**8, "亿"), (10**4, "万")) if self.locale == CHINESE else ((10**6, "M"), (10**3, "k"))
        for size, name in steps:
            if number >= size:
                return f"{symbol}{(number / size).normalize():f}{name}"
        return f"{symbol}{number.normalize():f}"

    def cell(self, value: Value, column: Column) -> str:
        """A figure as its column shows it."""
        return self.told(value, column.kind, signed=column.signed)

    def change(self, value: Any, previous: Any, *, is_rate: bool = False) -> str:
        """A change, relative, and of a share in percentage points too; a dash where one of the two is not known."""
        if value is None or previous is None:
            return NOTHING
        now, before = Decimal(str(value)), Decimal(str(previous))
        told = change_in_words(now, before, is_rate=is_rate, locale=self.locale).replace(" %", "%")
        return SIGNED_NOTHING.sub("0.0", told)


def _rounded(number: Decimal, places: int) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return abs(rounded) if rounded == 0 else rounded


def words_of(locale: str, currency: str, small_cell: int, step: int = 1) -> Words:
    """The words of a language: texts.yaml, stores.yaml and actions.yaml of this package."""
    return Words(locale, currency, small_cell, _texts(), step)


@lru_cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    texts: dict[str, Any] = {}
    for name in ("texts.yaml", "stores.yaml", "actions.yaml"):
        texts |= read_yaml(HERE / name)
    return texts
