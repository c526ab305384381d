"""The story of one customer's tier, points, forecasts, tags and segments, told from the tables of a night."""

from typing import Any

from customer_shop import AS_OF, Shop, aged

from pipeline.scores.explain import Explanation
from pipeline.scores.score_rules import score_rules
from pipeline.segments.explain import READS, standing_story
from pipeline.segments.steps import segment_definitions
from pipeline.tags.steps import tag_definitions

ROWS: dict[str, list[dict[str, Any]]] = {
    "memberships": [
        {"customer_id": "a", "tier": "silver", "earned_tier": "silver", "tier_earned_on": AS_OF, "next_tier": "gold",
         "spend_12m_amount": 6000, "amount_to_next_tier": 9000, "points_balance": 621, "reported_points": 621,
         "ledger_points": 600, "ledger_difference": 21, "points_liability_amount": "62.1"},
        {"customer_id": "b", "tier": "gold", "earned_tier": "gold", "tier_earned_on": AS_OF},
    ],
    "points_differences": [{"customer_id": "a", "probable_cause": "unexplained", "explanation": "21 积分原因不明"}],
    "churn_scores": [
        {"customer_id": "a", "churn_probability": 0.7, "risk_level": "high", "method": "logistic",
         "reason_1": "很久未来"}
    ],
    "model_versions": [
        {"model": "churn", "trained_on": aged(7), "version": "0123456789abcdef", "state": "champion",
         "method": "logistic"},
        {"model": "churn", "trained_on": aged(0), "version": "fedcba9876543210", "state": "refused",
         "method": "logistic"},
    ],
    "next_orders": [
        {"customer_id": "a", "category": "奶粉", "expected_on": aged(-3), "last_bought_on": aged(27),
         "bought_quantity": 1, "cycle_days": 30.0, "cycle_source": "own", "purchase_day_count": 4, "is_due": True}
    ],
    "customer_tags": [
        {"customer_id": "a", "tag": "category_affinity", "value": "奶粉", "evidence": "近 90 天购买 3 次",
         "rule_version": "1-x", "valid_from_on": aged(5), "expires_on": aged(-25)}
    ],
    "segment_members": [{"customer_id": "a", "segment": "nearly_next_tier", "entered_on": aged(2)}],
    "customers": [
        {"customer_id": "a", "amount_to_next_tier": 300, "order_count": 12, "lifecycle_stage": "regular",
         "activity_stage": "regular"}
    ],
}  # fmt: skip


def story(shop: Shop, who: str) -> dict[str, Explanation]:
    tables = {name: shop.table(name, ROWS.get(name, ())) for name in READS}
    tables["score_rules"] = score_rules(settings=shop.settings, path=shop.path("rules"))
    tables["tag_definitions"] = tag_definitions(settings=shop.settings, path=shop.path("tags"))
    tables["segment_definitions"] = segment_definitions(settings=shop.settings, path=shop.path("segments"))
    return {one.name: one for one in standing_story(who, tables)}


def test_tier_and_points_tell_what_went_in_and_the_cause_of_a_difference(shop: Shop) -> None:
    told = story(shop, "a")
    assert (told["tier"].result, told["tier"].inputs["amount_to_next_tier"]) == ("silver", 9000)
    assert "silver ≥ 5000" in told["tier"].rule_en
    assert told["points"].result == "621"
    assert told["points"].inputs["cause"] == "21 积分原因不明"
    assert told["points"].rule_version.startswith("1-")


def test_churn_tells_its_reasons_and_the_version_that_counts(shop: Shop) -> None:
    found = story(shop, "a")["churn_probability"]
    assert (found.result, found.inputs["reason_1"]) == ("0.7", "很久未来")
    assert (found.inputs["model"], found.inputs["trained_on"]) == ("0123456789ab", aged(7))
    assert "high from 0.66 on" in found.rule_en


def test_a_next_order_tells_its_cycle(shop: Shop) -> None:
    found = story(shop, "a")["next_order"]
    assert (found.profile, found.result) == ("奶粉", str(aged(-3)))
    assert (found.inputs["cycle_days"], found.inputs["cycle_source"], found.inputs["is_due"]) == (30.0, "own", True)


def test_a_tag_tells_its_evidence_and_the_settings_behind_it(shop: Shop) -> None:
    found = story(shop, "a")["tag"]
    assert (found.profile, found.result, found.inputs["evidence"]) == ("category_affinity", "奶粉", "近 90 天购买 3 次")
    assert found.rule_en.endswith("recent_category is not null (affinity_days 90, affinity_orders 3)")


def test_a_segment_tells_the_columns_that_its_condition_names(shop: Shop) -> None:
    found = story(shop, "a")["segment"]
    assert found.inputs == {"entered_on": aged(2), "amount_to_next_tier": 300, "order_count": 12}
    assert found.rule_zh.startswith("即将升级会员: amount_to_next_tier > 0 and amount_to_next_tier <= 500")


def test_others_are_told_nothing_of_it(shop: Shop) -> None:
    assert set(story(shop, "b")) == {"tier", "points"}
    assert story(shop, "stranger") == {}
