"""What models of churn look at: features of `customer_features`, what follows from them, and the BTYD model's view.

`DESIGN` lists every column with its formula, the group of reasons it speaks for, and how a straight line sees it.
Rows keep the order of the frame. What was known when belongs to `sql/predictions`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from models.btyd.model import BtydModel
from models.btyd.summary import summary_of

Matrix = npt.NDArray[np.float64]
Vector = npt.NDArray[np.float64]
Shape = Literal["log", "plain", "none"]
Group = Literal[
    "rhythm", "recency", "frequency", "trend", "spend", "breadth", "discount", "returns", "channels", "contacts",
    "complaints", "visits", "season", "tenure",
]  # fmt: skip

RHYTHM_LOGIT, RHYTHM_EXPECTED = "rhythm_logit", "rhythm_expected"
SURE = 12.0
"""Bound of the logit of the BTYD model: its probabilities of long-gone customers reach 1 exactly."""


@dataclass(frozen=True)
class Column:
    """One column: its formula, its group of reasons, and `shape`: how the logistic regression sees it."""

    name: str
    group: Group
    shape: Shape
    formula: pl.Expr


def _plain(group: Group, shape: Shape, *names: str) -> list[Column]:
    return [Column(name, group, shape, pl.col(name).cast(pl.Float64)) for name in names]


def _derived(name: str, group: Group, shape: Shape, formula: pl.Expr) -> Column:
    return Column(name, group, shape, formula.cast(pl.Float64))


_MEAN_GAP = pl.col("span_days") / pl.when(pl.col("repeat_count") > 0).then(pl.col("repeat_count"))
_SINCE = pl.col("since_last_days").cast(pl.Float64)
_BOUGHT = pl.col("bought_amount").cast(pl.Float64)
_COUNT = pl.col("purchase_count").cast(pl.Float64)

DESIGN: tuple[Column, ...] = (
    *_plain("rhythm", "plain", RHYTHM_LOGIT),
    *_plain("rhythm", "log", RHYTHM_EXPECTED),
    *_plain("recency", "log", "since_last_days"),
    _derived("since_last_root", "recency", "plain", _SINCE.sqrt()),
    _derived("overdue_rate", "recency", "log", (_SINCE + 1) / (_MEAN_GAP + 1)),
    _derived("overdue_longest_rate", "recency", "log", (_SINCE + 1) / (pl.col("longest_gap_days") + 1)),
    *_plain("frequency", "log", "repeat_count", "purchase_count", "purchases_365d_count"),
    _derived("mean_gap_days", "frequency", "log", _MEAN_GAP),
    *_plain("frequency", "log", "gap_deviation_days", "longest_gap_days"),
    *_plain("trend", "log", "purchases_30d_count", "purchases_90d_count", "purchases_180d_count", "last_gap_days"),
    *_plain("trend", "log", "gap_trend_rate"),
    _derived("recent_share", "trend", "plain", pl.col("purchases_90d_count") / _COUNT),
    *_plain("spend", "log", "bought_amount", "bought_90d_amount", "bought_365d_amount"),
    *_plain("spend", "log", "last_bought_amount", "largest_bought_amount"),
    _derived("mean_bought_amount", "spend", "log", _BOUGHT / _COUNT),
    *_plain("breadth", "log", "sku_count", "category_count", "pieces_per_purchase", "lines_per_purchase"),
    *_plain("discount", "plain", "discount_rate"),
    _derived("discounted_share", "discount", "plain", pl.col("discounted_count") / _COUNT),
    *_plain("returns", "log", "return_count", "returns_90d_count", "returned_rate"),
    *_plain("channels", "log", "channel_count"),
    _derived("store_share", "channels", "plain", pl.col("store_purchase_count") / _COUNT),
    *_plain("contacts", "log", "contact_180d_count", "response_180d_count"),
    *_plain("complaints", "log", "ticket_180d_count", "poor_ticket_count"),
    *_plain("visits", "log", "visits_30d_count", "visits_90d_count"),
    *_plain("season", "log", "season_purchase_count"),
    *_plain("tenure", "log", "known_days", "span_days", "member_days"),
)
NAMES: tuple[str, ...] = tuple(column.name for column in DESIGN)
LINEAR: tuple[int, ...] = tuple(number for number, column in enumerate(DESIGN) if column.shape != "none")


def rhythm(model: BtydModel, features: pl.DataFrame, days: int) -> tuple[Vector, Vector]:
    """The BTYD model's logit of "no purchase in the next `days`" and its expected purchases, shapes (rows,)."""
    summary = summary_of(features)
    silent = np.clip(model.no_purchase_probability(summary, days), 1e-12, 1 - 1e-12)
    logit = np.clip(np.log(silent) - np.log1p(-silent), -SURE, SURE)
    return np.round(logit, 6), np.round(model.expected_purchases(summary, days), 6)


def design_matrix(features: pl.DataFrame, model: BtydModel, days: int) -> Matrix:
    """One row per row of `features`, one column per entry of `DESIGN`; NaN = unknown."""
    logit, expected = rhythm(model, features, days)
    seen = features.with_columns(pl.Series(RHYTHM_LOGIT, logit), pl.Series(RHYTHM_EXPECTED, expected))
    columns = seen.select(column.formula.alias(column.name) for column in DESIGN)
    return columns.fill_null(np.nan).to_numpy().astype(np.float64)


def linear_columns(matrix: Matrix) -> Matrix:
    """The columns as a straight line sees them: logarithms of counts, days and money; unknown = the least."""
    columns: Matrix = np.empty((len(matrix), len(LINEAR)), order="F")
    for place, number in enumerate(LINEAR):
        columns[:, place] = _seen(matrix[:, number], DESIGN[number].shape)
    return columns


def _seen(column: Vector, shape: Shape) -> Vector:
    known = np.nan_to_num(column, nan=0.0)
    return np.log1p(np.maximum(known, 0.0)) if shape == "log" else known


def names_of(numbers: Sequence[int]) -> list[str]:
    """Names of columns by their numbers."""
    return [NAMES[number] for number in numbers]
