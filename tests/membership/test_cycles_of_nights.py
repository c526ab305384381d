"""The next orders of finished nights, one by one, are those of plain Python with fractions."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

import polars as pl
import pytest
from judged_night import JudgedNight

from assets.memberships import category_cycles
from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.membership import cycles
from pipeline.membership_settings import CycleSettings
from pipeline.schemas.catalog import TABLES

Days = dict[tuple[str, str], dict[date, Fraction]]
"""(customer, category) → day → pieces."""


@pytest.fixture(scope="module")
def rules(judged: JudgedNight) -> CycleSettings:
    return judged.settings.cycles


@dataclass(frozen=True)
class Tables:
    """What is judged, and the lines that it is made of."""

    lines: Iterable[dict[str, Any]]
    category_cycles: Table
    next_orders: Table


@pytest.fixture(scope="module")
def tables(judged: JudgedNight, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Those of the night; where the export tells no categories, made anew with two digits of the sku as one."""
    lines = judged.snapshot.table("order_lines")
    if judged.is_sample:
        made = (judged.snapshot.table(name) for name in ("category_cycles", "next_orders"))
        return Tables(lines.read().iter_rows(named=True), *made)
    folder = tmp_path_factory.mktemp("cycles")
    told = lines.scan().with_columns(category=pl.col("sku").str.slice(0, 2)).collect()
    known = write_table(TABLES["order_lines"], told, folder / "lines.parquet")
    engine = Engine(judged.settings.engine, folder)
    night = {"engine": engine, "settings": judged.settings, "as_of": judged.as_of}
    days = cycles.category_purchases(known, path=folder / "days.parquet", **night)
    gaps_of_days = cycles.category_gaps(days, engine=engine, as_of=judged.as_of, path=folder / "gaps.parquet")
    found = category_cycles(gaps_of_days, settings=judged.settings, path=folder / "cycles.parquet")
    people = judged.snapshot.table("customer_attributes")
    return Tables(
        told.iter_rows(named=True),
        found,
        cycles.next_orders(days, found, people, path=folder / "next.parquet", **night),
    )


@pytest.fixture(scope="module")
def bought(tables: Tables) -> Days:
    pieces: dict[tuple[str, str], dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in tables.lines:
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


def test_cycles_of_categories(judged: JudgedNight, tables: Tables, bought: Days, rules: CycleSettings) -> None:
    rows = tables.category_cycles.read().select("category", "cycle_days").iter_rows()
    expected = categories(bought, judged.as_of, rules)
    assert {name: days and Fraction(str(days)) for name, days in rows} == expected
    assert any(expected.values())


def test_next_orders(judged: JudgedNight, tables: Tables, bought: Days, rules: CycleSettings) -> None:
    usual = categories(bought, judged.as_of, rules)
    expected: dict[tuple[str, str], tuple[Any, ...]] = {}
    for (who, category), days in bought.items():
        is_own = len(days) >= rules.own_purchases
        cycle = median(gaps(days)) if is_own else usual[category]
        if cycle is not None and who not in judged.left_alone:
            last = max(days)
            wait = min(round_half_up(millionths(cycle) * days[last]), rules.furthest_days)
            ahead = (last + timedelta(days=wait) - judged.as_of).days
            is_due = -rules.overdue_days <= ahead <= rules.due_ahead_days
            expected[who, category] = ("own" if is_own else "category", last + timedelta(days=wait), is_due)
    found = {
        (row["customer_id"], row["category"]): (row["cycle_source"], row["expected_on"], row["is_due"])
        for row in tables.next_orders.read().iter_rows(named=True)
    }
    assert found == expected
    assert {source for source, _, _ in found.values()} == {"own", "category"}


def millionths(days: Fraction) -> Fraction:
    """Rounded to 6 places, halves up."""
    return Fraction(round_half_up(days * 1_000_000), 1_000_000)


def round_half_up(number: Fraction) -> int:
    return int(number + Fraction(1, 2))
