"""Small cells stay untold, and taking the told ones from a total does not tell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reports.document import WITHHELD
from pipeline.reports.small_cells import hidden_cells, may_be_told, told


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ((), []),
        ((0, 10, 500), [False, False, False]),
        ((3, 10, 500), [True, True, False]),
        ((3, 8, 500), [True, True, False]),
        ((3, 4, 12, 500), [True, True, True, False]),
        ((3, 0), [True, False]),
        ((7, 11, 11), [True, True, False]),
    ],
)
def test_cells(counts: tuple[int, ...], hidden: list[bool]) -> None:
    assert hidden_cells(counts, 10) == hidden


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(1, 12))
def test_nothing_small_follows_from_the_total(counts: list[int], least: int) -> None:
    shown = told(counts, least)
    assert all(isinstance(value, int) or value is WITHHELD for value in shown)
    assert not any(isinstance(value, int) and 0 < value < least for value in shown)
    gone = [count for count, value in zip(counts, shown, strict=True) if value is WITHHELD]
    others = [count for count, value in zip(counts, shown, strict=True) if value is not WITHHELD and count]
    assert not gone or not others or (len(gone) > 1 and sum(gone) >= least)


@pytest.mark.parametrize(
    ("count", "known", "may"), [(9, 100, False), (10, 100, True), (95, 100, False), (100, 100, True), (90, 100, True)]
)
def test_shares_tell_neither_of_those_who_have_it_nor_of_the_others(count: int, known: int, may: bool) -> None:
    assert may_be_told(count, known, 10) is may
