"""Bins of a column: edges that a person can count, and the same bin by table as by search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.binning import MAX_BINS, SEARCHED_ROWS, bin_codes, bin_edges


@pytest.mark.parametrize(
    ("column", "edges"),
    [([1.0, 1.0, 2.0, 4.0], [1.5, 3.0]), ([5.0, 5.0], []), ([np.nan, np.nan], []), ([np.nan, 0.0, 1.0], [0.5])],
)
def test_few_values_get_a_bin_each(column: list[float], edges: list[float]) -> None:
    assert bin_edges(np.array(column)).tolist() == edges


def test_many_values_get_bins_of_equal_size() -> None:
    edges = bin_edges(np.arange(1000.0), 10)
    assert edges.tolist() == [float(100 * number) for number in range(1, 10)]


def test_edges_of_many_values_are_numpys_higher_quantiles() -> None:
    column = np.random.default_rng(5).lognormal(3, 2, 12_345)
    quantiles = np.quantile(column, np.arange(1, MAX_BINS) / MAX_BINS, method="higher")
    assert bin_edges(column).tolist() == np.unique(quantiles).tolist()


def test_a_value_on_an_edge_is_above_it_and_unknown_has_a_bin_of_its_own() -> None:
    column = np.array([-5.0, 0.0, 0.5, 1.0, 7.0, np.nan])
    assert bin_codes(np.array([0.0, 1.0]), column).tolist() == [0, 1, 1, 2, 2, 3]


def test_without_edges_there_is_one_bin_and_the_unknown() -> None:
    assert bin_codes(np.zeros(0), np.array([3.0, np.nan])).tolist() == [0, 1]


numbers = st.floats(-1e9, 1e9) | st.integers(-300, 300).map(float)


@given(
    edges=st.lists(numbers, min_size=1, max_size=47, unique=True),
    others=st.lists(numbers | st.just(np.nan) | st.just(np.inf) | st.just(-np.inf), max_size=60),
)
def test_the_table_says_what_a_search_says(edges: list[float], others: list[float]) -> None:
    """Of more rows than are searched: edges themselves, their neighbours, anything, what is endless or unknown."""
    rising = np.sort(np.array(edges))
    near = np.concatenate([rising, np.nextafter(rising, np.inf), np.nextafter(rising, -np.inf), others, [-0.0]])
    column = np.resize(near, SEARCHED_ROWS + 1 + len(near))
    expected = np.searchsorted(rising, column, side="right")
    expected[np.isnan(column)] = len(rising) + 1
    assert bin_codes(rising, column).tolist() == expected.tolist()


def test_many_edges_close_together_far_from_the_first() -> None:
    """More in one cell than the table is for."""
    edges = np.concatenate([[0.0], 1e6 + np.arange(40.0)])
    column = np.random.default_rng(2).uniform(-1, 1e6 + 50, 5_000)
    assert (bin_codes(edges, column) == np.searchsorted(edges, column, side="right")).all()
