"""The sample retailer's figures of trade and buyers, by shop, channel and store, are those of plain Python."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from plain_figures import buyers, trade

from pipeline.settings import load_settings
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace


@pytest.fixture(scope="module")
def night(published_sample: Workspace) -> tuple[Any, ...]:
    snapshot = SnapshotStore(published_sample.snapshots).current()
    assert snapshot is not None
    orders = [row for row in snapshot.table("orders").read().iter_rows(named=True) if row["is_purchase"]]
    people = snapshot.table("customer_attributes").read()
    members = set(people.filter(people["is_member"])["customer_id"])
    rows = snapshot.table("kpi_summary").read().rows(named=True)
    return snapshot.as_of, orders, members, load_settings(published_sample.settings_file), rows


def told(rows: list[dict[str, Any]], column: str, keys: Any) -> dict[tuple[str, ...], Fraction | None]:
    found = {(row["period"], row["scope"], row["scope_value"], row["metric"]): row[column] for row in rows}
    return {key: None if found[key] is None else Fraction(found[key]) for key in keys}


@pytest.mark.parametrize(("column", "back"), [("kpi_value", False), ("previous_value", True)])
def test_trade_of_the_window(night: tuple[Any, ...], column: str, back: bool) -> None:
    as_of, orders, members, settings, rows = night
    until = as_of - timedelta(days=settings.kpis.compared_days if back else 0)
    expected = trade(orders, members, until, settings.kpis.window_days, settings)
    assert len({key[2] for key in expected}) >= 5, "several channels and stores"
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
