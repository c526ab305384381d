"""Never a wrong accepted row: mutated files against Python's strict CSV parser."""

import csv
import io
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import FileRefusedError
from pipeline.formats import delimited, records
from pipeline.formats.delimited import read_delimited
from pipeline.formats.quotes import BrokenQuotesError
from pipeline.formats.raw_table import RawTable, ReadOptions

HEADER = "id,a,b,c"
OPTIONS = ReadOptions(find_header=lambda _top: 0)
MARKS = ['"', '""', ",", "\n", "\r", "\r\n", "\0", " ", "x", "é", "中", ""]

cells = st.sampled_from(["", "1", "x", "中文", '"q"', '"a,b"', '"a\nb"', '"a""b"', '""', '12"', " z", '"u\r\nv,w"'])
lines = st.lists(cells, min_size=4, max_size=4).map(",".join)
marks = st.lists(st.sampled_from(MARKS), max_size=40).map("".join)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A sound body with up to three places cut out and replaced by marks."""
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join(draw(st.lists(lines, max_size=8)))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(MARKS)) + text[start + draw(st.integers(0, 3)) :]
    return text


def strict_rows(body: str) -> list[list[str]] | None:
    try:
        return list(csv.reader(io.StringIO(body, newline=""), strict=True))
    except csv.Error:
        return None


def read(body: str) -> RawTable | None:
    """The table, None where the file is refused; with blocks so small that every border is tried."""
    text = pa.py_buffer(f"{HEADER}\n{body}".encode())
    with patch.object(delimited, "BLOCK_BYTES", 16), patch.object(records, "CHUNK_BYTES", 5):
        try:
            return read_delimited(text, "f", "utf-8", OPTIONS)
        except FileRefusedError:
            return None


@given(st.one_of(bodies(), marks))
@example('1,"x"",y\n2,z')
@example('"""",1,2,3\n')
@example('a""b,"c",d,e\r\r\n')
@settings(max_examples=300, deadline=None)
def test_accepted_rows_are_those_of_the_strict_parser(body: str) -> None:
    table, expected = read(body), strict_rows(body)
    if expected is None:
        assert table is None
    if table is None or expected is None:
        return
    assert table.records == table.frame.height + table.rejected.height
    assert table.records + table.blank_rows == len(expected)
    width = table.frame.width - 1
    for number, *row in table.frame.iter_rows():
        strict = expected[number - 2]
        assert [cell or "" for cell in row] == strict[:width]
        assert not any(strict[width:])


@given(st.one_of(bodies(), marks))
@settings(max_examples=300, deadline=None)
def test_fast_and_slow_scan_see_the_same_records(body: str) -> None:
    text = pa.py_buffer(body.encode())
    with patch.object(records, "CHUNK_BYTES", 5):
        try:
            fast = records.scan(text, ",")
        except BrokenQuotesError:
            with pytest.raises(csv.Error):
                records.walk(text, ",")
            return
    slow = records.walk(text, ",")
    for name in ("start", "end", "cells", "quoted_delimiters", "quoted_lines", "has_nul"):
        assert getattr(fast, name).tolist() == getattr(slow, name).tolist(), name


@given(bodies())
@settings(max_examples=100, deadline=None)
def test_slow_path_accepts_the_same_rows(body: str) -> None:
    fast = read(body)
    with patch.object(delimited, "scan", side_effect=BrokenQuotesError(0)):
        slow = read(body)
    assert (fast is None) == (slow is None)
    if fast and slow:
        assert fast.frame.equals(slow.frame)
        assert fast.rejected.equals(slow.rejected)


@pytest.mark.parametrize("block_bytes", range(16, 48))
def test_line_break_in_a_cell_survives_every_block_border(block_bytes: int) -> None:
    text = pa.py_buffer(b'id,a,b,c\r\n1,"x\r\ny",z,w\r\n' + b'2,"\r\n\r\n",z,w\r\n' * 5)
    with patch.object(delimited, "BLOCK_BYTES", block_bytes):
        table = read_delimited(text, "f", "utf-8", OPTIONS)
    assert table is not None
    assert table.frame["a"].to_list() == ["x\r\ny", *["\r\n\r\n"] * 5]
