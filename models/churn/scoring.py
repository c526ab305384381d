"""What is published of each customer: probability, reasons, method, or the prior and why.

Works through the customers in pieces, so that a million of them need no more memory than a hundred thousand.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit

from models.btyd.model import BtydModel
from models.btyd.summary import summary_of
from models.churn.abstention import Abstention
from models.churn.model import ChurnModel
from models.churn.reasons import REASONS, Locale, group_parts, leading_groups, worded
from models.churn.slices import is_newcomer

PIECE = 100_000
PLACES = 6
CODES = [f"reason_{rank}_code" for rank in range(1, REASONS + 1)]
TEXTS = [f"reason_{rank}" for rank in range(1, REASONS + 1)]


@dataclass(frozen=True)
class Asking:
    """How scores are told: language of reasons, the day span of newcomers, and the bounds of the risk levels."""

    locale: Locale
    newcomer_days: int
    medium_risk: float
    high_risk: float

    def risk_level(self) -> pl.Expr:
        """Low, medium or high; null without a probability."""
        chance = pl.col("churn_probability")
        low = pl.when(chance.is_not_null()).then(pl.lit("low"))
        medium = pl.when(chance >= self.medium_risk).then(pl.lit("medium")).otherwise(low)
        return pl.when(chance >= self.high_risk).then(pl.lit("high")).otherwise(medium).alias("risk_level")


def scored(customers: pl.DataFrame, model: ChurnModel, asking: Asking) -> pl.DataFrame:
    """Scores of customers with the columns of `customer_features`, in their order."""
    return pl.concat([_scored_piece(piece, model, asking) for piece in _pieces(customers)])


def _pieces(customers: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield customers.head(PIECE)
    for start in range(PIECE, customers.height, PIECE):
        yield customers.slice(start, PIECE)


def _scored_piece(customers: pl.DataFrame, model: ChurnModel, asking: Asking) -> pl.DataFrame:
    matrix = model.matrix(customers)
    is_new = customers.select(is_newcomer(asking.newcomer_days)).to_series()
    is_prior = is_new if model.newcomer_rate is not None else is_new & pl.lit(value=False)
    told = customers.with_columns(
        pl.Series("churn_probability", np.round(expit(model.logits(matrix)), PLACES)),
        pl.Series("alive_probability", _alive(customers, model.rhythm)),
        *_codes(matrix, model),
        is_prior=is_prior,
    ).with_columns(
        churn_probability=pl.when("is_prior").then(model.newcomer_rate).otherwise("churn_probability"),
        method=pl.when("is_prior").then(pl.lit("prior")).otherwise(pl.lit(model.method)),
        abstained_because=pl.when("is_prior").then(pl.lit("brand_new")),
        **{code: pl.when(~pl.col("is_prior")).then(code) for code in CODES},
    )
    return _published(worded(told, asking.locale), asking)


def _codes(matrix: np.ndarray, model: ChurnModel) -> list[pl.Series]:
    if model.calibrated is None:
        codes = [pl.repeat("rhythm", len(matrix), dtype=pl.String, eager=True)]
        codes += [pl.repeat(None, len(matrix), dtype=pl.String, eager=True)] * (REASONS - 1)
        return [code.alias(name) for code, name in zip(codes, CODES, strict=True)]
    return leading_groups(group_parts(model.calibrated.parts, model.calibrated.method, matrix))


def _alive(customers: pl.DataFrame, rhythm: BtydModel) -> np.ndarray:
    return np.round(rhythm.alive_probability(summary_of(customers)), PLACES)


def priors(customers: pl.DataFrame, rate: float | None, why: Abstention, asking: Asking) -> pl.DataFrame:
    """The same probability for everyone, and why; null where no outcome of anybody is known yet."""
    nothing = dict.fromkeys((*CODES, *TEXTS), pl.lit(None, pl.String))
    told = customers.with_columns(
        churn_probability=pl.lit(rate, pl.Float64),
        alive_probability=pl.lit(None, pl.Float64),
        method=pl.lit("prior"),
        abstained_because=pl.lit(why),
        **nothing,
    )
    return _published(told, asking)


def _published(told: pl.DataFrame, asking: Asking) -> pl.DataFrame:
    return told.with_columns(asking.risk_level()).select(
        "customer_id", "churn_probability", "alive_probability", "risk_level", *TEXTS, *CODES, "method",
        "abstained_because",
    )  # fmt: skip
