r"""How much the whole shop will sell, as a multiple of what BTYD expects: season, growth and bias in one factor.

Every slice with an outcome tells :math:`r_c = \ln(\text{sold after } c / \text{BTYD expected at } c)`. Where the
slice of one year earlier is among them with half a year of history, its season is ours: the factor is
:math:`e^{r}` of that slice. Else it is the mean of all, shrunk to 1: n windows that do not overlap weigh n against
`PRIOR_WINDOWS` windows without any deviation, for with less than a year the season cannot be known. Candidates decide
who buys how much; their totals are all brought to this level.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np

from models.btyd.summary import Vector
from models.lifetime.slices import YEAR_DAYS, Slice, finished

SEASON_HISTORY_DAYS = 180
PRIOR_WINDOWS = 1.5


@dataclass(frozen=True)
class Level:
    """Factors on BTYD's totals of money and of purchases, and what they were learnt from."""

    amount: float
    orders: float
    learnt_from: Literal["year_ago", "recent", "nothing"]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Level":
        """The reverse of `to_json`."""
        return cls(float(values["amount"]), float(values["orders"]), values["learnt_from"])


def level_at(cutoff: date, slices: Sequence[Slice], first_on: date, horizon_days: int) -> Level:
    """The level of the horizon after `cutoff`, from slices that were finished by then."""
    known = [each for each in finished(slices, cutoff, horizon_days) if each.later.sum() > 0]
    a_year_ago = cutoff - timedelta(days=YEAR_DAYS)
    if not known:
        return Level(1.0, 1.0, "nothing")
    same_season = [each for each in known if each.cutoff == a_year_ago]
    if same_season and (a_year_ago - first_on).days >= SEASON_HISTORY_DAYS:
        amount, orders = np.exp(_log_ratios(same_season[0]))
        return Level(float(amount), float(orders), "year_ago")
    windows = 1 + (known[-1].cutoff - known[0].cutoff).days / horizon_days
    means = np.mean([_log_ratios(each) for each in known], axis=0)
    amount, orders = np.exp(means * windows / (windows + PRIOR_WINDOWS))
    return Level(float(amount), float(orders), "recent")


def _log_ratios(each: Slice) -> tuple[float, float]:
    orders = np.zeros(0) if each.later_orders is None else each.later_orders
    return float(np.log(each.later.sum() / each.value.sum())), float(np.log(orders.sum() / each.orders.sum()))


def levelled(amounts: Vector, total: float) -> Vector:
    """The same shares of another total; nothing where there is nothing to share."""
    whole = float(amounts.sum())
    return amounts * (total / whole) if whole > 0 else amounts
