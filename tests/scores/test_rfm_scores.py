"""Scores from ranks, cut points and means; the 8 and the 4 classes."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
from customer_shop import Shop, by_customer, shop_settings
from naive import rfm_class, rfrc_class

from pipeline.lake import Table


def facts_of(shop: Shop, rows: list[tuple[str, int, int, Any]]) -> Table:
    """customer_facts of (customer, recency_days, frequency, monetary_amount)."""
    return shop.table(
        "customer_facts",
        [
            {"customer_id": who, "recency_days": recency, "frequency": frequency, "monetary_amount": money}
            for who, recency, frequency, money in rows
        ],
    )


def scores_of(shop: Shop, rows: list[tuple[str, int, int, Any]], rates: dict[str, float] | None = None) -> Any:
    return by_customer(shop.scores(facts_of(shop, rows), rates), "r_score", "f_score", "m_score", "c_score")


class TestQuantile:
    def test_five_different_buyers_get_one_to_five(self, shop: Shop) -> None:
        rows = [(f"c{n}", 10 * n, 6 - n, 100 - n) for n in range(1, 6)]
        assert scores_of(shop, rows) == {f"c{n}": (6 - n, 6 - n, 6 - n, None) for n in range(1, 6)}

    def test_one_time_buyers_share_the_lowest_frequency_score(self, shop: Shop) -> None:
        rows = [(f"c{n}", 5, 1, 10) for n in range(8)] + [("c8", 5, 2, 10), ("c9", 5, 3, 10)]
        found = {who: scores[1] for who, scores in scores_of(shop, rows).items()}
        assert found == {**{f"c{n}": 1 for n in range(8)}, "c8": 5, "c9": 5}

    @pytest.mark.parametrize(
        ("buyers", "worse", "score"),
        [(5, 1, 2), (6, 1, 1), (6, 2, 2), (7, 3, 3), (10, 5, 3), (10, 6, 4), (10, 7, 4), (10, 8, 5), (1, 0, 1)],
    )
    def test_score_is_one_plus_floor_of_five_times_the_share(
        self, shop: Shop, buyers: int, worse: int, score: int
    ) -> None:
        rows = [(f"c{n}", 5, 1 if n <= worse else 2, 10) for n in range(1, buyers)] + [("c0", 5, 2, 10)]
        assert scores_of(shop, rows)["c0"][1] == score

    def test_all_equal_is_all_one(self, shop: Shop) -> None:
        rows = [(who, 3, 2, 50) for who in "abc"]
        assert scores_of(shop, rows, dict.fromkeys("abc", 0.25)) == dict.fromkeys("abc", (1, 1, 1, 1))

    def test_response_is_ranked_among_the_contacted(self, shop: Shop) -> None:
        rows = [(who, 3, 2, 50) for who in "abcde"]
        found = scores_of(shop, rows, {"a": 0.1, "b": 0.2, "not a buyer": 0.9})
        assert {who: scores[3] for who, scores in found.items()} == {"a": 1, "b": 3, "c": None, "d": None, "e": None}

    def test_who_never_bought_has_no_row(self, shop: Shop) -> None:
        facts = shop.table("customer_facts", [{"customer_id": "a"}])
        assert shop.scores(facts, {"a": 0.5}).read().is_empty()


class TestFixed:
    @pytest.mark.parametrize(
        ("recency", "frequency", "money", "rate", "scores"),
        [
            (30, 10, 5000, 0.2, (5, 5, 5, 5)),
            (31, 9, "4999.99", 0.199, (4, 4, 4, 4)),
            (60, 5, 1000, 0.1, (4, 4, 4, 4)),
            (61, 4, "999.99", 0.09, (3, 3, 3, 3)),
            (90, 3, 500, 0.05, (3, 3, 3, 3)),
            (91, 2, 200, 0.02, (2, 2, 2, 2)),
            (180, 2, "499.99", 0.049, (2, 2, 2, 2)),
            (181, 1, "199.99", 0.0199, (1, 1, 1, 1)),
        ],
    )
    def test_cut_points(
        self, tmp_path: Path, recency: int, frequency: int, money: Any, rate: float, scores: tuple[int, ...]
    ) -> None:
        shop = Shop(tmp_path, shop_settings(rfm={"method": "fixed"}))
        assert scores_of(shop, [("a", recency, frequency, money)], {"a": rate}) == {"a": scores}


class TestMean:
    def test_strictly_better_than_the_mean_is_five_else_one(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path, shop_settings(rfm={"method": "mean"}))
        rows = [("a", 10, 1, "0.10"), ("b", 20, 2, "0.20"), ("c", 30, 3, "0.30")]
        rates = {"a": 0.1, "b": 0.2, "c": 0.3}
        assert scores_of(shop, rows, rates) == {"a": (5, 1, 1, 1), "b": (1, 1, 1, 1), "c": (1, 5, 5, 5)}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Any, ...], tuple[str, str]]:
    """(r, f, m, c) → both classes, for all 750 combinations, by fixed cut points that give each score."""
    shop = Shop(tmp_path_factory.mktemp("classes"), shop_settings(rfm={"method": "fixed"}))
    recency = {1: 200, 2: 100, 3: 70, 4: 40, 5: 1}
    frequency = {1: 1, 2: 2, 3: 3, 4: 5, 5: 10}
    money = {1: 1, 2: 200, 3: 500, 4: 1000, 5: 5000}
    rate = {1: 0.01, 2: 0.02, 3: 0.05, 4: 0.1, 5: 0.2}
    keys = list(product(range(1, 6), range(1, 6), range(1, 6), (None, 1, 2, 3, 4, 5)))
    rows = [("-".join(map(str, key)), recency[key[0]], frequency[key[1]], money[key[2]]) for key in keys]
    rates = {"-".join(map(str, key)): rate[key[3]] for key in keys if key[3]}
    found = by_customer(shop.scores(facts_of(shop, rows), rates), "rfm_class", "rfrc_class")
    return {key: found["-".join(map(str, key))] for key in keys}


class TestClasses:
    @pytest.mark.parametrize(
        ("r", "f", "m", "name"),
        [
            (4, 4, 4, "important_value"),
            (4, 3, 4, "important_develop"),
            (3, 4, 4, "important_keep"),
            (3, 3, 4, "important_win_back"),
            (4, 4, 3, "general_value"),
            (4, 3, 3, "general_develop"),
            (3, 4, 3, "general_keep"),
            (3, 3, 3, "general_win_back"),
        ],
    )
    def test_eight_rfm_classes(self, classes: Any, r: int, f: int, m: int, name: str) -> None:
        assert classes[r, f, m, None][0] == name

    @pytest.mark.parametrize(
        ("r", "f", "m", "c", "name"),
        [
            (4, 4, 4, None, "loyal_high_value"),
            (4, 4, 4, 1, "loyal_high_value"),
            (2, 3, 1, None, "at_risk"),
            (2, 1, 3, 5, "at_risk"),
            (2, 5, 5, 5, "at_risk"),
            (3, 3, 3, 1, "potential"),
            (2, 2, 2, None, "low_value"),
            (3, 2, 2, 2, "low_value"),
            (3, 2, 2, 3, "potential"),
            (3, 2, 2, None, "potential"),
            (5, 1, 1, 1, "low_value"),
            (5, 1, 1, None, "potential"),
            (3, 4, 4, None, "potential"),
        ],
    )
    def test_four_rfrc_classes(self, classes: Any, r: int, f: int, m: int, c: int | None, name: str) -> None:
        assert classes[r, f, m, c][1] == name

    def test_all_combinations(self, classes: Any) -> None:
        for (r, f, m, c), found in classes.items():
            assert found == (rfm_class(r, f, m), rfrc_class(r, f, m, c)), (r, f, m, c)

    def test_what_is_high_is_a_setting(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path, shop_settings(rfm={"method": "fixed", "high_score": 3}))
        scores = shop.scores(facts_of(shop, [("a", 70, 3, 500)]))
        assert by_customer(scores, "rfm_class", "rfrc_class") == {"a": ("important_value", "loyal_high_value")}


def test_cut_points_must_be_in_order() -> None:
    with pytest.raises(Exception, match="recency_cuts_days must fall"):
        shop_settings(rfm={"recency_cuts_days": [30, 60, 90, 180]})
    with pytest.raises(Exception, match="monetary_cuts_amount must rise"):
        shop_settings(rfm={"monetary_cuts_amount": [1, 1, 2, 3]})
