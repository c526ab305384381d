"""Lists show whom they should, masked, in the retailer's language, with bytes that do not change by themselves."""

import hashlib
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest

from pipeline.deliver import lists
from pipeline.deliver.labels import HEADERS
from pipeline.deliver.lists import write_lists
from pipeline.deliver.safe_csv import write_csv
from pipeline.deliver.warehouse import Edition
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

MARCH = Edition("2026-03-31-abc", date(2026, 3, 31), "示例零售", "CNY", "Asia/Shanghai", stale_sources="web")
CHINESE = Settings(retailer="示例零售")
ENGLISH = Settings(retailer="Shop", locale="en")
Rows = dict[str, list[dict[str, Any]]]
Write = Callable[[Rows], dict[str, Table]]


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "2026-03-31"
    folder.mkdir(mode=0o700)
    return folder


def read(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return pl.read_csv(text.encode(), infer_schema=False, has_header=False).fill_null("").rows()  # type: ignore[return-value]


def test_one_csv_and_one_workbook_per_segment_with_members(tables: dict[str, Table], exports: Path) -> None:
    written = write_lists(tables, CHINESE, MARCH, exports)
    names = sorted(path.name for path in exports.iterdir())
    assert names == ["best.csv", "best.xlsx", "quiet.csv", "quiet.xlsx"]
    assert {path.stat().st_mode & 0o777 for path in exports.iterdir()} == {0o600}
    assert written.warnings == ()


def test_a_chinese_list_reads_as_it_should(tables: dict[str, Table], exports: Path) -> None:
    write_lists(tables, CHINESE, MARCH, exports)
    assert (exports / "best.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = read(exports / "best.csv")
    assert [dict(zip(header, row, strict=True)) for row in rows] == [
        {
            "客户编号": "c1", "姓名(脱敏)": "张*", "手机(脱敏)": "138****5678", "邮箱(脱敏)": "", "性别": "",
            "年龄段": "", "省份": "", "城市": "上海", "会员": "是", "所属门店": "", "常用渠道": "",
            "生命周期阶段": "成长", "RFM 分类": "重要价值", "RFRC 分类": "高价值忠诚", "距上次购买天数": "1",
            "最近购买日": "2026-03-30", "购买次数": "2", "净消费额": "150.00", "进入分群日": "2026-02-28",
            "数据截至": "2026-03-31", "缺失或滞后的数据源": "web",
        }
    ]  # fmt: skip


def test_an_english_list_uses_the_words_of_the_contracts(tables: dict[str, Table], exports: Path) -> None:
    write_lists(tables, ENGLISH, MARCH, exports)
    header, row = read(exports / "best.csv")
    assert header[:2] == ("Customer id", "Name (masked)")
    assert {"important_value", "growing", "yes"} <= set(row)


def test_an_empty_segment_is_one_line_of_the_manifest_and_no_file(tables: dict[str, Table], exports: Path) -> None:
    entries = {entry["segment"]: entry for entry in write_lists(tables, CHINESE, MARCH, exports).entries}
    assert (entries["nobody"]["rows"], entries["nobody"]["files"]) == (0, [])
    assert not list(exports.glob("nobody*"))


def test_the_entries_describe_every_file(tables: dict[str, Table], exports: Path) -> None:
    entries = write_lists(tables, CHINESE, MARCH, exports).entries
    assert [(entry["segment"], entry["rows"]) for entry in entries] == [("best", 1), ("nobody", 0), ("quiet", 2)]
    assert entries[0]["definition"] == "rfm_class = 'important_value'"
    for entry in entries:
        for file in entry["files"]:
            assert hashlib.sha256((exports / file["name"]).read_bytes()).hexdigest() == file["sha256"]


@pytest.mark.parametrize("flag", ["profiling_opt_out", "is_minor"])
def test_opted_out_and_minors_stay_off_whatever_the_segments_say(
    flag: str, shop: Rows, write_shop: Write, exports: Path
) -> None:
    shop["customers"][1][flag] = True
    write_lists(write_shop(shop), CHINESE, MARCH, exports)
    assert [row[0] for row in read(exports / "quiet.csv")[1:]] == ["c3"]


def test_the_workbook_has_typed_cells_a_frozen_header_and_says_what_it_is(
    tables: dict[str, Table], exports: Path
) -> None:
    write_lists(tables, CHINESE, MARCH, exports)
    book = fastexcel.read_excel(exports / "quiet.xlsx")
    assert book.sheet_names == ["list", "about"]
    rows = book.load_sheet("list").to_polars()
    assert rows["姓名(脱敏)"].to_list() == ["=*", None]
    assert rows["净消费额"].to_list() == [30.0, 0.0]
    assert rows["最近购买日"].dtype.is_temporal()
    about = dict(book.load_sheet("about", header_row=None).to_polars().iter_rows())
    assert (about["label"], about["as_of"], about["stale_sources"]) == ("沉默", "2026-03-31", "web")
    with zipfile.ZipFile(exports / "quiet.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet


def test_no_text_is_a_formula(tables: dict[str, Table], exports: Path) -> None:
    write_lists(tables, CHINESE, MARCH, exports)
    assert read(exports / "quiet.csv")[1][1] == "'=*"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"), ("+86", "'+86"), ("-2", "'-2"), ("@a", "'@a"), ("  =1", "'  =1"), ("\t1", "'\t1"),
        ("\r1", "'\r1"), ("\n1", "'\n1"), ("＝1", "'＝1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠1", "'＠1"),
        ("\x00=1", "'\x00=1"), ("a=1", "a=1"), ("138****5678", "138****5678"), ('say "=1"', 'say "=1"'), ("", ""),
    ],
)  # fmt: skip
def test_risky_beginnings_get_an_apostrophe(text: str, shown: str, tmp_path: Path) -> None:
    write_csv(pl.DataFrame({"a": [text], "n": [-12.5]}), ["A", "N"], tmp_path / "a.csv")
    quoted = shown.replace('"', '""')
    assert (tmp_path / "a.csv").read_bytes() == f'\ufeff"A","N"\r\n"{quoted}",-12.5\r\n'.encode()


def test_the_same_rows_give_the_same_bytes(tables: dict[str, Table], exports: Path) -> None:
    write_lists(tables, CHINESE, MARCH, exports)
    before = {path.name: path.read_bytes() for path in exports.iterdir()}
    write_lists(tables, CHINESE, MARCH, exports)
    assert {path.name: path.read_bytes() for path in exports.iterdir()} == before


def test_a_list_too_long_for_a_workbook_is_csv_and_says_so(
    tables: dict[str, Table], exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "XLSX_ROWS", 1)
    written = write_lists(tables, CHINESE, MARCH, exports)
    assert written.warnings == ("list quiet: 2 rows are too many for a workbook; see quiet.csv",)
    assert not (exports / "quiet.xlsx").exists()


def test_lists_take_known_columns_of_customers_and_each_has_a_header() -> None:
    assert set(lists.CUSTOMER_COLUMNS) <= set(TABLES["customers"].names)
    assert set(HEADERS) == {*lists.CUSTOMER_COLUMNS, "entered_on", "as_of", "stale_sources"}
