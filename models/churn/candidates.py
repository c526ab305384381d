r"""The candidates that predict churn: the BTYD model, logistic regression, additive boosting, and their mean.

Each gives a logit. The mean is taken of the logits (the geometric mean of the odds), so that it stays a sum of what
single columns add: for every candidate

.. math:: \operatorname{logit} P = c + \sum_j g_j(x_j)

exactly, which is what reasons are made of. Choosing among them belongs to `models.churn.validation`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from models.additive import AdditiveModel, Boosting, fit_additive
from models.churn.design import LINEAR, NAMES, RHYTHM_LOGIT, Matrix, Vector, linear_columns
from models.churn.logistic import Logistic, fit_logistic
from models.churn.slices import ChurnSlice

Method = Literal["mean", "btyd", "logistic", "boosting"]
METHODS: tuple[Method, ...] = ("mean", "btyd", "logistic", "boosting")
SHARES: Mapping[Method, tuple[float, float, float]] = MappingProxyType(
    {
        "mean": (1 / 3, 1 / 3, 1 / 3),
        "btyd": (1.0, 0.0, 0.0),
        "logistic": (0.0, 1.0, 0.0),
        "boosting": (0.0, 0.0, 1.0),
    }
)
"""How much of a candidate is the BTYD model, logistic regression, and boosting."""
PENALTY = 30.0
BOOSTING = Boosting(trees=60, learning_rate=0.1)
MOST_ROWS = 30_000
"""Rows that one fit learns from, evenly spaced over its slices; both as good as twice as many on earlier slices of two
real shops, see benchmarks/churn_study.py."""
_RHYTHM = NAMES.index(RHYTHM_LOGIT)


@dataclass(frozen=True)
class Parts:
    """The fitted parts of all candidates; `rhythm_mean` is the mean BTYD logit of the training rows."""

    rhythm_mean: float
    logistic: Logistic
    boosting: AdditiveModel

    def raw(self, method: Method, matrix: Matrix) -> Vector:
        """The logits of one candidate, shape (rows,), before level and season."""
        if method == "btyd":
            return matrix[:, _RHYTHM]
        return self.raws(matrix)[method]

    def raws(self, matrix: Matrix) -> dict[Method, Vector]:
        """The logits of all candidates: the three parts are asked once."""
        each = (matrix[:, _RHYTHM], self.logistic.raw(linear_columns(matrix)), self.boosting.raw(matrix))
        return {
            method: np.asarray(sum(share * part for share, part in zip(SHARES[method], each, strict=True)))
            for method in METHODS
        }

    def intercept(self, method: Method) -> float:
        """The logit of a customer who is in everything like the mean of the training rows."""
        constants = (self.rhythm_mean, self.logistic.intercept, self.boosting.intercept)
        return sum(share * constant for share, constant in zip(SHARES[method], constants, strict=True))

    def contributions(self, method: Method, matrix: Matrix) -> Matrix:
        """What each column of the design adds, shape (rows, columns); with `intercept` they sum to `raw`."""
        btyd, logistic, boosting = SHARES[method]
        total = boosting * self.boosting.contributions(matrix)
        total[:, list(LINEAR)] += logistic * self.logistic.contributions(linear_columns(matrix))
        total[:, _RHYTHM] += btyd * (matrix[:, _RHYTHM] - self.rhythm_mean)
        return total

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        parts = {"logistic": self.logistic.to_json(), "boosting": self.boosting.to_json()}
        return {"rhythm_mean": self.rhythm_mean, **parts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Parts":
        """The reverse of `to_json`."""
        logistic, boosting = Logistic.from_json(values["logistic"]), AdditiveModel.from_json(values["boosting"])
        return cls(float(values["rhythm_mean"]), logistic, boosting)


def fit_parts(slices: Sequence[ChurnSlice]) -> Parts:
    """Fit all parts on the rows of these slices together; at least one slice."""
    ends = np.cumsum([len(each.churned) for each in slices])
    step = -(-int(ends[-1]) // MOST_ROWS)
    firsts = [-int(end - len(each.churned)) % step for end, each in zip(ends, slices, strict=True)]
    matrix = np.vstack([each.matrix[first::step] for first, each in zip(firsts, slices, strict=True)])
    churned = np.concatenate([each.churned[first::step] for first, each in zip(firsts, slices, strict=True)])
    return Parts(
        rhythm_mean=round(float(matrix[:, _RHYTHM].mean()), 9),
        logistic=fit_logistic(linear_columns(matrix), churned, PENALTY),
        boosting=fit_additive(matrix, churned, BOOSTING),
    )
