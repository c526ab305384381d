"""The wide row: nobody is lost, and every column comes from its own table."""

from datetime import datetime, time
from typing import Any

import pytest
from customer_shop import Shop, aged, by_customer


def at(age: int, hour: int = 12) -> datetime:
    return datetime.combine(aged(age), time(hour))


def order(number: int, channel: str, age: int, hour: int = 12, **more: Any) -> dict[str, Any]:
    return {
        "order_key": f"x:{number}", "customer_id": "a", "channel": channel, "is_purchase": True, "net_amount": 10,
        "ordered_on": aged(age), "ordered_at": at(age, hour), **more,
    }  # fmt: skip


CHANNELS = [
    ("most purchases", [("pos", 9), ("pos", 8), ("tmall", 1)], "pos"),
    ("a tie goes to the most recent", [("pos", 9), ("tmall", 8)], "tmall"),
    ("the most recent of each counts", [("pos", 9), ("tmall", 8), ("tmall", 7), ("pos", 1)], "pos"),
    ("the same moment goes to the name", [("tmall", 5), ("jd", 5)], "jd"),
]


@pytest.mark.parametrize(("why", "orders", "channel"), CHANNELS, ids=[case[0] for case in CHANNELS])
def test_preferred_channel(shop: Shop, why: str, orders: list[tuple[str, int]], channel: str) -> None:
    rows = [order(number, name, age) for number, (name, age) in enumerate(orders)]
    customers = shop.customers(shop.orders([], rows), shop.people({"a": None}))
    assert by_customer(customers, "preferred_channel") == {"a": channel}, why


def test_within_a_day_the_later_hour_is_more_recent(shop: Shop) -> None:
    rows = [order(1, "tmall", 3, hour=9), order(2, "wechat", 3, hour=8)]
    customers = shop.customers(shop.orders([], rows), shop.people({"a": None}))
    assert by_customer(customers, "preferred_channel") == {"a": "tmall"}


def test_what_is_no_purchase_makes_no_channel(shop: Shop) -> None:
    rows = [order(1, "pos", 3), *(order(number, "jd", 2, is_purchase=False) for number in (2, 3))]
    customers = shop.customers(shop.orders([], rows), shop.people({"a": None}))
    assert by_customer(customers, "preferred_channel") == {"a": "pos"}


def test_everybody_has_one_row_with_scores_where_they_have_them(shop: Shop) -> None:
    people = shop.people({"buyer": aged(400), "asked": aged(300), "silent": None}, is_member=True)
    customers = shop.customers(shop.orders([("buyer", 10, 5)]), people, {"asked": 0.125})
    assert by_customer(
        customers, "is_member", "order_count", "recency_days", "response_rate", "r_score", "lifecycle_stage",
        "activity_stage", "rfm_class",
    ) == {
        "buyer": (True, 1, 10, None, 1, "regular", "new", "general_win_back"),
        "asked": (True, 0, None, 0.125, None, "prospect", "prospect", None),
        "silent": (True, 0, None, None, None, "prospect", "prospect", None),
    }  # fmt: skip


def test_history_starts_with_the_first_order_of_anybody(shop: Shop) -> None:
    rows = [order(1, "pos", 500, customer_id=None), order(2, "pos", 9)]
    customers = shop.customers(shop.orders([], rows), shop.people({"a": None, "b": None}))
    assert by_customer(customers, "history_starts_on") == {"a": aged(500), "b": aged(500)}


def test_a_retailer_without_orders(shop: Shop) -> None:
    customers = shop.customers(shop.orders([]), shop.people({"a": None}))
    assert by_customer(customers, "history_starts_on", "order_count") == {"a": (None, 0)}
