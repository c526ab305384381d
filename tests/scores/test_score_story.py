"""The story of one customer, told from the tables of a night."""

from decimal import Decimal
from pathlib import Path

import pytest
from customer_shop import AS_OF, Purchase, Shop, aged, shop_settings

from pipeline.scores import rfm_steps, stage_steps
from pipeline.scores.explain import READS, Cut, Explanation, ScoreStory, score_story
from pipeline.scores.score_rules import score_rules

ANSWERED = [{"customer_id": "b", "response_rate": 0.25, "response_count": 2, "delivered_count": 5}]
PURCHASES: list[Purchase] = [("a", 95, 10), ("b", 5, 20), ("b", 40, 20), ("c", 20, 90)]


def story(shop: Shop, who: str) -> ScoreStory:
    people = shop.people(dict.fromkeys(["a", "b", "c", "none"], aged(400)))
    orders = shop.orders(PURCHASES)
    facts = shop.facts(orders, people)
    scores = shop.profile_scores(facts, {"b": 0.25}, orders)
    profiles = rfm_steps.rfm_profiles(settings=shop.settings, path=shop.path("profiles"))
    cells = rfm_steps.rfm_group_cells(settings=shop.settings, path=shop.path("cells"))
    features = shop.features(facts, people, orders)
    told = {"engine": shop.engine, "settings": shop.settings}
    tables = {
        "rfm_profile_scores": scores,
        "rfm_scores": rfm_steps.rfm_scores(scores, as_of=shop.as_of, path=shop.path("rfm"), **told),
        "rfm_cut_points": rfm_steps.rfm_cut_points(scores, profiles, engine=shop.engine, path=shop.path("cuts")),
        "rfm_profiles": profiles,
        "rfm_groups": rfm_steps.rfm_groups(facts, cells, scores, path=shop.path("groups"), **told),
        "rfm_group_cells": cells,
        "lifecycle_stages": shop.stages(facts, people, features=features),
        "lifecycle_rules": stage_steps.lifecycle_rules(settings=shop.settings, path=shop.path("rules")),
        "stage_features": features,
        "response_rates": shop.table("response_rates", ANSWERED),
        "score_rules": score_rules(settings=shop.settings, path=shop.path("score_rules")),
    }
    assert set(tables) == set(READS)
    return score_story(who, tables)


def by_name(told: ScoreStory) -> dict[tuple[str, str], Explanation]:
    return {(one.profile, one.name): one for one in told.explanations}


def test_a_score_has_its_value_its_cut_points_and_its_rule(shop: Shop) -> None:
    found = by_name(story(shop, "a"))["default", "r_score"]
    assert (found.result, found.inputs) == ("1", {"recency_days": 95})
    assert found.cuts == (Cut("1", Decimal(95), Decimal(95), 1), Cut("2", Decimal(20), Decimal(20), 1),
                          Cut("4", Decimal(5), Decimal(5), 1))  # fmt: skip
    assert found.rule_en == (
        "days since the last purchase: score = 1 + floor(5 × share of customers whose value is strictly worse)"
    )
    assert found.rule_zh == "距上次购买天数:得分 = 1 + ⌊5 × 严格更差客户的占比⌋"
    assert len(found.rule_version) == 12


def test_classes_groups_and_stages(shop: Shop) -> None:
    found = by_name(story(shop, "a"))
    assert found["default", "rfm_class"].result == "general_win_back"
    assert found["default", "rfm_class"].inputs == {"r_score": 1, "f_score": 1, "m_score": 1, "c_score": None}
    assert found["classic_style", "rfm_group"].result == "lost"
    assert found["klaviyo_style", "rfm_group"].inputs == {"r_score": 1, "f_score": 1, "m_score": 1}
    dormant = found["guide", "stage"]
    assert (dormant.result, dormant.matched) == ("dormant", ("dormant",))
    assert dormant.inputs == {"since_on": AS_OF, "recency_days": 95}
    assert dormant.rule_en == "last purchase at least 90 days ago"
    assert dormant.rule_zh == "最近一次购买距今至少 90 天"
    cycle = found["own_cycle", "stage"]
    assert cycle.result == "overdue"
    assert cycle.inputs["cycle_days"] == 35, "too few gaps of their own: that of b, 40 - 5 days"


def test_a_response_rate_tells_what_it_was_shrunk_from(shop: Shop) -> None:
    found = by_name(story(shop, "b"))["default", "c_score"]
    assert found.inputs == {"response_rate": 0.25, "response_count": 2, "delivered_count": 5}


def test_who_was_never_contacted_has_no_response_score(shop: Shop) -> None:
    found = by_name(story(shop, "c"))["default", "c_score"]
    assert (found.result, found.inputs) == ("none", {"response_rate": None})


def test_the_rest_tells_all_that_the_profile_looks_at(shop: Shop) -> None:
    found = by_name(story(shop, "c"))["guide", "stage"]
    assert found.result == "regular"
    assert found.rule_en == "any other customer with a purchase"
    assert set(found.inputs) == {
        "since_on", "recency_days", "known_days", "spend_window_count", "spend_variation", "growing_order_count",
    }  # fmt: skip


def test_who_never_bought_has_stages_only(shop: Shop) -> None:
    told = story(shop, "none").explanations
    assert {(one.profile, one.result) for one in told} == {
        ("shopify_style", "prospects"), ("guide", "prospect"), ("active", "prospect"), ("funnel", "acquired"),
        ("own_cycle", "prospect"),
    }  # fmt: skip


def test_nobody_has_no_story(shop: Shop) -> None:
    assert story(shop, "stranger") == ScoreStory("stranger", ())


@pytest.mark.parametrize(
    ("rfm", "words"),
    [
        ({"method": "fixed"}, "money: score by the fixed cut points"),
        ({"method": "mean"}, "money: 5 if strictly better than the mean, else 1"),
        (
            {"window_days": 90},
            "money: score = 1 + floor(5 × share of customers whose value is strictly worse) (last 90 days)",
        ),
    ],
)
def test_methods_and_windows_in_words(tmp_path: Path, rfm: dict[str, object], words: str) -> None:
    told = story(Shop(tmp_path, shop_settings(rfm=rfm)), "b")
    assert by_name(told)["default", "m_score"].rule_en == words


def test_another_definition_has_another_version(tmp_path: Path) -> None:
    settings = (shop_settings(), shop_settings(rfm={"high_score": 3}, lifecycle={"dormant_days": 80}))
    first, second = (by_name(story(Shop(tmp_path / str(n), one), "a")) for n, one in enumerate(settings))
    for key in (("default", "rfm_class"), ("guide", "stage")):
        assert first[key].rule_version != second[key].rule_version
    for key in (("active", "stage"), ("funnel", "stage")):
        assert first[key].rule_version == second[key].rule_version


def test_own_profiles_show_what_their_conditions_name(tmp_path: Path) -> None:
    asleep = {"stage": "asleep", "where": "recency_days >= 90 and not guide_new", "label": "睡"}
    own = {"name": "mine", "buyers": [asleep, {"stage": "often", "where": "orders_60d_count >= 3"}]}
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_profiles": [own]}))
    found = by_name(story(shop, "a"))["mine", "stage"]
    assert (found.result, found.rule_en) == ("asleep", "睡: recency_days >= 90 and not guide_new")
    assert found.inputs == {"since_on": AS_OF, "recency_days": 95, "known_days": 400}
    other = by_name(story(shop, "b"))["mine", "stage"]
    assert (other.result, other.rule_zh) == ("regular", "其他已购客户")
    assert other.inputs == {"since_on": AS_OF, "recency_days": 5, "known_days": 400, "orders_60d_count": 2}
