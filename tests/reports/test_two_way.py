"""Two-way tables: linear programming is the judge of what somebody can work out who knows all that is told."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.reports.two_way import hidden_two_way, with_totals

LEAST = 10
Counts = Sequence[Sequence[int]]


def intervals(counts: Counts, hidden: Sequence[Sequence[bool]]) -> dict[tuple[int, int], tuple[float, float]]:
    """Lowest and highest value of every hidden cell, by HiGHS: rows and columns add up, told cells are as told."""
    table = np.array(with_totals(counts))
    rows, columns = table.shape
    place = np.arange(table.size).reshape(table.shape)
    sums = np.zeros((rows + columns, table.size))
    for row in range(rows):
        sums[row, place[row, :-1]], sums[row, place[row, -1]] = 1, -1
    for column in range(columns):
        sums[rows + column, place[:-1, column]], sums[rows + column, place[-1, column]] = 1, -1
    told = ~np.array(hidden)
    bounds = [(value, value) if known else (0, None) for value, known in zip(table.flat, told.flat, strict=True)]
    found = {}
    for cell in np.argwhere(~told):
        goal = np.zeros(table.size)
        goal[place[tuple(cell)]] = 1
        ends = [linprog(sign * goal, A_eq=sums, b_eq=np.zeros(len(sums)), bounds=bounds) for sign in (1, -1)]
        assert {end.status for end in ends} <= {0, 3}, "0 is solved, 3 is without bound"
        low, high = (sign * end.fun if end.status == 0 else np.inf for sign, end in zip((1, -1), ends, strict=True))
        found[int(cell[0]), int(cell[1])] = (float(low), float(high))
    return found


def width(counts: Counts) -> float:
    """The narrowest range of a hidden cell."""
    ranges = intervals(counts, hidden_two_way(counts, LEAST)).values()
    return min((high - low for low, high in ranges), default=np.inf)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([[20, 30], [40, 50]], ["20 30 50", "40 50 90", "60 80 140"]),
        ([[20, 0], [0, 50]], ["20 0 20", "0 50 50", "20 50 70"]),
        ([[3, 30], [40, 50]], ["* * 33", "* * 90", "43 80 123"]),
        ([[3, 30, 20], [40, 50, 11], [12, 13, 14]], ["* 30 * 53", "40 50 11 101", "* 13 * 39", "55 93 45 193"]),
        ([[3, 0], [0, 12]], ["* 0 *", "0 * *", "* * 15"]),
        ([[5, 0], [0, 3]], ["* 0 *", "0 * *", "* * *"]),
    ],
    ids=["nothing small", "zeros are told", "a square", "the cheapest square", "totals too", "too small as a whole"],
)
def test_patterns(counts: list[list[int]], told: list[str]) -> None:
    pattern = hidden_two_way(counts, LEAST)
    shown = [
        " ".join("*" if gone else str(count) for count, gone in zip(*row, strict=True))
        for row in zip(with_totals(counts), pattern, strict=True)
    ]
    assert shown == told


def test_the_judge_finds_a_lone_hidden_cell() -> None:
    """The judge itself can say no: one hidden cell in its row is known exactly, hidden pairs of 3 and 4 nearly."""
    lone = [[True, False, False], [False, False, False], [False, False, False]]
    assert intervals([[3, 30], [40, 50]], lone) == {(0, 0): (3.0, 3.0)}
    pairs = [[True, True, False], [True, True, False], [False, False, False]]
    assert intervals([[3, 4], [40, 50]], pairs)[0, 0] == (0.0, 7.0)


TABLES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.lists(st.one_of(st.integers(0, 14), st.integers(0, 200)), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@settings(deadline=None, max_examples=80)
@given(TABLES)
def test_nothing_small_is_told_and_no_hidden_cell_is_pinned_down(counts: list[list[int]]) -> None:
    pattern = hidden_two_way(counts, LEAST)
    cells = [cell for row in zip(with_totals(counts), pattern, strict=True) for cell in zip(*row, strict=True)]
    assert not [count for count, gone in cells if 0 < count < LEAST and not gone]
    assert not [count for count, gone in cells if gone and count == 0]
    if sum(map(sum, counts)) >= LEAST:
        assert width(counts) >= LEAST - 1e-6


@settings(deadline=None, max_examples=40)
@given(TABLES)
def test_the_same_table_is_hidden_in_the_same_way(counts: list[list[int]]) -> None:
    assert hidden_two_way(counts, LEAST) == hidden_two_way([list(row) for row in counts], LEAST)


@pytest.mark.parametrize("seed", range(3))
def test_tables_of_the_size_of_a_stores(seed: int) -> None:
    """Eight stages before, seven now, as lop-sided as life: few moves off the diagonal."""
    draws = np.random.default_rng(seed)
    counts = [[int(count) for count in row] for row in draws.poisson(draws.choice([0, 2, 8, 60], (8, 7)))]
    assert width(counts) >= LEAST - 1e-6
