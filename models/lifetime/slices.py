r"""A slice of the history for lifetime value: what was known before a day, what BTYD says of it, and what came after.

Each slice has its own buy-till-you-die and Gamma-Gamma fit, made of nothing but what was known at its cutoff. Their
product :math:`E[Y(h)] \cdot E[Z]` (purchase days expected in h, spend expected on such a day) is the first candidate
and, beside the features of `customer_features`, the input of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models import gamma_gamma
from models.btyd import fit as btyd_fit
from models.btyd.model import BtydModel
from models.btyd.summary import PurchaseSummary, Vector, summary_of
from models.gamma_gamma import GammaGamma
from pipeline.schemas.features import FEATURES

YEAR_DAYS = 365
FeatureMatrix = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Horizon:
    """How far is looked ahead, and the columns of `customer_features` with what came: money and purchases."""

    days: int
    amount: str
    orders: str


@dataclass(frozen=True)
class Basis:
    """The two models of one slice, and its purchases per day with a purchase."""

    purchases: BtydModel
    spend: GammaGamma
    purchases_per_day: float

    def to_json(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return {
            "purchases": self.purchases.to_json(),
            "spend": self.spend.to_json(),
            "purchases_per_day": self.purchases_per_day,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Basis":
        """The reverse of `to_json`."""
        purchases, spend = BtydModel.from_json(values["purchases"]), GammaGamma.from_json(values["spend"])
        return cls(purchases, spend, float(values["purchases_per_day"]))


@dataclass(frozen=True)
class Slice:
    """One cutoff: `features` (customers, features), BTYD's view of the horizon, and the outcome where it is known.

    All vectors have the shape (customers,); amounts are in the retailer's currency, without returns.
    """

    cutoff: date
    customers: pl.Series
    features: FeatureMatrix
    basis: Basis
    orders: Vector
    order_spend: Vector
    value: Vector
    later_amount: Vector | None
    later_orders: Vector | None

    @property
    def later(self) -> Vector:
        """Net amount bought in the horizon after the cutoff; only slices with an outcome have one."""
        if self.later_amount is None:
            raise ValueError(f"the outcome of {self.cutoff} is not known")
        return self.later_amount


def fitted_basis(frame: pl.DataFrame, near: Basis | None = None) -> Basis:
    """The models of one slice: MBG/NBD, and Gamma-Gamma over days with a purchase.

    `near` are those of a slice near it, where the search begins: customers of two months are mostly the same.

    MBG/NBD and not the most likely of the family: where many customers buy at even gaps, MBG/CNBD-k fits the past
    better, yet gives up the irregular ones too soon, and ranked their later spend worse on the slices of Online
    Retail II that it was tried on.
    Errors: HuitouError where there is nothing to learn from.
    """
    days, mean = _day_spend(frame)
    (purchases,) = btyd_fit.tried(summary_of(frame), "mbg", near=(near.purchases,) if near else ())
    spend = gamma_gamma.fit(days, mean, near.spend if near else None)
    return Basis(purchases, spend, float(frame["purchase_count"].sum()) / float(days.sum()))


def _day_spend(frame: pl.DataFrame) -> tuple[Vector, Vector]:
    """Days with a purchase and mean spend on such a day."""
    days = frame["repeat_count"].cast(pl.Float64).to_numpy() + 1
    return days, frame["bought_amount"].cast(pl.Float64).to_numpy() / days


def viewed(frame: pl.DataFrame, basis: Basis, horizon_days: int) -> pl.DataFrame:
    """`frame` with what the models say of each customer: silence, alive, days, day_spend, btyd_amount."""
    summary: PurchaseSummary = summary_of(frame)
    days = basis.purchases.expected_purchases(summary, horizon_days)
    spend = basis.spend.expected_spend(*_day_spend(frame))
    return frame.with_columns(
        pl.Series("silence", basis.purchases.no_purchase_probability(summary, horizon_days)),
        pl.Series("alive", basis.purchases.alive_probability(summary)),
        pl.Series("expected_days", days),
        pl.Series("day_spend", spend),
        pl.Series("btyd_amount", days * spend),
    )


VIEW = ("silence", "alive", "expected_days", "day_spend", "btyd_amount")
NAMES = (*FEATURES, *VIEW, "mean_gap", "mean_amount")


def seen_slice(frame: pl.DataFrame, horizon_days: int, basis: Basis) -> Slice:
    """Rows of `customer_features` with one cutoff as these models see them, in their order, without an outcome."""
    seen = viewed(frame, basis, horizon_days)
    return Slice(
        cutoff=frame["cutoff_on"][0],
        customers=frame["customer_id"],
        features=feature_matrix(seen),
        basis=basis,
        orders=seen["expected_days"].to_numpy() * basis.purchases_per_day,
        order_spend=seen["day_spend"].to_numpy() / basis.purchases_per_day,
        value=seen["btyd_amount"].to_numpy(),
        later_amount=None,
        later_orders=None,
    )


def slice_of(frame: pl.DataFrame, horizon: Horizon, basis: Basis | None = None) -> Slice:
    """The same with its outcome, as far as it is known (null = not over yet). Without a `basis` it is fitted."""
    made = seen_slice(frame, horizon.days, basis or fitted_basis(frame))
    amount, orders = (_known(frame[name]) for name in (horizon.amount, horizon.orders))
    return replace(made, later_amount=amount, later_orders=orders)


def _known(column: pl.Series) -> Vector | None:
    return None if column.null_count() else column.cast(pl.Float64).to_numpy()


def feature_matrix(seen: pl.DataFrame) -> FeatureMatrix:
    """What the learned candidates look at, shape (customers, features), columns as in `NAMES`; NaN = there is none."""
    columns = [pl.col(name).cast(pl.Float64) for name in (*FEATURES, *VIEW)]
    derived = {
        "mean_gap": (pl.col("span_days") / pl.col("repeat_count").clip(1)).cast(pl.Float64),
        "mean_amount": pl.col("bought_amount").cast(pl.Float64) / pl.col("purchase_count"),
    }
    return seen.select(*columns, **derived).fill_null(np.nan).to_numpy()


def finished(slices: Sequence[Slice], before: date, horizon_days: int) -> list[Slice]:
    """Those slices whose outcome was known on that day, oldest first."""
    horizon = timedelta(days=horizon_days)
    known = [each for each in slices if each.later_amount is not None and each.cutoff + horizon <= before]
    return sorted(known, key=lambda each: each.cutoff)
