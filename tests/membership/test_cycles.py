"""Gaps between purchases of a category, per piece, and when the next one is expected."""

from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, aged, shop_settings
from member_club import Club

from assets.memberships import category_cycles
from pipeline.membership import cycles

NUMBERS = count()
STEPS = (cycles.category_purchases, cycles.category_gaps, category_cycles, cycles.next_orders)


def line(who: str | None, age: int, quantity: Any = 1, category: str | None = "milk", **more: Any) -> dict[str, Any]:
    """A line of an order of its own."""
    return {
        "order_key": f"pos:{next(NUMBERS)}", "customer_id": who, "category": category, "quantity": quantity,
        "is_purchase": True, "line_kind": "goods", "ordered_on": aged(age), "net_amount": 10, **more,
    }  # fmt: skip


def gaps(club: Club, *lines: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Days per piece, how many ended, how many are open."""
    club.write("order_lines", lines)
    return club.run(cycles.category_purchases, cycles.category_gaps).read().drop("category").rows()


GAPS = [
    ("one purchase is open since", [line("a", 30)], [(30.0, 0, 1)]),
    ("two make a gap", [line("a", 30), line("a", 10)], [(10.0, 0, 1), (20.0, 1, 0)]),
    ("two tins are two cycles", [line("a", 60, 2), line("a", 0)], [(0.0, 0, 1), (30.0, 1, 0)]),
    ("two tins of one day too", [line("a", 60), line("a", 60), line("a", 0)], [(0.0, 0, 1), (30.0, 1, 0)]),
    ("the open gap is per piece too", [line("a", 90, 3)], [(30.0, 0, 1)]),
    ("what came back is not used", [line("a", 60, 2, returned_quantity=1), line("a", 0)], [(0.0, 0, 1), (60.0, 1, 0)]),
    ("all came back", [line("a", 60, 2, returned_quantity=2)], []),
    ("all was paid back", [line("a", 60, 2, net_amount=0)], []),
    ("without a quantity it is one", [line("a", 60, None)], [(60.0, 0, 1)]),
    ("half a pound lasts no longer than one", [line("a", 60, "0.5")], [(60.0, 0, 1)]),
    ("people are not mixed", [line("a", 30), line("b", 10)], [(10.0, 0, 1), (30.0, 0, 1)]),
    ("nobody, nothing, no trade", [line(None, 3), line("a", 3, category=None), line("a", 3, is_purchase=False)], []),
    ("shipping is no goods", [line("a", 3, line_kind="service")], []),
    ("tomorrow is not known", [line("a", 3), line("a", -1)], [(3.0, 0, 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "lines", "found"), GAPS, ids=[row[0] for row in GAPS])
def test_gaps(club: Club, why: str, lines: list[dict[str, Any]], found: list[tuple[Any, ...]]) -> None:
    assert gaps(club, *lines) == found, why


@pytest.mark.parametrize("settings", [{"quantity_aware": False}, {"whole_purchase_categories": ["shirt", "milk"]}])
def test_quantity_may_be_left_aside(tmp_path: Path, settings: dict[str, Any]) -> None:
    club = Club(tmp_path, shop_settings(cycles=settings))
    assert gaps(club, line("a", 60, 2), line("a", 0)) == [(0.0, 0, 1), (60.0, 1, 0)]


def next_orders(club: Club, *lines: dict[str, Any], **facts: Any) -> dict[str, tuple[Any, ...]]:
    """customer → days per piece, whose cycle, expected in how many days, whether due."""
    club.write("order_lines", lines)
    people = sorted({row["customer_id"] for row in lines if row["customer_id"]})
    club.write("customer_attributes", [{"customer_id": who, **facts} for who in people])
    rows = club.run(*STEPS).read().rows(named=True)
    return {
        row["customer_id"]: (row["cycle_days"], row["cycle_source"], (row["expected_on"] - AS_OF).days, row["is_due"])
        for row in rows
    }


class TestNextOrders:
    """b, c and d repeat twice after 20 days and stay away; the category's cycle is 20 days."""

    @pytest.fixture
    def club(self, tmp_path: Path) -> Club:
        return Club(tmp_path, shop_settings(cycles={"min_gaps": 3}))

    OTHERS = tuple(line(who, age) for who in "bcd" for age in (420, 400, 380))

    def test_the_cycle_of_the_category(self, club: Club) -> None:
        found = next_orders(club, *self.OTHERS, line("a", 15))
        assert found["a"] == (20.0, "category", 5, True)
        assert found["b"] == (20.0, "own", -360, False)

    def test_two_tins_last_two_cycles(self, club: Club) -> None:
        assert next_orders(club, *self.OTHERS, line("a", 15, 2))["a"] == (20.0, "category", 25, False)

    def test_three_purchases_make_an_own_cycle(self, club: Club) -> None:
        """Gaps of 30 and 50 days: 40 a piece."""
        found = next_orders(club, *self.OTHERS, line("a", 90), line("a", 60), line("a", 10))
        assert found["a"] == (40.0, "own", 30, False)

    def test_two_purchases_on_one_day_are_one(self, club: Club) -> None:
        found = next_orders(club, *self.OTHERS, line("a", 60), line("a", 10), line("a", 10))
        assert found["a"][:3] == (20.0, "category", 30)

    @pytest.mark.parametrize(("age", "is_due"), [(13, True), (12, False), (50, True), (51, False)])
    def test_the_due_window(self, club: Club, age: int, is_due: bool) -> None:
        """Due from 7 days before to 30 days after the day."""
        assert next_orders(club, *self.OTHERS, line("a", age))["a"][3] is is_due

    @pytest.mark.parametrize("fact", ["profiling_opt_out", "is_minor"])
    def test_who_refused_and_minors_are_left_alone(self, club: Club, fact: str) -> None:
        assert next_orders(club, *self.OTHERS, **{fact: True}) == {}

    def test_a_category_without_a_cycle_expects_nothing(self, club: Club) -> None:
        assert next_orders(club, line("a", 15), line("b", 30), line("b", 10)) == {}

    def test_days_are_rounded(self, club: Club) -> None:
        """Gaps of 7 and 8 days: 7.5 a piece, three pieces 22.5, so 23."""
        lines = [line("a", 25), line("a", 18), line("a", 10, 3)]
        assert next_orders(club, *lines)["a"] == (7.5, "own", 13, False)

    def test_half_a_day_counts_as_one_whatever_the_cycle(self, club: Club) -> None:
        """201 days for 200 pieces, twice: 1.005 a piece, a hundred pieces 100.5 days; as floats 100.49999999999999."""
        lines = [line("a", 402, 200), line("a", 201, 200), line("a", 0, 100)]
        assert next_orders(club, *lines)["a"] == (1.005, "own", 101, False)


def test_expected_day_is_the_last_day_and_the_cycle(club: Club) -> None:
    club.write("order_lines", [line("a", age) for age in (40, 20, 0)])
    club.write("customer_attributes", [{"customer_id": "a"}])
    row = club.run(*STEPS).read().row(0, named=True)
    assert (row["last_bought_on"], row["purchase_day_count"], row["bought_quantity"]) == (AS_OF, 3, 1.0)
    assert row["expected_on"] == AS_OF + timedelta(days=20)
