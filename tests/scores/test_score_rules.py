"""The rules of scores in words: every number in them is a setting, every setting behind them moves the version."""

import re
from typing import Any

import pytest
from customer_shop import Shop, shop_settings

from pipeline.scores.score_rules import RULES, rules_in_words, score_rules


def told(**sections: Any) -> dict[str, tuple[str, str, str]]:
    return {score: rest for score, *rest in rules_in_words(shop_settings(**sections))}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("score", "sections", "english"),
    [
        ("rfm_class", {"rfm": {"high_score": 3}}, "R, F and M are high from 3 on; the three make 8 classes"),
        ("tier", {}, ("by the net spend of the last 12 months in all channels: standard ≥ 0, silver ≥ 5000,"
                     " gold ≥ 15000; it goes with the spend")),
        ("tier", {"tiers": {"silver_amount": 4000, "keep_months": 6, "period": "calendar_year"}},
         ("by the net spend of the calendar year in all channels: standard ≥ 0, silver ≥ 4000, gold ≥ 15000; kept for 6"
         " months once reached")),
        ("churn_probability", {"churn": {"high_risk": 0.7}}, ("probability of no purchase in the next 90 days, for who"
         " bought less than 180 days ago; high from 0.7 on, medium from 0.33 on")),
    ],
)  # fmt: skip
def test_rules_tell_the_numbers_of_the_settings(score: str, sections: dict[str, Any], english: str) -> None:
    assert told(**sections)[score][1] == english


def test_both_languages_tell_the_same_numbers() -> None:
    for score, (zh, en, _) in told().items():
        numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", text)) for text in (zh, en)]
        assert numbers[0] == numbers[1], score


@pytest.mark.parametrize(
    ("sections", "moved"),
    [
        ({"tiers": {"gold_amount": 20000}}, {"tier"}),
        ({"points": {"value_amount": "0.05"}}, {"points"}),
        ({"rfm": {"low_score": 1}}, {"rfm_class", "rfrc_class"}),
        ({"cycles": {"own_purchases": 4}}, {"next_order"}),
        ({"churn": {"high_risk": 0.7}}, {"churn_probability"}),
        ({"ltv": {"lifetime_years": 3}}, {"lifetime_value"}),
        ({"contacts": {"min_delivered": 5}}, {"preferred_channel"}),
        ({"kpis": {"window_days": 7}}, set()),
    ],
)
def test_a_version_moves_with_its_settings(sections: dict[str, Any], moved: set[str]) -> None:
    before, after = told(), told(**sections)
    assert {score for score in before if before[score][2] != after[score][2]} == moved


def test_the_table_has_every_rule_once(shop: Shop) -> None:
    rows = score_rules(settings=shop.settings, path=shop.path("rules")).read()
    assert sorted(rows["score"]) == sorted(rule.score for rule in RULES)
