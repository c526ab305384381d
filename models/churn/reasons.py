"""Why a customer's probability is what it is, in words: exact parts of the logit, told by what they are made of.

What single columns add (`Parts.contributions`) is summed by group of reasons, so that three columns that say the same
count once. Told are the groups that push the customer the way they are: towards leaving where the logit is above that
of a typical customer, towards staying where it is below. How large a part is, is not told: it has no unit people know.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import polars as pl

from models.churn.candidates import Method, Parts
from models.churn.design import DESIGN, Group, Matrix, Vector

Locale = Literal["zh-CN", "en"]
GROUPS: tuple[Group, ...] = get_args(Group)
REASONS = 3
LEAST = 0.02
"""Parts of the logit that are smaller (half a percentage point at most) are no reason."""
_COLUMN_GROUPS = np.array([GROUPS.index(column.group) for column in DESIGN])

_GAP = (pl.col("span_days") / pl.col("repeat_count")).round(0).cast(pl.Int64)
_DISCOUNTED = (100 * pl.col("discounted_count") / pl.col("purchase_count")).round(0).cast(pl.Int64)
_IN_STORE = (100 * pl.col("store_purchase_count") / pl.col("purchase_count")).round(0).cast(pl.Int64)
_MONEY = pl.col("bought_365d_amount").round(0).cast(pl.Int64)
_VALUES: Mapping[Group, tuple[pl.Expr | str, ...]] = MappingProxyType(
    {
        "rhythm": (_GAP, "since_last_days"),
        "recency": ("since_last_days",),
        "frequency": ("purchases_365d_count", "purchase_count"),
        "trend": ("purchases_90d_count", "purchases_180d_count"),
        "spend": (_MONEY,),
        "breadth": ("sku_count", "category_count"),
        "discount": (_DISCOUNTED,),
        "returns": ("return_count",),
        "channels": ("channel_count", _IN_STORE),
        "contacts": ("contact_180d_count", "response_180d_count"),
        "complaints": ("ticket_180d_count",),
        "visits": ("visits_30d_count", "visits_90d_count"),
        "season": (pl.col("season_purchase_count").fill_null(0),),
        "tenure": ("known_days",),
    }
)
_WORDS: Mapping[Locale, Mapping[Group, str]] = MappingProxyType(
    {
        "zh-CN": {
            "rhythm": "平均每 {} 天购买一次，已 {} 天未购买",
            "recency": "距上次购买 {} 天",
            "frequency": "近一年购买 {} 次，累计 {} 次",
            "trend": "近 90 天购买 {} 次，近 180 天 {} 次",
            "spend": "近一年消费 {}",
            "breadth": "买过 {} 种商品、{} 个品类",
            "discount": "{}% 的订单使用优惠",
            "returns": "退款 {} 次",
            "channels": "在 {} 个渠道购买，门店订单占 {}%",
            "contacts": "近 180 天收到 {} 次营销信息，回应 {} 次",
            "complaints": "近 180 天有 {} 次客服工单",
            "visits": "近 30 天访问 {} 次，近 90 天 {} 次",
            "season": "去年同期购买 {} 次",
            "tenure": "首次购买距今 {} 天",
        },
        "en": {
            "rhythm": "buys every {} days on average, nothing for {} days",
            "recency": "last purchase {} days ago",
            "frequency": "{} purchases in a year, {} in all",
            "trend": "{} purchases in 90 days, {} in 180 days",
            "spend": "spent {} in a year",
            "breadth": "bought {} articles of {} categories",
            "discount": "{}% of orders discounted",
            "returns": "{} refunds",
            "channels": "buys in {} channels, {}% of orders in stores",
            "contacts": "{} messages in 180 days, {} answered",
            "complaints": "{} service tickets in 180 days",
            "visits": "{} visits in 30 days, {} in 90 days",
            "season": "{} purchases in the same season last year",
            "tenure": "first purchase {} days ago",
        },
    }
)
_ONCE: Mapping[Locale, str] = MappingProxyType(
    {"zh-CN": "只在一天购买过，已 {} 天未购买", "en": "bought on one day only, nothing for {} days"}
)


def group_parts(parts: Parts, method: Method, matrix: Matrix) -> Matrix:
    """What each group of reasons adds to the logit, shape (rows, groups); with the intercept they sum to it."""
    columns = parts.contributions(method, matrix)
    return np.column_stack([columns[:, number == _COLUMN_GROUPS].sum(axis=1) for number in range(len(GROUPS))])


def leading_groups(added: Matrix) -> list[pl.Series]:
    """reason_1_code … reason_3_code of each row: groups that push the way the row goes, the strongest first."""
    direction = np.where(added.sum(axis=1) >= 0, 1.0, -1.0)
    push: Vector = added * direction[:, None]
    order = np.argsort(-push, axis=1, kind="stable")[:, :REASONS]
    strength = np.take_along_axis(push, order, axis=1)
    names = np.array(GROUPS)
    return [
        pl.select(
            pl.when(pl.Series(strength[:, rank] >= LEAST))
            .then(pl.Series(names[order[:, rank]], dtype=pl.String))
            .alias(f"reason_{rank + 1}_code")
        ).to_series()
        for rank in range(REASONS)
    ]


def worded(features: pl.DataFrame, locale: Locale) -> pl.DataFrame:
    """Add reason_1 … reason_3 in words to rows that have the codes and the columns of `customer_features`."""
    rows = features.with_row_index("row")
    for rank in range(1, REASONS + 1):
        code = f"reason_{rank}_code"
        pieces = [
            part.select("row", _sentence(group, locale).alias(f"reason_{rank}"))
            for (group,), part in rows.filter(pl.col(code).is_not_null()).partition_by(code, as_dict=True).items()
        ]
        told = pl.concat(pieces) if pieces else pl.DataFrame(schema={"row": pl.UInt32, f"reason_{rank}": pl.String})
        rows = rows.join(told, on="row", how="left", maintain_order="left")
    return rows.drop("row")


def _sentence(group: Group, locale: Locale) -> pl.Expr:
    said = pl.format(_WORDS[locale][group], *_VALUES[group])
    if group != "rhythm":
        return said
    return pl.when(pl.col("repeat_count") > 0).then(said).otherwise(pl.format(_ONCE[locale], "since_last_days"))
