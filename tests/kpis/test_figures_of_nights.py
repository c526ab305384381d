"""Figures of trade and buyers of finished nights, by shop, channel and store, are those of plain Python."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from judged_night import JudgedNight
from plain_figures import buyers, trade


@pytest.fixture(scope="module")
def night(judged: JudgedNight) -> tuple[Any, ...]:
    orders = [row for row in judged.rows("orders") if row["is_purchase"]]
    members = {row["customer_id"] for row in judged.rows("customer_attributes") if row["is_member"]}
    return judged.as_of, orders, members, judged.settings, list(judged.rows("kpi_summary"))


def told(rows: list[dict[str, Any]], column: str, keys: Any) -> dict[tuple[str, ...], Fraction | None]:
    found = {(row["period"], row["scope"], row["scope_value"], row["metric"]): row[column] for row in rows}
    return {key: None if found[key] is None else Fraction(found[key]) for key in keys}


@pytest.mark.parametrize(("column", "back"), [("kpi_value", False), ("previous_value", True)])
def test_trade_of_the_window(judged: JudgedNight, night: tuple[Any, ...], column: str, back: bool) -> None:
    as_of, orders, members, settings, rows = night
    until = as_of - timedelta(days=settings.kpis.compared_days if back else 0)
    expected = trade(orders, members, until, settings.kpis.window_days, settings)
    assert len({key[2] for key in expected}) >= (5 if judged.is_sample else 2), "several channels and stores"
    assert told(rows, column, expected) == expected


@pytest.mark.parametrize(("column", "back"), [("kpi_value", False), ("previous_value", True)])
def test_buyers(night: tuple[Any, ...], column: str, back: bool) -> None:
    as_of, orders, _, settings, rows = night
    until = as_of - timedelta(days=settings.kpis.compared_days if back else 0)
    expected = buyers(orders, until, settings)
    assert told(rows, column, expected) == expected


def test_every_change_of_a_share_is_told_in_points_and_relative(night: tuple[Any, ...]) -> None:
    *_, rows = night
    for row in rows:
        value, before = row["kpi_value"], row["previous_value"]
        is_compared = value is not None and before is not None
        assert (row["change_points"] is not None) is (is_compared and row["unit"] == "rate"), row
        assert (row["change_rate"] is not None) is bool(is_compared and before), row
