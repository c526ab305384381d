"""Settings of the figures of the whole shop: windows, what they are compared with, sales targets."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Name, Section

COUNTED_SEGMENTS = {"churn_warning_count": "slowing_customers", "growth_opportunity_count": "growing_spenders"}


class TargetSettings(Section):
    """Net sales to reach in a month, or on one day of its own such as 11 November.

    Without store and channel the target is that of the whole shop.
    """

    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = None
    day: date | None = None
    amount: Annotated[Decimal, Field(ge=0, decimal_places=2)]
    store_id: str | None = None
    channel: str | None = None

    @model_validator(mode="after")
    def _one_time_and_one_place(self) -> "TargetSettings":
        if (self.month is None) == (self.day is None):
            raise ValueError("a target names either a month or a day")
        if self.store_id is not None and self.channel is not None:
            raise ValueError("a target is that of a store or of a channel, not of both")
        return self

    @property
    def place(self) -> tuple[str, str]:
        """Scope and its value, as `kpi_summary` names them."""
        if self.store_id is not None:
            return "store", self.store_id
        return ("channel", self.channel) if self.channel is not None else ("total", "all")


class KpiSettings(Section):
    """Figures of the whole shop."""

    store_channels: tuple[str, ...] = ("pos", "square")
    """Channels of shops one walks into; all others are online."""
    window_days: Days = 30
    """Figures of a window look at the last so many days."""
    compared_days: Days = 30
    """Figures of windows and states are compared with the same figures so many days before."""
    day_compared_days: Days = 7
    """Figures of a day are compared with those of so many days before; 7 compares equal weekdays."""
    repurchase_window_days: Days = 365
    churn_window_days: Days = 90
    wake_up_days: Days = 30
    """A dormant customer who buys within so many days of a message, its day being the first, has woken up."""
    satisfied_score: Annotated[int, Field(ge=1, le=5)] = 4
    """A ticket is satisfied from this score on."""
    daily_history_days: Days = 1100
    summary_history_days: Days = 800
    store_history_days: Days = 90
    """Earlier nights of the figures of single stores are kept for so many days only."""
    segment_counts: dict[Name, Name] = Field(default_factory=lambda: dict(COUNTED_SEGMENTS))
    """Figures that count the members of a segment every night: name of the figure, name of the segment."""
    targets: tuple[TargetSettings, ...] = ()

    @model_validator(mode="after")
    def _targets_meet_once(self) -> "KpiSettings":
        times = [(target.place, target.month or target.day) for target in self.targets]
        if len(set(times)) < len(times):
            raise ValueError("two targets name the same time and place")
        return self
