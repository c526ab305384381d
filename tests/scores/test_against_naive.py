"""Random small shops: the SQL says what plain Python says, and in whatever order the rows lie."""

import random
import tempfile
from pathlib import Path
from typing import Any, Literal

from customer_shop import Shop, aged, by_customer, shop_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import Person, profile_scores, rfm_scores, stages
from naive_groups import groups

from pipeline.scores import rfm_steps

EDGES = (0, 1, 28, 29, 30, 31, 58, 59, 60, 61, 88, 89, 90, 91, 119, 120, 121, 178, 179, 180, 181, 400)
AGES = st.sampled_from(EDGES) | st.integers(0, 200)
AMOUNTS = st.sampled_from((10000, 9999, 7000, 1)) | st.integers(1, 30000)
PEOPLE = st.builds(
    Person,
    purchases=st.lists(st.tuples(AGES, AMOUNTS), max_size=9).map(tuple),
    registered=st.none() | st.sampled_from((0, 29, 30)) | st.integers(0, 500),
    rate=st.none() | st.sampled_from((0.1, 0.25, 0.333333333)) | st.integers(0, 100).map(lambda part: part / 100),
    complaint=st.none() | AGES,
    returned=st.none() | AGES,
    visit=st.none() | AGES,
)
SHOPS = st.lists(PEOPLE, min_size=1, max_size=12).map(lambda people: {f"c{n}": one for n, one in enumerate(people)})
METHODS = st.sampled_from(("quantile", "fixed", "mean"))
SCORES = ("r_score", "f_score", "m_score", "c_score")


class Computed:
    """What the steps say of a shop."""

    def __init__(self, people: dict[str, Person], sections: dict[str, Any], order: random.Random | None = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            shop = Shop(Path(folder), shop_settings(**sections))
            purchases = [(who, age, fen / 100) for who, one in people.items() for age, fen in one.purchases]
            names = list(people)
            if order:
                order.shuffle(purchases)
                order.shuffle(names)
            registered = {who: people[who].registered for who in names}
            attributes = shop.people({who: None if age is None else aged(age) for who, age in registered.items()})
            orders = shop.orders(purchases)
            facts = shop.facts(orders, attributes)
            rates = {who: rate for who in names if (rate := people[who].rate) is not None}
            profiles = shop.profile_scores(facts, rates, orders)
            self.scores = by_customer(shop.scores(facts, rates), *SCORES, "rfm_class", "rfrc_class")
            self.profiles = {
                (who, profile): tuple(scores)
                for who, profile, *scores in profiles.read().select("customer_id", "rfm_profile", *SCORES).iter_rows()
            }
            cells = rfm_steps.rfm_group_cells(settings=shop.settings, path=shop.path("cells"))
            table = rfm_steps.rfm_groups(
                facts, cells, profiles, engine=shop.engine, settings=shop.settings, path=shop.path("groups")
            )
            self.groups = {(who, grouping): group for who, grouping, group in table.read().iter_rows()}
            features = shop.features(facts, attributes, orders, signals(people))
            found = shop.stages(facts, attributes, features=features).read()
            self.stages = {(who, profile): matched for who, profile, _, matched, *_ in found.iter_rows()}


def signals(people: dict[str, Person]) -> list[dict[str, Any]]:
    ages = {"complaint_on": "complaint", "return_on": "returned", "activity_on": "visit"}
    return [
        {"customer_id": who}
        | {column: aged(age) for column, name in ages.items() if (age := getattr(one, name)) is not None}
        for who, one in people.items()
    ]


@settings(max_examples=16, deadline=None)
@given(people=SHOPS, method=METHODS)
def test_scores_stages_and_groups(people: dict[str, Person], method: Literal["quantile", "fixed", "mean"]) -> None:
    chosen = shop_settings(rfm={"method": method})
    computed = Computed(people, {"rfm": {"method": method}})
    assert computed.scores == rfm_scores(people, chosen.rfm)
    assert computed.stages == stages(people, chosen.lifecycle)
    assert computed.groups == groups(people, chosen.rfm)


@settings(max_examples=10, deadline=None)
@given(people=SHOPS, window=st.sampled_from((1, 30, 90, 180)), method=METHODS)
def test_profiles_side_by_side(people: dict[str, Person], window: int, method: str) -> None:
    profiles = [
        {"name": "lately", "window_days": window, "method": method},
        {"name": "ever", "whole_history": True},
        {"name": "halves", "levels": 2, "window_days": 60},
    ]
    rfm = {"window_days": 120, "profiles": profiles}
    chosen = shop_settings(rfm=rfm).rfm
    computed = Computed(people, {"rfm": rfm})
    assert computed.profiles == {
        (who, profile): scores
        for profile in ("default", "thirds", "lately", "ever", "halves")
        for who, scores in profile_scores(people, chosen, profile).items()
    }
    assert computed.scores == rfm_scores(people, chosen)


@settings(max_examples=4, deadline=None)
@given(people=SHOPS, seed=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(people: dict[str, Person], seed: random.Random) -> None:
    assert vars(Computed(people, {})) == vars(Computed(people, {}, seed))


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
        "funnel": {
            "complaint_days": days,
            "return_days": 2 * days,
            "wake_up_days": 3 * days,
            "repeat_orders": windows,
            "activation_days": days,
            "buyer_order": ["repeat", "win_back", "converted"],
        },
        "own_cycle": {"min_gaps": windows - 1, "dormant_cycles": pace, "overdue_cycles": "0.1"},
    }
    computed = Computed(people, {"lifecycle": lifecycle})
    assert computed.stages == stages(people, shop_settings(lifecycle=lifecycle).lifecycle)
