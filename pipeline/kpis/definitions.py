"""What every figure of the shop is, in words: label and rule in Chinese and English, windows filled in.

The rules themselves stand in `sql/kpis`; a metric without words here does not pass its test.
"""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from pipeline.errors import SettingsError
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

Words = tuple[str, str, str, str]
"""Label in Chinese, in English, rule in Chinese, in English."""

WORDS: dict[str, Words] = {
    "net_amount": (
        "净销售额", "Net sales",
        "购买的实付减退款,退款计在原订单日",
        "paid less refunded of purchases, refunds on the day of their order",
    ),
    "order_count": ("订单数", "Orders", "购买笔数", "purchases"),
    "online_order_count": (
        "线上订单数", "Online orders",
        "渠道不属于 {stores} 的购买",
        "purchases in channels other than {stores}",
    ),
    "online_order_rate": ("线上订单占比", "Online share of orders", "线上订单数 ÷ 订单数", "online orders ÷ orders"),
    "online_net_rate": ("线上销售占比", "Online share of sales", "线上净额 ÷ 净销售额", "online net sales ÷ net sales"),
    "new_customer_count": (
        "新增客户数", "New customers",
        "首次购买的客户",
        "customers whose first purchase of all it is",
    ),
    "online_new_customer_count": (
        "线上新增客户数", "New customers online",
        "首次购买在线上的客户",
        "customers whose first purchase of all was online",
    ),
    "returning_order_rate": (
        "老客订单占比", "Share of returning orders",
        "此前买过的客户的订单 ÷ 订单数",
        "orders of customers who had bought before ÷ orders",
    ),
    "average_order_amount": ("客单价", "Average order value", "净销售额 ÷ 订单数", "net sales ÷ orders"),
    "refund_rate": (
        "退款率", "Refund rate",
        "退款额 ÷ 实付额(计入下单当天),全额退款的订单不计,近日订单的退款尚未到齐",
        "refunded ÷ paid, by day of the order, without orders refunded in full; refunds of young days are yet to come",
    ),
    "member_net_rate": (
        "会员贡献收入占比", "Member share of sales",
        "有会员号客户的净额 ÷ 净销售额",
        "net sales of customers with a member number ÷ net sales",
    ),
    "active_customer_count": (
        "活跃客户数", "Active customers",
        "最近一次购买不足 {dormant} 天的客户",
        "last purchase less than {dormant} days ago",
    ),
    "dormant_customer_count": (
        "沉睡客户数", "Dormant customers",
        "最近一次购买距今 {dormant} 至 {churned} 天(不含)的客户",
        "last purchase {dormant} or more, but less than {churned} days ago",
    ),
    "churned_customer_count": (
        "流失客户数", "Churned customers",
        "最近一次购买距今至少 {churned} 天的客户",
        "last purchase at least {churned} days ago",
    ),
    "buyer_count": (
        "购买客户数", "Buyers",
        "最近 {window} 天内有购买的客户",
        "customers with a purchase in the last {window} days",
    ),
    "churn_base_count": (
        "流失率分母", "Base of the churn rate",
        "前一个 {churn} 天窗口内有购买的客户",
        "customers with a purchase in the {churn} days before the last {churn}",
    ),
    "churn_rate": (
        "流失率", "Churn rate",
        "前一个 {churn} 天窗口内有购买的客户中,最近 {churn} 天没有购买的占比",
        "of the buyers of the {churn} days before the last {churn}, the share without a purchase in the last {churn}",
    ),
    "repurchase_base_count": (
        "复购率分母", "Base of the repurchase rate",
        "最近 {repurchase} 天内有购买的客户",
        "customers with a purchase in the last {repurchase} days",
    ),
    "repurchase_rate": (
        "复购率", "Repurchase rate",
        "最近 {repurchase} 天内有购买的客户中,购买至少 2 次的占比",
        "of the customers with a purchase in the last {repurchase} days, the share with at least 2",
    ),
    "ticket_count": ("工单数", "Service tickets", "期间内提交的工单", "tickets opened in the period"),
    "satisfaction_score": (
        "平均满意度", "Mean satisfaction",
        "期间内提交且有评分的工单的平均分(1 至 5)",
        "mean score (1 to 5) of the tickets opened in the period that have one",
    ),
    "satisfied_rate": (
        "满意率", "Satisfied share",
        "有评分的工单中不低于 {satisfied} 分的占比",
        "of the tickets with a score, the share of {satisfied} or more",
    ),
    "member_count": ("会员数", "Members", "有会员号的客户", "customers with a member number"),
    "name_complete_rate": ("姓名完整率", "Names known", "已知姓名的会员占比", "share of members whose name is known"),
    "phone_complete_rate": ("手机号完整率", "Phones known", "已知手机号的会员占比", "share of members with a phone"),
    "gender_complete_rate": (
        "性别完整率", "Genders known",
        "已知性别的会员占比,不含推断",
        "share of members whose gender is known, not concluded",
    ),
    "birth_date_complete_rate": (
        "生日完整率", "Birthdays known",
        "已知生日的会员占比",
        "share of members whose birthday is known",
    ),
    "city_complete_rate": (
        "城市完整率", "Cities known",
        "已知城市的会员占比,不含推断",
        "share of members whose city is known, not concluded",
    ),
    "complete_rate": (
        "资料完整率", "Completeness",
        "姓名、手机号、性别、生日、城市完整率的平均值",
        "mean of the shares of names, phones, genders, birthdays and cities",
    ),
    "points_balance": ("积分余额", "Points", "全部会员积分余额之和", "balance of all members"),
    "points_liability_amount": ("积分负债", "Points liability", "积分余额 × 每分价值", "points × the worth of a point"),
    "points_difference_count": (
        "积分不符会员数", "Members with a difference",
        "上报积分与台账不符的会员",
        "members whose reported points differ from the ledger",
    ),
    "implied_rebate_rate": (
        "隐含返利率", "Implied rebate",
        "每元消费所得积分的价值",
        "worth of the points of one unit of money",
    ),
}  # fmt: skip
"""By metric; segments that are counted bring their own labels."""


def kpi_definitions(segment_definitions: Table, *, settings: Settings, path: Path) -> Table:
    """One row per metric of kpi_summary: label and rule."""
    spec = TABLES["kpi_definitions"]
    rows = [*words_of(settings), *_counted_segments(segment_definitions, settings)]
    return write_table(spec, pl.DataFrame(rows, schema=spec.polars_schema, orient="row"), path)


def words_of(settings: Settings) -> Iterator[tuple[str, ...]]:
    """Metric and its words, windows filled in."""
    kpis, lifecycle = settings.kpis, settings.lifecycle
    windows = {
        "stores": ", ".join(kpis.store_channels),
        "window": kpis.window_days,
        "churn": kpis.churn_window_days,
        "repurchase": kpis.repurchase_window_days,
        "satisfied": kpis.satisfied_score,
        "dormant": lifecycle.dormant_days,
        "churned": lifecycle.churned_days,
    }
    yield from ((metric, *(text.format(**windows) for text in words)) for metric, words in WORDS.items())


def _counted_segments(segment_definitions: Table, settings: Settings) -> Iterator[tuple[str, ...]]:
    defined = {row["segment"]: row for row in segment_definitions.read().iter_rows(named=True)}
    check_names(settings, defined)
    for metric, segment in settings.kpis.segment_counts.items():
        labels = (defined[segment]["label_zh"], defined[segment]["label_en"])
        yield metric, *labels, f"分群 {segment} 的客户数", f"members of the segment {segment}"


def check_names(settings: Settings, segments: Collection[str]) -> None:
    """Raises SettingsError for a figure that counts no known segment, or takes the name of another figure."""
    for metric, segment in settings.kpis.segment_counts.items():
        where = f"kpis.segment_counts.{metric}"
        if metric in WORDS:
            raise SettingsError("is the name of another figure", where=where, remedy="Choose another name.")
        if segment not in segments:
            near = get_close_matches(segment, segments, n=1, cutoff=0.5)
            remedy = f"Did you mean {near[0]}?" if near else "See segment_definitions."
            raise SettingsError(f"names {segment}, which is no segment", where=where, remedy=remedy)
