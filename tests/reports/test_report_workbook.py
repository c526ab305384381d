"""The workbook holds the figures of the page: numbers as numbers, texts as texts, nothing that runs."""

import zipfile
from pathlib import Path

import fastexcel
import pytest
from report_shop import SHOP, ReportShop

from pipeline.reports.folder import write_report


@pytest.fixture
def book(tmp_path: Path) -> Path:
    labels = [{**row, "label": f"=1+{row['label']}"} for row in SHOP["segment_definitions"]]
    page = write_report(ReportShop(tmp_path, {**SHOP, "segment_definitions": labels}).night())
    return page.with_name("index.xlsx")


def test_a_sheet_for_every_table_with_the_same_figures(book: Path) -> None:
    workbook = fastexcel.read_excel(book)
    assert workbook.sheet_names[:2] == ["经营早报", "昨日与同期"]
    rows = workbook.load_sheet("昨日与同期").to_polars()
    assert rows.columns == ["指标", "昨日", "上周同日", "去年同日", "较上周", "较去年"]
    assert rows.row(0) == ("净销售额", 1500.0, 1200.0, 1000.0, "+25.0%", "+50.0%")


def test_small_cells_stay_hidden(book: Path) -> None:
    sizes = fastexcel.read_excel(book).load_sheet("全部客群").to_polars()
    assert sizes.row(2)[:4] == ("=1+少数客户", "<10", None, None)


def test_nothing_runs_and_headers_stay_in_sight(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not [sheet for sheet in sheets if "<f>" in sheet or "hyperlink" in sheet]
    assert all('state="frozen"' in sheet for sheet in sheets[1:])
