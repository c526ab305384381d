"""The probable causes of a difference of points in sentences, in the language of the settings."""

import polars as pl

CHINESE = "zh-CN"

EXPLANATIONS: dict[str, tuple[str, str]] = {
    "movements": (
        "由兑换、期初结转等变动 {other} 分构成",
        "redemptions, balances brought forward and the like of {other} points",
    ),
    "orders_without_movement": (
        "当日无积分变动的订单共 {unmoved} 分,可能漏记",
        "orders of {unmoved} points have no movement of points on their day: probably missing",
    ),
    "order_missing": (
        "订单 {order} 的 {points} 积分可能漏记",
        "the {points} points of order {order} are probably missing",
    ),
    "order_doubled": (
        "订单 {order} 的 {points} 积分可能重复记入",
        "the {points} points of order {order} were probably given twice",
    ),
    "refund_not_taken_back": (
        "订单 {order} 退款的 {points} 积分可能未扣回",
        "the {points} points of the refund of order {order} were probably not taken back",
    ),
    "return_taken_back": (
        "退货单 {order} 未匹配原订单,可能已扣 {points} 积分",
        "return slip {order} found no order, but probably took {points} points back",
    ),
    "channel_missing": (
        "渠道 {channel} 的全部 {points} 积分可能漏记",
        "all {points} points of channel {channel} are probably missing",
    ),
    "one_channel_only": (
        "可能只有渠道 {channel} 累计积分,相差 {points} 分",
        "probably only channel {channel} earns points: {points} points apart",
    ),
    "before_registration": (
        "入会前订单的 {points} 积分可能未计入",
        "the {points} points of orders before registration probably do not count",
    ),
    "fractions_counted": (
        "可能按累计金额取整,相差 {points} 分",
        "probably the fractions of orders add up: {points} points apart",
    ),
    "rounded": (
        "可能按订单四舍五入,相差 {points} 分",
        "probably each order is rounded instead of cut: {points} points apart",
    ),
    "refunds_cut": (
        "可能按每笔退款取整扣分,相差 {points} 分",
        "probably each refund is cut to whole units on its own: {points} points apart",
    ),
    "unexplained": ("{points} 积分原因不明", "{points} points apart for no reason that orders tell"),
}
"""Cause: Chinese, English. {points} is what is left of the difference, without its sign, {other} the sum of
other movements, {unmoved} the points of orders without a movement."""


def words_of(locale: str) -> pl.DataFrame:
    """One row per cause: its sentence."""
    place = 0 if locale == CHINESE else 1
    return pl.DataFrame(
        {
            "probable_cause": list(EXPLANATIONS),
            "explanation": [sentences[place] for sentences in EXPLANATIONS.values()],
        }
    )
