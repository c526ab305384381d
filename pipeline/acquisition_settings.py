"""Settings of acquisition and campaigns: who is credited with a new customer, and what a campaign is judged by."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Section

AttributionRule = Literal["campaign", "self_reported", "last_touch", "order_channel"]


class AcquisitionSettings(Section):
    """Which channel brought a customer, and what that cost."""

    rules: tuple[AttributionRule, ...] = ("campaign", "self_reported", "last_touch", "order_channel")
    """Tried in this order; a customer whom none explains is unattributed."""
    touch_days: Days = 30
    """A delivered campaign message counts as last touch so many days before the first purchase."""
    warm_up_days: Days = 180
    """Buyers of the first days of history may have bought before it began: they are not counted as new."""
    channels: dict[str, str] = Field(default_factory=dict)
    """Other names of a channel, as sources write them: `{门店: pos, 抖音: douyin}`."""
    payback_step_days: Days = 30
    """A month of payback_months."""

    @model_validator(mode="after")
    def _each_once(self) -> "AcquisitionSettings":
        if len(set(self.rules)) < len(self.rules):
            raise ValueError("rules: list each rule once")
        return self


class CampaignSettings(Section):
    """What a campaign is judged by."""

    outcome_days: Days = 14
    """Purchases of contacted and held-out people count from the moment of sending for so many days."""
    min_arm_customers: Annotated[int, Field(ge=2)] = 30
    """With fewer people in one arm no effect is told."""
    recency_bands_days: tuple[int, ...] = (30, 90, 180)
    """Bounds of the groups for which effects are told apart: days since the last purchase before sending."""

    @model_validator(mode="after")
    def _bands_rise(self) -> "CampaignSettings":
        if list(self.recency_bands_days) != sorted(set(self.recency_bands_days)):
            raise ValueError("recency_bands_days must rise")
        return self
