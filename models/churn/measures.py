r"""How good probabilities of churn are.

* AUC: the chance that a customer who left got the higher probability than one who stayed.
* Brier score: mean :math:`(p - y)^2`; log loss: mean :math:`-\log P(y)`.
* ECE: customers in ten bins of equal width by :math:`p`, mean :math:`|\bar p - \bar y|` weighted by customers
  (Naeini, Cooper & Hauskrecht 2015, AAAI).
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import rankdata

Vector = npt.NDArray[np.float64]

BINS = 10
FARTHEST = 12.0
ALMOST = 1e-9


def auc(score: Vector, churned: Vector) -> float | None:
    """Area under the ROC curve; None where all or none churned."""
    positives = float(churned.sum())
    negatives = len(churned) - positives
    if positives == 0 or negatives == 0:
        return None
    rank_sum = float(rankdata(score)[churned > 0].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def brier(probability: Vector, churned: Vector) -> float:
    """Mean squared error."""
    return float(np.mean((probability - churned) ** 2))


def log_losses(logit: Vector, churned: Vector) -> Vector:
    """Minus the logarithm of the probability of what happened, per customer, shape (rows,)."""
    probability = np.clip(expit(logit), ALMOST, 1 - ALMOST)
    return np.asarray(-np.where(churned > 0, np.log(probability), np.log1p(-probability)))


def bin_numbers(probability: Vector) -> npt.NDArray[np.int64]:
    """0 … 9: the tenth that a probability lies in."""
    return np.minimum((probability * BINS).astype(np.int64), BINS - 1)


def expected_calibration_error(probability: Vector, churned: Vector) -> float:
    """ECE over ten bins of equal width."""
    numbers = bin_numbers(probability)
    gap = np.bincount(numbers, probability, BINS) - np.bincount(numbers, churned, BINS)
    return float(np.abs(gap).sum() / len(churned))


def reliability(probability: Vector, churned: Vector) -> pl.DataFrame:
    """One row per bin with customers: bin, predicted_rate, observed_rate, customer_count."""
    rows = pl.DataFrame({"bin": bin_numbers(probability), "predicted": probability, "observed": churned})
    return (
        rows.group_by("bin")
        .agg(
            predicted_rate=pl.col("predicted").mean().round(6),
            observed_rate=pl.col("observed").mean().round(6),
            customer_count=pl.len().cast(pl.Int64),
        )
        .sort("bin")
    )


def level_shift(logit: Vector, rate: float) -> float:
    """What must be added to the logits so that the mean probability is `rate`, kept half a customer inside 0 and 1."""
    rate = min(max(rate, 0.5 / len(logit)), 1 - 0.5 / len(logit))
    gap = lambda shift: float(expit(logit + shift).mean()) - rate  # noqa: E731
    low, high = -FARTHEST - float(np.max(logit)), FARTHEST - float(np.min(logit))
    return round(float(brentq(gap, low, high, xtol=1e-12)), 9)
