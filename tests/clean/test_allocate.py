"""Sharing order money out to lines: sums to the fen, whatever the numbers."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.allocate import shared_out


def shares(total, weights):
    frame = pl.DataFrame({"order": ["o"] * len(weights), "total": [total] * len(weights), "weight": weights})
    return shared_out(frame.cast({"total": pl.Int64}), "total", order="order", weight="weight").to_list()


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (100, [1, 1, 1], [34, 33, 33]),        # the fen left over goes to the first of equals
        (10000, [4000, 8000], [3333, 6667]),   # … or to the largest fraction
        (-5, [0, 0], [-3, -2]),                # no weights at all: evenly; negative totals alike
        (99, [0, 5, 0], [0, 99, 0]),
        (7, [-2, -2], [4, 3]),                 # signs of weights do not matter
        (0, [1, 2], [0, 0]),
        (None, [1, 2], [None, None]),
    ],
)  # fmt: skip
def test_hand_counted(total, weights, expected):
    assert shares(total, weights) == expected


def test_orders_do_not_mix_and_rows_keep_their_place():
    frame = pl.DataFrame({"order": ["b", "a", "b"], "total": [3, 10, 3], "weight": [1, 9, 1]})
    assert shared_out(frame, "total", order="order", weight="weight").to_list() == [2, 10, 1]


lines = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)


@given(st.integers(-(10**13), 10**13), lines)
def test_shares_add_up_and_stay_next_to_exact(total, weights):
    parts = shares(total, weights)
    assert sum(parts) == total
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(part * whole - total * weight) < whole


@given(st.integers(0, 10**9), lines)
def test_negative_is_the_mirror_of_positive(total, weights):
    assert shares(-total, weights) == [-part for part in shares(total, weights)]
