r"""What each customer will be worth: the horizon ahead by the chosen candidate, the years after it by BTYD's decline.

.. math::
    \text{discounted} = \sum_{y=1}^{Y} \frac{\text{amount}_1 \cdot
        (E[Y(yh)] - E[Y((y-1)h)]) / E[Y(h)]}{(1 + d)^{(y - 1/2)}}

with d the yearly rate of discount and money taken to come in the middle of each year. Margin, consent and money of
the past do not belong here; see sql/predictions/lifetime_values.sql.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.btyd.summary import Vector, summary_of
from models.lifetime.candidates import fitted_candidates
from models.lifetime.intervals import fitted_intervals
from models.lifetime.level import Level, level_at, levelled
from models.lifetime.slices import Basis, Slice, finished
from models.lifetime.validation import Validation


@dataclass(frozen=True)
class Forecast:
    """Amounts of tonight's customers, shapes (customers,), and the way they were made."""

    customers: pl.Series
    amount: Vector
    orders: Vector
    low: Vector | None
    high: Vector | None
    method: str
    level: Level


def forecast(
    tonight: Slice, slices: Sequence[Slice], validation: Validation | None, first_on: date, horizon_days: int
) -> Forecast:
    """Forecast tonight's slice with what the finished slices teach.

    Without a validation (a shop younger than the horizon) BTYD alone speaks, at its own level and without intervals.
    """
    level = level_at(tonight.cutoff, slices, first_on, horizon_days)
    choice = "btyd" if validation is None else validation.choice
    candidates = fitted_candidates(finished(slices, tonight.cutoff, horizon_days)) if choice != "btyd" else None
    amounts = {"btyd": tonight.value} if candidates is None else candidates.amounts(tonight)
    amount = levelled(amounts[choice], float(tonight.value.sum()) * level.amount)
    low, high = _ends(amount, validation, choice)
    # orders follow the money, at each customer's own price, so that the two never contradict each other
    orders = levelled(amount / tonight.order_spend, float(tonight.orders.sum()) * level.orders)
    return Forecast(tonight.customers, amount, orders, low, high, _method(choice, validation), level)


def _method(choice: str, validation: Validation | None) -> str:
    return "btyd_young_shop" if validation is None else f"{choice}_held_out_{validation.held_out}"


def _ends(amount: Vector, validation: Validation | None, choice: str) -> tuple[Vector | None, Vector | None]:
    if validation is None:
        return None, None
    intervals = fitted_intervals(validation.at_actual_level(choice), validation.actual)
    return (None, None) if intervals is None else intervals.of(amount)


def discounting(frame: pl.DataFrame, basis: Basis, horizon_days: int, years: int, yearly_rate: float) -> Vector:
    """What one unit of money of the first horizon stands for over `years` horizons, discounted; (customers,)."""
    summary = summary_of(frame)
    until = basis.purchases.expected_by(summary, [horizon_days * year for year in range(years + 1)])
    shares = np.clip(np.diff(until, axis=0) / np.maximum(until[1], np.finfo(float).tiny), 0.0, 1.0)
    discounts = (1 + yearly_rate) ** -(np.arange(years) + 0.5)
    factor: Vector = (shares * discounts[:, None]).sum(axis=0)
    return factor
