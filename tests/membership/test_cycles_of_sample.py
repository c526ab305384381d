"""The sample retailer's next orders, one by one, are those of plain Python with fractions."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from pipeline.membership_settings import CycleSettings
from pipeline.settings import load_settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

Days = dict[tuple[str, str], dict[date, Fraction]]
"""(customer, category) → day → pieces."""


@pytest.fixture(scope="module")
def night(published_sample: Workspace) -> Snapshot:
    snapshot = SnapshotStore(published_sample.snapshots).current()
    assert snapshot is not None
    return snapshot


@pytest.fixture(scope="module")
def rules(published_sample: Workspace) -> CycleSettings:
    return load_settings(published_sample.settings_file).cycles


@pytest.fixture(scope="module")
def bought(night: Snapshot) -> Days:
    pieces: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in night.table("order_lines").read().iter_rows(named=True):
        is_kept = line["is_purchase"] and line["line_kind"] == "goods" and line["net_amount"] > 0
        left = (1 if line["quantity"] is None else line["quantity"]) - line["returned_quantity"]
        if is_kept and line["customer_id"] and line["category"] and left > 0:
            pieces[line["customer_id"], line["category"]][line["ordered_on"]] += line["quantity"] or 0
            pieces[line["customer_id"], line["category"]][line["ordered_on"]] -= line["returned_quantity"]
    return {
        who: {day: max(Fraction(count), Fraction(1)) for day, count in days.items()} for who, days in pieces.items()
    }


def gaps(days: dict[date, Fraction]) -> list[Fraction]:
    """Days per piece from each day with a purchase to the next."""
    return [(later - earlier).days / days[earlier] for earlier, later in pairwise(sorted(days))]


def categories(bought: Days, as_of: date, rules: CycleSettings) -> dict[str, Fraction | None]:
    """Kaplan-Meier medians: the smallest gap that at most half of all outlast."""
    ended: dict[str, Counter[Fraction]] = defaultdict(Counter)
    still_open: dict[str, Counter[Fraction]] = defaultdict(Counter)
    for (_, category), days in bought.items():
        ended[category].update(round(gap, 6) for gap in gaps(days))
        last = max(days)
        still_open[category][round(Fraction((as_of - last).days) / days[last], 6)] += 1
    found: dict[str, Fraction | None] = {}
    for category, waiting in still_open.items():
        left, share = ended[category].total() + waiting.total(), Fraction(1)
        found[category] = None
        for gap in sorted({*ended[category], *waiting}):
            share *= 1 - Fraction(ended[category][gap], left)
            left -= ended[category][gap] + waiting[gap]
            if share <= Fraction(1, 2):
                found[category] = gap
                break
        if ended[category].total() < rules.min_gaps:
            found[category] = None
    return found


def test_cycles_of_categories(night: Snapshot, bought: Days, rules: CycleSettings) -> None:
    rows = night.table("category_cycles").read().select("category", "cycle_days").iter_rows()
    expected = categories(bought, night.as_of, rules)
    assert {name: days and Fraction(str(days)) for name, days in rows} == expected
    assert any(expected.values())


def test_next_orders(night: Snapshot, bought: Days, rules: CycleSettings) -> None:
    cycles = categories(bought, night.as_of, rules)
    left_alone = {
        row["customer_id"]
        for row in night.table("customer_attributes").read().iter_rows(named=True)
        if row["profiling_opt_out"] or row["is_minor"]
    }
    expected: dict[tuple[str, str], tuple[Any, ...]] = {}
    for (who, category), days in bought.items():
        is_own = len(days) >= rules.own_purchases
        cycle = median(gaps(days)) if is_own else cycles[category]
        if cycle is not None and who not in left_alone:
            last = max(days)
            wait = round_half_up(round(cycle, 6) * days[last])
            ahead = (last + timedelta(days=wait) - night.as_of).days
            is_due = -rules.overdue_days <= ahead <= rules.due_ahead_days
            expected[who, category] = ("own" if is_own else "category", last + timedelta(days=wait), is_due)
    found = {
        (row["customer_id"], row["category"]): (row["cycle_source"], row["expected_on"], row["is_due"])
        for row in night.table("next_orders").read().iter_rows(named=True)
    }
    assert found == expected
    assert {source for source, _, _ in found.values()} == {"own", "category"}


def round_half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))
