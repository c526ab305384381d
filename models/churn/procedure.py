"""How a model of any day is made from the slices that this day may see: parts, level, and season.

1. The parts learn from every slice whose outcome is over by the day.
2. The level, one logit shift, is the mean of two: that with which the newest of these slices comes out right on
   average (nothing changes), and that with which the customers of the day leave as often as the BTYD model, fitted to
   them, expects (the base grows older or younger).
3. The season: how far the level of the slice of a year ago was from what step 2 would have said then, from the slice
   a horizon before it. Tonight's level gets the same difference (a seasonal difference, as in Box & Jenkins 1970). One
   model gives both levels, so its own errors cancel. Without two such slices there is none.

Nothing here looks at an outcome that ends after the day, so the procedure can be judged on any earlier day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from scipy.special import expit

from models.churn.candidates import METHODS, Method, Parts, fit_parts
from models.churn.design import Matrix, Vector
from models.churn.measures import level_shift
from models.churn.slices import ChurnSlice

YEAR = timedelta(days=365)
SEASON_CUSTOMERS = 500
"""Fewer customers a year ago tell more of chance than of the season."""


@dataclass(frozen=True)
class Calibrated:
    """One candidate of one day: parts, level and season."""

    method: Method
    parts: Parts
    level: float
    season: float

    @property
    def intercept(self) -> float:
        """The logit of a customer who is in everything like the mean of the training rows."""
        return self.parts.intercept(self.method) + self.level + self.season

    def logits(self, matrix: Matrix) -> Vector:
        """Logit of P(no purchase in the horizon), shape (rows,)."""
        return self.at_level(self.parts.raw(self.method, matrix))

    def at_level(self, raw: Vector) -> Vector:
        """The same from what the parts say of rows."""
        return raw + self.level + self.season

    def without_season(self) -> "Calibrated":
        """The same at the level of step 2."""
        return replace(self, season=0.0)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        shifts = {"level": self.level, "season": self.season}
        return {"method": self.method, "parts": self.parts.to_json(), **shifts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Calibrated":
        """The reverse of `to_json`."""
        parts = Parts.from_json(values["parts"])
        return cls(values["method"], parts, float(values["level"]), float(values["season"]))


def over_by(slices: Sequence[ChurnSlice], day: date, horizon_days: int) -> list[ChurnSlice]:
    """The slices whose outcome is over before `day`, newest first."""
    finished = [each for each in slices if each.cutoff_on + timedelta(days=horizon_days) <= day]
    return sorted(finished, key=lambda each: each.cutoff_on, reverse=True)


@dataclass(frozen=True)
class Made:
    """Every candidate of one day, and the logits that its parts tell of those asked, before level and season."""

    candidates: Mapping[Method, Calibrated]
    raws: Mapping[Method, Vector]

    def logits(self, method: Method) -> Vector:
        """Logits of those asked."""
        return self.candidates[method].at_level(self.raws[method])


def candidates_of(
    slices: Sequence[ChurnSlice], day: date, asked: Matrix, horizon_days: int
) -> dict[Method, Calibrated]:
    """Every candidate as `day` would have made it for the customers in `asked`; none where no slice is over by then."""
    made = made_for(slices, day, asked, horizon_days)
    return dict(made.candidates) if made else {}


def made_for(slices: Sequence[ChurnSlice], day: date, asked: Matrix, horizon_days: int) -> Made | None:
    """The same with what they say; None where no slice is over by then."""
    seen = over_by(slices, day, horizon_days)
    if not seen:
        return None
    parts = fit_parts(seen)
    raws = parts.raws(asked)
    levels = _levels(parts, seen[0], raws)
    seasons = _seasons(parts, seen, day, horizon_days)
    return Made({method: Calibrated(method, parts, levels[method], seasons[method]) for method in METHODS}, raws)


def _levels(parts: Parts, newest: ChurnSlice, asked: Mapping[Method, Vector]) -> dict[Method, float]:
    """The mean of the shift that the newest outcome asks for and the one that the BTYD model asks for."""
    observed, rate = _shifts(parts.raws(newest.matrix), newest), float(expit(asked["btyd"]).mean())
    expected = {method: level_shift(asked[method], rate) for method in METHODS}
    return {method: round((observed[method] + expected[method]) / 2, 9) for method in METHODS}


def _shifts(raws: Mapping[Method, Vector], slice_: ChurnSlice) -> dict[Method, float]:
    """The shift with which each candidate comes out right on a slice."""
    rate = float(slice_.churned.mean())
    return {method: level_shift(raws[method], rate) for method in METHODS}


def _seasons(parts: Parts, seen: Sequence[ChurnSlice], day: date, horizon_days: int) -> dict[Method, float]:
    """The level of a year ago less the one that the slices over by then would have told."""
    then = next((each for each in seen if each.cutoff_on == day - YEAR), None)
    before = [] if then is None else over_by(seen, then.cutoff_on, horizon_days)
    if then is None or not before or min(len(then.churned), len(before[0].churned)) < SEASON_CUSTOMERS:
        return dict.fromkeys(METHODS, 0.0)
    raws = parts.raws(then.matrix)
    needed, told = _shifts(raws, then), _levels(parts, before[0], raws)
    return {method: round(needed[method] - told[method], 9) for method in METHODS}
