"""Who was won when, by which channel and for how much, against what the sample retailer truly did.

The truth knows the person behind every order, the pipeline only what the exports tell. So orders that nobody's name
stands on are left out on both sides, and beside the people whom identity found whole, at most as many new customers
may be told wrongly as there are people whom it did not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from judged_night import JudgedNight, night_of

from pipeline.workspace import Workspace

Order = tuple[datetime, str]
"""When, and its key."""


@pytest.fixture(scope="module")
def night(published_sample: Workspace) -> JudgedNight:
    return night_of(published_sample, is_sample=True)


@pytest.fixture(scope="module")
def persons(published_sample: Workspace) -> dict[str, str]:
    """order_key → the person who truly bought."""
    told = pl.read_csv(published_sample.root / "truth" / "order_persons.csv", infer_schema=False)
    return {f"{source}:{order_id}": person for source, order_id, person in told.iter_rows()}


def bought_by(night: JudgedNight, owner: Mapping[str, str] | None = None) -> dict[str, list[Order]]:
    """Purchases on which somebody's name stands, by person, else by customer."""
    found: dict[str, list[Order]] = defaultdict(list)
    for order in night.rows("orders", "order_key", "customer_id", "is_purchase", "ordered_at"):
        if order["is_purchase"] and order["customer_id"] is not None:
            who = order["customer_id"] if owner is None else owner[order["order_key"]]
            found[who].append((order["ordered_at"], order["order_key"]))
    return found


def channels(night: JudgedNight) -> dict[str, str]:
    return {order["order_key"]: order["channel"] for order in night.rows("orders", "order_key", "channel")}


def told_wrongly(one: Iterable[list[Order]], other: Iterable[list[Order]]) -> int:
    """How many persons and customers have no counterpart with exactly the same purchases."""
    ours, theirs = (Counter(frozenset(orders) for orders in side) for side in (one, other))
    return (ours - theirs).total() + (theirs - ours).total()


def test_whoever_was_found_whole_was_won_by_the_true_first_purchase(
    night: JudgedNight, persons: dict[str, str]
) -> None:
    truly = {frozenset(orders): min(orders) for orders in bought_by(night, persons).values()}
    found = bought_by(night)
    whole = {who: truly[frozenset(orders)] for who, orders in found.items() if frozenset(orders) in truly}
    assert len(whole) > 0.8 * len(found)
    by_key = channels(night)
    for won in night.rows("acquisitions"):
        if won["customer_id"] not in whole:
            continue
        ordered_at, order_key = whole[won["customer_id"]]
        assert won["first_order_key"] == order_key
        assert (won["first_purchase_on"], won["month_on"]) == (ordered_at.date(), ordered_at.date().replace(day=1))
        if won["attribution_rule"] == "order_channel":
            assert won["acquired_channel"] == by_key[order_key]


def test_new_customers_by_channel_and_month_are_the_true_ones_but_for_identity(
    night: JudgedNight, persons: dict[str, str]
) -> None:
    truly, found = bought_by(night, persons), bought_by(night)
    by_key = channels(night)

    def won(side: Mapping[str, list[Order]]) -> Counter[tuple[str, date]]:
        firsts = [min(orders) for orders in side.values()]
        return Counter((by_key[key], at.date().replace(day=1)) for at, key in firsts)

    told = Counter(
        (by_key[row["first_order_key"]], row["month_on"])
        for row in night.rows("acquisitions", "first_order_key", "month_on")
    )
    assert told == won(found)
    apart = (told - won(truly)).total() + (won(truly) - told).total()
    assert apart <= told_wrongly(truly.values(), found.values())
    assert apart < 0.15 * told.total()


def test_costs_are_what_was_truly_spent(night: JudgedNight, published_sample: Workspace) -> None:
    spent: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for row in _rows(published_sample.root / "landing" / "spend"):
        day = date.fromisoformat(row["spent_on"])
        spent[row["channel"], day.replace(day=1)] += Decimal(row["spend_amount"])
    new = Counter(
        (row["acquired_channel"], row["month_on"])
        for row in night.rows("acquisitions", "acquired_channel", "month_on", "is_new")
        if row["is_new"]
    )
    told = list(night.rows("acquisition_costs"))
    assert {(row["channel"], row["month_on"]): row["spend_amount"] for row in told if row["spend_amount"]} == spent
    for row in told:
        count = new[row["channel"], row["month_on"]]
        assert row["new_customer_count"] == count
        if row["cac_amount"] is not None:
            assert row["cac_amount"] == (row["spend_amount"] / count).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _rows(folder: Path) -> Iterable[dict[str, Any]]:
    for path in sorted(folder.glob("*.csv")):
        yield from pl.read_csv(path, infer_schema=False).iter_rows(named=True)
