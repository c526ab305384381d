"""Lists show whom they should, masked, in the retailer's language, with bytes that do not change by themselves."""

import hashlib
import json
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
from pipeline.deliver.sheets import write_csv
from pipeline.deliver.warehouse import Edition
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import ExportSettings, Settings

MARCH = Edition("2026-03-31-abc", date(2026, 3, 31), "示例零售", "CNY", "Asia/Shanghai", stale_sources="web")
CHINESE = Settings(retailer="示例零售")
ENGLISH = Settings(retailer="Shop", locale="en")
Rows = dict[str, list[dict[str, Any]]]
Write = Callable[[Rows], dict[str, Table]]


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    return tmp_path / "exports"


def read(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return pl.read_csv(text.encode(), infer_schema=False, has_header=False).fill_null("").rows()  # type: ignore[return-value]


def test_one_csv_and_one_workbook_per_segment_and_a_manifest(tables: dict[str, Table], exports: Path) -> None:
    written = write_lists(tables, CHINESE, MARCH, exports)
    names = sorted(path.name for path in written.folder.iterdir())
    assert names == [
        "best.csv", "best.xlsx", "manifest.json", "nobody.csv", "nobody.xlsx", "quiet.csv", "quiet.xlsx",
    ]  # fmt: skip
    assert written.folder == exports / "2026-03-31"
    assert {path.stat().st_mode & 0o777 for path in written.folder.iterdir()} == {0o600}
    assert written.folder.stat().st_mode & 0o777 == 0o700
    assert written.warnings == ()


def test_a_chinese_list_reads_as_it_should(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    assert (folder / "best.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = read(folder / "best.csv")
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
    folder = write_lists(tables, ENGLISH, MARCH, exports).folder
    header, row = read(folder / "best.csv")
    assert header[:2] == ("Customer id", "Name (masked)")
    assert {"important_value", "growing", "yes"} <= set(row)


def test_an_empty_segment_is_a_list_without_rows(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    assert len(read(folder / "nobody.csv")) == 1


def test_the_manifest_describes_every_file(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["as_of"], manifest["snapshot_id"], manifest["stale_sources"]) == (
        "2026-03-31",
        "2026-03-31-abc",
        "web",
    )
    assert [(entry["segment"], entry["rows"]) for entry in manifest["lists"]] == [
        ("best", 1),
        ("nobody", 0),
        ("quiet", 2),
    ]
    assert manifest["lists"][0]["definition"] == "rfm_class = 'important_value'"
    for entry in manifest["lists"]:
        for file in entry["files"]:
            assert hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() == file["sha256"]


@pytest.mark.parametrize("flag", ["profiling_opt_out", "is_minor"])
def test_opted_out_and_minors_stay_off_whatever_the_segments_say(
    flag: str, shop: Rows, write_shop: Write, exports: Path
) -> None:
    shop["customers"][1][flag] = True
    folder = write_lists(write_shop(shop), CHINESE, MARCH, exports).folder
    assert [row[0] for row in read(folder / "quiet.csv")[1:]] == ["c3"]


def test_the_workbook_has_typed_cells_a_frozen_header_and_says_what_it_is(
    tables: dict[str, Table], exports: Path
) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    book = fastexcel.read_excel(folder / "quiet.xlsx")
    assert book.sheet_names == ["list", "about"]
    rows = book.load_sheet("list").to_polars()
    assert rows["姓名(脱敏)"].to_list() == ["=*", None]
    assert rows["净消费额"].to_list() == [30.0, 0.0]
    assert rows["最近购买日"].dtype.is_temporal()
    about = dict(book.load_sheet("about", header_row=None).to_polars().iter_rows())
    assert (about["label"], about["as_of"], about["stale_sources"]) == ("沉默", "2026-03-31", "web")
    with zipfile.ZipFile(folder / "quiet.xlsx") as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet


def test_no_text_is_a_formula(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    assert read(folder / "quiet.csv")[1][1] == "'=*"


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


def test_the_same_night_again_touches_nothing(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    before = {path.name: (path.read_bytes(), path.stat().st_ino) for path in folder.iterdir()}
    assert write_lists(tables, CHINESE, MARCH, exports).folder == folder
    assert {path.name: (path.read_bytes(), path.stat().st_ino) for path in folder.iterdir()} == before
    assert sorted(path.name for path in exports.iterdir()) == ["2026-03-31"]


def test_a_changed_night_replaces_the_whole_folder(shop: Rows, write_shop: Write, exports: Path) -> None:
    write_lists(write_shop(shop), CHINESE, MARCH, exports)
    shop["segment_definitions"].pop()
    folder = write_lists(write_shop(shop), CHINESE, MARCH, exports).folder
    assert not (folder / "quiet.csv").exists()
    assert sorted(path.name for path in exports.iterdir()) == ["2026-03-31"]


def test_a_failure_leaves_the_old_lists(
    tables: dict[str, Table], exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    before = (folder / "manifest.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lists, "write_xlsx", full)
    with pytest.raises(OSError, match="No space left"):
        write_lists(tables, ENGLISH, MARCH, exports)
    assert (folder / "manifest.json").read_bytes() == before
    assert sorted(path.name for path in exports.iterdir()) == ["2026-03-31"]


def test_a_kill_between_the_two_renames_is_undone(tables: dict[str, Table], exports: Path) -> None:
    folder = write_lists(tables, CHINESE, MARCH, exports).folder
    inode = (folder / "best.csv").stat().st_ino
    folder.rename(exports / ".replaced-2026-03-31")
    (exports / ".building-2026-03-31").mkdir()
    write_lists(tables, CHINESE, MARCH, exports)
    assert (folder / "best.csv").stat().st_ino == inode
    assert sorted(path.name for path in exports.iterdir()) == ["2026-03-31"]


def test_a_list_too_long_for_a_workbook_is_csv_and_says_so(
    tables: dict[str, Table], exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "XLSX_ROWS", 1)
    written = write_lists(tables, CHINESE, MARCH, exports)
    assert written.warnings == ("list quiet: 2 rows are too many for a workbook; see quiet.csv",)
    assert not (written.folder / "quiet.xlsx").exists()


def test_exports_that_cannot_be_made_are_never_silent(tables: dict[str, Table], exports: Path) -> None:
    wanted = (
        ExportSettings(segment="best", destination="aliyun_sms", purpose="sms_marketing"),
        ExportSettings(segment="unheard_of", destination="aliyun_sms", purpose="sms_marketing"),
    )
    settings = CHINESE.model_copy(update={"exports": wanted})
    written = write_lists(tables, settings, MARCH, exports)
    assert written.warnings == (
        (
            "export of best to aliyun_sms: this version has no such destination; a masked list lies in"
            " exports/2026-03-31/best.csv"
        ),
        "export of unheard_of to aliyun_sms: no segment has this name",
    )
    manifest = json.loads((written.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["warnings"] == list(written.warnings)


def test_lists_take_known_columns_of_customers_and_each_has_a_header() -> None:
    assert set(lists.CUSTOMER_COLUMNS) <= set(TABLES["customers"].names)
    assert set(HEADERS) == {*lists.CUSTOMER_COLUMNS, "entered_on", "as_of", "stale_sources"}
