"""Settings of tags, preferred channels and imputed attributes: thresholds, windows, words.

Tags of the library name these thresholds in `pipeline/tags/library.yaml`; own tags are listed under `tags:`.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Name, Section, Share

Count = Annotated[int, Field(ge=1)]
Hour = Annotated[int, Field(ge=0, le=23)]
Words = dict[str, tuple[str, ...]]


class OwnTagSettings(Section):
    """A tag of the retailer's own: a condition over the columns of `customer_habits`."""

    name: Name
    where: str
    label: str = ""
    expires_days: Days = 30


class TaggingSettings(Section):
    """Thresholds of the tags of the library. "The window" is the last `window_days` days."""

    window_days: Days = 365
    frequent_share: Share = 0.2
    frequent_orders: Count = 6
    discounted_share: Share = 0.6
    discount_orders: Count = 3
    discount_rank: Share = 0.75
    new_product_days: Days = 30
    new_product_orders: Count = 2
    settling_days: Days = 90
    """A product first sold within so many days of the first order known may be old: it is not new."""
    preference_share: Share = 0.4
    preference_lift: Annotated[float, Field(ge=0)] = 1.5
    preference_lines: Count = 3
    service_count: Count = 2
    affinity_days: Days = 90
    affinity_orders: Count = 3
    cart_days: Days = 30
    browsing_days: Days = 30
    browsing_views: Count = 10
    complaint_days: Days = 180
    returned_share: Share = 0.3
    returned_orders: Count = 2
    referral_words: tuple[str, ...] = ("推荐", "老带新", "转介绍", "referral", "friend")
    student_ages: tuple[int, int] = (18, 22)
    vip_amount: Decimal = Decimal(5000)
    dormant_days: Days = 90
    new_member_days: Days = 30
    occasional_orders: Count = 2
    gift_share: Share = 0.3
    gift_orders: Count = 2
    coupon_share: Share = 0.5
    coupon_orders: Count = 3
    night_from_hour: Hour = 22
    night_until_hour: Hour = 6
    night_share: Share = 0.5
    night_orders: Count = 3
    weekend_share: Share = 0.6
    weekend_orders: Count = 4
    channels: Count = 2
    basket_share: Share = 0.2
    basket_orders: Count = 2
    shares: Count = 3
    tired_contacts: Count = 5
    styles: Words = Field(default_factory=dict)
    """Beside those of the library: words in product names by the name of the style; no words take a style out."""
    services: Words = Field(default_factory=dict)
    """The same for words in reasons of tickets and names of service lines."""

    @model_validator(mode="after")
    def _words_are_words(self) -> "TaggingSettings":
        for key, groups in (("styles", self.styles), ("services", self.services)):
            if any(not name.strip() or not word.strip() for name, words in groups.items() for word in (name, *words)):
                raise ValueError(f"{key}: an empty word would be found in every text")
        if any(not word.strip() for word in self.referral_words):
            raise ValueError("referral_words: an empty word would be found in every text")
        if self.student_ages[0] > self.student_ages[1]:
            raise ValueError("student_ages must rise")
        return self


class ContactSettings(Section):
    """When answers to messages decide the preferred channel; else it is the channel of most purchases."""

    min_delivered: Count = 3
    min_responses: Count = 1


class ImputationSettings(Section):
    """When a value that a customer never told may be concluded from what they buy."""

    enabled: bool = True
    min_lines: Count = 3
    """Lines of known categories in the window without which no gender and no age is concluded."""
    min_store_orders: Count = 3
    """Purchases in stores of one city without which no city is concluded."""
    min_confidence: Share = 0.8
    min_gain: Share = 0.05
    """A model that beats the most common value by less, in accuracy on hidden values, is not used."""
    min_sample: Count = 200
    """Hidden values to measure on; with fewer, the model is not used."""
    training_customers: Annotated[int, Field(ge=100)] = 100_000
