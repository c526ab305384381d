"""When a concluded value may be used: it beats the plainest guess, and its confidence can be believed.

How values are guessed belongs to `models.category_mix` and `models.imputation`.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.tag_settings import ImputationSettings

Z_95 = 1.96
CONFIDENCE_PLACES = 3

Row = tuple[str, float, float | None, int]
"""Metric, value, the same for the plainest guess, customers measured."""
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Imputation:
    """Values concluded for customers who told none (`customer_id`, `value`, `confidence`), and the measurements."""

    values: pl.DataFrame
    report: pl.DataFrame


@dataclass(frozen=True)
class Guess:
    """Guesses for customers whose truth is known: right or wrong, how sure, and the plainest guess beside them."""

    is_right: Truths
    is_plain_right: Truths
    confidence: npt.NDArray[np.float64]


def beats_the_plainest_guess(is_right: Truths, is_plain_right: Truths, rules: ImputationSettings) -> bool:
    """Whether guesses are right more often than the plainest one: by `min_gain`, and by more than chance explains."""
    if is_right.size < rules.min_sample:
        return False
    gains = is_right.astype(float) - is_plain_right.astype(float)
    error = float(gains.std(ddof=1)) / np.sqrt(gains.size)
    return bool(gains.mean() >= rules.min_gain and gains.mean() > Z_95 * error)


def is_believable(guess: Guess, rules: ImputationSettings) -> bool:
    """Whether those called sure are right as often as that promises, as far as their number can tell."""
    sure = guess.is_right[guess.confidence >= rules.min_confidence]
    if sure.size == 0:
        return False
    error = np.sqrt(rules.min_confidence * (1 - rules.min_confidence) / sure.size)
    return bool(sure.mean() >= rules.min_confidence - Z_95 * error)


def measures(guess: Guess, rules: ImputationSettings) -> list[Row]:
    """Accuracy of all guesses, and of those that are sure, beside the plainest guess for the same customers."""
    is_sure = guess.confidence >= rules.min_confidence
    rows: list[Row] = [
        ("accuracy", float(guess.is_right.mean()), float(guess.is_plain_right.mean()), guess.is_right.size),
        ("confident_rate", float(is_sure.mean()), None, is_sure.size),
    ]
    if is_sure.any():
        right, plain = guess.is_right[is_sure], guess.is_plain_right[is_sure]
        rows.append(("confident_accuracy", float(right.mean()), float(plain.mean()), right.size))
    return rows


def nothing() -> pl.DataFrame:
    """No value for anybody."""
    return pl.DataFrame(schema={"customer_id": pl.String, "value": pl.String, "confidence": pl.Float64})


def report(name: str, as_of: date, rows: list[Row]) -> pl.DataFrame:
    """The measurements of one model as rows of imputation_reports."""
    frame = pl.DataFrame(
        rows,
        schema={
            "metric": pl.String, "value": pl.Float64, "baseline_value": pl.Float64, "sample_count": pl.Int64,
        },
        orient="row",
    )  # fmt: skip
    rounded = frame.with_columns(pl.col("value", "baseline_value").round(6))
    return rounded.with_columns(model=pl.lit(name), trained_on=pl.lit(as_of))
