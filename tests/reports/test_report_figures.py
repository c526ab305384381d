"""Figures of the report on a night that one can count by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from report_shop import AS_OF, SHOP, SNAPSHOT_ID, ReportShop, ago

from pipeline.lake import write_bytes
from pipeline.reports.channels import whole_months
from pipeline.reports.document import Note, Portraits, Tiles
from pipeline.reports.segments import is_beyond_chance

SCORES = [
    {"customer_id": f"CUST{number:04}", "churn_probability": 0.5, "horizon_days": 90, "method": "mean",
     "risk_level": "high" if number < 20 else "low"}
    for number in range(40)
]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> ReportShop:
    return ReportShop(tmp_path, SHOP)


class TestSales:
    def test_the_day_beside_the_same_weekday_a_week_and_a_year_before(self, shop: ReportShop) -> None:
        assert shop.grid("day")[:6] == [
            ["净销售额", "¥1,500", "¥1,200", "¥1,000", "+25.0%", "+50.0%"],
            ["订单数", "5", "6", "5", "-16.7%", "0.0%"],
            ["客单价", "¥300", "¥200", "¥200", "+50.0%", "+50.0%"],
            ["新客数", "1", "0", "0", "–", "–"],
            ["退款率", "6.3%", "0.0%", "0.0%", "+6.3 个百分点(–)", "+6.3 个百分点(–)"],
            ["会员销售占比", "25.0%", "0.0%", "0.0%", "+25.0 个百分点(–)", "+25.0 个百分点(–)"],
        ]

    def test_the_target_is_attained_by_three_quarters(self, shop: ReportShop) -> None:
        report, _ = shop.report()
        lead = next(block for block in report.sections[0].blocks if isinstance(block, Tiles)).tiles[0]
        assert (lead.share, lead.told[0]) == (0.75, ("目标 ¥2,000 达成", "75.0%"))

    def test_days_before_the_first_one_known_are_not_nothing(self, tmp_path: Path) -> None:
        young = {**SHOP, "daily_kpis": SHOP["daily_kpis"][:3]}
        assert ReportShop(tmp_path, young).grid("day")[0] == ["净销售额", "¥1,500", "¥1,200", "–", "+25.0%", "–"]

    def test_channels_share_thirty_days(self, shop: ReportShop) -> None:
        assert shop.grid("channels") == [
            ["门店", "¥1,000", "¥1,200", "¥2,200", "81.5%", "–"],
            ["天猫", "¥500", "¥0", "¥500", "18.5%", "–"],
        ]

    def test_no_sales_at_all_are_said_in_words(self, tmp_path: Path) -> None:
        report, words = ReportShop(tmp_path, {"runs": SHOP["runs"]}).report()
        assert report.sections[0].blocks == [Note(words("sales.none"))]


class TestCustomers:
    def test_stages_with_their_change_since_last_night(self, shop: ReportShop) -> None:
        assert shop.grid("stages") == [["成长", "24", "60.0%", "+12", "–"], ["沉睡", "16", "40.0%", "-12", "–"]]

    def test_gains_and_losses_that_are_too_few_are_not_told(self, shop: ReportShop) -> None:
        assert shop.grid("balance") == [["昨夜至今", "0", "12", "<10", "0"]]
        assert shop.grid("flow") == [["沉睡", "成长", "12"], ["其他", "其他", "<10"]]

    def test_a_hidden_cell_takes_the_next_smallest_with_it(self, shop: ReportShop) -> None:
        grid = {row[0]: row[1:] for row in shop.grid("rfm_customers")}
        assert (grid["R5"][0], grid["R3"][2], grid["R1"][4]) == ("25", "*", "*")
        assert grid["R4"] == ["0"] * 5


class TestSegments:
    def test_sizes_by_money_and_small_ones_last_without_their_money(self, shop: ReportShop) -> None:
        assert [row[:4] for row in shop.grid("segments")] == [
            ["高消费", "40", "100.0%", "100.0%"],
            ["女性客户", "25", "62.5%", "62.5%"],
            ["少数客户", "<10", "–", "–"],
        ]

    def test_a_portrait_tells_what_sets_a_segment_apart(self, shop: ReportShop) -> None:
        report, _ = shop.report()
        portraits = next(
            block for section in report.sections for block in section.blocks if isinstance(block, Portraits)
        )
        women = {each.name: each for each in portraits.portraits}["women"]
        assert set({each.name for each in portraits.portraits}) == {"women", "big_spenders"}
        assert {(trait.name, trait.share, trait.index) for trait in women.traits} == {
            ("城市：上海", "100.0%", 160), ("常用渠道：天猫", "100.0%", 160),
        }  # fmt: skip
        assert [(each.name, each.share, each.index) for each in women.categories] == [("女装", "80.0%", 160)]
        assert women.action == "多数只买过一次：推动第二单。"

    @pytest.mark.parametrize(("count", "beyond"), [(50, False), (64, False), (66, True), (34, True)])
    def test_three_standard_deviations_tell_a_trait_apart(self, count: int, beyond: bool) -> None:
        row: dict[str, Any] = {"customer_count": count, "known_count": 100, "everyone_count": 500}
        assert is_beyond_chance({**row, "everyone_known_count": 1000}) is beyond


class TestQuality:
    def test_every_record_is_accounted_for(self, shop: ReportShop) -> None:
        assert [row[1] for row in shop.grid("records")] == ["6", "2", "1", "1", "0"]
        assert shop.grid("rules") == [["pos", "MONEY_FORMAT", "1"]]
        assert shop.grid("sources")[0][-2:] == [str(ago(2)), "2"]

    def test_missing_sources_stand_above_all_figures(self, shop: ReportShop) -> None:
        report, _ = shop.report()
        assert list(report.alarms) == ["缺少数据源：jd。下列数字不含它们。"]


class TestPredictions:
    def test_sections_without_rows_say_why(self, shop: ReportShop) -> None:
        report, words = shop.report()
        told = {section.name: section.blocks for section in report.sections}
        for name in ("churn", "value", "costs", "campaigns", "lists"):
            assert told[name] == [Note(words(f"{name}.none"))]

    def test_expected_losses_are_the_sum_of_probabilities(self, tmp_path: Path) -> None:
        shop = ReportShop(tmp_path, {**SHOP, "churn_scores": SCORES})
        assert shop.grid("churn") == [["高", "20", "50.0%", "10"], ["低", "20", "50.0%", "10"]]
        report, words = shop.report()
        assert Note(words("churn.no_reliability")) in report.sections[4].blocks

    def test_channels_with_few_new_customers_have_no_worth(self, tmp_path: Path) -> None:
        costs = [
            {"channel": "jd", "month_on": date(2026, month, 1), "spend_amount": 600, "new_customer_count": 10,
             "ltv_amount": amount}
            for month, amount in ((5, 200), (6, 280))
        ]  # fmt: skip
        few = {"channel": "tmall", "month_on": date(2026, 6, 1), "spend_amount": 90, "new_customer_count": 9,
               "ltv_amount": 70}  # fmt: skip
        assert ReportShop(tmp_path, {**SHOP, "acquisition_costs": [*costs, few]}).grid("costs") == [
            ["京东", "¥1,200", "20", "¥60.00", "¥240", "4.0", "健康"],
            ["天猫", "¥90.00", "<10", "–", "–", "–", "–"],
        ]

    def test_where_no_spend_is_known_nothing_is_said_of_cost(self, tmp_path: Path) -> None:
        web = {"channel": "web", "month_on": date(2026, 6, 1), "spend_amount": 0, "new_customer_count": 20,
               "ltv_amount": 70}  # fmt: skip
        shop = ReportShop(tmp_path, {**SHOP, "acquisition_costs": [web]})
        assert shop.grid("costs") == [["官网", "–", "20", "–", "¥70.00", "–", "–"]]

    @pytest.mark.parametrize(
        ("as_of", "months"),
        [
            (AS_OF, (date(2025, 7, 1), date(2026, 7, 1))),
            (date(2026, 6, 29), (date(2025, 6, 1), date(2026, 6, 1))),
            (date(2026, 1, 15), (date(2025, 1, 1), date(2026, 1, 1))),
        ],
    )
    def test_twelve_whole_months(self, as_of: date, months: tuple[date, date]) -> None:
        assert whole_months(as_of) == months


ENTRY = {"segment": "big", "label": "大客", "destination": "tiktok", "expires_on": "2026-07-07",
         "least_rows": 1000, "most_rows": 2000}  # fmt: skip


class TestLists:
    @pytest.mark.parametrize(
        ("exported", "excluded", "told"),
        [
            (1500, {}, []),
            (0, {"no_consent": 5, "minor": 2}, ["big.tiktok：7 人中无人可导出，主要原因：未同意。"]),
            (0, {"purpose_not_allowed": 9}, ["big.tiktok：9 人中无人可导出，主要原因：用途与该工具不符。"]),
            (0, {}, []),
            (999, {}, ["big.tiktok：只有 999 人，该工具至少要 1,000 人。"]),
            (2001, {}, ["big.tiktok：有 2,001 人，该工具最多收 2,000 人。"]),
        ],
    )
    def test_what_is_wrong_with_a_list_is_said_in_the_language_of_the_page(
        self, exported: int, excluded: dict[str, int], told: list[str], tmp_path: Path
    ) -> None:
        size = exported + sum(excluded.values())
        counts = {"segment_size": size, "exported": exported, "excluded": excluded}
        entry = {**ENTRY, **counts, "export": "big.tiktok"}
        warnings = ["list huge: 120000 rows are too many for a workbook; see huge.csv"]
        manifest = {"snapshot_id": SNAPSHOT_ID, "exports": [entry], "warnings": warnings}
        write_bytes(tmp_path / "exports" / str(AS_OF) / "manifest.json", json.dumps(manifest).encode())
        report, _ = ReportShop(tmp_path, SHOP).report()
        section = next(section for section in report.sections if section.name == "lists")
        assert [block.text for block in section.blocks if isinstance(block, Note)] == told
