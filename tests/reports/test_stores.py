"""Pages of single stores: whatever happens elsewhere leaves no trace on them, and their folders are their own."""

import grp
import json
import logging
import os
import re
import stat
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from report_shop import AS_OF, WHO, ReportShop, shown
from store_shop import ALWAYS, Tables, bytes_of, house_rows, store_rows, together, write_stores_of

from pipeline.errors import HuitouError
from pipeline.exports.audit_log import AuditLog
from pipeline.reports.folder import is_up_to_date, write_report
from pipeline.reports.source import opened
from pipeline.reports.store_page import store_report
from pipeline.reports.store_source import stores_of
from pipeline.reports.stores import remove_store_lists
from pipeline.reports.wording import words_of
from pipeline.workspace import Workspace

MINE = store_rows("S1", 60, 1000)
OWN_GROUP = grp.getgrgid(os.getegid()).gr_name
FILES = ["customers.csv", "customers.xlsx", "index.html", "index.xlsx"]


def refused(number: int, **columns: Any) -> Tables:
    """More customers of S1 with everything that others have, who refused profiling or are minors."""
    rows = store_rows("S1", number, 0, first=900)
    people = {name: rows[name] for name in rows if name not in ("daily_kpis", "kpi_summary", "clean_stores")}
    return people | {"customers": [{**row, **columns} for row in rows["customers"]]}


OTHERS: Mapping[str, tuple[Tables, ...]] = {
    "no other store": (),
    "a small neighbour": (store_rows("S2", 3, 50),),
    "a large neighbour": (store_rows("S2", 200, 99_999),),
    "two neighbours": (store_rows("S2", 30, 500), store_rows("S3", 45, 700)),
    "another house": (store_rows("S2", 30, 500), house_rows(9)),
    "people who refused profiling": (refused(12, profiling_opt_out=True),),
    "minors": (refused(1, is_minor=True),),
    "people of no store": ({"customers": [{"customer_id": "ONLINE", "order_count": 2, "net_amount": 5}]},),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of S1 where there is no other store."""
    return bytes_of(write_stores_of(tmp_path_factory.mktemp("alone"), MINE, house_rows(1)) / "S1")


class TestNothingOfOthers:
    @pytest.mark.parametrize("others", OTHERS.values(), ids=OTHERS)
    def test_no_byte_of_a_store_depends_on_others(
        self, alone: dict[str, bytes], others: tuple[Tables, ...], tmp_path: Path
    ) -> None:
        house = () if others and "model_reports" in others[-1] else (house_rows(1),)
        assert sorted(alone) == FILES
        assert bytes_of(write_stores_of(tmp_path, MINE, *house, *others) / "S1") == alone

    @pytest.mark.parametrize(("size", "sales"), [(120, 1000), (60, 1001)])
    def test_the_own_sales_and_customers_do_count(
        self, alone: dict[str, bytes], size: int, sales: int, tmp_path: Path
    ) -> None:
        """The test above would pass on a page that says nothing."""
        folder = write_stores_of(tmp_path, store_rows("S1", size, sales), house_rows(1)) / "S1"
        assert (folder / "index.html").read_bytes() != alone["index.html"]

    def test_no_figure_of_the_house_stands_on_it(self, tmp_path: Path) -> None:
        page = write_stores_of(tmp_path, MINE, store_rows("S2", 200, 64_321), house_rows(1)) / "S1" / "index.html"
        text = page.read_text(encoding="utf-8")
        assert not [word for word in ("S2", "64,321", "7,001", "91,003", "1,234", "5,317") if word in text]
        assert "¥1,000" in text

    def test_a_list_has_the_customers_of_the_store_and_nobody_else(self, tmp_path: Path) -> None:
        others = (store_rows("S2", 20, 10), refused(5, profiling_opt_out=True))
        folder = write_stores_of(tmp_path, MINE, *others) / "S1"
        listed = pl.read_csv(folder / "customers.csv")
        assert listed["客户编号"].to_list() == [f"CUST-S1-{number:03}" for number in range(60)]
        assert set(listed["手机(脱敏)"]) == {"138****5678"}
        assert listed["所在客群"].null_count() == 10
        book = fastexcel.read_excel(folder / "customers.xlsx").load_sheet(0).to_polars()
        assert book.height == 60

    def test_the_page_itself_names_nobody(self, tmp_path: Path) -> None:
        page = (write_stores_of(tmp_path, MINE) / "S1" / "index.html").read_text(encoding="utf-8")
        assert not [word for word in ("CUST", "张*", "138****") if word in page]


def grids(root: Path, *parts: Tables, **reports: Any) -> dict[str, list[list[str]]]:
    """The tables of the first store as people read them."""
    shop = ReportShop(root, together(ALWAYS, *parts), {"reports": {"stores": "all", **reports}})
    night = shop.night()
    words = words_of("zh-CN", "CNY", 10, night.settings.reports.store_rounded_to)
    with opened(night.snapshot, night.settings, night.exports, night.engine) as source:
        report = store_report(next(iter(stores_of(source, "all"))), (), words)
    return {grid.name: shown(grid, words) for grid in report.grids()}


def log_of(root: Path) -> list[dict[str, Any]]:
    """The lines of the log of exports."""
    lines = (root / "state" / "export_log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def log_faults(root: Path) -> list[str]:
    return list(AuditLog(root / "state").faults(root / "exports", root / "reports"))


class TestAuditLog:
    def test_each_list_of_a_store_is_a_line_of_the_log(self, tmp_path: Path) -> None:
        folder = write_stores_of(tmp_path, MINE, store_rows("S2", 20, 10))
        told = [(line["store_id"], line["rows"], line["who"], line["purpose"]) for line in log_of(tmp_path)]
        assert told == [("S1", 60, WHO, "own analysis"), ("S2", 20, WHO, "own analysis")]
        files = [file["name"] for file in log_of(tmp_path)[0]["files"]]
        assert files == ["customers.csv", "customers.xlsx"]
        assert json.loads((folder / "manifest.json").read_bytes())["audit_log"]["lines"] == 2
        assert log_faults(tmp_path) == []

    def test_the_same_night_again_adds_no_line(self, tmp_path: Path) -> None:
        write_stores_of(tmp_path, MINE)
        before = log_of(tmp_path)
        write_stores_of(tmp_path, MINE)
        assert log_of(tmp_path) == before

    def test_a_list_that_was_changed_shows(self, tmp_path: Path) -> None:
        folder = write_stores_of(tmp_path, MINE)
        (folder / "S1" / "customers.csv").write_text("x", encoding="utf-8")
        where = f"reports/{AS_OF}/stores"
        assert log_faults(tmp_path) == [f"{where}/S1/customers.csv has other bytes than its manifest says"]

    def test_a_line_that_was_changed_lets_no_list_out(self, tmp_path: Path) -> None:
        write_stores_of(tmp_path, MINE)
        log = tmp_path / "state" / "export_log.jsonl"
        log.write_bytes(log.read_bytes().replace(b'"rows":60', b'"rows":6'))
        assert log_faults(tmp_path)
        with pytest.raises(HuitouError, match="not as it was written"):
            write_stores_of(tmp_path, store_rows("S1", 61, 1000))


class TestFigures:
    def test_moves_between_states_with_their_totals(self, tmp_path: Path) -> None:
        """60 customers in six equal paths: one stays new to us, three stay, one falls asleep, one is lost."""
        told = grids(tmp_path, MINE, store_rounded_to=1)
        assert told["flow"] == [
            ["未购买或未知", "10", "0", "0", "0", "10"],
            ["活跃", "0", "30", "10", "0", "40"],
            ["沉睡", "0", "0", "0", "10", "10"],
            ["流失", "0", "0", "0", "0", "0"],
            ["合计", "10", "30", "10", "10", "60"],
        ]
        assert told["balance"] == [["本月至今", "0", "0", "10", "10"]]
        assert [row[:2] for row in told["stages"]] == [
            ["潜客", "10"], ["新客", "0"], ["成长", "10"], ["成熟", "0"], ["常规", "20"], ["沉睡", "10"],
            ["流失", "10"],
        ]  # fmt: skip

    def test_small_moves_hide_totals_and_stages_too(self, tmp_path: Path) -> None:
        """With 54 customers every path has nine."""
        told = grids(tmp_path, store_rows("S1", 54, 1), store_rounded_to=1)
        assert told["flow"][-1] == ["合计", "*", "27", "*", "*", "54"]
        assert {row[0]: row[1] for row in told["stages"]} == {
            "潜客": "*", "新客": "0", "成长": "*", "成熟": "0", "常规": "*", "沉睡": "*", "流失": "*",
        }  # fmt: skip
        assert told["balance"] == [["本月至今", "0", "0", "*", "*"]]

    def test_one_more_customer_than_last_night_does_not_show(self, tmp_path: Path) -> None:
        nights = [grids(tmp_path / str(size), store_rows("S1", size, 1)) for size in (120, 121, 122)]
        assert nights[0]["flow"] == nights[1]["flow"] == nights[2]["flow"]
        assert nights[0]["stages"] == nights[1]["stages"] == nights[2]["stages"]

    def test_a_grid_has_totals_and_hides_by_rows_and_columns(self, tmp_path: Path) -> None:
        """Six customers in each of ten cells: all are small, totals of rows and columns are not."""
        told = grids(tmp_path, MINE, store_rounded_to=1)
        assert told["rfm_customers"][0] == ["R5", "0", "0", "0", "*", "*", "12"]
        assert told["rfm_customers"][-1] == ["合计", "0", "0", "0", "30", "30", "60"]

    def test_a_segment_of_all_but_a_few_has_no_portrait(self, tmp_path: Path) -> None:
        """50 of 60 are buyers: told. 45 of 54 are: the nine others would be."""
        assert {row[0] for row in grids(tmp_path / "a", MINE)["portraits"]} == {"买过的人"}
        assert "portraits" not in grids(tmp_path / "b", store_rows("S1", 54, 1))

    def test_a_store_of_few_customers_tells_its_sales_alone(self, tmp_path: Path) -> None:
        assert set(grids(tmp_path, store_rows("S1", 9, 1000))) == {"day", "days", "month"}

    def test_reach_is_told_unless_the_others_are_few(self, tmp_path: Path) -> None:
        assert grids(tmp_path / "a", MINE)["reach"] == [["短信", "60", "30"]]
        assert grids(tmp_path / "b", store_rows("S1", 19, 1))["reach"] == [["短信", "20", "*"]]


class TestFolders:
    def test_they_are_closed_by_default(self, tmp_path: Path) -> None:
        stores = write_stores_of(tmp_path, MINE)
        assert modes(stores) == {"stores": 0o700, "S1": 0o700, "manifest.json": 0o600} | dict.fromkeys(FILES, 0o600)
        assert [stat.S_IMODE(path.stat().st_mode) for path in (stores.parent, stores.parent.parent)] == [0o700] * 2

    def test_a_group_reads_its_store_and_walks_through_the_folders_above(self, tmp_path: Path) -> None:
        stores = write_stores_of(tmp_path, MINE, store_rows("S2", 20, 10), store_groups={"S1": OWN_GROUP})
        assert modes(stores / "S1") == {"S1": 0o750} | dict.fromkeys(FILES, 0o640)
        assert modes(stores / "S2") == {"S2": 0o700} | dict.fromkeys(FILES, 0o600)
        assert (stores / "S1").stat().st_gid == os.getegid()
        above = (stores, stores.parent, stores.parent.parent)
        assert [stat.S_IMODE(path.stat().st_mode) for path in above] == [0o711] * 3
        assert {stat.S_IMODE(path.stat().st_mode) for path in stores.parent.glob("index.*")} == {0o600}

    def test_a_missing_group_leaves_the_folder_closed_and_warns(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            stores = write_stores_of(tmp_path, MINE, store_group="nobody_has_{store}")
        assert modes(stores / "S1")["S1"] == 0o700
        assert "there is no group 'nobody_has_S1'" in caplog.text

    def test_lost_permissions_make_a_report_out_of_date(self, tmp_path: Path) -> None:
        shop = ReportShop(tmp_path, together(ALWAYS, MINE), {"reports": {"stores": ["S1"]}})
        write_report(shop.night())
        assert is_up_to_date(shop.night())
        (shop.night().folder / "stores" / "S1").chmod(0o755)
        assert not is_up_to_date(shop.night())
        write_report(shop.night())
        assert is_up_to_date(shop.night())

    @pytest.mark.parametrize(("before", "after"), [(0o700, 0o700), (0o711, 0o711), (0o755, 0o711)])
    def test_the_next_night_leaves_the_way_to_shared_folders_open(
        self, before: int, after: int, tmp_path: Path
    ) -> None:
        workspace = Workspace(tmp_path)
        workspace.create()
        for folder in (workspace.reports, workspace.exports):
            folder.chmod(before)
        workspace.create()
        assert stat.S_IMODE(workspace.reports.stat().st_mode) == after
        assert stat.S_IMODE(workspace.exports.stat().st_mode) == 0o700

    def test_the_same_night_gives_the_same_bytes(self, tmp_path: Path) -> None:
        parts = (MINE, store_rows("S2", 33, 20), house_rows(1))
        assert bytes_of(write_stores_of(tmp_path / "a", *parts)) == bytes_of(write_stores_of(tmp_path / "b", *parts))

    def test_none_are_written_unless_asked_for(self, tmp_path: Path) -> None:
        assert not write_stores_of(tmp_path, MINE, stores="none").exists()

    def test_only_named_stores_and_a_word_for_unknown_ones(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            stores = write_stores_of(tmp_path, MINE, store_rows("S2", 20, 10), stores=["S2", "S9"])
        assert sorted(path.name for path in stores.iterdir()) == ["S2", "manifest.json"]
        assert "no customers and no sales of store 'S9' are known" in caplog.text

    def test_the_manifest_seals_every_file(self, tmp_path: Path) -> None:
        stores = write_stores_of(tmp_path, MINE, store_rows("../北京", 20, 10))
        told = json.loads((stores / "manifest.json").read_text(encoding="utf-8"))["stores"]
        assert {each["store_id"] for each in told} == {"S1", "../北京"}
        assert [file["name"] for file in told[0]["files"]] == FILES
        assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for each in told for file in each["files"])
        assert {path.name for path in stores.iterdir() if path.is_dir()} == {each["folder"] for each in told}

    def test_test_stores_have_no_page(self, tmp_path: Path) -> None:
        rows = store_rows("T9", 20, 10)
        rows["clean_stores"][0]["is_test"] = True
        assert {path.name for path in write_stores_of(tmp_path, MINE, rows).iterdir()} == {"S1", "manifest.json"}

    def test_forgetting_takes_the_lists_of_earlier_nights(self, tmp_path: Path) -> None:
        stores = write_stores_of(tmp_path, MINE)
        reports = stores.parent.parent
        assert remove_store_lists(reports, keep=AS_OF) == 0
        assert remove_store_lists(reports, keep=date(2027, 1, 1)) == 2
        assert sorted(path.name for path in (stores / "S1").iterdir()) == ["index.html", "index.xlsx"]


def modes(folder: Path) -> dict[str, int]:
    """Mode of a folder and of everything below it by name."""
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
