"""Rows that are spelt once for all lists make the same files as rows that are spelt for each."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.deliver.joined_text import joined
from pipeline.deliver.safe_csv import write_csv
from pipeline.deliver.sheets import write_spelt, write_xlsx
from pipeline.deliver.spelt_rows import SpeltRows

MADE_ON = date(2026, 3, 31)
HEADERS = ['the "name"', "amount", "day", "since", "note"]
ABOUT = [("rows", "some")]

texts = st.none() | st.sampled_from(
    ["", "张*", "=1+1", 'a "b", c', "x\r\ny", "a&b<c>", "_x0041_", "-12", "＝1", "\x01"]
)
people = st.lists(
    st.tuples(texts, st.none() | st.decimals(-99, 99, places=2), st.none() | st.dates(date(2020, 1, 1), MADE_ON)),
    min_size=1,
    max_size=9,
)


@given(people, st.data())
def test_any_choice_of_rows_is_written_as_it_would_be_alone(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str | None, Decimal | None, date | None]],
    data: st.DataObject,
) -> None:
    schema = {"name": pl.String(), "amount": pl.Decimal(18, 2), "day": pl.Date()}
    shown = pl.DataFrame(rows, schema=schema, orient="row")
    chosen = sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1)))
    places = pl.Series(chosen, dtype=pl.UInt32)
    more = pl.DataFrame({"since": [MADE_ON] * len(chosen), "note": ["=late"] * len(chosen)})
    alone = pl.concat([shown[places], more], how="horizontal")
    folder = tmp_path_factory.mktemp("lists")

    spelt = SpeltRows(shown, HEADERS, [places])
    spelt.write_csv(places, more, folder / "spelt.csv")
    write_csv(alone, HEADERS, folder / "alone.csv")
    assert (folder / "spelt.csv").read_bytes() == (folder / "alone.csv").read_bytes()
    write_spelt(spelt.cells(places, more), HEADERS, ABOUT, folder / "spelt.xlsx", MADE_ON)
    write_xlsx(alone, HEADERS, ABOUT, folder / "alone.xlsx", MADE_ON)
    assert (folder / "spelt.xlsx").read_bytes() == (folder / "alone.xlsx").read_bytes()


def test_csv_by_hand(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"t": ["=1", None, 'a"b'], "n": [Decimal("-1.50"), None, Decimal(2)], "d": [MADE_ON, None, None]}
    )
    write_csv(frame, ["文", "n", "d"], tmp_path / "a.csv")
    told = (tmp_path / "a.csv").read_bytes().decode("utf-8")
    assert told == '\ufeff"文","n","d"\r\n"\'=1",-1.50,"2026-03-31"\r\n,,\r\n"a""b",2.00,\r\n'


@given(st.lists(st.none() | st.text(max_size=20), max_size=20), st.integers(0, 5))
def test_texts_one_after_the_other(values: list[str | None], start: int) -> None:
    series = pl.Series(values, dtype=pl.String).slice(start)
    assert bytes(joined(series)) == "".join(value or "" for value in values[start:]).encode()
