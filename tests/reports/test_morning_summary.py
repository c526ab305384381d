"""What the summary of a night says: totals in words, in both languages, nothing small and no contact."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from report_shop import AS_OF, SHOP, SNAPSHOT_ID, ReportShop

from pipeline.deliver.summary import Line, Summary, summary_of
from pipeline.deliver.webhook import MAX_BYTES
from pipeline.lake import write_bytes


def summary(root: Path, tables: Mapping[str, Any] = SHOP, **settings: Any) -> Summary:
    return summary_of(ReportShop(root, tables, settings).night())


def lines(found: Summary) -> dict[str, tuple[str, str]]:
    return {line.label: (line.value, line.told) for line in found.lines}


def test_the_figures_of_the_day_in_chinese(tmp_path: Path) -> None:
    found = summary(tmp_path, retailer="示例零售")
    assert found.subject == f"示例零售 经营早报 {AS_OF}（{found.words.day(AS_OF)}）"
    told = lines(found)
    assert told["净销售额"] == ("¥1,500", "目标 ¥2,000 达成 75.0%，较上周同日 +25.0%，较去年同日 +50.0%")
    assert told["新客数"] == ("1", "")
    assert told["退款率"][1].endswith("退款尚未到齐")
    assert told["客户得失（昨夜至今）"] == ("新来 0，唤回 12，入睡 <10，流失 0", "")
    assert told["数据行"] == ("10，拒收 1", "")
    assert any("jd" in alarm for alarm in found.alarms)
    assert "可用名单" not in told


def test_the_same_in_english(tmp_path: Path) -> None:
    found = summary(tmp_path, retailer="Gifts", locale="en", currency="GBP")
    assert found.subject == f"Gifts: morning report of {AS_OF} ({found.words.day(AS_OF)})"
    assert lines(found)["Net sales"] == (
        "£1,500", "75.0% of target £2,000, +25.0% on last week, +50.0% on last year",
    )  # fmt: skip
    assert lines(found)["Refund rate"][1].endswith("refunds still to come")
    assert lines(found)["Records"] == ("10, 1 rejected", "")
    assert not any("一" <= letter <= "鿿" for letter in found.text())


@pytest.mark.parametrize(
    ("exported", "told"),
    [([30, 12], "2 份，共 42 行"), ([30, 0], "1 份，共 30 行"), ([4, 3], "2 份，共 <10 行"), ([0], None)],
)
def test_lists_that_lie_ready(exported: list[int], told: str | None, tmp_path: Path) -> None:
    entries = ",".join(f'{{"exported": {count}}}' for count in exported)
    manifest = f'{{"snapshot_id": "{SNAPSHOT_ID}", "exports": [{entries}]}}'
    write_bytes(tmp_path / "exports" / AS_OF.isoformat() / "manifest.json", manifest.encode())
    assert lines(summary(tmp_path)).get("可用名单") == ((told, "") if told else None)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://reports.shop.example/{as_of}/", f"https://reports.shop.example/{AS_OF}/"),
        ("", f"reports/{AS_OF}/index.html"),
    ],
)
def test_where_the_page_lies(url: str, page: str, tmp_path: Path) -> None:
    found = summary(tmp_path, delivery={"summary": {"page_url": url}})
    assert found.page.endswith(page)
    assert found.page in found.text()
    assert ("<a href=" in found.html()) == bool(url)


def test_the_first_night_of_a_shop_without_sales(tmp_path: Path) -> None:
    found = summary(tmp_path, {"runs": SHOP["runs"]})
    assert list(lines(found)) == ["数据行"]


def test_no_contact_passes_wherever_it_comes_from(tmp_path: Path) -> None:
    runs = [{**SHOP["runs"][0], "missing_sources": "a.b@mail.example"}]
    found = summary(tmp_path, {**SHOP, "runs": runs}, retailer="店 13812345678")
    for told in (found.subject, found.text(), found.html(), found.short()):
        assert "13812345678" not in told
        assert "a.b@mail" not in told


def test_markup_in_a_name_is_text(tmp_path: Path) -> None:
    assert "<b>" not in summary(tmp_path, retailer="<b>bold</b>").html()


def test_a_page_for_mail_programs_calls_for_nothing(tmp_path: Path) -> None:
    page = summary(tmp_path).html()
    assert not any(word in page for word in ("<script", "<img", "<link", "http"))


def test_a_long_message_loses_figures_and_keeps_the_page(tmp_path: Path) -> None:
    found = summary(tmp_path)
    long = Summary(
        found.words, found.subject, [], [Line(f"第 {place} 行", "数" * 50) for place in range(40)], found.page
    )
    short = long.short()
    assert len(short.encode()) <= MAX_BYTES < len(long.text().encode())
    assert found.page in short
    assert "第 0 行" in short
    assert found.short() == found.text()
