"""Forecasts that did not know their outcome: of the newest finished slice, by models of an earlier day.

Where slices were finished before that slice began, they alone teach the models and set the level (`time`). A shop
whose history is shorter than two horizons has none; then each half of the customers is forecast by models that
learnt from the other half (`customers`), which tests everything but the drift of time, and so says of the level
nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from models.btyd.summary import Vector
from models.lifetime.candidates import CANDIDATES, fitted_candidates
from models.lifetime.intervals import coverage_of, fitted_intervals
from models.lifetime.judging import chosen
from models.lifetime.level import level_at, levelled
from models.lifetime.slices import Slice, finished

Held = Literal["time", "customers"]
HALVES = 2


@dataclass(frozen=True)
class Validation:
    """What came after one cutoff and what each candidate would have said, at the level expected then; (customers,)."""

    cutoff: date
    customers: pl.Series
    actual: Vector
    amounts: Mapping[str, Vector]
    held_out: Held

    @property
    def choice(self) -> str:
        """The candidate to publish."""
        return chosen(self.actual, self.amounts)

    def at_actual_level(self, name: str) -> Vector:
        """The forecast of a candidate with the total that came: what intervals are learnt from."""
        return levelled(self.amounts[name], float(self.actual.sum()))

    def coverage(self, name: str) -> float | None:
        """Share of customers in their interval, learnt from the other half of the customers."""
        expected, half = self.at_actual_level(name), halves(len(self.actual))
        hits = 0.0
        for number in range(HALVES):
            inside, outside = half == number, half != number
            intervals = fitted_intervals(expected[outside], self.actual[outside])
            if intervals is None:
                return None
            hits += coverage_of(intervals.of(expected[inside]), self.actual[inside]) * float(inside.sum())
        return hits / len(self.actual)

    def to_frame(self) -> pl.DataFrame:
        """One row per customer; candidates that could not be taught are null. Amounts are not rounded."""
        told = {f"{name}_amount": self.amounts.get(name) for name in CANDIDATES}
        return pl.DataFrame({"customer_id": self.customers, "actual_amount": self.actual}).with_columns(
            pl.lit(self.cutoff).alias("cutoff_on"),
            pl.lit(self.held_out).alias("held_out"),
            *(pl.lit(None, pl.Float64).alias(name) if each is None else pl.Series(name, each)
              for name, each in told.items()),
        )  # fmt: skip

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "Validation | None":
        """The reverse of `to_frame`; None for no rows."""
        if frame.is_empty():
            return None
        told = {name: frame[f"{name}_amount"] for name in CANDIDATES}
        return cls(
            frame["cutoff_on"][0],
            frame["customer_id"],
            frame["actual_amount"].cast(pl.Float64).to_numpy(),
            {name: each.cast(pl.Float64).to_numpy() for name, each in told.items() if not each.null_count()},
            frame["held_out"][0],
        )


def halves(count: int) -> npt.NDArray[np.int64]:
    """Every customer's half, 0 or 1, by position in the order of ids, which says nothing of them."""
    return np.arange(count) % HALVES


def validated(slices: Sequence[Slice], as_of_cutoff: date, first_on: date, horizon_days: int) -> Validation | None:
    """The validation of the newest slice finished by `as_of_cutoff`; None where none is, or nobody bought after it."""
    known = finished(slices, as_of_cutoff, horizon_days)
    if not known or known[-1].later.sum() <= 0:
        return None
    newest = known[-1]
    earlier = finished(slices, newest.cutoff, horizon_days)
    level = level_at(newest.cutoff, slices, first_on, horizon_days)
    if earlier:
        amounts = fitted_candidates(earlier).amounts(newest)
        held_out: Held = "time"
    else:
        amounts, held_out = _by_halves(known, newest), "customers"
    total = float(newest.value.sum()) * level.amount
    told = {name: levelled(each, total) for name, each in amounts.items()}
    return Validation(newest.cutoff, newest.customers, newest.later, told, held_out)


def _by_halves(known: Sequence[Slice], newest: Slice) -> dict[str, Vector]:
    """Candidates taught by all slices, but by the other half of the customers."""
    half_of = dict(zip(newest.customers.to_list(), halves(len(newest.value)).tolist(), strict=True))
    own = [np.array([half_of.get(customer, 0) for customer in each.customers.to_list()]) for each in known]
    both = [
        fitted_candidates(known, [mine != number for mine in own]).amounts(newest) for number in range(HALVES)
    ]  # fmt: skip
    common = both[0].keys() & both[1].keys()
    first = halves(len(newest.value)) == 0
    return {name: np.where(first, both[0][name], both[1][name]) for name in both[0] if name in common}
