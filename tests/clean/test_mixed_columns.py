"""A cell means the same alone and beside cells written otherwise: columns are split by spelling only for speed."""

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.money import FEN, FINE, scaled
from pipeline.clean.time import moments

NUMBERS = ("12.50", "-3", "0.005", "1,299.00", "￥12.5元", "１２．３４", "１２", "٣٤", "(12.00)", "12-", "1e3", "12a",
           "123456789012", "1234567890123", "", None)  # fmt: skip
SPELLINGS = ("2026-09-01 14:05:33", "2026-02-30 14:05:33", "2026-09-01", "2026/9/1 14:05", "2026-09-01T14:05:33Z",
             "2026-09-01 14:05:33+08:00", "46266.5", "01/02/2026", "yesterday", "", None)  # fmt: skip


def texts(*cells: str | None) -> pl.Series:
    return pl.Series(cells, dtype=pl.String)


@given(st.lists(st.sampled_from(NUMBERS), min_size=1), st.sampled_from([0, FEN, FINE, 8]))
def test_numbers_do_not_depend_on_their_neighbours(column: list[str | None], places: int) -> None:
    alone = [scaled(texts(cell), places).item() for cell in column]
    assert scaled(texts(*column), places).to_list() == alone


@given(st.lists(st.sampled_from(SPELLINGS), min_size=1), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_moments_do_not_depend_on_their_neighbours(column: list[str | None], order: str) -> None:
    alone = [moments(texts(cell), order) for cell in column]
    together = moments(texts(*column), order)
    assert together.at.to_list() == [each.at.item() for each in alone]
    assert together.offset_minutes.to_list() == [each.offset_minutes.item() for each in alone]


def test_only_the_odd_cells_of_a_column_are_repaired() -> None:
    assert scaled(texts("12.50", "1,299.00", None, "abc", "7"), FEN).to_list() == [1250, 129900, None, None, 700]
    read = moments(texts("2026-09-01 14:05:33", "2026/9/1 14:05", None, "2026-09-01 14:05:33Z"))
    second = datetime(2026, 9, 1, 14, 5, 33)  # noqa: DTZ001 (local time without a zone is what the tables hold)
    minute = datetime(2026, 9, 1, 14, 5)  # noqa: DTZ001
    assert read.at.to_list() == [second, minute, None, second]
    assert read.offset_minutes.to_list() == [None, None, None, 0]


@pytest.mark.parametrize(("text", "fen"), [("１２", 1200), ("３．５", 350), ("٣٤", None)])
def test_digits_of_full_width_are_digits_and_those_of_other_scripts_are_none(text: str, fen: int | None) -> None:
    assert scaled(texts(text), FEN).item() == fen
