"""RFM profiles side by side, the cut points of the night, and the groups made of scores."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_shop import Purchase, Shop, by_customer, shop_settings

from pipeline.errors import SettingsError
from pipeline.lake import Table
from pipeline.scores import rfm_steps

HALVES = {"name": "halves", "rfm_profile": "two", "groups": {"low": "11 12 21", "high": [22]}}


def facts_of(shop: Shop, rows: list[tuple[str, int, int, Any]]) -> Table:
    return shop.table(
        "customer_facts",
        [
            {
                "customer_id": who, "recency_days": recency, "frequency": frequency, "monetary_amount": money,
                "order_count": frequency,
            }
            for who, recency, frequency, money in rows
        ],
    )  # fmt: skip


FIVE = [(f"c{n}", 10 * n, 1 if n < 4 else n, 100 * n) for n in range(1, 6)]
"""Recency 10..50 days, frequency 1 1 1 4 5, money 100..500."""


def cut_points(shop: Shop, rates: dict[str, float] | None = None) -> dict[tuple[str, str, int], tuple[Any, ...]]:
    """(profile, letter, score) → worst, best, cut, customers."""
    scores = shop.profile_scores(facts_of(shop, FIVE), rates)
    profiles = rfm_steps.rfm_profiles(settings=shop.settings, path=shop.path("profiles"))
    table = rfm_steps.rfm_cut_points(scores, profiles, engine=shop.engine, path=shop.path("cuts"))
    columns = (
        "rfm_profile",
        "rfm_letter",
        "rfm_score",
        "worst_value",
        "best_value",
        "cut_value",
        "scored_customer_count",
    )
    return {tuple(row[:3]): row[3:] for row in table.read().select(columns).iter_rows()}


class TestCutPoints:
    def test_of_quantiles_tell_the_range_of_every_score(self, shop: Shop) -> None:
        found = cut_points(shop, {"c1": 0.25, "c2": 0.5})
        assert {key[1:]: row for key, row in found.items() if key[0] == "default"} == {
            ("r", 1): (50, 50, None, 1), ("r", 2): (40, 40, None, 1), ("r", 3): (30, 30, None, 1),
            ("r", 4): (20, 20, None, 1), ("r", 5): (10, 10, None, 1),
            ("f", 1): (1, 1, None, 3), ("f", 4): (4, 4, None, 1), ("f", 5): (5, 5, None, 1),
            ("m", 1): (100, 100, None, 1), ("m", 2): (200, 200, None, 1), ("m", 3): (300, 300, None, 1),
            ("m", 4): (400, 400, None, 1), ("m", 5): (500, 500, None, 1),
            ("c", 1): (Decimal("0.25"), Decimal("0.25"), None, 1), ("c", 3): (Decimal("0.5"), Decimal("0.5"), None, 1),
        }  # fmt: skip

    def test_of_thirds(self, shop: Shop) -> None:
        found = cut_points(shop)
        assert {key[1:]: row for key, row in found.items() if key[0] == "thirds" and key[1] != "r"} == {
            ("f", 1): (1, 1, None, 3), ("f", 2): (4, 4, None, 1), ("f", 3): (5, 5, None, 1),
            ("m", 1): (100, 200, None, 2), ("m", 2): (300, 400, None, 2), ("m", 3): (500, 500, None, 1),
        }  # fmt: skip

    def test_of_fixed_cuts_tell_the_cut(self, tmp_path: Path) -> None:
        rfm = {"method": "fixed", "recency_cuts_days": [45, 40, 20, 5], "monetary_cuts_amount": [150, 250, 350, 1000]}
        found = cut_points(Shop(tmp_path, shop_settings(rfm=rfm)))
        assert {key[1:]: row for key, row in found.items() if key[0] == "default" and key[1] != "f"} == {
            ("r", 1): (50, 50, None, 1), ("r", 3): (40, 30, 40, 2), ("r", 4): (20, 10, 20, 2),
            ("m", 1): (100, 100, None, 1), ("m", 2): (200, 200, 150, 1), ("m", 3): (300, 300, 250, 1),
            ("m", 4): (400, 500, 350, 2),
        }  # fmt: skip

    def test_of_the_mean_tell_the_mean(self, tmp_path: Path) -> None:
        found = cut_points(Shop(tmp_path, shop_settings(rfm={"method": "mean"})))
        assert {key[1:]: row for key, row in found.items() if key[0] == "default"} == {
            ("r", 1): (50, 30, None, 3), ("r", 5): (20, 10, 30, 2),
            ("f", 1): (1, 1, None, 3), ("f", 5): (4, 5, Decimal("2.4"), 2),
            ("m", 1): (100, 300, None, 3), ("m", 5): (400, 500, 300, 2),
        }  # fmt: skip


class TestProfiles:
    def test_windows_side_by_side(self, tmp_path: Path) -> None:
        """In the last 30 days c bought once; all history tells three purchases."""
        profiles = [{"name": "lately", "window_days": 30, "method": "fixed"}]
        shop = Shop(tmp_path, shop_settings(rfm={"method": "fixed", "profiles": profiles}))
        purchases: list[Purchase] = [("c", 29, 200), ("c", 30, 700), ("c", 500, 200), ("old", 30, 900)]
        people = shop.people(dict.fromkeys(["c", "old"]))
        orders = shop.orders(purchases)
        scores = shop.profile_scores(shop.facts(orders, people), None, orders).read()
        columns = ("customer_id", "rfm_profile", "frequency", "monetary_amount", "r_score", "f_score", "m_score")
        found = scores.select(columns).rows()
        assert [row for row in found if row[1] != "thirds"] == [
            ("c", "default", 3, 1100, 5, 3, 4),
            ("c", "lately", 1, 200, 5, 1, 2),
            ("old", "default", 1, 900, 5, 1, 3),
        ]

    def test_more_profiles_change_no_class(self, tmp_path: Path) -> None:
        alone = Shop(tmp_path / "a")
        profiles = [{"name": "by_mean", "method": "mean"}, {"name": "halves", "levels": 2}]
        beside = Shop(tmp_path / "b", shop_settings(rfm={"profiles": profiles}))
        first, second = (shop.scores(facts_of(shop, FIVE)).read() for shop in (alone, beside))
        assert first.equals(second)

    def test_versions_follow_the_definition(self, tmp_path: Path) -> None:
        def versions(**rfm: Any) -> dict[str, str]:
            shop = Shop(tmp_path, shop_settings(rfm=rfm))
            table = rfm_steps.rfm_profiles(settings=shop.settings, path=shop.path("profiles")).read()
            return dict(table.select("rfm_profile", "profile_version").iter_rows())

        assert versions() == versions(method="quantile")
        assert versions()["default"] != versions(high_score=3)["default"]
        assert versions()["thirds"] == versions(high_score=3)["thirds"]
        assert versions()["default"] != versions(window_days=365)["default"]

    @pytest.mark.parametrize(
        ("rfm", "message"),
        [
            ({"profiles": [{"name": "default"}]}, "named twice: default"),
            ({"profiles": [{"name": "x", "levels": 3, "method": "fixed"}]}, "need method: quantile"),
            ({"method": "mean", "profiles": [{"name": "x", "levels": 3}]}, "need method: quantile"),
            ({"profiles": [{"name": "x", "window_days": 9, "whole_history": True}]}, "both window_days"),
            ({"profiles": [{"name": "x", "frequency_cuts": [1, 2, 2, 3]}]}, "frequency_cuts must rise"),
            ({"groupings": [HALVES]}, "two, which is no RFM profile"),
            ({"groupings": [{"name": "g", "groups": {"all": "11 12"}}]}, "must name each cell"),
            (
                {
                    "profiles": [{"name": "two", "levels": 2}],
                    "groupings": [{**HALVES, "groups": {"a": "11 12 21 22 22"}}],
                },
                "exactly once",
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, rfm: dict[str, Any], message: str) -> None:
        with pytest.raises(SettingsError, match=message):
            shop_settings(rfm=rfm)


class TestGroups:
    def groups(self, shop: Shop, rows: list[tuple[str, int, int, Any]]) -> dict[tuple[str, str], str]:
        facts = facts_of(shop, rows)
        cells = rfm_steps.rfm_group_cells(settings=shop.settings, path=shop.path("cells"))
        scores = shop.profile_scores(facts)
        table = rfm_steps.rfm_groups(
            facts, cells, scores, engine=shop.engine, settings=shop.settings, path=shop.path("groups")
        )
        return {(grouping, who): group for who, grouping, group in table.read().iter_rows()}

    @pytest.mark.parametrize(
        ("r", "f", "m", "classic", "shopify"),
        [
            (5, 5, 5, "champions", "champions"),
            (5, 4, 3, "champions", "champions"),  # 3.5 is rounded up
            (5, 3, 3, "potential_loyalist", "active"),
            (4, 4, 4, "loyal", "loyal"),
            (3, 5, 2, "loyal", "loyal"),
            (4, 2, 1, "potential_loyalist", "active"),
            (5, 1, 1, "new", "new"),
            (4, 1, 1, "promising", "promising"),
            (3, 3, 3, "needs_attention", "needs_attention"),
            (3, 2, 2, "about_to_sleep", "almost_lost"),
            (2, 5, 4, "cannot_lose", "previously_loyal"),
            (1, 4, 4, "at_risk", "at_risk"),
            (2, 2, 2, "hibernating", "dormant"),
            (1, 1, 1, "lost", "dormant"),
            (1, 2, 1, "hibernating", "dormant"),
        ],
    )
    def test_fm_groups(self, tmp_path: Path, r: int, f: int, m: int, classic: str, shopify: str) -> None:
        recency = {1: 200, 2: 100, 3: 70, 4: 40, 5: 1}
        frequency = {1: 1, 2: 2, 3: 3, 4: 5, 5: 10}
        money = {1: 1, 2: 200, 3: 500, 4: 1000, 5: 5000}
        shop = Shop(tmp_path, shop_settings(rfm={"method": "fixed"}))
        found = self.groups(shop, [("a", recency[r], frequency[f], money[m])])
        assert (found["classic_style", "a"], found["shopify_style", "a"]) == (classic, shopify)

    def test_who_never_bought_is_a_prospect_of_shopify_alone(self, shop: Shop) -> None:
        facts = shop.table("customer_facts", [{"customer_id": "a"}])
        cells = rfm_steps.rfm_group_cells(settings=shop.settings, path=shop.path("cells"))
        table = rfm_steps.rfm_groups(
            facts,
            cells,
            shop.profile_scores(facts),
            engine=shop.engine,
            settings=shop.settings,
            path=shop.path("groups"),
        )
        assert table.read().rows() == [("a", "shopify_style", "prospects")]

    def test_own_groupings(self, tmp_path: Path) -> None:
        rfm = {"profiles": [{"name": "two", "levels": 2}], "groupings": [HALVES]}
        shop = Shop(tmp_path, shop_settings(rfm=rfm))
        found = self.groups(shop, [("a", 9, 1, 1), ("b", 8, 1, 1), ("c", 7, 2, 2), ("d", 6, 3, 2)])
        assert found == {
            ("halves", "a"): "low",
            ("halves", "b"): "low",
            ("halves", "c"): "high",
            ("halves", "d"): "high",
        }

    def test_every_combination_has_one_group_in_every_grouping(self, shop: Shop) -> None:
        table = rfm_steps.rfm_group_cells(settings=shop.settings, path=shop.path("cells")).read()
        counts = dict(table.group_by("rfm_grouping").len().iter_rows())
        assert counts == {"classic_style": 125, "shopify_style": 125, "klaviyo_style": 27}
        groups = table.unique(["rfm_grouping", "rfm_group"]).group_by("rfm_grouping").len()
        assert dict(groups.iter_rows()) == {"classic_style": 11, "shopify_style": 10, "klaviyo_style": 6}


def test_a_score_can_be_computed_by_hand_from_the_cut_points(shop: Shop) -> None:
    ranges = cut_points(shop)
    scores = by_customer(shop.scores(facts_of(shop, FIVE)), "r_score", "f_score", "m_score")
    for who, recency, frequency, money in FIVE:
        for letter, value, score in zip("rfm", (recency, frequency, money), scores[who], strict=True):
            worst, best, *_ = ranges["default", letter, score]
            assert min(worst, best) <= value <= max(worst, best)
