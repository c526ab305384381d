"""What a new customer costs and is worth, by channel and month."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from acquisition_shop import Shop, aged, rates, spend

from pipeline.acquisition import steps

MAY = date(2026, 5, 1)


def won(customer: str, age: int, channel: str, *, is_new: bool = True) -> dict[str, Any]:
    on = aged(age)
    return {
        "customer_id": customer,
        "first_purchase_on": on,
        "month_on": on.replace(day=1),
        "acquired_channel": channel,
        "attribution_rule": "order_channel",
        "is_new": is_new,
    }


def earned(customer: str, age: int, margin: Any) -> dict[str, Any]:
    return {
        "order_key": f"{customer}{age}",
        "customer_id": customer,
        "ordered_on": aged(age),
        "is_purchase": True,
        "margin_amount": margin,
    }


def costs(shop: Shop, acquisitions: list[Any], spends: list[Any], worths: dict[str, Any], lines: list[Any]) -> Any:
    values = [{"customer_id": who, "discounted_ltv_amount": amount} for who, amount in worths.items()]
    found = steps.acquisition_costs(
        shop.table("acquisitions", acquisitions),
        shop.table("clean_marketing_spend", spends),
        rates(shop),
        shop.table("lifetime_values", values),
        shop.table("order_lines", lines),
        engine=shop.engine,
        settings=shop.settings,
        as_of=shop.as_of,
        path=shop.path("costs"),
    )
    return found.read()


def test_cac_is_spend_per_new_customer_and_ltv_the_mean_of_them(tmp_path: Path) -> None:
    """as_of is 2026-06-30: an age of 40 days is 21 May. £10 are 91.00 yuan."""
    found = costs(
        Shop(tmp_path),
        [won("a", 40, "sms"), won("b", 45, "sms"), won("c", 50, "sms"), won("d", 41, "sms", is_new=False)],
        [spend("sms", date(2026, 5, 3), "100"), spend("sms", date(2026, 5, 4), "10", "GBP")],
        {"a": "300", "b": "100", "d": "9999"},
        [],
    )
    (row,) = found.rows(named=True)
    assert (row["channel"], row["month_on"], row["new_customer_count"]) == ("sms", MAY, 3)
    assert row["spend_amount"] == Decimal("191.00")
    assert row["cac_amount"] == Decimal("63.67")
    assert row["ltv_amount"] == Decimal("200.00")
    assert row["ltv_cac_ratio"] == pytest.approx(200 / 63.67, abs=1e-6)
    # 200 ± 1.959964 × √(20000 / 2)
    assert (row["ltv_low_amount"], row["ltv_high_amount"]) == (Decimal("4.00"), Decimal("396.00"))


@pytest.mark.parametrize(
    ("acquisitions", "spends", "cac", "ratio"),
    [
        ([], [spend("sms", MAY, "100")], None, None),
        ([won("a", 40, "sms")], [], Decimal("0.00"), None),
        ([won("a", 40, "sms")], [spend("sms", MAY, "50")], Decimal("50.00"), 2.0),
    ],
    ids=["nobody new", "no spend", "both"],
)
def test_nothing_is_divided_by_nothing(
    tmp_path: Path, acquisitions: list[Any], spends: list[Any], cac: Decimal | None, ratio: float | None
) -> None:
    (row,) = costs(Shop(tmp_path), acquisitions, spends, {"a": "100"}, []).rows(named=True)
    assert (row["cac_amount"], row["ltv_cac_ratio"]) == (cac, ratio)


@pytest.mark.parametrize(
    ("margins", "months"),
    [
        ([(100, 60)], 1),
        ([(100, 30), (70, 30)], 2),
        ([(100, 30), (70, 29)], None),
        ([(100, 30), (5, 30)], None),
    ],
    ids=["at once", "in the second month", "never", "a month that is not over for all"],
)
def test_payback(tmp_path: Path, margins: list[tuple[int, Any]], months: int | None) -> None:
    """Won on 22 March (age 100) for 60.00; month n is over for all of March when 30 n days after it are."""
    lines = [earned("a", age, margin) for age, margin in margins]
    found = costs(Shop(tmp_path), [won("a", 100, "sms")], [spend("sms", date(2026, 3, 5), "60")], {}, lines)
    assert found["payback_months"].to_list() == [months]
