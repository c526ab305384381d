"""Workbooks: what cells become as text, and that a hostile file harms nobody but its child process."""

import base64
import datetime as dt
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.errors import FileRefusedError
from pipeline.formats.tables import Limits, RawTable, ReadOptions, read_tables

LEGACY_XLS = (
    "c-rk)O-NKx6#njeGtP|oGnz&k$RK283OYqU!Z@astHjDEEXto5P;6Ajf^1Qi8G=MXtD=ozixydJ`qM@3S_DQdqUc8p+O!G^TIjsa"
    "IqyyWRNz1f6Ym@Dx#ymH&bepqxj*l{XOme|!*}ziu?UsW5i>kUnI}_JJn@DX)NdHf#%nhf!$wlU<EBKWI5C#~)WtdEd{0Be9mfPw"
    "-~*LI=tf;vXV|xlsFoO-6~_=Ds&I`Y8OW2UvW2z^T_N<gXpRf563GRj0n(jPjhGD96>qgx@d2$+`ZB<N?~BcAk(47BPk0rdzNAcD"
    "C$>l1n~x@0M}Z>^BcO!VhC9PiZm+@(nkn=WN+XfdP{`NTRuPF*^z=+2hq69`Z-x)}8sFZJeYSjg<q9PKzEJM^gWOHoTr9t=Ie<PG"
    "O|n}CkcKS|?$Olsp?!O2P|NE<3a#|^5GhSGq&GN$?l#)nIuL5^%?A8s{!QiOet(&TZJTwdcNbd+Uk#E;;BfuHRK5n}*zhhmHqvD~"
    "r4bDwQ}`^|R9*^q=H{2@yISglM?}&mSA}_@tl_X>;0#-kafbBhLb<0{EH(%|D_&O%pD#3rRy@^3^|=<avtM-1NpBI2vr+IOxON`D"
    "j`)GkyB`z`d<?E9ezbP_WX|Zz;4lj5f(wy7|N2p)O4QXWjEBK^t*pc6t<bz*4kEYawPH7{TQd{0NEJ3qsM+G#Q9oOnHCJX!r<QK{"
    "Qor$~#FxX;SK`abb~JlRd{I^#1CKn_rbMTh$KJ%6Zk2qhVxO9fG3S%DH1Szek$e38iSsq=*UTVi_LRmg_B%vpNTrsId#p|e?Hp2J"
    "!-fqTHf-3iVIv8k%=ZC#+~fyJr}Z%JvcBugQi<80N&Z{xK^Ogw(YxdhbW$BfZ$j&5C7demOD)kR{=JZ~pGJ?O11%CqN5bouUdGh?"
    "|FdL6@88=(iH;vjB+h?4{ttha>YM"
)
"""A BIFF8 workbook, zlib and base 85: id and phone as text and number, a Chinese name, a date."""
OPEN_DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
 <table:table table:name="S">
 <table:table-row><table:table-cell office:value-type="string"><text:p>id</text:p></table:table-cell></table:table-row>
 <table:table-row><table:table-cell office:value-type="float" office:value="202411220000000096"/></table:table-row>
 </table:table></office:spreadsheet></office:body></office:document-content>"""
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def find_id(records: Sequence[Sequence[str]]) -> int | None:
    """The header is the first record with a cell `id`."""
    return next((index for index, record in enumerate(records) if "id" in record), None)


def read(path: Path, **options: object) -> list[RawTable]:
    tables = read_tables(path, "members.xls", ReadOptions(find_header=find_id, **options))  # type: ignore[arg-type]
    for table in tables:
        assert table.records == table.frame.height + table.rejected.height
    return tables


def build(folder: Path, write: Callable[[Workbook, Worksheet], None]) -> Path:
    """A workbook under a name that says nothing of it; `write` fills its first sheet."""
    path = folder / "0a1b2c"
    with xlsxwriter.Workbook(path) as book:
        write(book, book.add_worksheet("订单"))
    return path


def test_cells_as_text(tmp_path: Path) -> None:
    def write(book: Workbook, sheet: Worksheet) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["id", "value"])
        values: list[tuple[str, object]] = [
            ("text", "0012"),
            ("phone", 13812345678),
            ("money", 0.1 + 0.2),
            ("whole", 12.0),
            ("true", True),
            ("15 digits", 999_999_999_999_999),
            ("16 digits", 1_234_567_890_123_456),
            ("18 digits", 202411220000000096),
            ("negative", -(10**15)),
            ("text of 18 digits", "202411220000000096"),
            ("line break", "a\nb"),
        ]
        for row, (name, value) in enumerate(values, 1):
            sheet.write_string(row, 0, name)
            sheet.write(row, 1, value)
        sheet.write_string(12, 0, "date")
        sheet.write_datetime(12, 1, dt.datetime(2024, 5, 1, 10, 2, 3), day)  # noqa: DTZ001

    (table,) = read(build(tmp_path, write))
    assert dict(table.frame.select("id", "value").rows()) == {
        "text": "0012",
        "phone": "13812345678",
        "money": "0.3",
        "whole": "12",
        "true": "true",
        "15 digits": "999999999999999",
        "16 digits": "1.234567890123456E+15",
        "18 digits": "2.02411220000000096E+17",
        "negative": "-1.000000000000000E+15",
        "text of 18 digits": "202411220000000096",
        "line break": "a\nb",
        "date": "2024-05-01 10:02:03",
    }
    assert (table.label, table.encoding, table.delimiter) == ("订单", "workbook", "\t")


def test_number_and_text_in_one_column_are_told_apart(tmp_path: Path) -> None:
    def write(_book: Workbook, sheet: Worksheet) -> None:
        sheet.write_column(2, 3, ["id", "202411220000000001"])
        sheet.write_number(4, 3, 202411220000000001)

    (table,) = read(build(tmp_path, write))
    assert table.frame.rows() == [(4, "202411220000000001"), (5, "2.02411220000000000E+17")]
    assert table.header_row == 3


def test_rows_are_numbered_as_in_the_sheet(tmp_path: Path) -> None:
    def write(_book: Workbook, sheet: Worksheet) -> None:
        sheet.write(0, 0, "订单报表")
        sheet.write_row(2, 0, ["id", "a", "a", ""])
        sheet.write_row(3, 0, ["1", "x"])
        sheet.write_row(6, 0, ["2", "y", "z"])

    (table,) = read(build(tmp_path, write))
    assert table.header == ("id", "a", "a (2)")
    assert table.frame.rows() == [(4, "1", "x", None), (7, "2", "y", "z")]
    assert (table.header_row, table.records, table.blank_rows) == (3, 2, 2)
    assert table.preamble == (("订单报表", "", ""), ())


def test_legacy_xls(tmp_path: Path) -> None:
    path = tmp_path / "0a1b2c"
    path.write_bytes(zlib.decompress(base64.b85decode(LEGACY_XLS)))
    (table,) = read(path)
    assert table.frame.rows() == [
        (2, "202411220000000096", "连衣裙", "13812345678", "2024-05-01 10:02:03"),
        (3, "2.02411220000000096E+17", "帽子", "12.5", None),
    ]


def test_open_document(tmp_path: Path) -> None:
    path = tmp_path / "0a1b2c"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", OPEN_DOCUMENT)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    (table,) = read(path)
    assert table.frame.rows() == [(2, "2.02411220000000096E+17")]


def write_errors(_book: Workbook, sheet: Worksheet) -> None:
    """Row 3 has #N/A in `amount`, row 4 in `note`, row 5 nothing else than #N/A."""
    sheet.write_row(0, 0, ["id", "amount", "note"])
    sheet.write_row(1, 0, ["1", 5, "#N/A"])
    sheet.write_row(2, 0, ["2"])
    sheet.write_formula(2, 1, "=NA()", None, "#N/A")
    sheet.write_row(3, 0, ["3", 6])
    sheet.write_formula(3, 2, "=1/0", None, "#DIV/0!")
    sheet.write_formula(4, 1, "=NA()", None, "#N/A")


def test_rows_with_error_cells_are_rejected(tmp_path: Path) -> None:
    (table,) = read(build(tmp_path, write_errors))
    assert table.frame.rows() == [(2, "1", "5", "#N/A")]
    assert table.rejected.select("row_number", "rule").rows() == [(row, "XLSX_ERRORCELL") for row in (3, 4, 5)]
    assert table.rejected["text"][0] == "2\t\t"


def test_error_cells_of_unread_columns_are_empty(tmp_path: Path) -> None:
    (table,) = read(build(tmp_path, write_errors), wanted={"id", "amount"}.__contains__)
    assert table.frame.rows() == [(2, "1", "5", "#N/A"), (4, "3", "6", None)]
    assert table.rejected["row_number"].to_list() == [3, 5]


def test_sheets_with_a_header_are_tables_and_rows_go_on_counting(tmp_path: Path) -> None:
    def write(book: Workbook, sheet: Worksheet) -> None:
        sheet.write_column(0, 0, ["id", "1"])
        book.add_worksheet("说明").write_column(0, 0, ["read me", "please", "now"])
        book.add_worksheet("empty")
        book.add_worksheet("May").write_column(0, 0, ["id", "2"])

    first, second = read(build(tmp_path, write))
    assert (first.label, first.frame.rows(), first.header_row) == ("订单", [(2, "1")], 1)
    assert (second.label, second.frame.rows(), second.header_row) == ("May", [(7, "2")], 6)


def test_no_sheet_with_a_header(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(build(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["number", "name"]) or None))
    assert caught.value.code == "HEADER"


def test_header_only(tmp_path: Path) -> None:
    (table,) = read(build(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["id", "name"]) or None))
    assert (table.header, table.frame.height, table.records) == (("id", "name"), 0, 0)


def write_far_cell(_book: Workbook, sheet: Worksheet) -> None:
    """Few bytes that ask for three thousand million cells."""
    sheet.write_column(0, 0, ["id", "1"])
    sheet.write(199_999, 16_383, "x")


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(Limits(), id="memory"),
        pytest.param(Limits(workbook_seconds=0), id="time"),
        pytest.param(Limits(file_bytes=2_000_000, columns=2), id="columns"),
    ],
)
def test_far_cell_kills_the_child_only(tmp_path: Path, limits: Limits) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(build(tmp_path, write_far_cell), limits=limits)
    assert caught.value.code == "TOO_LARGE"


def test_stray_column_is_refused(tmp_path: Path) -> None:
    path = build(tmp_path, lambda _book, sheet: sheet.write_row(0, 0, ["id"] * 201) or None)
    with pytest.raises(FileRefusedError, match="too many rows or columns"):
        read(path, limits=Limits(columns=200))


def test_unpacked_size_is_limited(tmp_path: Path) -> None:
    path = build(tmp_path, lambda _book, sheet: sheet.write_column(0, 0, ["id", *["x" * 30_000] * 50]) or None)
    with pytest.raises(FileRefusedError) as caught:
        read(path, limits=Limits(file_bytes=path.stat().st_size))
    assert caught.value.code == "TOO_LARGE"


@pytest.mark.parametrize("damage", ["cut", "ole2", "flipped"])
def test_damaged_workbook_is_refused(tmp_path: Path, damage: str) -> None:
    path = build(tmp_path, lambda _book, sheet: sheet.write_column(0, 0, ["id", "1"]) or None)
    content = path.read_bytes()
    middle = content.index(b"xl/worksheets/sheet1.xml") + 60
    flipped = content[:middle] + b"\0\0\0\0" + content[middle + 4 :]
    path.write_bytes({"cut": content[:-200], "ole2": OLE2 + b"\0" * 600, "flipped": flipped}[damage])
    with pytest.raises(FileRefusedError) as caught:
        read(path)
    assert caught.value.code == "UNREADABLE"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    read(build(tmp_path, lambda _book, sheet: sheet.write_column(0, 0, ["id", "1"]) or None), temp_folder=work)
    assert list(work.iterdir()) == []
