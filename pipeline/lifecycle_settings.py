"""Settings of the stages of life: boundaries of each lifecycle profile and its order of precedence.

In every order the first stage that matches wins; a stage that is left out is never given. The last stage of an order
takes whoever no other stage matches, so every customer has exactly one stage per profile. The rules that use the
boundaries stand in `sql/scores/stage_tests.sql`, their words in `pipeline.scores.stage_rules`. Profiles of the
retailer's own are described in `pipeline.own_stage_settings`.
"""

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from pipeline.own_stage_settings import OwnProfileSettings
from pipeline.setting_types import Days, Section

LifecycleProfile = Literal["guide", "active", "funnel", "own_cycle"]
BUILT_IN_PROFILES: tuple[LifecycleProfile, ...] = get_args(LifecycleProfile)
Orders = Annotated[int, Field(ge=1)]
PROSPECT = ("prospect",)


def _check_stages(key: str, order: tuple[str, ...], known: tuple[str, ...], last: tuple[str, ...]) -> None:
    chosen = order[: -len(last)]
    if order[-len(last) :] != last or len(set(chosen)) < len(chosen) or not set(chosen) <= set(known):
        raise ValueError(f"{key} must list stages of {', '.join(known)}, each once, and end with {', '.join(last)}")


class ActiveProfileSettings(Section):
    """Boundaries of the lifecycle profile `active`."""

    new_days: Days = 30
    dormant_days: Days = 60
    active_window_days: Days = 30
    active_orders: Orders = 1
    warning_window_days: Days = 60
    warning_earlier_orders: Orders = 4
    """Purchases before the window without which a customer has no pace of their own to fall behind."""
    warning_pace: Annotated[Decimal, Field(gt=0)] = Decimal("0.25")
    """churn_warning: the pace in the window is at most this share of the pace before it."""
    order: tuple[str, ...] = ("new", "dormant", "churn_warning", "active", "regular", "prospect")

    @model_validator(mode="after")
    def _order_is_known(self) -> "ActiveProfileSettings":
        _check_stages("order", self.order, ("new", "dormant", "churn_warning", "active"), ("regular", "prospect"))
        return self


class FunnelProfileSettings(Section):
    """Boundaries of the lifecycle profile `funnel` 拉新–激活–转化–复购–唤醒–挽回: what to do with a customer next.

    `win_back` (挽回) is for bad experiences: a complaint or a return in the last days, unless a purchase on a later
    day says that it is forgotten. It is orthogonal to recency and comes first.
    """

    complaint_days: Days = 90
    """What is a complaint, `complaints` says."""
    return_days: Days = 30
    wake_up_days: Days = 90
    repeat_orders: Annotated[int, Field(ge=2)] = 2
    activation_days: Days = 90
    """activated: visited, put into a cart, clicked or answered in the last so many days, but never bought."""
    buyer_order: tuple[str, ...] = ("win_back", "wake_up", "repeat", "converted")
    prospect_order: tuple[str, ...] = ("win_back", "activated", "acquired")

    @model_validator(mode="after")
    def _orders_are_known(self) -> "FunnelProfileSettings":
        _check_stages("buyer_order", self.buyer_order, ("win_back", "wake_up", "repeat"), ("converted",))
        _check_stages("prospect_order", self.prospect_order, ("win_back", "activated"), ("acquired",))
        return self


class OwnCycleProfileSettings(Section):
    """Boundaries of the lifecycle profile `own_cycle`: late by the customer's own rhythm.

    The cycle is the median number of days between two days with a purchase. Were purchases independent of each other
    (exponential gaps), a gap would exceed k medians with probability 2^-k: 1 in 8 at the default of 3.
    """

    min_gaps: Annotated[int, Field(ge=1)] = 3
    """With fewer gaps the customer has no rhythm of their own yet; that of the population takes its place."""
    fallback_cycle_days: Days = 60
    """Cycle where nobody of the whole shop ever came twice."""
    overdue_cycles: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    dormant_cycles: Annotated[Decimal, Field(gt=0)] = Decimal(3)
    buyer_order: tuple[str, ...] = ("dormant", "overdue", "in_cycle")
    prospect_order: tuple[str, ...] = PROSPECT

    @model_validator(mode="after")
    def _orders_are_known(self) -> "OwnCycleProfileSettings":
        _check_stages("buyer_order", self.buyer_order, ("dormant", "overdue"), ("in_cycle",))
        _check_stages("prospect_order", self.prospect_order, (), PROSPECT)
        if self.overdue_cycles > self.dormant_cycles:
            raise ValueError("overdue_cycles must not exceed dormant_cycles")
        return self


class LifecycleSettings(Section):
    """Which profiles there are, and the boundaries of the profile `guide`.

    `customers` shows the stages of `guide` and `active`, so these two are always on.
    """

    profiles: tuple[LifecycleProfile, ...] = BUILT_IN_PROFILES
    own_profiles: tuple[OwnProfileSettings, ...] = ()
    """Further profiles beside the built-in ones, each under a name of its own."""
    new_days: Days = 30
    dormant_days: Days = 90
    churned_days: Days = 180
    growing_window_days: Days = 30
    growing_orders: Orders = 2
    mature_windows: Annotated[int, Field(ge=2)] = 3
    mature_window_days: Days = 30
    mature_variation: Annotated[Decimal, Field(ge=0)] = Decimal("0.3")
    buyer_order: tuple[str, ...] = ("churned", "dormant", "new", "mature", "growing", "regular")
    prospect_order: tuple[str, ...] = ("new", "prospect")
    active: ActiveProfileSettings = ActiveProfileSettings()
    funnel: FunnelProfileSettings = FunnelProfileSettings()
    own_cycle: OwnCycleProfileSettings = OwnCycleProfileSettings()

    @model_validator(mode="after")
    def _orders_are_known(self) -> "LifecycleSettings":
        _check_stages("buyer_order", self.buyer_order, ("churned", "dormant", "new", "mature", "growing"), ("regular",))
        _check_stages("prospect_order", self.prospect_order, ("new",), PROSPECT)
        if len(set(self.profiles)) < len(self.profiles) or not {"guide", "active"} <= set(self.profiles):
            raise ValueError("profiles must name guide and active, which customers shows, and no profile twice")
        return self

    @model_validator(mode="after")
    def _own_names_are_free(self) -> "LifecycleSettings":
        names = [*BUILT_IN_PROFILES, *(profile.name for profile in self.own_profiles)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"own_profiles: the name {', '.join(twice)} is taken; the boundaries of a built-in profile are changed"
                " under its own keys"
            )
        return self

    @property
    def all_profiles(self) -> tuple[str, ...]:
        """Names of the profiles that are computed, the built-in ones first."""
        return (*self.profiles, *(profile.name for profile in self.own_profiles))

    def own(self, profile: str) -> OwnProfileSettings | None:
        """The profile of the retailer's own of this name; None: a built-in one."""
        return next((each for each in self.own_profiles if each.name == profile), None)

    def orders(self, profile: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The orders of a profile: for buyers and for those who never bought; the last stage takes all others."""
        own = self.own(profile)
        if own is not None:
            return own.order(is_buyer=True), own.order(is_buyer=False)
        if profile == "guide":
            return self.buyer_order, self.prospect_order
        if profile == "active":
            buyers = tuple(stage for stage in self.active.order if stage != "prospect")
            return buyers, PROSPECT
        chosen = self.funnel if profile == "funnel" else self.own_cycle
        return chosen.buyer_order, chosen.prospect_order
