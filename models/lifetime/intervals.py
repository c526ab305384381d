"""80 % intervals of what a customer will spend, from how forecasts of the same size turned out (split conformal).

Customers of a slice whose forecasts were made without their outcome are cut into groups by forecast. In each group
the ratios of outcome and forecast have quantiles; tonight's customers with forecasts of that size get them times
their own. Where at least a tenth of a group bought nothing, the interval starts at zero and its end alone decides.
A group of whom more than 80 % stay away is covered by zero alone, more often than asked for; the others are then
covered a little less often (never less than 75 %), so that 80 % of all fall into their interval.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.btyd.summary import Vector

COVERAGE = 0.8
LEAST_COVERAGE = 0.75
GROUPS = 30
LEAST_IN_GROUP = 50
STEP = 0.005
SMALLEST = 1e-9


@dataclass(frozen=True)
class Intervals:
    """Per group of forecasts: its lower edge (the first is 0) and the ratios to multiply; shapes (groups,)."""

    edges: Vector
    low_ratios: Vector
    high_ratios: Vector

    def of(self, expected: Vector) -> tuple[Vector, Vector]:
        """Lower and upper ends, shapes (customers,); the expectation need not lie inside where few buy much."""
        group = np.clip(np.searchsorted(self.edges, expected, side="right") - 1, 0, None)
        return expected * self.low_ratios[group], expected * self.high_ratios[group]

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return {"edges": self.edges.tolist(), "low": self.low_ratios.tolist(), "high": self.high_ratios.tolist()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Intervals":
        """The reverse of `to_json`."""
        return cls(*(np.array(values[name], dtype=np.float64) for name in ("edges", "low", "high")))


def fitted_intervals(expected: Vector, actual: Vector) -> Intervals | None:
    """Learn from forecasts that did not know their outcomes, shapes (customers,); None where there are too few."""
    count = min(GROUPS, len(expected) // LEAST_IN_GROUP)
    if count < 2:
        return None
    order = np.lexsort((actual, expected))
    groups = list(np.array_split(order, count))
    edges = np.array([0.0, *(expected[rows[0]] for rows in groups[1:])])
    ratios = [actual[rows] / np.maximum(expected[rows], SMALLEST) for rows in groups]
    low, high = (np.array(side) for side in zip(*_narrowest(ratios), strict=True))
    return Intervals(edges, low, high)


def _narrowest(ratios: list[Vector]) -> list[tuple[float, float]]:
    """The ends of each group with the least coverage of the others by which all together are covered as promised."""
    ends: list[tuple[float, float]] = []
    for coverage in np.arange(LEAST_COVERAGE, COVERAGE + STEP / 2, STEP):
        ends = [_ends(each, float(coverage)) for each in ratios]
        inside = sum(((each >= low) & (each <= high)).sum() for each, (low, high) in zip(ratios, ends, strict=True))
        if inside >= COVERAGE * sum(len(each) for each in ratios):
            break
    return ends


def _ends(ratios: Vector, coverage: float) -> tuple[float, float]:
    """Quantiles with the correction of a finite sample (the (n + 1)-th part counts as outside)."""
    outside, size = 1 - coverage, len(ratios)
    if (ratios == 0).mean() >= outside / 2:
        return 0.0, float(np.quantile(ratios, min(1.0, coverage * (size + 1) / size), method="higher"))
    low = max(0.0, outside / 2 * (size + 1) / size - 1 / size)
    high = min(1.0, (1 - outside / 2) * (size + 1) / size)
    return float(np.quantile(ratios, low, method="lower")), float(np.quantile(ratios, high, method="higher"))


def coverage_of(ends: tuple[Vector, Vector], actual: Vector) -> float:
    """Share of customers whose outcome lies in their interval, ends included."""
    return float(((actual >= ends[0]) & (actual <= ends[1])).mean())
