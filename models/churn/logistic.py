r"""Logistic regression with a ridge penalty, by Newton's method: a few steps to the exact optimum, plain numbers.

.. math::
    \max_{w, c} \sum_i \log P(y_i \mid z_i) - \tfrac{\lambda}{2} \lVert w \rVert^2,
    \qquad \operatorname{logit} P(y_i = 1) = c + w^\top z_i, \qquad z = \frac{\operatorname{clip}(x) - \mu}{\sigma}

Values beyond those that 99.8 % of the training rows lie between are clipped: a line must not be followed out of
sight. The intercept is not penalised. How columns are transformed belongs to `models.churn.design`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

PLACES = 9
STEPS = 25
TOLERANCE = 1e-9
TAIL = 0.001


@dataclass(frozen=True)
class Logistic:
    """c, w and how columns are standardised; all vectors have shape (columns,)."""

    intercept: float
    weights: Vector
    low: Vector
    high: Vector
    mean: Vector
    scale: Vector

    def contributions(self, columns: Matrix) -> Matrix:
        """What each column adds to each row, shape (rows, columns); with `intercept` they sum to the logit."""
        return np.asarray(self.weights * (np.clip(columns, self.low, self.high) - self.mean) / self.scale)

    def raw(self, columns: Matrix) -> Vector:
        """The logit of each row, shape (rows,)."""
        total = np.full(len(columns), self.intercept)
        for column, weight, low, high, mean, scale in zip(
            columns.T, self.weights, self.low, self.high, self.mean, self.scale, strict=True
        ):
            total += (np.clip(column, low, high) - mean) * (weight / scale)
        return total

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        vectors = {name: getattr(self, name).tolist() for name in ("weights", "low", "high", "mean", "scale")}
        return {"intercept": self.intercept, **vectors}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Logistic":
        """The reverse of `to_json`."""
        vectors = (np.array(values[name], float) for name in ("weights", "low", "high", "mean", "scale"))
        return cls(float(values["intercept"]), *vectors)


def fit_logistic(columns: Matrix, target: Vector, penalty: float) -> Logistic:
    """Train on `columns` of shape (n, columns) without missing values and a `target` of 0 and 1."""
    low, high = (np.array(tails) for tails in zip(*(_tails(column) for column in columns.T), strict=True))
    # column after column in memory, as they are read
    design = np.ones((len(columns), columns.shape[1] + 1), order="F")
    seen = np.clip(columns, low, high, out=design[:, 1:])
    mean, scale = seen.mean(axis=0), seen.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    seen -= mean
    seen /= scale
    solved = np.round(_newton(design, target, penalty), PLACES)
    return Logistic(float(solved[0]), solved[1:], low, high, mean, scale)


def _tails(column: Vector) -> tuple[float, float]:
    """The values that TAIL of all lie below and above, in straight lines between two."""
    rising = np.sort(column)
    places = np.array([TAIL, 1 - TAIL]) * (len(column) - 1)
    below = np.floor(places).astype(np.intp)
    found = rising[below] + (places - below) * (rising[np.ceil(places).astype(np.intp)] - rising[below])
    return float(found[0]), float(found[1])


def _newton(design: Matrix, target: Vector, penalty: float) -> Vector:
    ridge = np.full(design.shape[1], penalty)
    ridge[0] = 1e-9
    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = expit(design @ weights)
        slope = design.T @ (target - chance) - ridge * weights
        spread = np.maximum(chance * (1 - chance), 1e-6)
        step = np.linalg.solve((design * spread[:, None]).T @ design + np.diag(ridge), slope)
        weights = weights + step
        if float(np.abs(step).max()) < TOLERANCE:
            break
    return weights
