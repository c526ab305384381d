"""Workbooks read back as what was put in, by a parser that is not ours."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver import sheets
from pipeline.deliver.sheets import text_book, write_xlsx

ODD = ["a&b", "<t>", '"q"', " lead", "x\ny", "=1+1", "＝1", "_x0041_", "中文", "😀", "x\ty"]


def cells(path: Path) -> list[str]:
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()
    return [value for (value,) in sheet.select(pl.first()).iter_rows()]


def test_texts_come_back_as_they_were(tmp_path: Path) -> None:
    text_book(pl.DataFrame({"a": ODD}), ["head"], tmp_path / "a.xlsx")
    assert cells(tmp_path / "a.xlsx") == ["head", *ODD]


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=9
)


@given(st.lists(texts.filter(str.strip), min_size=1, max_size=8))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    path = tmp_path_factory.mktemp("x") / "a.xlsx"
    text_book(pl.DataFrame({"a": values}), [], path)
    assert cells(path) == values


def test_what_xml_cannot_hold_is_shown_as_such(tmp_path: Path) -> None:
    text_book(pl.DataFrame({"a": ["a\x00b", "\x1f"]}), [], tmp_path / "a.xlsx")
    assert cells(tmp_path / "a.xlsx") == ["a\ufffdb", "\ufffd"]


def test_types_nulls_and_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", 7)
    frame = pl.DataFrame(
        {
            "t": ["x", None] * 10,
            "n": [Decimal("-12.50"), None] * 10,
            "d": [None, date(2026, 3, 31)] * 10,
            "i": range(20),
        }
    )
    write_xlsx(frame, ["T", "N", "D", "I"], [("rows", "20")], tmp_path / "a.xlsx", date(2026, 3, 31))
    back = fastexcel.read_excel(tmp_path / "a.xlsx").load_sheet(0).to_polars()
    assert back["T"].to_list() == frame["t"].to_list()
    assert back["N"].to_list() == [-12.5, None] * 10
    assert back["D"].cast(pl.Date).to_list() == frame["d"].to_list()
    assert back["I"].to_list() == list(range(20))


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_xlsx(pl.DataFrame({"t": ["x"]}), ["T"], [("k", "v")], tmp_path / name, date(2026, 3, 31))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
