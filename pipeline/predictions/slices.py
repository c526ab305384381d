"""Which slices of the history models learn from: at which cutoffs, and of how many customers.

With T the day after as_of and h the churn horizon, the newest slice with an outcome is cut at T - h, the others a
step earlier each. A year before T the season was the same: that slice, and those that a model of that day could have
learnt from, show how the season shifts the outcome. What is known at a cutoff stands in `sql/predictions`.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from pipeline.model_settings import PredictionSettings
from pipeline.schemas.catalog import TABLES

YEAR_DAYS = 365
EVERYBODY = "g"
"""A draw is hexadecimal text, so all draws are below."""
DRAW_DIGITS = 8
REPLAYED_SLICES = 6
"""Slices from which the model of a year ago learns; the first of them is a year before the newest with an outcome."""


def outcome_cutoffs(first_on: date, as_of: date, horizon_days: int, settings: PredictionSettings) -> list[date]:
    """Cutoffs of the slices whose outcome is known tonight and that have enough history, newest first."""
    end = as_of + timedelta(days=1)
    wanted = set(_wanted(end, horizon_days, settings))
    return sorted((day for day in wanted if (day - first_on).days >= settings.slice_history_days), reverse=True)


def _wanted(end: date, horizon_days: int, settings: PredictionSettings) -> Iterator[date]:
    step = timedelta(days=settings.slice_step_days)
    horizon = timedelta(days=horizon_days)
    yield from (end - horizon - number * step for number in range(settings.slice_count))
    a_year_ago = end - timedelta(days=YEAR_DAYS)
    if horizon.days <= YEAR_DAYS:
        yield a_year_ago
        yield from (a_year_ago - horizon - number * step for number in range(REPLAYED_SLICES))


def feature_cutoffs(
    first_on: date | None, buyer_count: int, as_of: date, horizon_days: int, settings: PredictionSettings
) -> pl.DataFrame:
    """The rows of `feature_cutoffs`: tonight's slice of everybody and the earlier ones of a part of the buyers."""
    spec = TABLES["feature_cutoffs"]
    if first_on is None:
        return spec.empty()
    end = as_of + timedelta(days=1)
    below = draw_below(buyer_count, settings.training_customers)
    rows = [(end, EVERYBODY, True)]
    rows += [(day, below, False) for day in outcome_cutoffs(first_on, as_of, horizon_days, settings)]
    year = pl.duration(days=YEAR_DAYS)
    return pl.DataFrame(rows, schema=["cutoff_on", "draw_below", "is_scored"], orient="row").select(
        "cutoff_on",
        "draw_below",
        "is_scored",
        has_outcome=~pl.col("is_scored"),
        has_year_outcome=pl.col("cutoff_on") + year <= end,
        has_year_before=pl.col("cutoff_on") - year >= first_on,
    )


def draw_below(buyer_count: int, wanted: int) -> str:
    """The bound of draws under which about `wanted` of the buyers fall."""
    if buyer_count <= wanted:
        return EVERYBODY
    return f"{wanted * 16**DRAW_DIGITS // buyer_count:0{DRAW_DIGITS}x}"
