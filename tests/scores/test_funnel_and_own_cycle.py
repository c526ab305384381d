"""The profiles funnel and own_cycle on every boundary day. Ages are days before as_of."""

from pathlib import Path
from typing import Any

import pytest
from customer_shop import Purchase, Shop, aged, shop_settings

FUNNEL = [
    ("never bought, nothing known", [], {}, "acquired"),
    ("never bought, visited 89 days ago", [], {"activity_on": 89}, "activated"),
    ("never bought, visited 90 days ago", [], {"activity_on": 90}, "acquired"),
    ("never bought but complained", [], {"complaint_on": 89, "activity_on": 5}, "win_back,activated"),
    ("never bought, complained 90 days ago", [], {"complaint_on": 90}, "acquired"),
    ("bought once", [5], {}, "converted"),
    ("bought once, visits do not matter", [5], {"activity_on": 0}, "converted"),
    ("bought once, 89 days ago", [89], {}, "converted"),
    ("bought once, 90 days ago", [90], {}, "wake_up"),
    ("bought twice on one day", [5, 5], {}, "repeat"),
    ("bought twice, last 89 days ago", [89, 300], {}, "repeat"),
    ("bought twice, last 90 days ago", [90, 300], {}, "wake_up,repeat"),
    ("complained 89 days ago, bought before", [89, 300], {"complaint_on": 89}, "win_back,repeat"),
    ("complained 90 days ago", [90, 300], {"complaint_on": 90}, "wake_up,repeat"),
    ("complained, then bought on the same day", [40], {"complaint_on": 40}, "win_back"),
    ("complained, bought a day later", [39, 60], {"complaint_on": 40}, "repeat"),
    ("returned 29 days ago", [29], {"return_on": 29}, "win_back"),
    ("returned 30 days ago", [30], {"return_on": 30}, "converted"),
    ("returned, bought since", [3, 9], {"return_on": 4}, "repeat"),
    ("returned, complained, one of them forgotten", [20], {"return_on": 25, "complaint_on": 15}, "win_back"),
]
OWN_CYCLE = [
    ("never bought", [], "prospect"),
    # gaps of 10, 10, 10: late after 10, dormant after 30
    ("as usual", [10, 20, 30, 40], "in_cycle"),
    ("a day late", [11, 21, 31, 41], "overdue"),
    ("three cycles exactly", [30, 40, 50, 60], "overdue"),
    ("a day more than three cycles", [31, 41, 51, 61], "dormant,overdue"),
    # gaps of 1, 2, 10, 12: the median is 6, dormant after 18
    ("an even number of gaps, on the edge", [18, 19, 21, 31, 43], "overdue"),
    ("an even number of gaps, over it", [19, 20, 22, 32, 44], "dormant,overdue"),
    # gaps of 1, 2, 10, 11 … of days, not of purchases: twice on one day is one visit
    ("two purchases on a day are one visit", [30, 30, 40, 40, 50, 50, 60], "overdue"),
    # 2 gaps are too few: the population's cycle is 20, see below
    ("too few gaps, within the population's cycle", [20, 21, 22], "in_cycle"),
    ("too few gaps, late by it", [21, 22, 23], "overdue"),
    ("too few gaps, dormant by it", [61, 62, 63], "dormant,overdue"),
    ("one purchase, within three cycles", [60], "overdue"),
    ("one purchase, beyond them", [61], "dormant,overdue"),
]
POPULATION: list[Purchase] = [
    *[(who, age, 5) for who in ("x", "y", "z") for age in (0, 20, 40, 60)],
    *[(who, age, 5) for who in ("u", "v", "w") for age in (0, 300)],
]
"""Cycles of 20, 20, 20, 300, 300, 300; any shorter one makes the median 20."""


@pytest.mark.parametrize(("why", "ages", "signals", "matched"), FUNNEL, ids=[row[0] for row in FUNNEL])
def test_funnel(shop: Shop, why: str, ages: list[int], signals: dict[str, int], matched: str) -> None:
    days = [{"customer_id": "a", **{column: aged(age) for column, age in signals.items()}}]
    people = shop.people({"a": aged(400)})
    facts = shop.facts(shop.orders([("a", age, 5) for age in ages]), people)
    stages = shop.stages(facts, people, features=shop.features(facts, people, signals=days)).read()
    found = {row["profile"]: row["matched_stages"] for row in stages.rows(named=True)}
    assert found["funnel"] == matched, why


def cycles(shop: Shop, purchases: list[Purchase], extra: tuple[str, ...] = ()) -> dict[str, Any]:
    people = shop.people(dict.fromkeys({who for who, *_ in purchases} | set(extra)))
    orders = shop.orders(purchases)
    facts = shop.facts(orders, people)
    stages = shop.stages(facts, people, features=shop.features(facts, people, orders)).read()
    return {
        row["customer_id"]: row["matched_stages"] for row in stages.rows(named=True) if row["profile"] == "own_cycle"
    }


@pytest.mark.parametrize(("why", "ages", "matched"), OWN_CYCLE, ids=[row[0] for row in OWN_CYCLE])
def test_own_cycle(shop: Shop, why: str, ages: list[int], matched: str) -> None:
    # one more short cycle, so that the median of an odd number of people is 20 whoever `a` is
    short: list[Purchase] = [("s", 0, 5), ("s", 1, 5)]
    long: list[Purchase] = [("t", 0, 5), ("t", 20, 5)]
    found = cycles(shop, [*POPULATION, *short, *long, *((("a", age, 5)) for age in ages)], extra=("a",))
    assert found["a"] == matched, why


def test_nobody_ever_came_twice(tmp_path: Path) -> None:
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_cycle": {"fallback_cycle_days": 10}}))
    once: list[Purchase] = [("a", 10, 5), ("b", 11, 5), ("c", 30, 5), ("d", 31, 5)]
    assert cycles(shop, once) == {"a": "in_cycle", "b": "overdue", "c": "overdue", "d": "dormant,overdue"}


def test_cycles_of_the_settings_may_be_fractions(tmp_path: Path) -> None:
    own_cycle = {"dormant_cycles": "1.5", "overdue_cycles": "0.5", "min_gaps": 1}
    shop = Shop(tmp_path, shop_settings(lifecycle={"own_cycle": own_cycle}))
    rows: list[Purchase] = [(who, age, 5) for who, age in (("a", 15), ("b", 16), ("c", 5), ("d", 6))]
    again: list[Purchase] = [(who, age + 10, 5) for who, age, _ in rows]
    assert cycles(shop, [*rows, *again]) == {
        "a": "overdue", "b": "dormant,overdue", "c": "in_cycle", "d": "overdue",
    }  # fmt: skip
