"""The arithmetic that retailers print, figure by figure, in the tables and in words."""

from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from customer_shop import AS_OF, aged, shop_settings
from member_club import Club, bought

from pipeline.clean.masking import mask_phone
from pipeline.kpis import steps
from pipeline.kpis.words import change_in_words, percent, relative_change, return_in_words
from pipeline.lifecycle_settings import LifecycleSettings
from pipeline.membership_settings import PointSettings

CELL = {"store_id": "-", "sold_on": AS_OF}


def figures(club: Club, *cells: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    """metric of the whole shop's day → its row of kpi_summary, from literal rows of daily_kpis."""
    club.settings = shop_settings(**settings)
    club.write("daily_kpis", [{**CELL, **cell} for cell in cells])
    club.run(steps.kpi_periods, steps.sales_targets, steps.sales_figures, steps.buyer_figures, steps.service_figures)
    club.write("points_liabilities", [])
    rows = club.run(steps.member_figures, steps.segment_figures, steps.kpi_summary).read().rows(named=True)
    return {row["metric"]: row for row in rows if (row["period"], row["scope"]) == ("day", "total")}


def test_580_000_is_92_percent_of_630_434_78(club: Club) -> None:
    target = {"day": AS_OF.isoformat(), "amount": "630434.78"}
    row = figures(club, {"channel": "pos", "net_amount": 580_000, "order_count": 9}, kpis={"targets": [target]})
    assert (row["net_amount"]["target_value"], row["net_amount"]["attainment_rate"]) == (
        Decimal("630434.78"), Decimal("0.92"),
    )  # fmt: skip


def test_65_percent_of_3200_orders_are_2080_online(club: Club) -> None:
    rows = figures(
        club,
        {"channel": "tmall", "is_online": True, "order_count": 2080, "net_amount": 377_000},
        {"channel": "pos", "order_count": 1120, "net_amount": 203_000},
    )
    found = {name: rows[name]["kpi_value"] for name in ("order_count", "online_order_count", "online_order_rate")}
    assert found == {"order_count": 3200, "online_order_count": 2080, "online_order_rate": Decimal("0.65")}
    assert rows["average_order_amount"]["kpi_value"] == Decimal("181.25")


def test_210_new_customers_less_120_in_shops_are_90_online(club: Club) -> None:
    rows = figures(
        club,
        {"channel": "tmall", "is_online": True, "order_count": 100, "new_customer_count": 90},
        {"channel": "pos", "order_count": 150, "new_customer_count": 120},
    )
    assert (rows["new_customer_count"]["kpi_value"], rows["online_new_customer_count"]["kpi_value"]) == (210, 90)


def test_average_order_138_to_172_is_24_6_percent(club: Club) -> None:
    week_before = {"sold_on": aged(7), "channel": "pos", "order_count": 10, "net_amount": 1380}
    row = figures(club, {"channel": "pos", "order_count": 10, "net_amount": 1720}, week_before)["average_order_amount"]
    assert (row["kpi_value"], row["previous_value"], row["change_value"]) == (172, 138, 34)
    assert (row["change_rate"], row["change_points"]) == (Decimal("0.246377"), None)
    assert change_in_words(Decimal(172), Decimal(138), is_rate=False, locale="en") == "+24.6 %"


def test_repurchase_28_to_45_percent_is_17_points_and_60_7_percent(club: Club) -> None:
    """100 buyers of the last 10 days, 45 of them twice; 100 of the 10 days before, 28 of them twice."""
    club.settings = shop_settings(kpis={"repurchase_window_days": 10, "compared_days": 10})
    now = [bought(f"a{number}", 1, 5) for number in [*range(100), *range(45)]]
    before = [bought(f"b{number}", 12, 5) for number in [*range(100), *range(28)]]
    club.trade(*now, *before)
    club.write("daily_kpis", [])
    club.write("points_liabilities", [])
    club.run(steps.kpi_periods, steps.sales_targets, steps.sales_figures, steps.buyer_figures, steps.service_figures)
    rows = club.run(steps.member_figures, steps.segment_figures, steps.kpi_summary).read().rows(named=True)
    row = next(row for row in rows if (row["metric"], row["scope"]) == ("repurchase_rate", "total"))
    assert (row["kpi_value"], row["previous_value"]) == (Decimal("0.45"), Decimal("0.28"))
    assert (row["change_points"], row["change_rate"]) == (17, Decimal("0.607143"))


WORDS = [
    ("28 % to 45 %", "0.45", "0.28", True, "en", "+17.0 pp (+60.7 %)"),
    ("28 % to 45 %", "0.45", "0.28", True, "zh-CN", "+17.0 个百分点(+60.7 %)"),
    ("35 % to 18 %", "0.18", "0.35", True, "en", "-17.0 pp (-48.6 %)"),
    ("no change", "0.5", "0.5", True, "en", "+0.0 pp (+0.0 %)"),
    ("from nothing", "0.5", "0", True, "en", "+50.0 pp (–)"),
    ("1.6 to 2.3 times", "2.3", "1.6", False, "en", "+43.8 %"),
    ("from 45 days to 32", "32", "45", False, "en", "-28.9 %"),
]


@pytest.mark.parametrize(("why", "value", "previous", "is_rate", "locale", "words"), WORDS)
def test_changes_in_words(why: str, value: str, previous: str, is_rate: bool, locale: str, words: str) -> None:
    told = change_in_words(Decimal(value), Decimal(previous), is_rate=is_rate, locale=locale)
    assert told == words, why


def test_1_6_to_2_3_times_is_44_percent() -> None:
    change = relative_change(Decimal("2.3"), Decimal("1.6"))
    assert change == Decimal("0.4375")
    assert percent(change, 0) == "+44 %"


def test_3_to_half_is_83_percent_less() -> None:
    change = relative_change(Decimal("0.5"), Decimal(3))
    assert change is not None
    assert percent(change, 0) == "-83 %"


@pytest.mark.parametrize(
    ("revenue", "cost", "words"), [(80, 5, "1:16"), (100, 5, "1:20"), (25, 10, "1:2.5"), (8, 0, None), (0, 5, "1:0")]
)
def test_returns_in_words(revenue: int, cost: int, words: str | None) -> None:
    assert return_in_words(Decimal(revenue), Decimal(cost)) == words


def test_100_000_reached_of_whom_28_percent_spend_300_are_8_4_million(club: Club) -> None:
    rows = figures(club, {"channel": "pos", "order_count": 28_000, "net_amount": 28_000 * 300})
    assert (rows["net_amount"]["kpi_value"], rows["average_order_amount"]["kpi_value"]) == (8_400_000, 300)


def test_100_points_are_10_yuan() -> None:
    points = PointSettings()
    assert 100 * points.value_amount == 10
    assert points.points_per_unit * points.value_amount == Decimal("0.10")


def test_from_twice_a_month_to_once_in_two_months_is_a_quarter_of_the_pace() -> None:
    assert LifecycleSettings().active.warning_pace == Decimal("0.5") / 2


def test_phones_are_shown_masked() -> None:
    assert pl.select(mask_phone(pl.lit("13812345678"))).item() == "138****5678"
