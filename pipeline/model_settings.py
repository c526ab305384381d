"""Settings of the predictions: slices of the history, churn, lifetime value.

How the models use them stands in `models`.
"""

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Section, Share

Count = Annotated[int, Field(ge=1)]


class PredictionSettings(Section):
    """What models learn from."""

    slice_count: Annotated[int, Field(ge=2)] = 6
    """Slices of the history with an outcome; the newest ends tonight."""
    slice_step_days: Days = 30
    slice_history_days: Days = 90
    """History before a slice without which it teaches nothing."""
    training_customers: Annotated[int, Field(ge=1000)] = 20_000
    """Of more buyers a fixed part is drawn for each slice, by the hash of their id."""
    undated_refund_days: Days = 15
    """A refund that an export tells without a day is taken to come so many days after its order."""
    retrain_days: Days = 7
    """A model is trained anew when it is so old, or when its input or its scores have drifted."""
    drift_limit: Annotated[float, Field(gt=0)] = 0.25
    """Population stability index from which on a feature or the score has drifted."""


class ChurnSettings(Section):
    """What churn means, and when there is too little to predict it from."""

    horizon_days: Days = 90
    population_days: Days = 180
    medium_risk: Share = 0.33
    high_risk: Share = 0.66
    min_buyers: Count = 500
    min_history_days: Days = 180
    recent_order_days: Days = 30
    repeater_orders: Annotated[int, Field(ge=2)] = 3
    min_repeaters: Count = 50
    newcomer_days: Days = 14
    """Customers who bought for the first time fewer days ago, and once, get the rate of their kind."""

    @model_validator(mode="after")
    def _risks_rise(self) -> "ChurnSettings":
        if not self.medium_risk < self.high_risk:
            raise ValueError("medium_risk must be less than high_risk")
        return self


class LtvSettings(Section):
    """Lifetime value."""

    horizon_months: Days = 12
    """Other horizons than 12 are forecast by MBG/NBD and Gamma-Gamma alone."""
    yearly_discount_rate: Share = 0.1
    lifetime_years: Annotated[int, Field(ge=1, le=20)] = 5
    """Horizons that the discounted lifetime value adds up."""
    min_buyers: Count = 200
    min_history_days: Days = 90
    """With fewer buyers or days since the first purchase there is no forecast."""
    min_costed_rate: Share = 0.95
    """Share of net sales whose cost is known without which a margin is not told."""

    @property
    def horizon_days(self) -> int:
        """The horizon in days: 365 for 12 months."""
        return round(self.horizon_months * 365 / 12)
