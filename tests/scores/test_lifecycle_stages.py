"""Stages on every boundary day. A line reads: registered when, bought when and for how much, stage and all matches."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, Purchase, Shop, aged, by_customer, shop_settings

from pipeline.errors import SettingsError
from pipeline.lake import Table


def stages_of(shop: Shop, registered: int | None, purchases: list[tuple[int, Any]]) -> dict[str, str]:
    """Profile → matched stages, the first of which is the stage."""
    people = shop.people({"a": None if registered is None else aged(registered)})
    orders = shop.orders([("a", age, amount) for age, amount in purchases])
    rows = shop.stages(shop.facts(orders, people), people).read().rows(named=True)
    assert all(row["stage"] == row["matched_stages"].split(",")[0] for row in rows)
    return {row["profile"]: row["matched_stages"] for row in rows}


def each(*ages: int) -> list[tuple[int, Any]]:
    return [(age, 100) for age in ages]


def spends(newest: str, middle: str, oldest: str) -> list[tuple[int, Any]]:
    """One purchase in each of the last three windows of 30 days, on their outermost days."""
    return [(29, newest), (30, middle), (89, oldest)]


GUIDE = [
    ("never bought, no card", None, [], "prospect"),
    ("never bought, card 29 days old", 29, [], "new"),
    ("never bought, card 30 days old", 30, [], "prospect"),
    ("no card, first bought 29 days ago", None, each(29), "new"),
    ("no card, first bought 30 days ago", None, each(30), "regular"),
    ("card 29 days old, bought long before", 29, each(80), "new"),
    ("card 30 days old, first bought yesterday", 30, each(1), "regular"),
    ("card says later than as_of: no card", -1, each(29), "new"),
    ("card says later than as_of, old buyer", -1, each(45), "regular"),
    ("89 days", 400, each(89), "regular"),
    ("90 days", 400, each(90), "dormant"),
    ("179 days", 400, each(179), "dormant"),
    ("180 days", 400, each(180), "churned,dormant"),
    ("gone for long, card taken lately", 5, each(200), "churned,dormant,new"),
    ("twice in 30 days", 400, each(0, 29), "growing"),
    ("twice on one day", 400, each(7, 7), "growing"),
    ("twice in 31 days", 400, each(0, 30), "regular"),
    ("new and growing", 29, each(0, 1), "new,growing"),
    ("steady on the inner edges", 400, each(0, 30, 60), "mature"),
    ("steady on the outer edges", 400, each(29, 59, 89), "mature"),
    ("newest window empty", 400, each(30, 59, 89), "regular"),
    ("oldest window empty", 400, each(29, 59, 90), "regular"),
    ("steady and growing", 400, each(0, 29, 45, 46, 60, 61), "mature,growing"),
    ("new and mature at once", 10, each(0, 30, 60), "new,mature"),
    ("spend varies by just under 0.3, low", 400, spends("100", "100", "47.50"), "mature"),
    ("spend varies by just over 0.3, low", 400, spends("100", "100", "47.49"), "regular"),
    ("spend varies by just under 0.3, high", 400, spends("180.77", "100", "100"), "mature"),
    ("spend varies by just over 0.3, high", 400, spends("180.78", "100", "100"), "regular"),
]  # fmt: skip
ACTIVE = [
    ("never bought", 5, [], "prospect"),
    ("first bought 29 days ago", 400, each(29), "new,active"),
    ("first bought 30 days ago", 400, each(30), "regular"),
    ("card is new, purchase is old", 5, each(45), "regular"),
    ("bought again 29 days ago", 400, each(29, 200), "active"),
    ("bought again 30 days ago", 400, each(30, 200), "regular"),
    ("59 days", 400, each(59), "regular"),
    ("60 days", 400, each(60), "dormant"),
    ("1 in 60 days after 4 in 60: a quarter of the pace", 400, each(10, 60, 70, 80, 120), "churn_warning,active"),
    ("1 in 60 days after 4 in 61: more than a quarter", 400, each(10, 60, 70, 80, 121), "active"),
    ("day 59 is in the window", 400, each(10, 59, 70, 80, 120), "active"),
    ("3 earlier purchases are no pace", 400, each(45, 60, 61, 62), "regular"),
    ("a warning beyond the active window", 400, each(45, 60, 61, 62, 63), "churn_warning"),
    ("all earlier ones on the first day before", 400, each(45, 60, 60, 60, 60), "churn_warning"),
    ("stopped altogether", 400, each(60, 70, 80, 120), "dormant,churn_warning"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "registered", "purchases", "matched"), GUIDE, ids=[row[0] for row in GUIDE])
def test_profile_guide(
    shop: Shop, why: str, registered: int | None, purchases: list[tuple[int, Any]], matched: str
) -> None:
    assert stages_of(shop, registered, purchases)["guide"] == matched, why


@pytest.mark.parametrize(("why", "registered", "purchases", "matched"), ACTIVE, ids=[row[0] for row in ACTIVE])
def test_profile_active(
    shop: Shop, why: str, registered: int | None, purchases: list[tuple[int, Any]], matched: str
) -> None:
    assert stages_of(shop, registered, purchases)["active"] == matched, why


class TestSettings:
    @pytest.mark.parametrize(("low", "stage"), [("7.00", "mature"), ("6.99", "regular")])
    def test_exactly_0_3_is_steady(self, tmp_path: Path, low: str, stage: str) -> None:
        """Two windows of 13 and 7: the deviation is 3, the mean 10."""
        shop = Shop(tmp_path, shop_settings(lifecycle={"mature_windows": 2}))
        assert stages_of(shop, 400, [(1, "13.00"), (31, low)])["guide"] == stage

    def test_variation_and_window_are_settings(self, tmp_path: Path) -> None:
        lifecycle = {"mature_windows": 4, "mature_window_days": 10, "mature_variation": "0.05"}
        shop = Shop(tmp_path, shop_settings(lifecycle=lifecycle))
        assert stages_of(shop, 400, each(9, 19, 29, 39))["guide"] == "mature,growing"
        assert stages_of(shop, 400, [*each(9, 19, 29), (39, 130)])["guide"] == "growing"

    def test_order_decides_and_left_out_stages_are_never_given(self, tmp_path: Path) -> None:
        shop = Shop(tmp_path, shop_settings(lifecycle={"buyer_order": ["growing", "new", "dormant", "regular"]}))
        assert stages_of(shop, 5, each(0, 1))["guide"] == "growing,new"
        assert stages_of(shop, 400, each(180))["guide"] == "dormant"
        assert stages_of(shop, 400, each(0, 30, 60))["guide"] == "regular"

    def test_boundaries_of_active_are_settings(self, tmp_path: Path) -> None:
        active = {
            "new_days": 10,
            "dormant_days": 20,
            "active_orders": 2,
            "order": ["active", "dormant", "regular", "prospect"],
        }
        shop = Shop(tmp_path, shop_settings(lifecycle={"active": active}))
        assert stages_of(shop, 400, each(5))["active"] == "regular"
        assert stages_of(shop, 400, each(20, 21))["active"] == "active,dormant"

    @pytest.mark.parametrize(
        "lifecycle",
        [
            {"buyer_order": ["churned", "dormant"]},
            {"buyer_order": ["churned", "churned", "regular"]},
            {"buyer_order": ["sleeping", "regular"]},
            {"prospect_order": ["prospect", "new"]},
            {"active": {"order": ["new", "regular"]}},
            {"funnel": {"buyer_order": ["wake_up", "acquired"]}},
            {"own_cycle": {"buyer_order": ["overdue", "overdue", "in_cycle"]}},
        ],
    )
    def test_orders_that_leave_somebody_without_a_stage_are_refused(self, lifecycle: dict[str, Any]) -> None:
        with pytest.raises(SettingsError, match="must list stages of"):
            shop_settings(lifecycle=lifecycle)


class TestSince:
    def night(self, shop: Shop, ages: list[int], after_days: int, previous: Table | None) -> Table:
        """The night `after_days` after AS_OF, of a buyer whose ages are told from AS_OF."""
        shop.as_of = AS_OF + timedelta(days=after_days)
        people = shop.people({"a": aged(400, AS_OF)})
        purchases: list[Purchase] = [("a", age + after_days, 100) for age in ages]
        return shop.stages(shop.facts(shop.orders(purchases), people), people, previous)

    def since(self, table: Table) -> dict[str, Any]:
        rows = table.read().rows(named=True)
        return {
            row["profile"]: (row["stage"], row["since_on"]) for row in rows if row["profile"] in {"guide", "active"}
        }

    def test_a_run_keeps_its_first_night_and_a_change_begins_anew(self, shop: Shop) -> None:
        first = self.night(shop, [88], 0, None)
        second = self.night(shop, [88], 1, first)
        third = self.night(shop, [88], 2, second)
        fourth = self.night(shop, [88, -3], 3, third)
        days = [AS_OF + timedelta(days=number) for number in range(4)]
        assert self.since(first) == {"guide": ("regular", days[0]), "active": ("dormant", days[0])}
        assert self.since(second) == {"guide": ("regular", days[0]), "active": ("dormant", days[0])}
        assert self.since(third) == {"guide": ("dormant", days[2]), "active": ("dormant", days[0])}
        assert self.since(fourth) == {"guide": ("regular", days[3]), "active": ("active", days[3])}


@pytest.mark.parametrize(
    ("lifecycle", "message"),
    [
        ({"profiles": ["guide", "funnel"]}, "must name guide and active"),
        ({"profiles": ["guide", "active", "active"]}, "no profile twice"),
        ({"profiles": ["guide", "active", "funel"]}, "Input should be"),
        ({"own_cycle": {"overdue_cycles": 4}}, "must not exceed dormant_cycles"),
    ],
)
def test_profiles_that_make_no_sense_are_refused(lifecycle: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        shop_settings(lifecycle=lifecycle)


def test_profiles_can_be_switched_off(tmp_path: Path) -> None:
    shop = Shop(tmp_path, shop_settings(lifecycle={"profiles": ["guide", "active"]}))
    assert set(stages_of(shop, 400, each(5))) == {"guide", "active"}


def test_everybody_has_one_stage_per_profile(shop: Shop) -> None:
    people = shop.people({"a": None, "b": aged(3), "c": aged(300)})
    stages = shop.stages(shop.facts(shop.orders([("a", 1, 5), ("c", 185, 5)]), people), people)
    assert stages.read().select("customer_id", "profile").rows() == [
        (who, profile) for who in "abc" for profile in ("active", "funnel", "guide", "own_cycle")
    ]
    assert by_customer(Table("x", stages.paths), "since_on") == dict.fromkeys("abc", AS_OF)
