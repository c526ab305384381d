"""What came after the newest day whose horizon is over, and what models of that day would have said: a test in time.

Everything that such a model uses was known on that day: BTYD needs no outcome, boosting learns from slices whose
outcome was over by then. Which candidate is published, how wide its intervals are and whether a challenger may replace
a champion are all read from here, so nothing is judged on what it has learnt from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from models.btyd.summary import Vector
from models.lifetime.intervals import coverage_of, fitted_intervals
from models.lifetime.judging import Choice
from models.lifetime.level import levelled

HALVES = 2


@dataclass(frozen=True)
class Validation:
    """Candidates' amounts at the level that was forecast for the slice, and what came; shapes (customers,)."""

    cutoff: date
    actual: Vector
    amounts: Mapping[Choice, Vector]
    choice: Choice

    def at_actual_level(self, name: Choice) -> Vector:
        """The forecast of a candidate with the total that came: what intervals are learnt from."""
        return levelled(self.amounts[name], float(self.actual.sum()))

    def coverage(self) -> float | None:
        """Share of customers in their interval, learnt from the other half of the customers of the same slice."""
        expected, half = self.at_actual_level(self.choice), halves(len(self.actual))
        hits = 0.0
        for number in range(HALVES):
            inside, outside = half == number, half != number
            intervals = fitted_intervals(expected[outside], self.actual[outside])
            if intervals is None:
                return None
            hits += coverage_of(intervals.of(expected[inside]), self.actual[inside]) * float(inside.sum())
        return hits / len(self.actual)

    def coverage_of_later(self, later: "Validation") -> float | None:
        """Share of customers of a later slice in the intervals that this one teaches: season and level included."""
        intervals = fitted_intervals(self.at_actual_level(self.choice), self.actual)
        if intervals is None or self.choice not in later.amounts:
            return None
        return coverage_of(intervals.of(later.amounts[self.choice]), later.actual)


def halves(count: int) -> npt.NDArray[np.int64]:
    """Every customer's half, 0 or 1, by position in the order of ids, which says nothing of them."""
    return np.arange(count) % HALVES
