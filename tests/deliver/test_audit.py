"""The shop keeps every promise; each planted fault breaks the promises that it should, and no other."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.deliver.audit import audit, faults, promises
from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import EngineSettings

AS_OF = date(2026, 3, 31)
Rows = dict[str, list[dict[str, Any]]]

FAULTS: list[Any] = [
    pytest.param(
        lambda shop: shop["customer_profiles"].pop(), {"customers_have_profiles": 1}, id="person without profile"
    ),
    pytest.param(
        lambda shop: shop["customer_profiles"].append({"source": "x", "profile_key": "x", "customer_id": "c9"}),
        {"customers_have_profiles": 1},
        id="profile without person",
    ),
    pytest.param(
        lambda shop: shop["orders"][4].update(customer_id="c9"),
        {"facts_name_known_customers": 1},
        id="unknown customer",
    ),
    pytest.param(
        lambda shop: shop["orders"][2].update(customer_id="c3"),
        {"money_of_customers_is_money_of_purchases": 700, "customers_sum_their_purchases": 1},
        id="anonymous money that nobody counts",
    ),
    pytest.param(
        lambda shop: shop["customers"][0].update(net_amount=Decimal("150.01")),
        {"money_of_customers_is_money_of_purchases": 1, "customers_sum_their_purchases": 1},
        id="a cent too much",
    ),
    pytest.param(lambda shop: shop["rfm_scores"].pop(), {"buyers_are_scored": 1}, id="buyer without scores"),
    pytest.param(
        lambda shop: shop["order_lines"][0].update(product_name="专拍13812345678"),
        {"free_text_holds_no_contacts": 1},
        id="a phone in the name of a product",
    ),
    pytest.param(
        lambda shop: shop["customers"][0].update(city="li.lei@example.cn"),
        {"free_text_holds_no_contacts": 1},
        id="an address in a city",
    ),
    pytest.param(lambda shop: shop["rfm_scores"][0].update(frequency=3), {"buyers_are_scored": 1}, id="other figure"),
    pytest.param(
        lambda shop: shop["lifecycle_stages"].pop(), {"customers_have_one_stage_per_profile": 1}, id="no stage"
    ),
    pytest.param(
        lambda shop: shop["lifecycle_stages"].append({"customer_id": "c1", "profile": "own", "stage": "new"}),
        {"customers_have_one_stage_per_profile": 2, "stages_are_given_by_rules": 1},
        id="profile that only one has",
    ),
    pytest.param(
        lambda shop: shop["lifecycle_rules"].append({"profile": "funnel", "is_buyer": True, "stage": "repeat"}),
        {"customers_have_one_stage_per_profile": 3},
        id="profile that is on and that nobody has",
    ),
    pytest.param(
        lambda shop: shop["lifecycle_stages"][0].update(stage="regular"),
        {"stages_are_given_by_rules": 1},
        id="stage that is not the first match",
    ),
    pytest.param(
        lambda shop: shop["lifecycle_rules"].pop(), {"stages_are_given_by_rules": 1}, id="stage without a rule"
    ),
    pytest.param(lambda shop: shop["rfm_groups"].pop(), {"scores_have_one_group": 1}, id="scores without a group"),
    pytest.param(
        lambda shop: shop["rfm_cut_points"][0].update(best_value=1),
        {"cut_points_tell_scores_apart": 1},
        id="a value with two scores",
    ),
    pytest.param(
        lambda shop: shop["rfm_cut_points"][3].update(worst_value=1),
        {"cut_points_tell_scores_apart": 1},
        id="a frequency with two scores",
    ),
    pytest.param(
        lambda shop: shop["rfm_cut_points"][1].update(scored_customer_count=2),
        {"cut_points_tell_scores_apart": 1},
        id="ranges that count somebody twice",
    ),
    pytest.param(
        lambda shop: shop["order_lines"][0].update(paid_amount=Decimal("70.01"), net_amount=Decimal("70.01")),
        {"orders_sum_their_lines": 1},
        id="line money",
    ),
    pytest.param(lambda shop: shop["order_lines"].pop(), {"orders_sum_their_lines": 1}, id="order without lines"),
    pytest.param(
        lambda shop: shop["order_lines"].append({"order_key": "x:1", "line_id": "1"}),
        {"orders_sum_their_lines": 1},
        id="lines without order",
    ),
    pytest.param(
        lambda shop: shop["order_lines"][5].update(refund_amount=Decimal("8.99")),
        {"net_is_paid_less_refunded": 1},
        id="net",
    ),
    pytest.param(
        lambda shop: shop["orders"][4].update(excluded_because=None), {"purchases_are_paid_orders": 1}, id="no reason"
    ),
    pytest.param(
        lambda shop: shop["orders"][2].update(ordered_on=date(2026, 4, 1)), {"nothing_after_as_of": 1}, id="tomorrow"
    ),
    pytest.param(
        lambda shop: shop["row_counts"][0].update(duplicate_rows=1), {"every_row_is_accounted_for": 1}, id="lost row"
    ),
    pytest.param(
        lambda shop: shop["row_counts"][0].update(clean_amount=Decimal("69.99")),
        {"every_row_is_accounted_for": 1},
        id="lost cent",
    ),
    pytest.param(lambda shop: shop["row_counts"][0].update(file_rows=12), {"every_row_is_accounted_for": 1}, id="file"),
    pytest.param(
        lambda shop: shop["customers"][0].update(profiling_opt_out=True),
        {"segments_hold_whom_they_may": 1},
        id="opt-out",
    ),
    pytest.param(
        lambda shop: shop["customers"][2].update(is_minor=True), {"segments_hold_whom_they_may": 1}, id="child"
    ),
    pytest.param(
        lambda shop: shop["segment_definitions"].pop(), {"segments_hold_whom_they_may": 2}, id="undefined segment"
    ),
    pytest.param(
        lambda shop: shop["memberships"].pop(), {"members_have_one_membership": 1}, id="member without membership"
    ),
    pytest.param(
        lambda shop: shop["memberships"].append({"customer_id": "c2", "tier": "standard"}),
        {"members_have_one_membership": 1},
        id="membership without a card",
    ),
    pytest.param(
        lambda shop: shop["memberships"][0].update(points_balance=151),
        {"members_have_one_membership": 1},
        id="a point too much",
    ),
    pytest.param(
        lambda shop: shop.update(care_dates=[{"customer_id": "c9", "occasion": "birthday"}]),
        {"care_reaches_whom_it_may": 1},
        id="a birthday of nobody",
    ),
    pytest.param(
        lambda shop: shop.update(next_orders=[{"customer_id": "c9", "category": "milk", "cycle_source": "own"}]),
        {"care_reaches_whom_it_may": 1},
        id="a next order of nobody",
    ),
    pytest.param(
        lambda shop: shop["customers"][0].update(phone_masked="13812345678"), {"shown_values_are_masked": 1}, id="raw"
    ),
]


def test_the_shop_keeps_every_promise(tables: dict[str, Table], engine: EngineSettings, scratch: Path) -> None:
    assert audit(tables, Engine(engine, scratch), as_of=AS_OF) == []


@pytest.mark.parametrize(("break_it", "expected"), FAULTS)
def test_each_fault_breaks_its_promises(
    break_it: Callable[[Rows], object],
    expected: dict[str, int],
    shop: Rows,
    write_shop: Callable[[Rows], dict[str, Table]],
    engine: EngineSettings,
    scratch: Path,
) -> None:
    break_it(shop)
    found = {promise.name: count for promise, count in faults(write_shop(shop), Engine(engine, scratch), AS_OF)}
    assert found == expected


def test_every_promise_is_broken_by_some_fault() -> None:
    broken = {name for fault in FAULTS for name in fault.values[1]}
    assert broken == {promise.name for promise in promises()}


def test_a_broken_promise_is_told_in_words_and_without_values(
    shop: Rows, write_shop: Callable[[Rows], dict[str, Table]], engine: EngineSettings, scratch: Path
) -> None:
    shop["customers"][0]["phone_masked"] = "13812345678"
    assert audit(write_shop(shop), Engine(engine, scratch), as_of=AS_OF) == [
        "No name, phone or e-mail of customers is shown in full. (shown_values_are_masked: 1)"
    ]


def test_promises_read_known_tables_and_speak() -> None:
    for promise in promises():
        assert promise.reads, promise.name
        assert set(promise.reads) <= set(TABLES), promise.name
        assert promise.sentence.endswith("."), promise.name
