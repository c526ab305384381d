"""Nights in a row: who changed stage or class, why, and how many went from where to where."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, Purchase, Shop, aged, shop_settings

from pipeline.lake import Table
from pipeline.scores import movement_steps, rfm_steps, stage_steps
from pipeline.settings import Settings

NAMES = (
    "lifecycle_stages", "lifecycle_rules", "stage_features", "customer_facts", "rfm_scores", "rfm_profiles",
    "stage_flow",
)  # fmt: skip
ON_MONDAY = date(2026, 6, 29)
"""AS_OF, 30 June, is the Tuesday after."""


@dataclass
class Nights:
    """Runs one night after another; what is bought is told by the day of AS_OF: (customer, age on AS_OF, amount)."""

    folder: Path
    as_of: date | None = None
    last: dict[str, Table] = field(default_factory=dict)
    changes: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    classes: dict[tuple[str, str], tuple[str, str, str]] = field(default_factory=dict)
    flow: set[tuple[Any, ...]] = field(default_factory=set)

    def run(
        self,
        as_of: date,
        purchases: list[Purchase],
        people: dict[str, date | None],
        settings: Settings | None = None,
        signals: tuple[dict[str, Any], ...] = (),
    ) -> None:
        settings = settings or shop_settings()
        shop = Shop(self.folder / as_of.isoformat(), settings, as_of)
        past = (as_of - AS_OF).days
        orders = shop.orders([(who, age + past, amount) for who, age, amount in purchases if age + past >= 0])
        known = shop.people(people)
        tonight = {"customer_facts": shop.facts(orders, known)}
        tonight["stage_features"] = shop.features(tonight["customer_facts"], known, orders, signals)
        previous = {name: self.last.get(name) or shop.table(name) for name in NAMES}
        told = {"engine": shop.engine, "settings": settings, "as_of": as_of}
        tonight["lifecycle_rules"] = stage_steps.lifecycle_rules(settings=settings, path=shop.path("rules"))
        tonight["lifecycle_stages"] = stage_steps.lifecycle_stages(
            tonight["stage_features"], previous["lifecycle_stages"], previous_as_of=self.as_of,
            path=shop.path("stages"), **told,
        )  # fmt: skip
        tonight["rfm_profiles"] = rfm_steps.rfm_profiles(settings=settings, path=shop.path("profiles"))
        tonight["rfm_scores"] = shop.scores(tonight["customer_facts"])
        stages = ("lifecycle_stages", "lifecycle_rules", "stage_features")
        changes = movement_steps.stage_changes(
            *(tonight[name] for name in (*stages, "customer_facts")), *(previous[name] for name in stages),
            path=shop.path("changes"), **told,
        )  # fmt: skip
        scores = ("rfm_scores", "rfm_profiles", "customer_facts")
        classes = movement_steps.class_changes(
            *(tonight[name] for name in scores), *(previous[name] for name in scores), previous_as_of=self.as_of,
            path=shop.path("classes"), **told,
        )  # fmt: skip
        tonight["stage_flow"] = movement_steps.stage_flow(
            tonight["lifecycle_stages"], changes, previous["stage_flow"], engine=shop.engine, as_of=as_of,
            path=shop.path("flow"),
        )  # fmt: skip
        self.as_of, self.last = as_of, tonight
        self.changes = {(who, profile): tuple(rest) for _, who, profile, *rest in changes.read().iter_rows()}
        self.classes = {(who, what): tuple(rest) for _, who, what, *rest in classes.read().iter_rows()}
        self.flow = set(tonight["stage_flow"].read().iter_rows())


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


OLD = aged(900)
DAY = timedelta(days=1)


def test_the_first_night_has_no_changes(nights: Nights) -> None:
    nights.run(AS_OF, [("a", 5, 5)], {"a": OLD})
    assert (nights.changes, nights.classes) == ({}, {})


ONE_DAY = [
    ("guide", [88], [], ("regular", "dormant", "recency_days 88 → 90 reached dormant_days 90")),
    ("guide", [178], [], ("dormant", "churned", "recency_days 178 → 180 reached churned_days 180")),
    (
        "guide", [178], [0],
        ("dormant", "regular", "recency_days 178 → 0 fell below dormant_days 90"),
    ),
    ("guide", [5], [0], ("regular", "growing", "growing_order_count 1 → 2 reached growing_orders 2")),
    ("guide", [0, 29], [], ("growing", "regular", "growing_order_count 2 → 1 fell below growing_orders 2")),
    ("active", [58], [], ("regular", "dormant", "recency_days 58 → 60 reached active.dormant_days 60")),
    ("active", [28, 200], [], ("active", "regular", "active_order_count 1 → 0 fell below active.active_orders 1")),
    (
        "active", [29], [],
        (
            "new",
            "regular",
            ("first_order_age_days 29 → 31 reached active.new_days 30; "
             "active_order_count 1 → 0 fell below active.active_orders 1"),
        ),
    ),
    ("funnel", [5], [0], ("converted", "repeat", "order_count 1 → 2 reached funnel.repeat_orders 2")),
    ("funnel", [], [0], ("acquired", "converted", "order_count 0 → 1")),
    ("funnel", [88], [], ("converted", "wake_up", "recency_days 88 → 90 reached funnel.wake_up_days 90")),
    (
        "own_cycle", [10, 21, 32, 42], [],
        ("in_cycle", "overdue", "recency_days 10 → 12 passed own_cycle.overdue_cycles 1 × cycle_days 11"),
    ),
    (
        "own_cycle", [31, 42, 52, 62], [0],
        (
            "dormant",
            "in_cycle",
            ("recency_days 31 → 0, cycle_days 10 → 10.5 is within own_cycle.dormant_cycles 3 × cycle_days 10.5; "
             "recency_days 31 → 0, cycle_days 10 → 10.5 is within own_cycle.overdue_cycles 1 × cycle_days 10.5"),
        ),
    ),
]  # fmt: skip
"""Profile, ages of purchases on the first night, ages of further ones on the second, two days later: the change."""


@pytest.mark.parametrize(("profile", "before", "since", "change"), ONE_DAY, ids=[row[3][2][:60] for row in ONE_DAY])
def test_reasons(
    nights: Nights, profile: str, before: list[int], since: list[int], change: tuple[str, str, str]
) -> None:
    first: list[Purchase] = [("a", age, 100) for age in before]
    nights.run(AS_OF, first, {"a": OLD})
    second: list[Purchase] = [("a", age - 2, 100) for age in since]
    nights.run(AS_OF + 2 * DAY, first + second, {"a": OLD})
    assert nights.changes["a", profile] == change


def test_a_complaint_and_its_end(nights: Nights) -> None:
    complaint = ({"customer_id": "a", "complaint_on": AS_OF + DAY},)
    nights.run(AS_OF, [("a", 40, 5)], {"a": OLD})
    nights.run(AS_OF + DAY, [("a", 40, 5)], {"a": OLD}, signals=complaint)
    within = "open_complaint_age_days none → 0 is within funnel.complaint_days 90 or funnel.return_days 30"
    assert nights.changes["a", "funnel"] == ("converted", "win_back", within)
    nights.run(AS_OF + 2 * DAY, [("a", 40, 5), ("a", -2, 5)], {"a": OLD}, signals=complaint)
    from_stage, to_stage, reason = nights.changes["a", "funnel"]
    assert (from_stage, to_stage) == ("win_back", "repeat")
    assert "open_complaint_age_days 0 → none is no longer within funnel.complaint_days 90" in reason


def test_customers_who_come_and_go(nights: Nights) -> None:
    nights.run(AS_OF, [("a", 5, 5)], {"a": OLD, "gone": OLD})
    nights.run(AS_OF + DAY, [("a", 5, 5), ("b", -1, 5)], {"a": OLD, "b": OLD})
    assert nights.changes["b", "guide"] == ("none", "regular", "customer is new")
    assert nights.changes["gone", "funnel"] == ("acquired", "none", "customer was merged, split or erased")
    assert not [key for key in nights.changes if key[0] == "a"]
    assert nights.classes["b", "rfm_class"][0::2] == ("none", "customer is new")


def test_another_definition_is_told(nights: Nights) -> None:
    people = {"a": OLD}
    nights.run(AS_OF, [("a", 40, 5)], people)
    nights.run(AS_OF + DAY, [("a", 40, 5)], people, shop_settings(lifecycle={"dormant_days": 30}))
    assert nights.changes == {("a", "guide"): ("regular", "dormant", "definition changed")}


def test_a_profile_that_is_switched_on_moves_nobody(nights: Nights) -> None:
    nights.run(AS_OF, [("a", 40, 5)], {"a": OLD}, shop_settings(lifecycle={"profiles": ["guide", "active"]}))
    nights.run(AS_OF + DAY, [("a", 40, 5)], {"a": OLD})
    assert nights.changes == {}
    assert (nights.as_of, "night", "funnel", "none", "converted", 1) in nights.flow


def test_a_night_of_an_older_release_is_no_obstacle(nights: Nights, tmp_path: Path) -> None:
    """It knew only two profiles, no features, no rules, and stages without what they are compared with."""
    nights.run(AS_OF, [("a", 89, 5)], {"a": OLD})
    older = (
        nights.last["lifecycle_stages"].read().select("customer_id", "profile", "stage", "matched_stages", "since_on")
    )
    older.filter(older["profile"].is_in(["guide", "active"])).write_parquet(tmp_path / "older.parquet")
    nights.last = {
        "lifecycle_stages": Table("lifecycle_stages", (tmp_path / "older.parquet",)),
        "customer_facts": nights.last["customer_facts"],
    }
    nights.run(AS_OF + DAY, [("a", 89, 5)], {"a": OLD})
    assert nights.changes == {("a", "guide"): ("regular", "dormant", "earlier values are not known")}


class TestClasses:
    FIXED = shop_settings(rfm={"method": "fixed"})

    def test_scores_that_crossed_a_cut(self, nights: Nights) -> None:
        purchases: list[Purchase] = [("a", 60, 5000)]
        nights.run(AS_OF, purchases, {"a": OLD}, self.FIXED)
        nights.run(AS_OF + DAY, purchases, {"a": OLD}, self.FIXED)
        reason = "r_score 4 → 3 fell below high_score 4 (recency_days 60 → 61)"
        assert nights.classes == {("a", "rfm_class"): ("important_develop", "important_win_back", reason)}
        nights.run(AS_OF + 30 * DAY, purchases, {"a": OLD}, self.FIXED)
        assert nights.classes == {}
        nights.run(AS_OF + 31 * DAY, purchases, {"a": OLD}, self.FIXED)
        reason = "r_score 3 → 2 fell to low_score 2 (recency_days 90 → 91)"
        assert nights.classes == {("a", "rfrc_class"): ("potential", "at_risk", reason)}

    def test_scores_that_moved_because_others_did(self, nights: Nights) -> None:
        first: list[Purchase] = [("a", 9, 50), ("b", 9, 10), ("c", 9, 20)]
        people = dict.fromkeys("abcde", OLD)
        nights.run(AS_OF, first, people)
        nights.run(AS_OF + DAY, [*first, ("d", -1, 900), ("e", -1, 900)], people)
        *_, reason = nights.classes["a", "rfm_class"]
        assert reason == "m_score 4 → 3 fell below high_score 4 (monetary_amount 50.00 as before: others moved)"
        assert nights.classes["d", "rfm_class"][0::2] == ("none", "order_count 0 → 1")

    def test_who_leaves_the_window_has_no_class_any_more(self, nights: Nights) -> None:
        settings = shop_settings(rfm={"window_days": 30})
        for days in (0, 1):
            nights.run(AS_OF + days * DAY, [("a", 29, 5)], {"a": OLD}, settings)
        assert nights.classes["a", "rfrc_class"] == ("low_value", "none", "no purchase in the window any more")

    def test_another_definition_is_told(self, nights: Nights) -> None:
        nights.run(AS_OF, [("a", 5, 5000)], {"a": OLD}, self.FIXED)
        nights.run(AS_OF + DAY, [("a", 5, 5000)], {"a": OLD}, shop_settings(rfm={"method": "fixed", "high_score": 1}))
        assert {reason for *_, reason in nights.classes.values()} == {"definition changed"}


class TestFlow:
    def flows(self, nights: Nights, period: str) -> set[tuple[Any, ...]]:
        """(as_of, from, to, customers) of the profile active."""
        return {
            (as_of, one, other, count)
            for as_of, kind, profile, one, other, count in nights.flow
            if (kind, profile) == (period, "active")
        }

    def test_a_week_compares_its_last_night_with_the_last_one_before_it(self, nights: Nights) -> None:
        """Sunday: bought 30 days ago. Monday: buys. Tuesday: still active. The next Monday begins a new week."""
        purchases: list[Purchase] = [("a", 32, 5), ("a", 200, 5), ("b", 200, 5), ("a", 1, 5)]
        people = dict.fromkeys("ab", OLD)
        sunday, monday, tuesday = ON_MONDAY - DAY, ON_MONDAY, AS_OF
        nights.run(sunday, purchases, people)
        assert self.flows(nights, "week") == {(sunday, "none", "regular", 1), (sunday, "none", "dormant", 1)}
        nights.run(monday, purchases, people)
        nights.run(tuesday, purchases, people)
        first = {(sunday, "none", "regular", 1), (sunday, "none", "dormant", 1)}
        week = {(tuesday, "regular", "active", 1), (tuesday, "dormant", "dormant", 1)}
        assert self.flows(nights, "week") == first | week
        assert self.flows(nights, "night") == {
            *first,
            (monday, "regular", "active", 1), (monday, "dormant", "dormant", 1),
            (tuesday, "active", "active", 1), (tuesday, "dormant", "dormant", 1),
        }  # fmt: skip
        nights.run(monday + 7 * DAY, purchases, people)
        later = {(monday + 7 * DAY, "active", "active", 1), (monday + 7 * DAY, "dormant", "dormant", 1)}
        assert self.flows(nights, "week") == first | week | later
        assert {as_of for as_of, *_ in self.flows(nights, "month")} == {tuesday, monday + 7 * DAY}

    def test_tonight_adds_up_with_the_night_before(self, nights: Nights) -> None:
        purchases: list[Purchase] = [("a", 59, 5), ("b", 5, 5), ("c", 28, 5), ("c", 300, 5)]
        nights.run(AS_OF, purchases, dict.fromkeys(["a", "b", "c", "gone"], OLD))
        nights.run(AS_OF + 3 * DAY, purchases, dict.fromkeys(["a", "b", "c", "new"], OLD))
        tonight = [row for row in self.flows(nights, "night") if row[0] == nights.as_of]
        assert sorted(row[1:] for row in tonight) == [
            ("active", "regular", 1), ("new", "new", 1), ("none", "prospect", 1), ("prospect", "none", 1),
            ("regular", "dormant", 1),
        ]  # fmt: skip


def test_confusion_of_profiles(shop: Shop) -> None:
    rows = [
        {"customer_id": who, "profile": profile, "stage": stage}
        for who, guide, active in (("a", "new", "new"), ("b", "regular", "new"), ("c", "regular", "active"))
        for profile, stage in (("guide", guide), ("active", active))
    ]
    table = movement_steps.profile_confusion(
        shop.table("lifecycle_stages", rows), engine=shop.engine, path=shop.path("confusion")
    )
    assert table.read().rows() == [
        ("active", "active", "guide", "regular", 1, 1.0, 0.5),
        ("active", "new", "guide", "new", 1, 0.5, 1.0),
        ("active", "new", "guide", "regular", 1, 0.5, 0.5),
    ]
