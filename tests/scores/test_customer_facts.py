"""What the ledger says of each customer, down to the day on which a window ends."""

from decimal import Decimal
from pathlib import Path

import pytest
from customer_shop import Shop, aged, by_customer, shop_settings


def facts_of(shop: Shop, purchases: list[tuple[str, int, object]], *columns: str) -> object:
    people = shop.people(dict.fromkeys(sorted({who for who, _, _ in purchases} | {"a"})))
    return by_customer(shop.facts(shop.orders(purchases), people), *columns)["a"]


def test_a_customer_who_never_bought_has_a_row(shop: Shop) -> None:
    row = shop.facts(shop.orders([]), shop.people({"a": None})).read().row(0, named=True)
    assert row["first_order_on"] is None
    assert row["last_order_on"] is None
    assert row["recency_days"] is None
    assert {row[name] for name in row if name.endswith("_count") or name == "frequency"} == {0}
    assert row["net_amount"] == row["monetary_amount"] == Decimal("0.00")


def test_purchases_are_counted_and_summed(shop: Shop) -> None:
    purchases = [("a", 40, "10.10"), ("a", 3, "0.20"), ("b", 0, "99"), ("a", 200, "5.05")]
    found = facts_of(
        shop, purchases, "first_order_on", "last_order_on", "recency_days", "order_count", "frequency", "net_amount",
        "monetary_amount",
    )  # fmt: skip
    assert found == (aged(200), aged(3), 3, 3, 3, Decimal("15.35"), Decimal("15.35"))


@pytest.mark.parametrize(
    ("age", "within_30", "within_60", "within_90"),
    [(0, 1, 1, 1), (29, 1, 1, 1), (30, 0, 1, 1), (59, 0, 1, 1), (60, 0, 0, 1), (89, 0, 0, 1), (90, 0, 0, 0)],
)
def test_last_n_days_end_on_as_of(shop: Shop, age: int, within_30: int, within_60: int, within_90: int) -> None:
    found = facts_of(shop, [("a", age, 1)], "orders_30d_count", "orders_60d_count", "orders_90d_count")
    assert found == (within_30, within_60, within_90)


def test_only_purchases_of_known_customers_until_as_of_count(shop: Shop) -> None:
    others = [
        {"order_key": "pos:return", "customer_id": "a", "net_amount": -50, "ordered_on": aged(1)},
        {"order_key": "pos:anonymous", "is_purchase": True, "net_amount": 70, "ordered_on": aged(1)},
        {"order_key": "pos:later", "customer_id": "a", "is_purchase": True, "net_amount": 9, "ordered_on": aged(-1)},
    ]
    facts = shop.facts(shop.orders([("a", 5, 20)], others), shop.people({"a": None}))
    assert by_customer(facts, "order_count", "net_amount", "recency_days") == {"a": (1, Decimal("20.00"), 5)}


def test_rfm_window_limits_frequency_and_money_only(tmp_path: Path) -> None:
    shop = Shop(tmp_path, shop_settings(rfm={"window_days": 100}))
    purchases = [("a", 99, 1), ("a", 100, 2), ("b", 100, 4)]
    facts = shop.facts(shop.orders(purchases), shop.people({"a": None, "b": None}))
    assert by_customer(facts, "order_count", "frequency", "net_amount", "monetary_amount", "recency_days") == {
        "a": (2, 1, Decimal(3), Decimal(1), 99),
        "b": (1, 0, Decimal(4), Decimal(0), 100),
    }
    assert by_customer(shop.scores(facts), "frequency") == {"a": 1}


def test_spend_windows_are_summed_in_fen(shop: Shop) -> None:
    purchases = [("a", 0, "1.00"), ("a", 29, "0.01"), ("a", 30, "2.00"), ("a", 89, "3.00"), ("a", 90, "1000")]
    found = facts_of(shop, purchases, "spend_window_count", "window_spend_fen", "window_spend_squares")
    assert found == (3, 101 + 200 + 300, Decimal(101**2 + 200**2 + 300**2))


def test_large_spend_does_not_overflow(shop: Shop) -> None:
    found = facts_of(shop, [("a", 1, "9999999999.99")], "window_spend_squares")
    assert found == Decimal(999999999999**2)
