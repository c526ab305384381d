r"""What each customer will be worth: the horizon ahead by the stored model, the years after it by BTYD's decline.

.. math::
    \text{discounted} = \sum_{y=1}^{Y} \frac{\text{amount}_1 \cdot
        (E[Y(yh)] - E[Y((y-1)h)]) / E[Y(h)]}{(1 + d)^{(y - 1/2)}}

with d the yearly rate of discount and money taken to come in the middle of each year. Customers are worked through in
pieces, so that a million of them need no more memory than a hundred thousand. Margin, consent and money of the past do
not belong here; see sql/predictions/lifetime_values.sql.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from models.btyd.summary import Vector, summary_of
from models.lifetime.model import LifetimeModel
from models.lifetime.slices import Basis

PIECE = 50_000
THREADS = 2
PLACES = 6


def forecast(rows: pl.DataFrame, model: LifetimeModel, years: int, yearly_rate: float) -> pl.DataFrame:
    """One row per row of `customer_features`, in their order: the columns of `lifetime_forecasts`.

    Pieces are independent of each other, so threads change no digit.
    """
    pieces = [rows.slice(start, PIECE) for start in range(0, max(rows.height, 1), PIECE)]
    with ThreadPoolExecutor(THREADS) as pool:
        told = list(pool.map(lambda piece: _piece(piece, model, years, yearly_rate), pieces))
    return pl.concat(told)


def _piece(rows: pl.DataFrame, model: LifetimeModel, years: int, yearly_rate: float) -> pl.DataFrame:
    forecaster = model.forecaster
    amount, orders = forecaster.told(rows)
    factor = discounting(rows, forecaster.basis, forecaster.horizon_days, years, yearly_rate)
    nothing = pl.lit(None, pl.Float64)
    low, high = (nothing, nothing)
    if model.intervals is not None:
        low, high = (pl.lit(pl.Series(end)).round(2) for end in model.intervals.of(amount))
    return rows.select(
        "customer_id",
        expected_orders_12m=pl.Series(orders).round(PLACES),
        expected_revenue_12m_amount=pl.Series(amount).round(2),
        revenue_12m_low_amount=low,
        revenue_12m_high_amount=high,
        lifetime_factor=pl.Series(factor).round(PLACES),
        method=pl.lit(model.method),
    )


def discounting(frame: pl.DataFrame, basis: Basis, horizon_days: int, years: int, yearly_rate: float) -> Vector:
    """What one unit of money of the first horizon stands for over `years` horizons, discounted; (customers,)."""
    summary = summary_of(frame)
    until = basis.purchases.expected_by(summary, [horizon_days * year for year in range(years + 1)])
    shares = np.clip(np.diff(until, axis=0) / np.maximum(until[1], np.finfo(float).tiny), 0.0, 1.0)
    discounts = (1 + yearly_rate) ** -(np.arange(years) + 0.5)
    factor: Vector = (shares * discounts[:, None]).sum(axis=0)
    return factor
