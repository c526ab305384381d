"""Random small shops: the SQL says what plain Python says, and in whatever order the rows lie."""

import random
import tempfile
from pathlib import Path
from typing import Any, Literal

from customer_shop import Shop, aged, by_customer, shop_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import Person, active, guide, rfm_scores

EDGES = (0, 1, 28, 29, 30, 31, 58, 59, 60, 61, 88, 89, 90, 91, 119, 120, 121, 178, 179, 180, 181, 400)
AGES = st.sampled_from(EDGES) | st.integers(0, 200)
AMOUNTS = st.sampled_from((10000, 9999, 7000, 1)) | st.integers(1, 30000)
PEOPLE = st.builds(
    Person,
    purchases=st.lists(st.tuples(AGES, AMOUNTS), max_size=9).map(tuple),
    registered=st.none() | st.sampled_from((0, 29, 30)) | st.integers(0, 500),
    rate=st.none() | st.sampled_from((0.1, 0.25, 0.333333333)) | st.integers(0, 100).map(lambda part: part / 100),
)
SHOPS = st.lists(PEOPLE, min_size=1, max_size=12).map(lambda people: {f"c{n}": one for n, one in enumerate(people)})
METHODS = st.sampled_from(("quantile", "fixed", "mean"))


def computed(people: dict[str, Person], sections: dict[str, Any], order: random.Random | None = None) -> Any:
    """customer → scores and classes; (customer, profile) → matched stages."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder), shop_settings(**sections))
        purchases = [(who, age, fen / 100) for who, one in people.items() for age, fen in one.purchases]
        names = list(people)
        if order:
            order.shuffle(purchases)
            order.shuffle(names)
        attributes = shop.people(
            {who: None if people[who].registered is None else aged(people[who].registered or 0) for who in names}
        )
        facts = shop.facts(shop.orders(purchases), attributes)
        rates = {who: people[who].rate for who in names if people[who].rate is not None}
        scores = shop.scores(facts, rates)
        stages = shop.stages(facts, attributes).read()
        columns = ("r_score", "f_score", "m_score", "c_score", "rfm_class", "rfrc_class")
        matched = {(who, profile): found for who, profile, _, found, _ in stages.rows()}
        return by_customer(scores, *columns), matched


@settings(max_examples=25, deadline=None)
@given(people=SHOPS, method=METHODS)
def test_scores_and_stages(people: dict[str, Person], method: Literal["quantile", "fixed", "mean"]) -> None:
    chosen = shop_settings(rfm={"method": method})
    scores, stages = computed(people, {"rfm": {"method": method}})
    assert scores == rfm_scores(people, chosen.rfm)
    assert stages == {
        (who, profile): rule(person, chosen.lifecycle)
        for who, person in people.items()
        for profile, rule in (("guide", guide), ("active", active))
    }


@settings(max_examples=6, deadline=None)
@given(people=SHOPS, seed=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(people: dict[str, Person], seed: random.Random) -> None:
    assert computed(people, {}) == computed(people, {}, seed)


@settings(max_examples=10, deadline=None)
@given(
    people=SHOPS,
    windows=st.integers(2, 5),
    days=st.integers(5, 45),
    variation=st.sampled_from(("0", "0.125", "0.3", "0.333333", "1.5")),
    pace=st.sampled_from(("0.1", "0.25", "1", "2.5")),
)
def test_other_settings(people: dict[str, Person], windows: int, days: int, variation: str, pace: str) -> None:
    lifecycle = {
        "mature_windows": windows,
        "mature_window_days": days,
        "mature_variation": variation,
        "growing_window_days": days,
        "active": {"warning_pace": pace, "warning_window_days": days, "warning_earlier_orders": 2},
    }
    chosen = shop_settings(lifecycle=lifecycle).lifecycle
    _, stages = computed(people, {"lifecycle": lifecycle})
    for who, person in people.items():
        assert stages[who, "guide"] == guide(person, chosen)
        assert stages[who, "active"] == active(person, chosen)
