"""What is known of a customer before a day: counted by hand, by the day of every event, and never after it."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from churn_shop import END, ChurnShop, simulated_orders

from pipeline.lake import Table
from pipeline.model_settings import PredictionSettings
from pipeline.predictions import slices

TONIGHT = END + timedelta(days=1)
HISTORY = [("old", 400, 10.0)]
"""Somebody who bought long ago, so that there is a history and with it slices."""


def orders_of(shop: ChurnShop, bought: list[tuple[str, int, float]], **more: Any) -> Table:
    """Orders of (customer, days before as_of, paid), numbered in this order."""
    rows = [
        (f"pos:{number}", who, END - timedelta(days=age), paid)
        for number, (who, age, paid) in enumerate([*bought, *HISTORY])
    ]
    told = pl.DataFrame(rows, schema=["order_key", "customer_id", "ordered_on", "paid_amount"], orient="row")
    return shop.orders(told.with_columns(pl.lit(value).alias(name) for name, value in more.items()))


def row(features: Table, customer: str = "ann", cutoff_on: date = TONIGHT) -> dict[str, Any]:
    return features.read().row(
        by_predicate=(pl.col("customer_id") == customer) & (pl.col("cutoff_on") == cutoff_on), named=True
    )


def refund(
    number: int, age: int | None, amount: float, customer: str = "ann", is_netted: bool = True
) -> dict[str, Any]:
    on = None if age is None else END - timedelta(days=age)
    return {
        "order_key": f"pos:{number}", "refund_id": f"r{number}-{age}", "customer_id": customer, "refunded_on": on,
        "refund_amount": amount, "is_netted": is_netted, "refund_origin": "refund_file",
    }  # fmt: skip


def test_rhythm_and_money_by_hand(churn_shop: Callable[..., ChurnShop]) -> None:
    """Ann bought 100, 60, 60 (twice) and 10 days ago: three gaps of 40, 0 and 50 days make two."""
    shop = churn_shop()
    found = row(shop.features(orders_of(shop, [("ann", 100, 10), ("ann", 60, 20), ("ann", 60, 5), ("ann", 10, 40)])))
    expected = {
        "repeat_count": 2, "span_days": 90, "known_days": 100, "since_last_days": 10, "last_gap_days": 50,
        "longest_gap_days": 50, "gap_deviation_days": 5.0, "gap_trend_rate": 1.111111, "purchase_count": 4,
        "purchases_30d_count": 1, "purchases_90d_count": 3, "purchases_180d_count": 4, "season_purchase_count": 0,
        "bought_amount": Decimal("75.00"), "bought_90d_amount": Decimal("65.00"),
        "last_bought_amount": Decimal("40.00"), "largest_bought_amount": Decimal("40.00"), "lines_per_purchase": 1.0,
        "channel_count": 1, "return_count": 0, "next_purchase_count": None, "is_scored": True,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert found["log_gap_sum"] == pytest.approx(7.600902, abs=1e-6)


def test_the_outcome_is_what_came_in_the_horizon(churn_shop: Callable[..., ChurnShop]) -> None:
    """Seen 90 days before tonight: one purchase before, one on the first day after, none of it known before."""
    shop = churn_shop()
    features = shop.features(orders_of(shop, [("ann", 200, 10), ("ann", 89, 20), ("ann", 0, 5)]))
    found = row(features, cutoff_on=TONIGHT - timedelta(days=90))
    names = ("purchase_count", "since_last_days", "next_purchase_count", "next_bought_amount", "year_purchase_count")
    assert [found[name] for name in names] == [1, 110, 2, Decimal("25.00"), None]


def test_the_day_before_the_cutoff_is_known_and_the_day_itself_is_not(churn_shop: Callable[..., ChurnShop]) -> None:
    shop = churn_shop()
    cutoff = TONIGHT - timedelta(days=90)
    features = shop.features(orders_of(shop, [("eve", 90, 10), ("day", 89, 10)]))
    seen = features.read().filter(pl.col("cutoff_on") == cutoff)["customer_id"].to_list()
    assert seen == ["eve", "old"]


class TestReturns:
    def test_a_refund_counts_from_its_own_day(self, churn_shop: Callable[..., ChurnShop]) -> None:
        """The purchase of 120 days ago was given back whole 80 days ago: 90 days ago it was still a purchase."""
        shop = churn_shop()
        orders = orders_of(shop, [("ann", 150, 30), ("ann", 120, 50)])
        features = shop.features(orders, shop.shop.table("refunds", [refund(1, 80, 50)]))
        then, now = row(features, cutoff_on=TONIGHT - timedelta(days=90)), row(features)
        names = ("purchase_count", "since_last_days", "bought_amount", "return_count")
        assert [then[name] for name in names] == [2, 30, Decimal("80.00"), 0]
        assert [now[name] for name in names] == [1, 150, Decimal("30.00"), 1]

    def test_a_part_given_back_lowers_the_money_only(self, churn_shop: Callable[..., ChurnShop]) -> None:
        shop = churn_shop()
        orders = orders_of(shop, [("ann", 20, 50)])
        features = shop.features(orders, shop.shop.table("refunds", [refund(0, 5, 20)]))
        names = ("purchase_count", "bought_amount", "returned_rate", "returns_90d_count")
        assert [row(features)[name] for name in names] == [1, Decimal("30.00"), 0.4, 1]

    def test_a_refund_without_a_day_comes_15_days_after_its_order(self, churn_shop: Callable[..., ChurnShop]) -> None:
        """Ordered 100 days ago: unknown at a cutoff 10 days later, known tonight."""
        shop = churn_shop()
        orders = orders_of(shop, [("ann", 150, 30), ("ann", 100, 50)])
        features = shop.features(orders, shop.shop.table("refunds", [refund(1, None, 50)]))
        assert row(features, cutoff_on=TONIGHT - timedelta(days=90))["purchase_count"] == 2
        assert row(features)["purchase_count"] == 1

    def test_a_return_without_its_order_is_counted_but_not_netted(self, churn_shop: Callable[..., ChurnShop]) -> None:
        shop = churn_shop()
        orders = orders_of(shop, [("ann", 20, 50)])
        features = shop.features(orders, shop.shop.table("refunds", [refund(9, 5, 20, is_netted=False)]))
        assert [row(features)[name] for name in ("bought_amount", "return_count")] == [Decimal("50.00"), 1]


def test_breadth_counts_each_article_and_category_once(churn_shop: Callable[..., ChurnShop]) -> None:
    shop = churn_shop()
    orders = orders_of(shop, [("ann", 120, 50), ("ann", 20, 50)])
    goods = [(120, "a", "tea"), (120, "a", "tea"), (20, "b", "tea"), (20, "c", "cups"), (20, None, None)]
    lines = shop.shop.table(
        "order_lines",
        [
            {
                "order_key": "pos:0", "line_id": str(number), "customer_id": "ann", "line_kind": "goods", "sku": sku,
                "category": category, "paid_amount": 5, "ordered_on": END - timedelta(days=age),
            }
            for number, (age, sku, category) in enumerate(goods)
        ],
    )  # fmt: skip
    features = shop.features(orders, lines=lines)
    then, now = row(features, cutoff_on=TONIGHT - timedelta(days=90)), row(features)
    assert [(found["sku_count"], found["category_count"]) for found in (then, now)] == [(1, 1), (3, 2)]


class TestSlices:
    SETTINGS = PredictionSettings()

    def cutoffs(self, history_days: int) -> list[int]:
        """Days from each cutoff with an outcome to the day after as_of."""
        first = TONIGHT - timedelta(days=history_days)
        return [(TONIGHT - day).days for day in slices.outcome_cutoffs(first, END, 90, self.SETTINGS)]

    @pytest.mark.parametrize(
        ("history_days", "found"),
        [
            (179, []),
            (180, [90]),
            (300, [90, 120, 150, 180, 210]),
            (545, [90, 120, 150, 180, 210, 240, 365, 455]),
            (2000, [90, 120, 150, 180, 210, 240, 365, 455, 485, 515, 545, 575, 605]),
        ],
    )
    def test_every_slice_has_an_outcome_and_a_history(self, history_days: int, found: list[int]) -> None:
        assert self.cutoffs(history_days) == found

    def test_of_many_buyers_a_fixed_part_is_drawn(self, churn_shop: Callable[..., ChurnShop]) -> None:
        shop = churn_shop(predictions={"training_customers": 1000})
        told = simulated_orders(2500, 400)
        features = shop.features(shop.orders(told)).read()
        tonight = set(features.filter("is_scored")["customer_id"])
        drawn = features.filter(~pl.col("is_scored")).group_by("cutoff_on").agg("customer_id").sort("cutoff_on")
        everybody = [set(each) for each in drawn["customer_id"].to_list()]
        assert len(tonight) == 2500
        buyers = told.filter(pl.col("ordered_on") < TONIGHT - timedelta(days=90))["customer_id"].n_unique()
        assert 0.36 < len(everybody[-1]) / buyers < 0.44
        assert everybody[0] <= everybody[-1] <= tonight

    def test_a_shop_without_sales_has_no_slice(self, churn_shop: Callable[..., ChurnShop]) -> None:
        shop = churn_shop()
        assert shop.features(shop.shop.table("orders")).read().is_empty()
