"""The header of a text is found wherever its top ends, though only its first bytes are decoded at first."""

import pyarrow as pa
import pytest

from pipeline.formats.heads import FIRST_BYTES, Head, find_head
from pipeline.formats.raw_table import ReadOptions

OPTIONS = ReadOptions(
    find_header=lambda records: next((at for at, record in enumerate(records) if "alpha" in record), None)
)


def head_of(text: str) -> Head | None:
    return find_head(pa.py_buffer(text.encode()), "file.csv", OPTIONS)


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("t" * (FIRST_BYTES - 20), id="all within the first bytes"),
        pytest.param("t" * (FIRST_BYTES - 4), id="the header is cut"),
        pytest.param("t" * (FIRST_BYTES - 1), id="the title ends with them"),
        pytest.param("茶" * (FIRST_BYTES // 3), id="a character is cut"),
        pytest.param("t" * (2 * FIRST_BYTES), id="the title is longer"),
        pytest.param("t;" * FIRST_BYTES, id="a longer title of other cells"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_header_below_a_long_title_is_found_whole(title: str, end: str) -> None:
    top = f"{title}{end}alpha,beta{end}"
    head = head_of(f"{top}1,2{end}")
    assert head is not None
    assert (head.delimiter, head.header, head.data_start) == (",", ("alpha", "beta"), len(top.encode()))
    assert len(head.records) == 2


def test_a_line_end_that_is_cut_in_two_is_one() -> None:
    title = "t" * (FIRST_BYTES - 1)  # its CR is the last of the first bytes
    head = head_of(f"{title}\r\nalpha;beta\r\n1;2\r\n")
    assert head is not None
    assert head.records == ((title,), ("alpha", "beta"))


@pytest.mark.parametrize(("text", "delimiter"), [("alpha\n1\n", ","), ("alpha\n1,5\n", ","), ("alpha\n1;5\n", ",")])
def test_a_single_column_is_told_by_the_first_delimiter(text: str, delimiter: str) -> None:
    head = head_of(text)
    assert head is not None
    assert (head.delimiter, head.header) == (delimiter, ("alpha",))


def test_a_text_without_the_header_has_none() -> None:
    assert head_of("gamma,delta\n" * (FIRST_BYTES // 4)) is None
