"""Which days of the past are remembered on the coming days: birthdays by sun or moon, anniversaries.

Told from the coming days back to every year that people may be born or registered in, so that customers meet it by
an equal date and no birth date is ever computed with. Who they are does not belong here; see
sql/membership/care_dates.sql.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from pipeline.membership.lunar import month_length, to_lunar, to_solar
from pipeline.membership_settings import CareSettings

FIRST_YEAR = 1900
Kept = tuple[str, date, date]
"""Occasion, day that is remembered, coming day."""


def care_frame(care: CareSettings, as_of: date) -> pl.DataFrame:
    """One row per occasion, remembered day and coming day, from the day after as_of."""
    kept = [*_birthdays(care, as_of), *_anniversaries(care, as_of)]
    schema = {"occasion": pl.String(), "remembered_on": pl.Date(), "due_on": pl.Date()}
    return pl.DataFrame(kept, schema=schema, orient="row")


def _coming(as_of: date, days: int) -> list[date]:
    return [as_of + timedelta(days=ahead) for ahead in range(1, days + 1)]


def _birthdays(care: CareSettings, as_of: date) -> Iterator[Kept]:
    for due in _coming(as_of, care.birthday_days):
        if care.birthday_calendar == "solar":
            births = _solar_births(due, care, FIRST_YEAR)
        else:
            births = _lunar_births(due, as_written=care.birthday_calendar == "lunar_as_written")
        yield from (("birthday", born, due) for born in births if born <= as_of)


def _anniversaries(care: CareSettings, as_of: date) -> Iterator[Kept]:
    for due in _coming(as_of, care.anniversary_days):
        yield from (("anniversary", on, due) for on in _solar_births(due, care, FIRST_YEAR) if on.year < due.year)


def _solar_births(due: date, care: CareSettings, first_year: int) -> Iterator[date]:
    """Every day that is kept on `due`: the same month and day, and 29 February where its year has none."""
    years = range(first_year, due.year + 1)
    yield from (on for year in years if (on := _day(year, due.month, due.day)) is not None)
    leap = (2, 28) if care.leap_birthday == "feb_28" else (3, 1)
    if (due.month, due.day) == leap and _day(due.year, 2, 29) is None:
        yield from (on for year in years if (on := _day(year, 2, 29)) is not None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _lunar_births(due: date, *, as_written: bool) -> Iterator[date]:
    """Every birth date that is kept on the lunar day of `due`.

    A leap month has no birthdays of its own, for it returns only after years: who was born in one keeps the month
    of the same number. The 30th of a month that has 29 days tonight is kept on the 29th.
    """
    lunar = to_lunar(due)
    if lunar is None or lunar[3]:
        return
    year, month, day, _ = lunar
    days = [day, *([30] if day == 29 and month_length(year, month) == 29 else [])]
    for born_in in range(FIRST_YEAR, due.year + 1):
        for kept in days:
            if as_written:
                found = [_day(born_in, month, kept)]
            else:
                found = [to_solar(born_in, month, kept, is_leap=is_leap) for is_leap in (False, True)]
            yield from (on for on in found if on is not None)
