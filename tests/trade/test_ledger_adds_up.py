"""Whatever the exports say, no cent is lost, and the order of rows does not matter."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_of import Ledger, ledger

MONEY = st.integers(0, 20000).map(lambda fen: Decimal(fen) / 100)
MAYBE = st.one_of(st.none(), MONEY)
STATUS = st.sampled_from(["completed", "completed", "paid", "refunded", "cancelled", "created", None])
DAY = st.integers(1, 28).map(lambda day: f"2026-06-{day:02}")

lines = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["1", "2", "3", "4", "5"]),
        "source": st.sampled_from(["pos", "tmall"]),
        "status": STATUS,
        "sku": st.sampled_from(["A", "B"]),
        "quantity": st.sampled_from([1, 1, 2, -1, -2]),
        "unit_price": st.sampled_from([50, 80]),
        "refund_amount": MAYBE,
        "discount_amount": MAYBE,
        "ordered_at": DAY,
        "line_kind": st.sampled_from(["goods", "goods", "goods", "service", "adjustment"]),
    }
)
heads = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["1", "2", "6"]),
        "source": st.just("tmall"),
        "paid_amount": MONEY,
        "refund_amount": MAYBE,
        "discount_amount": MAYBE,
        "shipping_amount": MAYBE,
        "status": STATUS,
    }
)
refunds = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["1", "2", "3", "6", "9"]),
        "line_id": st.sampled_from([None, "1", "2"]),
        "refund_amount": MONEY,
        "refund_status": st.sampled_from(["success", "success", "open"]),
    }
)


def priced(row: dict[str, object], number: int) -> dict[str, object]:
    paid = Decimal(str(row["quantity"])) * Decimal(str(row["unit_price"]))
    return {**row, "line_id": str(number), "row_key": f"l{number}", "paid_amount": paid}


def numbered(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{**row, "row_key": f"r{number}"} for number, row in enumerate(rows)]


def total(frame: pl.DataFrame, column: str) -> Decimal:
    return sum(frame[column].to_list(), Decimal(0))


def assert_adds_up(made: Ledger) -> None:
    order_lines, orders = made.read("order_lines"), made.read("orders")
    sums = order_lines.group_by("order_key").agg(
        pl.col("net_amount").sum().alias("lines_net"), pl.col("original_paid_amount").sum().alias("lines_paid")
    )
    both = orders.join(sums, on="order_key", how="full", coalesce=True)
    assert both.filter(
        (pl.col("net_amount") + pl.col("uncounted_amount")).ne_missing(pl.col("lines_net"))
        | pl.col("original_paid_amount").ne_missing(pl.col("lines_paid"))
        | (pl.col("net_amount") != pl.col("paid_amount") - pl.col("refund_amount"))
    ).is_empty()
    netted = made.read("refunds").filter("is_netted")
    assert total(netted, "refund_amount") == total(order_lines, "refund_amount")
    bought, purchases = order_lines.filter("is_purchase"), orders.filter("is_purchase")
    assert total(bought, "net_amount") == total(purchases, "net_amount")
    # matching moves money from return to original and never makes or loses any
    before = made.read("order_line_amounts")
    assert total(before, "paid_amount") - total(before, "refund_amount") == total(order_lines, "net_amount")


def assert_heads_are_authoritative(made: Ledger) -> None:
    told = made.read("order_totals").filter("has_head").select("order_key", "paid_amount", "discount_amount")
    by_order = (
        made.read("order_lines")
        .group_by("order_key")
        .agg(pl.col("original_paid_amount").sum(), pl.col("discount_amount").sum().alias("shared_discount"))
    )
    both = told.join(by_order, on="order_key")
    assert both["paid_amount"].to_list() == both["original_paid_amount"].to_list()
    told_discounts = both.filter(pl.col("discount_amount").is_not_null())
    assert told_discounts["discount_amount"].to_list() == told_discounts["shared_discount"].to_list()


@settings(max_examples=10, deadline=None)
@given(
    st.lists(lines, max_size=12),
    st.lists(heads, max_size=3, unique_by=lambda row: row["order_id"]),
    st.lists(refunds, max_size=5),
    st.randoms(),
)
def test_any_exports_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    sold: list[dict[str, object]],
    told: list[dict[str, object]],
    given_back: list[dict[str, object]],
    chance: st.DataObject,
) -> None:
    exports = {
        "order_lines": [priced(row, number) for number, row in enumerate(sold)],
        "order_heads": numbered(told),
        "refunds": numbered(given_back),
    }
    made = ledger(tmp_path_factory.mktemp("ledger"), **exports)
    assert_adds_up(made)
    assert_heads_are_authoritative(made)
    for rows in exports.values():
        chance.shuffle(rows)  # type: ignore[attr-defined]
    again = ledger(tmp_path_factory.mktemp("again"), **exports)
    for name in ("orders", "order_lines", "refunds", "refund_differences"):
        assert again.read(name).equals(made.read(name))
