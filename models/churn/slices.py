"""One slice of the history as churn models see it: the columns of the design, and who did not buy again.

Which customers a slice has and what was known of them belongs to `sql/predictions`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from models.btyd.fit import most_likely, tried
from models.btyd.model import BtydModel
from models.btyd.summary import summary_of
from models.churn.design import Matrix, Vector, design_matrix
from pipeline.errors import HuitouError

RHYTHM_CUSTOMERS = 50_000
"""Customers whose histories determine the four parameters of the BTYD model: more change no digit that matters."""
RECENT_DAYS = 90
"""The recently active, whom measures are also told of: the long dead make every model look good."""


@dataclass(frozen=True)
class ChurnSlice:
    """Customers of one cutoff: `matrix` (rows, columns), `churned` 0/1 and `is_recent`, shapes (rows,)."""

    cutoff_on: date
    rhythm: BtydModel
    matrix: Matrix
    churned: Vector
    is_recent: npt.NDArray[np.bool_]
    is_newcomer: npt.NDArray[np.bool_]


def tried_rhythms(features: pl.DataFrame, near: Sequence[BtydModel] = ()) -> tuple[BtydModel, ...]:
    """BTYD models of all buyers of one slice, tried from those of a slice near it; none where nobody ever came back."""
    every = max(1, features.height // RHYTHM_CUSTOMERS)
    try:
        return tried(summary_of(features.sort("customer_id").gather_every(every)), near=near)
    except HuitouError:
        return ()


def fitted_rhythm(features: pl.DataFrame) -> BtydModel | None:
    """The most likely of them."""
    models = tried_rhythms(features)
    return most_likely(models) if models else None


def population(features: pl.DataFrame, population_days: int | None) -> pl.DataFrame:
    """Those whose last purchase is recent enough to ask about; None = everyone."""
    return features if population_days is None else features.filter(pl.col("since_last_days") < population_days)


def is_newcomer(newcomer_days: int) -> pl.Expr:
    """Bought on one day only, fewer days ago: nothing that could tell them apart is known yet."""
    return (pl.col("repeat_count") == 0) & (pl.col("known_days") < newcomer_days)


def churn_slice(
    features: pl.DataFrame, horizon_days: int, population_days: int | None, newcomer_days: int,
    rhythms: Sequence[BtydModel] | None = None,
) -> ChurnSlice | None:  # fmt: skip
    """The slice of these rows of `customer_features`, all of one cutoff and with an outcome; None = too few.

    `rhythms` are the BTYD models tried on them.
    """
    models = tried_rhythms(features) if rhythms is None else rhythms
    asked = population(features, population_days).sort("customer_id")
    if not models or asked.is_empty():
        return None
    rhythm = most_likely(models)
    return ChurnSlice(
        cutoff_on=asked["cutoff_on"][0],
        rhythm=rhythm,
        matrix=design_matrix(asked, rhythm, horizon_days),
        churned=(asked["next_purchase_count"] == 0).cast(pl.Float64).to_numpy(),
        is_recent=(asked["since_last_days"] < RECENT_DAYS).to_numpy(),
        is_newcomer=asked.select(is_newcomer(newcomer_days)).to_series().to_numpy(),
    )


def churn_slices(
    features: pl.DataFrame, horizon_days: int, population_days: int | None, newcomer_days: int, min_history_days: int
) -> list[ChurnSlice]:
    """All slices with an outcome that both kinds of customers are in, newest first.

    A slice cut when the shop was younger than `min_history_days`, and this model would have abstained, teaches nothing.
    The search for a slice's BTYD model begins at that of the one before: customers of two months are mostly the same.
    """
    is_grown = pl.col("known_days").max().over("cutoff_on") >= min_history_days
    finished = features.filter(pl.col("next_purchase_count").is_not_null()).filter(is_grown)
    made: list[ChurnSlice] = []
    near: tuple[BtydModel, ...] = ()
    for part in finished.sort("cutoff_on").partition_by("cutoff_on", maintain_order=True):
        near = tried_rhythms(part, near)
        slice_ = churn_slice(part, horizon_days, population_days, newcomer_days, near)
        made += [slice_] if slice_ else []
    return list(_with_both(reversed(made)))


def _with_both(slices: Iterable[ChurnSlice]) -> Iterable[ChurnSlice]:
    return (each for each in slices if 0 < each.churned.sum() < len(each.churned))
