"""Archives and files whose names lie: the content alone decides, and no archive may harm."""

import gzip
import io
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.errors import FileRefusedError
from pipeline.formats.tables import Limits, RawTable, ReadOptions, read_tables

CSV = b"id,a\n1,x\n"


def find_id(records: Sequence[Sequence[str]]) -> int | None:
    """The header is the first record with a cell `id`."""
    return next((index for index, record in enumerate(records) if "id" in record), None)


def read(folder: Path, content: bytes, name: str = "sales[1].csv", **options: object) -> list[RawTable]:
    path = folder / "spooled"
    path.write_bytes(content)
    return read_tables(path, name, ReadOptions(find_header=find_id, **options))  # type: ignore[arg-type]


def code_of(folder: Path, content: bytes, **options: object) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read(folder, content, **options)
    return caught.value.code


def workbook(*cells: str) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet("Sheet1").write_column(0, 0, cells)
    return target.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def zipped_as(info: zipfile.ZipInfo) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(info, CSV)
    return target.getvalue()


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv", "sales[1].csv", "a*.zip", "../../etc/passwd"])
@pytest.mark.parametrize(
    "content", [CSV, gzip.compress(CSV), zipped({"a": CSV}), workbook("id", "1")], ids=["csv", "gz", "zip", "xlsx"]
)
def test_names_do_not_matter(tmp_path: Path, name: str, content: bytes) -> None:
    (table,) = read(tmp_path, content, name)
    assert table.frame["id"].to_list() == ["1"]


def test_gzip_may_hold_a_workbook(tmp_path: Path) -> None:
    (table,) = read(tmp_path, gzip.compress(workbook("id", "1")))
    assert table.label == "Sheet1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(gzip.compress(CSV)[:-9], "UNREADABLE", id="cut off"),
        pytest.param(gzip.compress(CSV) + b"garbage", "UNREADABLE", id="garbage behind"),
        pytest.param(gzip.compress(b""), "EMPTY_FILE", id="empty"),
        pytest.param(gzip.compress(b"id,a\n" + b"1,x\n" * 2_000_000), "TOO_LARGE", id="bomb"),
        pytest.param(gzip.compress(gzip.compress(CSV)), "UNREADABLE", id="nested"),
        pytest.param(gzip.compress(zipped({"a": CSV})), "UNREADABLE", id="zip within"),
    ],
)
def test_gzip_refusals(tmp_path: Path, content: bytes, code: str) -> None:
    assert code_of(tmp_path, content) == code


def test_members_are_tables_and_rows_go_on_counting(tmp_path: Path) -> None:
    content = zipped(
        {
            "__MACOSX/a": b"junk",
            "folder/b": b"id,a\n1,x\n\n2,y,z\n",
            "readme": b"no table here\n",
            "c": workbook("id", "3"),
        }
    )
    first, second = read(tmp_path, content)
    assert (first.label, first.frame.rows(), first.header_row) == ("folder/b", [(2, "1", "x")], 1)
    assert first.rejected["row_number"].to_list() == [4]
    assert (second.label, second.frame.rows(), second.header_row) == ("c/Sheet1", [(6, "3")], 5)


def test_chinese_names_packed_without_utf8(tmp_path: Path) -> None:
    content = zipped_as(zipfile.ZipInfo("a" * 8)).replace(b"a" * 8, "订单明细".encode("gbk"))
    assert read(tmp_path, content)[0].label == "订单明细"


def test_shown_names_hold_no_control_characters(tmp_path: Path) -> None:
    (table,) = read(tmp_path, zipped_as(zipfile.ZipInfo("a\u202egnp\x1b[1m" + "b" * 200)))
    assert table.label == ("agnp[1m" + "b" * 200)[:120]


@pytest.mark.parametrize("name", ["../a.csv", "x/../../a.csv", "/etc/a.csv", "..\\a.csv", "C:\\a.csv"])
def test_members_that_leave_the_archive(tmp_path: Path, name: str) -> None:
    assert code_of(tmp_path, zipped_as(zipfile.ZipInfo(name))) == "UNREADABLE"


def test_symbolic_link(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert code_of(tmp_path, zipped_as(info)) == "UNREADABLE"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(zipped({"a": zipped({"b": CSV})}), "UNREADABLE", id="nested"),
        pytest.param(zipped({"a": gzip.compress(CSV)}), "UNREADABLE", id="gzip within"),
        pytest.param(zipped({}), "EMPTY_FILE", id="empty"),
        pytest.param(zipped({"a": CSV})[:-30], "UNREADABLE", id="cut off"),
        pytest.param(zipped({"a": b"id\n" + b"1\n" * 2_000_000}), "TOO_LARGE", id="bomb"),
        pytest.param(zipped({"[Content_Types].xml": b"", "word/a": b""}), "UNREADABLE", id="docx"),
        pytest.param(zipped({"a": b"number\n1\n"}), "HEADER", id="no header"),
        pytest.param(b"Rar!\x1a\x07", "UNREADABLE", id="rar"),
    ],
)
def test_zip_refusals(tmp_path: Path, content: bytes, code: str) -> None:
    assert code_of(tmp_path, content) == code


def test_password(tmp_path: Path) -> None:
    content = bytearray(zipped_as(zipfile.ZipInfo("a")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileRefusedError, match="password"):
        read(tmp_path, bytes(content))


def test_number_of_members_is_limited(tmp_path: Path) -> None:
    assert code_of(tmp_path, zipped({"a": CSV, "b": CSV}), limits=Limits(members=1)) == "TOO_LARGE"


def test_members_share_one_size_limit(tmp_path: Path) -> None:
    rows = b"id,a\n" + b"".join(b"%d,%d\n" % (number, number * 7919 % 9973) for number in range(200))
    limits = Limits(file_bytes=len(rows) + 100)
    assert read(tmp_path, zipped({"a": rows}), limits=limits)
    assert code_of(tmp_path, zipped({"a": rows, "b": rows}), limits=limits) == "TOO_LARGE"
