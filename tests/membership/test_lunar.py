"""Lunar days against days that everybody knows: New Year, the Mid-Autumn festival, leap months."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.membership.lunar import FIRST_DAY, month_length, to_lunar, to_solar

LAST_DAY = date(2100, 2, 8)
KNOWN = [
    ("New Year 1900", (1900, 1, 1, False), date(1900, 1, 31)),
    ("New Year 1950", (1950, 1, 1, False), date(1950, 2, 17)),
    ("New Year 1985, late", (1985, 1, 1, False), date(1985, 2, 20)),
    ("New Year 2000", (2000, 1, 1, False), date(2000, 2, 5)),
    ("Mid-Autumn 2020, on the national day", (2020, 8, 15, False), date(2020, 10, 1)),
    ("Mid-Autumn 2023", (2023, 8, 15, False), date(2023, 9, 29)),
    ("New Year 2024", (2024, 1, 1, False), date(2024, 2, 10)),
    ("New Year 2025", (2025, 1, 1, False), date(2025, 1, 29)),
    ("Dragon boat 2025", (2025, 5, 5, False), date(2025, 5, 31)),
    ("first day of the leap June of 2025", (2025, 6, 1, True), date(2025, 7, 25)),
    ("New Year 2026", (2026, 1, 1, False), date(2026, 2, 17)),
    ("Mid-Autumn 2026", (2026, 8, 15, False), date(2026, 9, 25)),
    ("leap November of 2033", (2033, 11, 1, True), date(2033, 12, 22)),
    ("the last known day", (2099, 12, 30, False), LAST_DAY),
]


@pytest.mark.parametrize(("why", "lunar", "solar"), KNOWN, ids=[row[0] for row in KNOWN])
def test_known_days(why: str, lunar: tuple[int, int, int, bool], solar: date) -> None:
    year, month, day, is_leap = lunar
    assert to_solar(year, month, day, is_leap=is_leap) == solar, why
    assert to_lunar(solar) == lunar, why


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_there_and_back(on: date) -> None:
    lunar = to_lunar(on)
    assert lunar is not None
    year, month, day, is_leap = lunar
    assert to_solar(year, month, day, is_leap=is_leap) == on
    assert day <= month_length(year, month, is_leap=is_leap) <= 30


@pytest.mark.parametrize("lunar", [(2024, 1, 30), (2024, 13, 1), (1899, 1, 1), (2024, 1, 0)])
def test_days_that_do_not_exist(lunar: tuple[int, int, int]) -> None:
    assert to_solar(*lunar) is None


def test_outside_of_the_table() -> None:
    assert to_lunar(FIRST_DAY - timedelta(days=1)) is None
    assert to_lunar(LAST_DAY + timedelta(days=1)) is None
    assert to_solar(2024, 5, 1, is_leap=True) is None
