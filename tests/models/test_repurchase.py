"""Kaplan-Meier against published numbers and against the definition, gap by gap with fractions.

The published numbers: weeks of remission of 6-mercaptopurine and placebo, E. J. Freireich et al. (1963), Blood 21,
699-716, as worked through in D. R. Cox and D. Oakes, "Analysis of Survival Data" (1984), and many textbooks since.
"""

from collections import Counter
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.repurchase import category_cycles, median_gap, survival

TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
PUBLISHED = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
Gap = tuple[int, bool]
"""Length, and whether it ended."""


def gaps_of(text: str) -> list[Gap]:
    return [(int(word.rstrip("+")), not word.endswith("+")) for word in text.split()]


def counted(gaps: list[Gap], category: str = "x") -> pl.DataFrame:
    ended, still_open = (Counter(length for length, end in gaps if end is kind) for kind in (True, False))
    lengths = sorted({length for length, _ in gaps}, reverse=True)
    return pl.DataFrame({
        "category": [category] * len(lengths),
        "gap_days": [float(length) for length in lengths],
        "completed_count": [ended[length] for length in lengths],
        "censored_count": [still_open[length] for length in lengths],
    })  # fmt: skip


def naive(gaps: list[Gap]) -> tuple[Fraction, int | None]:
    """S after the longest gap, and the median."""
    share, median = Fraction(1), None
    for length in sorted({one for one, end in gaps if end}):
        at_risk = sum(other >= length for other, _ in gaps)
        share *= 1 - Fraction(sum(other == length and end for other, end in gaps), at_risk)
        if median is None and share <= Fraction(1, 2):
            median = length
    return share, median


def test_the_published_curve() -> None:
    frame = counted(gaps_of(TREATED)).sort("gap_days")
    curve = survival(frame["completed_count"].to_numpy(), frame["censored_count"].to_numpy())
    told = dict(zip(frame["gap_days"].to_list(), curve.round(3).tolist(), strict=True))
    assert {week: told[week] for week in PUBLISHED} == PUBLISHED


@pytest.mark.parametrize(("gaps", "median"), [(TREATED, 23.0), (PLACEBO, 8.0)])
def test_the_published_medians(gaps: str, median: float) -> None:
    assert category_cycles(counted(gaps_of(gaps)), 1)["cycle_days"].to_list() == [median]


def test_open_gaps_make_the_cycle_longer_than_the_completed_ones_say() -> None:
    row = category_cycles(counted(gaps_of(TREATED)), 1).row(0, named=True)
    assert (row["gap_count"], row["completed_count"], row["censored_count"]) == (21, 9, 12)
    assert (row["cycle_days"], row["completed_gap_days"], row["still_open_rate"]) == (23.0, 10.0, 0.448179)


@pytest.mark.parametrize(
    ("why", "gaps", "median"),
    [
        ("one gap", "30", 30.0),
        ("one half is the median", "10 20", 10.0),
        ("half of four, by thirds", "10 20 30 40", 20.0),
        ("more than half stay open", "10 20+ 20+ 20+", None),
        ("exactly half stay open", "10 20+", 10.0),
        ("an open gap of the same length is at risk", "10 10+ 10+", None),
        ("nothing ended", "10+ 20+", None),
    ],
)
def test_by_hand(why: str, gaps: str, median: float | None) -> None:
    frame = counted(gaps_of(gaps)).sort("gap_days")
    columns = (frame[name].to_numpy() for name in ("gap_days", "completed_count", "censored_count"))
    assert median_gap(*columns) == median, why


def test_too_few_completed_gaps_make_no_cycle() -> None:
    frame = pl.concat([counted(gaps_of("10 20 30"), "a"), counted(gaps_of("10 20 30 5+"), "b")])
    assert category_cycles(frame, 4)["cycle_days"].to_list() == [None, None]
    assert category_cycles(frame, 3)["cycle_days"].to_list() == [20.0, 20.0]


def test_nothing_bought() -> None:
    assert category_cycles(counted([]), 1).is_empty()


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40))
def test_as_the_definition_says(gaps: list[Gap]) -> None:
    share, median = naive(gaps)
    row = category_cycles(counted(gaps), 0).row(0, named=True)
    assert row["cycle_days"] == median
    assert row["still_open_rate"] == pytest.approx(float(share), abs=1e-6)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=30))
def test_row_order_changes_nothing(gaps: list[Gap]) -> None:
    frame = counted(gaps)
    assert category_cycles(frame, 1).equals(category_cycles(frame.reverse(), 1))


def test_a_curve_never_rises() -> None:
    curve = survival(np.array([1, 0, 2, 0]), np.array([0, 3, 1, 1]))
    assert np.all(np.diff(curve) <= 0)
