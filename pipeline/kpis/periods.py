"""Which days the figures of a night look at, and which earlier days they are compared with."""

from datetime import date, timedelta

import polars as pl

from pipeline.kpi_settings import KpiSettings
from pipeline.membership.parameters import months_before

Period = tuple[str, bool, date, date, int | None]


def periods_frame(kpis: KpiSettings, as_of: date) -> pl.DataFrame:
    """One row per period, of tonight and before: first and last day.

    day: as_of, and the day so many days before. month: the month up to as_of, and the month before up to the same
    day of it (its last, where it is shorter). window: the last days, and those so many days before.
    """
    rows = [*_day(kpis, as_of), *_month(as_of), *_window(kpis, as_of)]
    schema = {
        "period": pl.String(),
        "is_now": pl.Boolean(),
        "from_on": pl.Date(),
        "until_on": pl.Date(),
        "window_days": pl.Int64(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _day(kpis: KpiSettings, as_of: date) -> list[Period]:
    before = as_of - timedelta(days=kpis.day_compared_days)
    return [("day", True, as_of, as_of, 1), ("day", False, before, before, 1)]


def _month(as_of: date) -> list[Period]:
    before = months_before(as_of, 1)
    return [
        ("month", True, as_of.replace(day=1), as_of, None),
        ("month", False, before.replace(day=1), before, None),
    ]


def _window(kpis: KpiSettings, as_of: date) -> list[Period]:
    days, before = timedelta(days=kpis.window_days - 1), as_of - timedelta(days=kpis.compared_days)
    return [
        ("window", True, as_of - days, as_of, kpis.window_days),
        ("window", False, before - days, before, kpis.window_days),
    ]
