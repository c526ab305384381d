r"""How good forecasts of spend were: bias of the total, RMSE, MAE, normalised Gini, deviance; and which to publish.

MAE stands beside the others because everybody asks for it; where most spend nothing, predicting zero has the lowest.
The choice uses the Tweedie deviance of power 1.5, a proper score for the mean of money that is often zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.btyd.summary import Vector
from models.lifetime.level import levelled

Choice = Literal["btyd", "two_stage", "poisson", "mean"]
CANDIDATES: tuple[Choice, ...] = ("btyd", "two_stage", "poisson", "mean")
POWER = 1.5
SMALLEST = 1e-3
CLEARLY = 1.645


def normalised_gini(actual: Vector, expected: Vector) -> float:
    """Area between the curve of spend, biggest forecasts first, and the diagonal; 1 = in the true order."""
    best = _area(actual, actual)
    return _area(actual, expected) / best if best > 0 else 0.0


def _area(actual: Vector, by: Vector) -> float:
    """Ties of `by` share their spend, so that the order of rows decides nothing."""
    levels, group = np.unique(-by, return_inverse=True)
    size = np.bincount(group, minlength=len(levels))
    spend = np.bincount(group, actual, minlength=len(levels))
    total = float(spend.sum())
    if total <= 0:
        return 0.0
    before = np.cumsum(spend) - spend
    area = float((size * (before + spend / 2)).sum()) / (total * len(actual))
    return area - 0.5


def deviances(actual: Vector, expected: Vector) -> Vector:
    """Tweedie deviance of power 1.5 of each customer."""
    mean = np.maximum(expected, SMALLEST)
    values: Vector = 4 * (actual / np.sqrt(mean) + np.sqrt(mean)) - 8 * np.sqrt(actual)
    return values


@dataclass(frozen=True)
class Judgement:
    """Measures of one candidate on one slice."""

    mae: float
    rmse: float
    gini: float
    bias: float
    deviance: float


def judged(actual: Vector, expected: Vector) -> Judgement:
    """All measures; `bias` is the forecast total divided by the actual one, less 1."""
    miss = expected - actual
    return Judgement(
        mae=float(np.abs(miss).mean()),
        rmse=float(np.sqrt((miss**2).mean())),
        gini=normalised_gini(actual, expected),
        bias=float(expected.sum() / actual.sum() - 1) if actual.sum() > 0 else 0.0,
        deviance=float(deviances(actual, expected).mean()),
    )


def chosen(actual: Vector, candidates: Mapping[Choice, Vector]) -> Choice:
    """The candidate to publish: the mean, unless another is better by more than 1.645 standard errors (one-sided 5 %).

    All are compared at the actual total: the level of the shop is not theirs to know.
    """
    if "mean" not in candidates:
        return "btyd"
    total = float(actual.sum())
    losses = {name: deviances(actual, levelled(amounts, total)) for name, amounts in candidates.items()}
    best = min(losses, key=lambda name: (float(losses[name].mean()), name))
    gain = losses["mean"] - losses[best]
    error = float(gain.std()) / np.sqrt(len(gain))
    return best if float(gain.mean()) > CLEARLY * error else "mean"
