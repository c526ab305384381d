"""Which channel brought whom: each rule alone, their order, and who is new."""

from pathlib import Path
from typing import Any

import pytest
from acquisition_shop import Shop, acquired, campaign, message, purchase
from customer_shop import shop_settings

HISTORY = purchase("old", 400)
SMS, NO_CHANNEL = campaign("C1", "sms"), campaign("C2", None)
CASES = [
    pytest.param(purchase("a", 10, campaign_id="C1"), {}, ("sms", "campaign", "C1"), id="code of the order"),
    pytest.param(purchase("a", 10, campaign_id="C9"), {}, ("pos", "order_channel", None), id="unknown code"),
    pytest.param(purchase("a", 10, campaign_id="C2"), {}, ("pos", "order_channel", None), id="code without channel"),
    pytest.param(purchase("a", 10), {"said": {"a": "douyin"}}, ("douyin", "self_reported", None), id="said so"),
    pytest.param(purchase("a", 10), {"messages": [message("a", "C1", 39)]}, ("sms", "last_touch", "C1"), id="29 days"),
    pytest.param(
        purchase("a", 10), {"messages": [message("a", "C1", 40)]}, ("pos", "order_channel", None), id="30 days"
    ),
    pytest.param(
        purchase("a", 10),
        {"messages": [message("a", "C1", 9)]},
        ("pos", "order_channel", None),
        id="after the purchase",
    ),
    pytest.param(
        purchase("a", 10),
        {"messages": [message("a", "C1", 12, is_control=True)]},
        ("pos", "order_channel", None),
        id="held out",
    ),
    pytest.param(
        purchase("a", 10),
        {"messages": [message("a", "C1", 12)], "said": {"a": "douyin"}},
        ("douyin", "self_reported", None),
        id="said before touched",
    ),
]


@pytest.mark.parametrize(("order", "tables", "expected"), CASES)
def test_first_rule_that_speaks(
    tmp_path: Path, order: dict[str, Any], tables: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    found = acquired(Shop(tmp_path), [HISTORY, order], campaigns=[SMS, NO_CHANNEL], **tables)
    row = found.filter(customer_id="a").row(0, named=True)
    assert (row["acquired_channel"], row["attribution_rule"], row["campaign_id"]) == expected


def test_the_order_of_rules_is_a_setting_and_nobody_may_be_left_unattributed(tmp_path: Path) -> None:
    settings = shop_settings(acquisition={"rules": ["last_touch", "self_reported"], "channels": {"短信": "sms"}})
    orders = [HISTORY, purchase("a", 10), purchase("b", 10), purchase("c", 10)]
    said, messages = {"a": "douyin", "b": "短信"}, [message("a", "C1", 12)]
    found = acquired(Shop(tmp_path, settings), orders, campaigns=[SMS], said=said, messages=messages)
    told = found.filter(found["customer_id"] != "old").select("customer_id", "acquired_channel", "attribution_rule")
    assert told.rows() == [
        ("a", "sms", "last_touch"),
        ("b", "sms", "self_reported"),
        ("c", "unattributed", "unattributed"),
    ]


@pytest.mark.parametrize(("age", "is_new"), [(221, False), (220, True), (0, True)])
def test_buyers_of_the_first_180_days_are_not_new(tmp_path: Path, age: int, is_new: bool) -> None:
    found = acquired(Shop(tmp_path), [HISTORY, purchase("a", age)])
    assert found.filter(customer_id="a")["is_new"].to_list() == [is_new]


def test_the_first_purchase_counts_and_its_month(tmp_path: Path) -> None:
    found = acquired(Shop(tmp_path), [purchase("a", 30, channel="jd"), purchase("a", 5, channel="tmall")])
    row = found.row(0, named=True)
    assert (row["acquired_channel"], str(row["month_on"])) == ("jd", "2026-05-01")
