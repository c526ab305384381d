r"""Boosted trees of which each looks at one feature only: a sum of step functions, one per feature.

.. math:: F(x) = c + \sum_j f_j(x_j), \qquad \overline{f_j} = 0 \text{ over the training rows}

The trees are scikit-learn's histogram gradient boosting with `interaction_cst="no_interactions"`, trained on bins
(quantiles of the training rows; a missing value is a bin of its own). Because the sum is additive, each :math:`f_j`
is read off by varying one feature alone, and the model becomes plain numbers: the edges of the bins and a value per
bin. It needs no trees, no pickle and no scikit-learn to score, a million rows take about a second, and what each
feature adds to a prediction is exact. Y. Lou, R. Caruana & J. Gehrke (2012), "Intelligible models for classification
and regression", KDD; Nori et al. (2019), arXiv:1909.09223 (explainable boosting machines).

What the features mean does not belong here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from models.binning import Codes, Vector, bin_codes, bin_edges

Matrix = npt.NDArray[np.float64]

PLACES = 9
"""Values are rounded, so that the last digits of sums in threads reach no table."""


@dataclass(frozen=True)
class Boosting:
    """How trees are grown; `loss` is that of scikit-learn (log_loss for 0/1, poisson, gamma, squared_error)."""

    loss: Literal["log_loss", "poisson", "gamma", "squared_error"] = "log_loss"
    trees: int = 120
    learning_rate: float = 0.05
    leaves: int = 5
    smallest_leaf: int = 60
    penalty: float = 5.0
    seed: int = 20260101


@dataclass(frozen=True)
class Steps:
    """One feature: rising edges of its bins, shape (m,), and f of each bin and of "missing", shape (m + 2,)."""

    edges: Vector
    values: Vector

    def codes(self, column: Vector) -> Codes:
        """The bin of each value: the number of edges that are not greater; m + 1 = missing."""
        return bin_codes(self.edges, column)

    def __call__(self, column: Vector) -> Vector:
        """F of each value, shape (rows,)."""
        return self.values[self.codes(column)]


@dataclass(frozen=True)
class AdditiveModel:
    """c and one step function per feature, in the order of the columns; on the scale of the link (logit, log …)."""

    intercept: float
    steps: tuple[Steps, ...]

    def contributions(self, rows: Matrix) -> Matrix:
        """What each feature adds to each row, shape (rows, features); with `intercept` they sum to `raw`."""
        return np.column_stack([step(rows[:, number]) for number, step in enumerate(self.steps)])

    def raw(self, rows: Matrix) -> Vector:
        """F(x) of each row, shape (rows,)."""
        total = np.full(len(rows), self.intercept)
        for number, step in enumerate(self.steps):
            total += step(rows[:, number])
        return total

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "intercept": self.intercept,
            "steps": [{"edges": step.edges.tolist(), "values": step.values.tolist()} for step in self.steps],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "AdditiveModel":
        """The reverse of `to_json`."""
        steps = (Steps(np.array(step["edges"], float), np.array(step["values"], float)) for step in values["steps"])
        return cls(float(values["intercept"]), tuple(steps))


def fit_additive(rows: Matrix, target: Vector, boosting: Boosting) -> AdditiveModel:
    """Train on `rows` of shape (n, features), NaN = missing. Deterministic for equal input in equal order."""
    empty = [Steps(bin_edges(column), np.zeros(1)) for column in rows.T]
    codes = np.column_stack([step.codes(column) for step, column in zip(empty, rows.T, strict=True)])
    trees = _grown(codes, target, boosting)
    return _read_off(trees, [step.edges for step in empty], codes)


def _grown(codes: Codes, target: Vector, boosting: Boosting) -> Any:
    shared: dict[str, Any] = {
        "max_iter": boosting.trees,
        "learning_rate": boosting.learning_rate,
        "max_leaf_nodes": boosting.leaves,
        "min_samples_leaf": boosting.smallest_leaf,
        "l2_regularization": boosting.penalty,
        "interaction_cst": "no_interactions",
        "early_stopping": False,
        "random_state": boosting.seed,
    }
    if boosting.loss == "log_loss":
        model = HistGradientBoostingClassifier(**shared)
    else:
        model = HistGradientBoostingRegressor(loss=boosting.loss, **shared)
    return model.fit(codes, target)


def _read_off(trees: Any, edges: Sequence[Vector], codes: Codes) -> AdditiveModel:
    """The step functions of additive trees, by rows in which one feature alone leaves bin 0."""
    sizes = [len(each) + 2 for each in edges]
    probes = np.zeros((1 + sum(sizes), len(edges)), dtype=np.uint8)
    start = 1
    for number, size in enumerate(sizes):
        probes[start : start + size, number] = np.arange(size)
        start += size
    raw = _raw(trees, probes)
    pieces = np.split(raw[1:] - raw[0], np.cumsum(sizes)[:-1])
    intercept, steps = float(raw[0]), []
    for number, (each, values) in enumerate(zip(edges, pieces, strict=True)):
        mean = float(np.bincount(codes[:, number], minlength=len(values)) @ values) / len(codes)
        intercept += mean
        steps.append(Steps(each, np.round(values - mean, PLACES)))
    return AdditiveModel(round(intercept, PLACES), tuple(steps))


def _raw(trees: Any, codes: Codes) -> Vector:
    if hasattr(trees, "decision_function"):
        return np.asarray(trees.decision_function(codes), dtype=np.float64)
    return np.asarray(np.log(trees.predict(codes)) if trees.loss != "squared_error" else trees.predict(codes), float)
