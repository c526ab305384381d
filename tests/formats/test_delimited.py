"""Delimited texts: what each known hazard does to the rows that are accepted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import FileRefusedError
from pipeline.formats.tables import Limits, RawTable, ReadOptions, read_tables


def find_id(records: Sequence[Sequence[str]]) -> int | None:
    """The header is the first record with a cell `id`."""
    return next((index for index, record in enumerate(records) if "id" in [cell.strip() for cell in record]), None)


def read(folder: Path, content: bytes, **options: object) -> RawTable:
    path = folder / "spooled"
    path.write_bytes(content)
    (table,) = read_tables(path, "sales[1].csv", ReadOptions(find_header=find_id, **options))  # type: ignore[arg-type]
    assert table.records == table.frame.height + table.rejected.height
    return table


ROW_1, ROW_2 = (2, "1", "x"), (3, "2", "y")
HAZARDS = {
    # name: bytes below the header `id,a`, accepted rows, rejected rows, blank rows
    "plain": (b"1,x\n2,y\n", [ROW_1, ROW_2], [], 0),
    "no line end at the end": (b"1,x\n2,y", [ROW_1, ROW_2], [], 0),
    "leading zeros and long ids": (b"0001,20241122000000009600\n", [(2, "0001", "20241122000000009600")], [], 0),
    "blank lines count as rows": (b"\n1,x\n\n2,y\n\n", [(3, "1", "x"), (5, "2", "y")], [], 3),
    "rows of delimiters are blank": (b"1,x\n,\n,\n", [ROW_1], [], 2),
    "empty and quoted empty": (b'1,\n2,""\n', [(2, "1", None), (3, "2", None)], [], 0),
    "short row": (b"1,x\n2\n", [ROW_1], [(3, "CSV_WIDTH", "2")], 0),
    "long row": (b"1,x\n2,y,z\n", [ROW_1], [(3, "CSV_WIDTH", "2,y,z")], 0),
    "one trailing empty cell": (b"1,x\n2,y,\n", [ROW_1], [(3, "CSV_WIDTH", "2,y,")], 0),
    "every row ends with a delimiter": (b"1,x,\n2,y,\n", [ROW_1, ROW_2], [], 0),
    "and a narrow footer": (b"1,x,\n2,y,\n9\n", [ROW_1, ROW_2], [(4, "CSV_WIDTH", "9")], 0),
    "a filled cell beyond the header": (b"1,x,\n2,y,\n3,z,w\n", [ROW_1, ROW_2], [(4, "CSV_WIDTH", "3,z,w")], 0),
    "quoted line break": (b'1,"x\ny"\n2,y\n', [(2, "1", "x\ny"), ROW_2], [], 0),
    "quoted delimiter and doubled quote": (b'1,"a,""b"""\n', [(2, "1", 'a,"b"')], [], 0),
    "quote inside an unquoted cell": (
        b'1,12" screen\n2,5\' 6""\n',
        [(2, "1", '12" screen'), (3, "2", '5\' 6""')],
        [],
        0,
    ),
    "excel's text formula": (b'="0001",x\n', [(2, '="0001"', "x")], [], 0),
    "spaces and tabs stay": (b"1\t, x \n", [(2, "1\t", " x ")], [], 0),
    "CR only": (b"1,x\r2,y\r", [ROW_1, ROW_2], [], 0),
    "CRLF": (b"1,x\r\n2,y\r\n", [ROW_1, ROW_2], [], 0),
    "mixed line ends": (b"1,x\r2,y\r\n3,z\n", [ROW_1, ROW_2, (4, "3", "z")], [], 0),
    "NUL in a cell": (b"1,x\n2,y\0\n", [ROW_1], [(3, "NUL", "2,y\0")], 0),
    "NUL tail": (b"1,x\n2,y\n\0\0\0\0", [ROW_1, ROW_2], [(4, "NUL", "\0\0\0\0")], 0),
    "repeated header and footer are left to the parser": (
        "1,x\nid,a\n合计,3\n".encode(),
        [ROW_1, (3, "id", "a"), (4, "合计", "3")],
        [],
        0,
    ),
    "formula text is data": (b"1,=1+1\n", [(2, "1", "=1+1")], [], 0),
    "header only": (b"", [], [], 0),
}


@pytest.mark.parametrize("hazard", HAZARDS)
def test_hazard(tmp_path: Path, hazard: str) -> None:
    body, accepted, rejected, blank_rows = HAZARDS[hazard]
    line_end = b"\r" if hazard == "CR only" else b"\n"
    table = read(tmp_path, b"id,a" + line_end + body)
    assert table.header == ("id", "a")
    assert table.frame.rows() == accepted
    assert table.rejected.rows() == rejected
    assert table.blank_rows == blank_rows


REFUSALS = {
    # name: whole file, code
    "empty": (b"", "EMPTY_FILE"),
    "only a byte order mark": (b"\xef\xbb\xbf", "EMPTY_FILE"),
    "only blank lines": (b"\n \r\n", "EMPTY_FILE"),
    "unclosed quote": (b'id,a\n1,"x\n2,y\n', "CSV_QUOTE"),
    "text behind a closing quote": (b'id,a\n1,"x" y\n2,y\n', "CSV_QUOTE"),
    "lone quote in a quoted cell": (b'id,a\n1,"12" screen"\n2,y\n', "CSV_QUOTE"),
    "no header": (b"number,a\n1,x\n", "HEADER"),
    "only NUL": (b"\0" * 50, "NUL"),
    "NUL in every row": (b"id,a\n1,\0\n2,\0\n", "NUL"),
    "UTF-16 without mark": ("id,a\n1,x\n".encode("utf-16-le"), "ENC"),
    "UTF-32": ("id,a\n1,x\n".encode("utf-32"), "ENC"),
    "neither UTF-8 nor GB18030": (b"id,a\n1,\xff\xff\n", "ENC"),
    "euro sign of code page 936": ("id,a\n1,中文".encode("gbk") + b"\x80\n", "ENC"),
    "PDF": (b"%PDF-1.7 ...", "UNREADABLE"),
    "XML": (b"<?xml version='1.0'?><Workbook/>", "UNREADABLE"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusal_names_the_file_but_no_content(tmp_path: Path, case: str) -> None:
    content, code = REFUSALS[case]
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path, content)
    assert caught.value.code == code
    assert caught.value.where == "sales[1].csv"
    assert "screen" not in str(caught.value)


def test_euro_sign_and_line_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="line 2 holds the byte 0x80, the euro sign"):
        read(tmp_path, "id,a\n1,中文".encode("gbk") + b"\x80\n")


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_encoding_is_found(tmp_path: Path, codec: str, found: str) -> None:
    table = read(tmp_path, "id,品名\n1,连衣裙\n".encode(codec))
    assert (table.encoding, table.header, table.frame.rows()) == (found, ("id", "品名"), [(2, "1", "连衣裙")])


@pytest.mark.parametrize(("codec", "declared"), [("utf-16-le", "utf-16"), ("utf-16-be", "utf-16"), ("gbk", "gb18030")])
def test_encoding_is_declared(tmp_path: Path, codec: str, declared: str) -> None:
    table = read(tmp_path, "id,品名\n1,连衣裙\n".encode(codec), encoding=declared)
    assert table.frame.rows() == [(2, "1", "连衣裙")]


def test_declared_utf8_is_not_guessed_away(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="line 1 holds a byte that is not UTF-8"):
        read(tmp_path, "id,品名\n1,连衣裙\n".encode("gbk"), encoding="utf-8")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiter_is_that_of_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f"title, with; all| kinds\n\nid{delimiter}a{delimiter}b\n1{delimiter}x{delimiter}y\n"
    table = read(tmp_path, text.encode())
    assert table.delimiter == delimiter
    assert table.frame.rows() == [(4, "1", "x", "y")]
    assert (table.header_row, len(table.preamble)) == (3, 2)


def test_broken_quotes_above_the_header_do_no_harm(tmp_path: Path) -> None:
    table = read(tmp_path, b'"shop "A", March\nid,a\n1,x\n')
    assert (table.header_row, table.frame.rows()) == (2, [(3, "1", "x")])


def test_header_row_may_be_named(tmp_path: Path) -> None:
    table = read(tmp_path, b"id,a\nid,b\n1,x\n", header_row=2)
    assert (table.header, table.preamble) == (("id", "b"), (("id", "a"),))


def test_header_cells_are_stripped_and_unique(tmp_path: Path) -> None:
    table = read(tmp_path, b"id , a,a,row_number,,\n1,x,y,z,w,\n")
    assert table.header == ("id", "a", "a (2)", "row_number (2)", "")
    assert table.frame.rows() == [(2, "1", "x", "y", "z", "w")]


def test_header_ending_in_a_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, b"id,a,\n1,x\n2,y\n").frame.rows() == [ROW_1, ROW_2]


def test_row_swallowed_by_a_pair_of_stray_quotes_is_rejected(tmp_path: Path) -> None:
    table = read(tmp_path, b'id,a,b,c\n1,"x,y,z\n2,w",v,u\n3,"Bund 1,\nShanghai",q,r\n')
    assert table.rejected.rows() == [(2, "CSV_QUOTE", '1,"x,y,z\n2,w",v,u')]
    assert table.frame.rows() == [(3, "3", "Bund 1,\nShanghai", "q", "r")]


def test_long_cell_is_read_and_longer_is_refused(tmp_path: Path) -> None:
    content = b"id,a\n1," + b"x" * (3 << 20) + b"\n"
    assert read(tmp_path, content).frame["a"].str.len_bytes().item() == 3 << 20
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path, content, limits=Limits(record_bytes=1 << 20))
    assert caught.value.code == "TOO_LARGE"


@pytest.mark.parametrize("limits", [Limits(rows=1), Limits(columns=1), Limits(file_bytes=10)])
def test_limits(tmp_path: Path, limits: Limits) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path, b"id,a\n1,x\n2,y\n", limits=limits)
    assert caught.value.code == "TOO_LARGE"
