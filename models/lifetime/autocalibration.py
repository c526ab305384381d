r"""A forecast corrected so that, whatever is forecast, that much comes on average of those of whom it is forecast.

Sums of logarithms overshoot for the few customers who are extreme in every feature at once. Training rows are cut into
groups by their forecast, finer at the top; the ratio of what came to what was forecast is taken in each, made to rise
with the forecast where it would not (isotonic regression, so that nobody's rank changes), and followed in straight
lines between groups on logarithmic scales:

.. math:: \hat y' = \hat y \, e^{g(\ln \hat y)}, \qquad
    g(\ln \bar y_k) = \ln \frac{\sum_{i \in k} y_i + m \bar y_k}{\sum_{i \in k} \hat y_i + m \bar y_k}

`LEANING` m customers without any deviation are added to each group, for few large sums tell little. M. Denuit,
A. Charpentier & J. Trufin (2021), "Autocalibration and Tweedie-dominance for insurance pricing with machine learning",
Insurance: Mathematics and Economics 101. How forecasts are made does not belong here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from models.btyd.summary import Vector

SHARES = (*(number / 20 for number in range(1, 20)), 0.975, 0.9875, 0.995)
"""Where groups end, as shares of the training rows."""
LEANING = 30.0
MOST = 3.0
"""No forecast is corrected by a greater factor, up or down."""
PLACES = 9
SMALLEST = 1e-9


@dataclass(frozen=True)
class Correction:
    """Rising logarithms of forecasts, and the logarithm of the factor at each; shapes (groups,)."""

    at: Vector
    log_factors: Vector

    def corrected(self, forecast: Vector) -> Vector:
        """The same forecasts, shape (customers,), in the same order of size."""
        factors: Vector = np.exp(np.interp(np.log(np.maximum(forecast, SMALLEST)), self.at, self.log_factors))
        return forecast * factors

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return {"at": self.at.tolist(), "log_factors": self.log_factors.tolist()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Correction":
        """The reverse of `to_json`."""
        return cls(*(np.array(values[name], dtype=np.float64) for name in ("at", "log_factors")))


def fitted_correction(forecast: Vector, actual: Vector) -> Correction:
    """Learn from forecasts and what came, shapes (rows,), at least one row for each group."""
    order = np.lexsort((actual, forecast))
    groups = np.split(order, [int(share * len(order)) for share in SHARES])
    sizes = np.array([len(rows) for rows in groups], dtype=np.float64)
    told, came = (np.array([float(values[rows].sum()) for rows in groups]) for values in (forecast, actual))
    mean = np.maximum(told / sizes, SMALLEST)
    wanted = (came + LEANING * mean) / (sizes + LEANING)
    risen = IsotonicRegression().fit(mean, wanted, sample_weight=sizes + LEANING).predict(mean)
    factors = np.clip(risen / mean, 1 / MOST, MOST)
    at, first = np.unique(np.round(np.log(mean), PLACES), return_index=True)
    return Correction(np.asarray(at, dtype=np.float64), np.round(np.log(factors[first]), PLACES))
