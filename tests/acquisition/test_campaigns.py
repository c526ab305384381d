"""Campaigns: who counts in which arm, what is credited, and what is only claimed where a hold-out supports it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from acquisition_shop import Shop, at, campaign, message, profiles, purchase, rates
from customer_shop import aged, shop_settings

from models.campaigns import campaign_results, contact_effects
from pipeline.acquisition import steps
from pipeline.schemas.catalog import TABLES


def arms(shop: Shop, messages: list[Any], orders: list[Any], lines: list[Any] | None = None) -> pl.DataFrame:
    people = sorted({row["profile_key"] for row in messages})
    return steps.campaign_arms(
        shop.table("clean_campaign_contacts", messages),
        profiles(shop, *people),
        shop.table("orders", orders),
        shop.table("order_lines", lines or []),
        engine=shop.engine,
        settings=shop.settings,
        as_of=shop.as_of,
        path=shop.path("arms"),
    ).read()


@pytest.mark.parametrize(
    ("order", "bought"),
    [
        (purchase("a", 30), True),
        (purchase("a", 30, ordered_at=at(30, 13)), True),
        (purchase("a", 30, ordered_at=at(30, 11)), False),
        (purchase("a", 17), True),
        (purchase("a", 16), False),
        (purchase("a", 17, is_purchase=False), False),
    ],
    ids=["the next minute", "the same day", "an hour before", "13 days after", "14 days after", "no purchase"],
)
def test_purchases_count_from_the_sending_for_14_days(tmp_path: Path, order: dict[str, Any], bought: bool) -> None:
    found = arms(Shop(tmp_path), [message("a", "C1", 30, sent_at=at(30, 11).replace(minute=30))], [order])
    assert found["buyer_count"].sum() == int(bought)


def test_arms_and_bands(tmp_path: Path) -> None:
    """a bought 10 days before, b 100 days before, c never; d was held out; e is in both arms and counts in none."""
    messages = [
        message("a", "C1", 50),
        message("b", "C1", 50, clicked_at=at(49)),
        message("c", "C1", 50, delivered_at=None, has_delivery_column=True),
        message("d", "C1", 50, is_control=True),
        message("e", "C1", 50),
        message("e", "C1", 50, is_control=True, row_key="again", row_number=1),
    ]
    orders = [purchase("a", 60), purchase("b", 150), purchase("b", 45, "30")]
    lines = [{"order_key": "pos:b-45", "is_purchase": True, "margin_amount": "12"}]
    found = arms(Shop(tmp_path), messages, orders, lines)
    told = found.select("arm", "contact_band", "person_count", "buyer_count", "responded_count", "bought_margin_amount")
    assert sorted(told.rows()) == [
        ("contacted", "0-29", 1, 0, 0, Decimal(0)),
        ("contacted", "90-179", 1, 1, 1, Decimal(12)),
        ("contacted", "never", 1, 0, 0, Decimal(0)),
        ("control", "never", 1, 0, 0, Decimal(0)),
    ]


def rows_of(name: str, *rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(TABLES[name].names, 0)
    frame = pl.DataFrame([blank | row for row in rows], infer_schema_length=None)
    return frame.select(pl.col(column.name).cast(column.dtype, strict=False) for column in TABLES[name].columns)


def an_arm(arm: str, people: int, buyers: int, margin_of_each: int, band: str = "never") -> dict[str, Any]:
    """An arm whose every buyer spends 10 yuan and leaves so much margin."""
    return {
        "campaign_id": "C1",
        "arm": arm,
        "contact_band": band,
        "person_count": people,
        "buyer_count": buyers,
        "bought_net_amount": 10 * buyers,
        "bought_margin_amount": margin_of_each * buyers,
        "net_amount_squares": buyers * 1000.0**2,
        "margin_squares": buyers * (100.0 * margin_of_each) ** 2,
    }


CREDIT = {"campaign_id": "C1", "campaign_cost_amount": "5", "credited_amount": "80", "credited_order_count": 8}


def test_roas_is_not_what_was_caused() -> None:
    """80/5 = 16: printed as 1:16. Caused: 100 × (20 % - 10 %) = 10 purchases, 100 yuan, 40 of them margin."""
    found = campaign_results(
        rows_of("campaign_arms", an_arm("contacted", 100, 20, 4), an_arm("control", 50, 5, 4)),
        rows_of("campaign_credits", CREDIT),
        min_people=30,
    )
    row = found.row(0, named=True)
    assert row["roas_ratio"] == 16
    assert row["lift_rate"] == pytest.approx(0.1)
    assert row["incremental_amount"] == pytest.approx(100)
    assert row["incremental_margin_amount"] == pytest.approx(40)
    assert row["net_roi_ratio"] == pytest.approx((40 - 5) / 5)
    assert row["incremental_low_amount"] < 100 < row["incremental_high_amount"]


def test_without_a_hold_out_nothing_is_claimed() -> None:
    found = campaign_results(
        rows_of("campaign_arms", an_arm("contacted", 100, 20, 4)), rows_of("campaign_credits", CREDIT), min_people=30
    )
    row = found.row(0, named=True)
    assert row["contacted_buyer_rate"] == pytest.approx(0.2)
    assert {row[name] for name in ("lift_rate", "incremental_amount", "net_roi_ratio")} == {None}
    effects = contact_effects(
        rows_of("campaign_arms", an_arm("contacted", 100, 20, 4)), rows_of("campaign_credits", CREDIT), min_people=30
    )
    assert effects.select("effect_margin_amount", "effect_evidence").rows() == [(None, "none")]


def test_whom_to_contact(tmp_path: Path) -> None:
    """A message causes 10 % × 4 = 0.40 of margin and costs 0.05, whoever refused profiling is not told of."""
    shop = Shop(tmp_path)
    effects = contact_effects(
        rows_of("campaign_arms", an_arm("contacted", 100, 20, 4), an_arm("control", 100, 10, 4)),
        rows_of("campaign_credits", CREDIT),
        min_people=30,
    )
    people = [{"customer_id": who, "profiling_opt_out": who == "b"} for who in ("a", "b", "c")]
    facts = [{"customer_id": who, "recency_days": 5 if who == "c" else None} for who in ("a", "b", "c")]
    found = steps.contact_values(
        shop.table("customer_facts", facts),
        shop.table("customer_attributes", people),
        shop.table("contact_effects", effects.rows(named=True)),
        engine=shop.engine,
        settings=shop.settings,
        path=shop.path("values"),
    ).read()
    told = found.select("customer_id", "contact_band", "effect_margin_amount", "is_worth_contacting", "effect_evidence")
    assert told.rows() == [
        ("a", "never", Decimal("0.40"), True, "experiment"),
        ("c", "0-29", None, None, "none"),
    ]


def won(customer: str, campaign_id: str | None, is_new: bool = True) -> dict[str, Any]:
    return {"customer_id": customer, "campaign_id": campaign_id, "is_new": is_new, "month_on": aged(1)}


def test_cost_is_the_campaigns_own_else_the_spend_that_names_it(tmp_path: Path) -> None:
    """Ann and bob were won by C2 for 7, which is 3.50 each; cat may have bought before, dan was won by no campaign."""
    shop = Shop(tmp_path, shop_settings())
    winners = [won("ann", "C2"), won("bob", "C2"), won("cat", "C2", is_new=False), won("dan", None), won("eve", "C3")]
    spends = [
        {"source": "ads", "row_key": name, "file_sha": "s", "campaign_id": name, "spend_amount": "7", "currency": "CNY"}
        for name in ("C1", "C2")
    ]
    found = steps.campaign_credits(
        shop.table("acquisitions", winners),
        shop.table("clean_campaigns", [campaign("C1", "sms", "5"), campaign("C2", "sms")]),
        shop.table("clean_campaign_contacts", [message("a", "C3", 3)]),
        shop.table("clean_marketing_spend", spends),
        rates(shop),
        shop.table("orders", [purchase("a", 1, "20", campaign_id="C2")]),
        engine=shop.engine,
        path=shop.path("credits"),
    ).read()
    assert found.select(
        "campaign_id",
        "campaign_cost_amount",
        "credited_order_count",
        "credited_amount",
        "new_customer_count",
        "cac_amount",
    ).rows() == [
        ("C1", Decimal(5), 0, Decimal(0), 0, None),
        ("C2", Decimal(7), 1, Decimal(20), 2, Decimal("3.50")),
        ("C3", None, 0, Decimal(0), 1, None),
    ]
