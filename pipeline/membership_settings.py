"""Settings of membership: tiers, points, occasions to write, repurchase cycles.

The rules that use them stand in `sql/membership`; figures of the whole shop have theirs in `pipeline.kpi_settings`.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Name, Section, Share

WAKE_UP_STAGE = "dormant"
"""Who is in it, is to be woken up."""
Amount = Annotated[Decimal, Field(ge=0)]
ComingDays = Annotated[int, Field(ge=1, le=60)]


class TierRung(Section):
    """One tier of the ladder: it begins at this spend and ends where the next begins."""

    name: Name
    from_amount: Amount
    label: str = ""


DEFAULT_LABELS = {"standard": "普通会员", "silver": "银卡会员", "gold": "金卡会员"}


class TierSettings(Section):
    """Membership tiers by the spend of a year, net of refunds, over all channels."""

    silver_amount: Amount = Decimal(5000)
    gold_amount: Amount = Decimal(15000)
    ladder: tuple[TierRung, ...] = ()
    """Tiers of your own, the lowest first and from 0; it replaces standard, silver and gold."""
    period: Literal["rolling_year", "calendar_year"] = "rolling_year"
    keep_months: Annotated[int, Field(ge=1)] | None = None
    """A tier once reached is kept for so many months after the last day on which the spend reached it."""
    reported_names: dict[str, str] = Field(default_factory=dict)
    """Words of the member source and the tier each means, beside the tiers' own names and labels."""

    @model_validator(mode="after")
    def _ladder_rises(self) -> "TierSettings":
        if self.ladder and {"silver_amount", "gold_amount"} & self.model_fields_set:
            raise ValueError("ladder replaces silver_amount and gold_amount: give one or the other")
        rungs = self.rungs
        names = [rung.name for rung in rungs]
        if rungs[0].from_amount != 0 or len(set(names)) < len(names):
            raise ValueError("ladder must begin with a tier from_amount 0 and name each tier once")
        if any(low.from_amount >= high.from_amount for low, high in pairwise(rungs)):
            raise ValueError("from_amount must rise from each tier to the next")
        unknown = sorted(set(self.reported_names.values()) - set(names))
        if unknown:
            raise ValueError(f"reported_names point to {', '.join(unknown)}, but the tiers are {', '.join(names)}")
        return self

    @property
    def rungs(self) -> Sequence[TierRung]:
        """The ladder, the lowest tier first."""
        amounts = {"standard": Decimal(0), "silver": self.silver_amount, "gold": self.gold_amount}
        return self.ladder or tuple(
            TierRung(name=name, from_amount=amount, label=DEFAULT_LABELS[name]) for name, amount in amounts.items()
        )


class PointSettings(Section):
    """Loyalty points: what an order earns, what a point is worth, what counts as the ledger."""

    points_per_unit: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    """Points per whole unit of net money of an order: floor(net_amount) times this."""
    value_amount: Amount = Decimal("0.10")
    ledger: Literal["orders", "orders_and_movements", "movements"] = "orders"
    """What reported balances are compared with: points of orders; those and all movements that no order explains
    (redemptions, balances brought forward); or the movements alone."""
    channels: tuple[str, ...] = ()
    """Channels whose orders earn points; none: all."""
    earning_reasons: tuple[str, ...] = ("消费", "购物", "退货", "退款", "purchase", "order", "return", "refund")
    """Beginnings of the reason of movements that orders earn or give back; all others are movements of their own."""
    warning_rebate_rate: Share = 0.05
    """Points worth at least this share of the money that earned them are pointed out."""


class CareSettings(Section):
    """Occasions to write to a customer."""

    birthday_days: ComingDays = 3
    birthday_calendar: Literal["solar", "lunar", "lunar_as_written"] = "solar"
    """lunar: the lunar anniversary of the birth date; lunar_as_written: month and day of the member file are lunar."""
    leap_birthday: Literal["feb_28", "mar_1"] = "feb_28"
    """Where 29 February is kept in a year without one."""
    anniversary_days: ComingDays = 3
    wake_up_profile: Name = "guide"
    """Lifecycle profile whose stage dormant asks for a wake-up: one that is on and has such a stage."""
    wake_up_days: Days | None = None
    """A wake-up is asked for so many days from the first night in the stage; none: as long as it lasts."""
    cart_days: Days = 7


class CycleSettings(Section):
    """How long until a category is bought again."""

    quantity_aware: bool = True
    """Two pieces last two cycles."""
    whole_purchase_categories: tuple[str, ...] = ()
    """Categories whose purchases last one cycle whatever their quantity (shirts, toys)."""
    own_purchases: Annotated[int, Field(ge=2)] = 3
    """Days with a purchase of the category from which on a customer's own cycle counts."""
    min_gaps: Annotated[int, Field(ge=1)] = 20
    """Completed gaps without which a category has no cycle."""
    due_ahead_days: Annotated[int, Field(ge=0)] = 7
    overdue_days: Annotated[int, Field(ge=0)] = 30
    furthest_days: Annotated[int, Field(ge=1, le=36500)] = 3650
    """No order is expected later after the last one: who buys a hundred pieces buys for somebody else, or to resell."""
