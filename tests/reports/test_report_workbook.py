"""The workbook holds the figures of the page: numbers as numbers, texts as texts, nothing that runs."""

import zipfile
from decimal import Decimal
from pathlib import Path

import fastexcel
import pytest
from customer_shop import AS_OF
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


@pytest.mark.parametrize(
    ("locale", "day", "month"),
    [
        ("zh-CN", ("昨日与同期", "退款率", "昨日退款率偏低"), ("本月至今", "退款率", "本月退款率偏低")),
        (
            "en",
            ("Yesterday and the same weekday b", "Refund rate", "always flatters beside earlier days"),
            ("This month so far", "Refund rate", "reads too low beside earlier ones"),
        ),
    ],
)
def test_below_each_refund_rate_stands_that_refunds_are_still_to_come(
    locale: str, day: tuple[str, str, str], month: tuple[str, str, str], tmp_path: Path
) -> None:
    rate = {"as_of": AS_OF, "period": "month", "scope": "total", "scope_value": "all", "metric": "refund_rate",
            "unit": "rate", "kpi_value": Decimal("0.05"), "previous_value": Decimal("0.1")}  # fmt: skip
    page = write_report(ReportShop(tmp_path, {**SHOP, "kpi_summary": [rate]}, {"locale": locale}).night())
    workbook = fastexcel.read_excel(page.with_name("index.xlsx"))
    for sheet, name, caveat in (day, month):
        title = next(each for each in workbook.sheet_names if each.startswith(sheet[:20]))
        below = workbook.load_sheet(title, dtypes="string").to_polars().to_series()
        assert name in below[:-1]
        assert caveat in below[-1]
        assert caveat in page.read_text(encoding="utf-8")


def test_small_cells_stay_hidden(book: Path) -> None:
    sizes = fastexcel.read_excel(book).load_sheet("全部客群").to_polars()
    assert sizes.row(2)[:4] == ("=1+少数客户", "<10", None, None)


def test_nothing_runs_and_headers_stay_in_sight(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not [sheet for sheet in sheets if "<f>" in sheet or "hyperlink" in sheet]
    assert all('state="frozen"' in sheet for sheet in sheets[1:])
