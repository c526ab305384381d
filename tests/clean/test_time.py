"""Moments and days as exports write them (R11)."""

# ruff: noqa: DTZ001 (local time without a zone is what the tables hold)

from datetime import date, datetime

import polars as pl
import pytest

from pipeline.clean.time import days, in_zone, is_well_formed, moments


def read(text, order="ymd"):
    return moments(pl.Series([text], dtype=pl.String), order).at.item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026/9/1 14:05", datetime(2026, 9, 1, 14, 5)),
        ("2026-09-01 14:05:33", datetime(2026, 9, 1, 14, 5, 33)),
        ("2026-09-01 4:05", datetime(2026, 9, 1, 4, 5)),
        ("2026-09-01T14:05:33", datetime(2026, 9, 1, 14, 5, 33)),
        ("2026-09-01 14:05:33.250", datetime(2026, 9, 1, 14, 5, 33, 250000)),
        ("2026.9.1", datetime(2026, 9, 1)),
        ("20260901", datetime(2026, 9, 1)),
        ("20260901 14:05", datetime(2026, 9, 1, 14, 5)),
        ("20260901140533", datetime(2026, 9, 1, 14, 5, 33)),
        ("2026年9月1日", datetime(2026, 9, 1)),
        ("2026年9月1日 14:05", datetime(2026, 9, 1, 14, 5)),
        ("2026年9月1日14时05分", datetime(2026, 9, 1, 14, 5)),
        ("２０２６-09-01", datetime(2026, 9, 1)),
        ("2026-09-01 02:05 PM", datetime(2026, 9, 1, 14, 5)),
        ("46266", datetime(2026, 9, 1)),
        ("46266.586805556", datetime(2026, 9, 1, 14, 5)),
        ("Tue Sep 01 14:05:00 CST 2026", datetime(2026, 9, 1, 14, 5)),
        ("2026-02-30", None), ("2026-09-01 24:00:00", None), ("2026-09-01 23:59:60", None), ("01/02/2026", None),
        ("1989-12-31", None), ("2101-01-01", None), ("1899-12-31 10:00:00", None), ("yesterday", None), ("14:05", None),
        ("2026-9", None), ("1693548300", None), (None, None),
    ],
)  # fmt: skip
def test_year_first(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("1/2/2026", "dmy", datetime(2026, 2, 1)),
        ("1/2/2026", "mdy", datetime(2026, 1, 2)),
        ("13.02.2026 10:11", "dmy", datetime(2026, 2, 13, 10, 11)),
        ("13/2/2026", "mdy", None),
        ("07/26/18 13:38:38", "mdy", datetime(2018, 7, 26, 13, 38, 38)),
        ("2026-02-01", "mdy", datetime(2026, 2, 1)),
    ],
)
def test_day_or_month_first_only_where_declared(text, order, expected):
    assert read(text, order) == expected


@pytest.mark.parametrize(
    ("text", "source", "retailer", "expected"),
    [
        ("2024-05-01 09:58:12 +0000", "Asia/Shanghai", "Asia/Shanghai", datetime(2024, 5, 1, 17, 58, 12)),
        ("2024-05-01T09:58:12Z", "Europe/London", "Asia/Shanghai", datetime(2024, 5, 1, 17, 58, 12)),
        ("2024-05-01 09:58:12-0430", "UTC", "UTC", datetime(2024, 5, 1, 14, 28, 12)),
        ("2024-07-01 23:30:00", "Europe/London", "Asia/Shanghai", datetime(2024, 7, 2, 6, 30)),
        ("2024-03-31 01:30:00", "Europe/London", "Asia/Shanghai", datetime(2024, 3, 31, 9, 30)),  # a skipped hour
        ("2024-10-27 01:30:00", "Europe/London", "Asia/Shanghai", datetime(2024, 10, 27, 8, 30)),  # a double hour
        ("2024-07-01", "America/New_York", "Asia/Shanghai", datetime(2024, 7, 1)),  # a day is never shifted
    ],
)
def test_zones(text, source, retailer, expected):
    assert in_zone(moments(pl.Series([text])), source, retailer).item() == expected


def test_midnight_among_times_is_a_time():
    local = in_zone(moments(pl.Series(["2024-07-01 00:00", "2024-07-01 10:00"])), "Europe/London", "Asia/Shanghai")
    assert local.to_list() == [datetime(2024, 7, 1, 7), datetime(2024, 7, 1, 17)]


def test_days_drop_the_time():
    assert days(pl.Series(["2026/9/1 23:59", None, "x"])).to_list() == [date(2026, 9, 1), None, None]


@pytest.mark.parametrize(
    ("order", "text", "is_written_so"),
    [
        ("ymd", "2026-02-30", True),
        ("ymd", "2199-01-01 10:00", True),
        ("ymd", "20260230", True),
        ("ymd", "2026-02-30T10:00:00+08:00", True),
        ("ymd", "2026年2月30日", True),
        ("ymd", "99999", True),
        ("ymd", "soon", False),
        ("ymd", "1/2/2026", False),
        ("ymd", "2026-09-01 下午3:05", False),
        ("ymd", "2026-09-01 und 10", False),
        ("ymd", "12345678", False),  # any number
        ("mdy", "02/30/2026", True),
        ("mdy", "25/12/2026", False),  # the day stands first
        ("mdy", "25/12/26", False),
        ("dmy", "12/25/2026 10:00", False),  # the month stands first
        ("dmy", "31/02/2026", True),
        ("dmy", "2026-02-30", True),
        ("dmy", "2026-25-12", True),  # year first is understood everywhere, and has one order
    ],
)
def test_wrong_values_and_wrong_forms_are_told_apart(order, text, is_written_so):
    assert is_well_formed(pl.Series([text]), order).to_list() == [is_written_so]


@pytest.mark.parametrize("order", ["ymd", "dmy", "mdy"])
def test_what_is_read_is_written_as_the_format_says(order):
    texts = ["2026-09-01", "2026/9/1 14:05", "20260901", "2026年9月1日 14时05分", "2026-09-01T14:05:00Z", "46266.5"]
    values = pl.Series(texts)
    assert moments(values, order).at.null_count() == 0
    assert is_well_formed(values, order).all()


def test_people_are_born_before_tills_were() -> None:
    born = days(pl.Series(["1931-05-04", "1988/12/30", "1899-12-31", "2026-01-02"]))
    assert born.to_list() == [date(1931, 5, 4), date(1988, 12, 30), None, date(2026, 1, 2)]
