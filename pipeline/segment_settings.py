"""Settings of the segments of the library: thresholds that no score, stage or tag has already.

Segments of the library name these and other settings in braces in `pipeline/segments/library.yaml`; own segments are
listed under `segments:`.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Section

Amount = Annotated[Decimal, Field(ge=0)]
Years = Annotated[int, Field(ge=0, le=120)]


class SegmentingSettings(Section):
    """Thresholds of the segments of the library."""

    silent_member_days: Days = 90
    second_purchase_from_days: Days = 30
    second_purchase_until_days: Days = 89
    large_basket_amount: Amount = Decimal(500)
    large_basket_orders: Annotated[int, Field(ge=1)] = 2
    small_basket_amount: Amount = Decimal(200)
    near_tier_amount: Amount = Decimal(500)
    young_until_years: Years = 30
    senior_from_years: Years = 50
    first_tier_cities: Annotated[tuple[str, ...], Field(min_length=1)] = ("北京", "上海", "广州", "深圳")
    first_tier_from_years: Years = 25
    first_tier_until_years: Years = 35
    many_profiles: Annotated[int, Field(ge=2)] = 3

    @model_validator(mode="after")
    def _ends_follow_beginnings(self) -> "SegmentingSettings":
        if self.second_purchase_until_days < self.second_purchase_from_days:
            raise ValueError("second_purchase_until_days must not be less than second_purchase_from_days")
        if self.first_tier_until_years < self.first_tier_from_years:
            raise ValueError("first_tier_until_years must not be less than first_tier_from_years")
        return self
