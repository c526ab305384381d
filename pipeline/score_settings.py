"""Settings of scores and life stages: windows, cut points, boundaries and orders of precedence.

The rules that use them stand in `sql/scores`.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.setting_types import Days, Section


class RfmSettings(Section):
    """Recency, frequency, monetary and response scores."""

    method: Literal["quantile", "fixed", "mean"] = "quantile"
    window_days: Days | None = None
    high_score: Annotated[int, Field(ge=1, le=5)] = 4
    recency_cuts_days: tuple[int, int, int, int] = (180, 90, 60, 30)
    """Method fixed: score 1 above the first, 2 above the second, … 5 up to the last."""
    frequency_cuts: tuple[int, int, int, int] = (2, 3, 5, 10)
    """Method fixed: score 2 from the first on, 3 from the second …"""
    monetary_cuts_amount: tuple[Decimal, Decimal, Decimal, Decimal] = (
        Decimal(200), Decimal(500), Decimal(1000), Decimal(5000),
    )  # fmt: skip
    response_cuts_rate: tuple[float, float, float, float] = (0.02, 0.05, 0.1, 0.2)
    low_score: Annotated[int, Field(ge=1, le=5)] = 2
    """RFRC classes: a score up to this is low."""
    middle_score: Annotated[int, Field(ge=1, le=5)] = 3
    """RFRC class at_risk: a customer with F or M from this on is worth keeping."""

    @model_validator(mode="after")
    def _cuts_rise(self) -> "RfmSettings":
        rising: dict[str, Sequence[int | float | Decimal]] = {
            "recency_cuts_days": [-days for days in self.recency_cuts_days],
            "frequency_cuts": self.frequency_cuts,
            "monetary_cuts_amount": self.monetary_cuts_amount,
            "response_cuts_rate": self.response_cuts_rate,
        }
        for name, cuts in rising.items():
            if any(left >= right for left, right in pairwise(cuts)):
                order = "fall" if name == "recency_cuts_days" else "rise"
                raise ValueError(f"{name} must {order} from each cut to the next")
        return self


def _check_stages(key: str, order: tuple[str, ...], known: tuple[str, ...], last: tuple[str, ...]) -> None:
    chosen = order[: -len(last)]
    if order[-len(last) :] != last or len(set(chosen)) < len(chosen) or not set(chosen) <= set(known):
        raise ValueError(f"{key} must list stages of {', '.join(known)}, each once, and end with {', '.join(last)}")


class ActiveProfileSettings(Section):
    """Boundaries of the lifecycle profile `active`."""

    new_days: Days = 30
    dormant_days: Days = 60
    active_window_days: Days = 30
    active_orders: Annotated[int, Field(ge=1)] = 1
    warning_window_days: Days = 60
    warning_earlier_orders: Annotated[int, Field(ge=1)] = 4
    """Purchases before the window without which a customer has no pace of their own to fall behind."""
    warning_pace: Annotated[Decimal, Field(gt=0)] = Decimal("0.25")
    """churn_warning: the pace in the window is at most this share of the pace before it."""
    order: tuple[str, ...] = ("new", "dormant", "churn_warning", "active", "regular", "prospect")

    @model_validator(mode="after")
    def _order_is_known(self) -> "ActiveProfileSettings":
        _check_stages("order", self.order, ("new", "dormant", "churn_warning", "active"), ("regular", "prospect"))
        return self


class LifecycleSettings(Section):
    """Boundaries of the lifecycle profile `guide`, and the profile `active`.

    In every order the first stage that matches wins; a stage that is left out is never given. `regular` (buyers)
    and `prospect` (who never bought) take whoever no other stage matches, so they come last.
    """

    new_days: Days = 30
    dormant_days: Days = 90
    churned_days: Days = 180
    growing_window_days: Days = 30
    growing_orders: Annotated[int, Field(ge=1)] = 2
    mature_windows: Annotated[int, Field(ge=2)] = 3
    mature_window_days: Days = 30
    mature_variation: Annotated[Decimal, Field(ge=0)] = Decimal("0.3")
    buyer_order: tuple[str, ...] = ("churned", "dormant", "new", "mature", "growing", "regular")
    prospect_order: tuple[str, ...] = ("new", "prospect")
    active: ActiveProfileSettings = ActiveProfileSettings()

    @model_validator(mode="after")
    def _orders_are_known(self) -> "LifecycleSettings":
        _check_stages("buyer_order", self.buyer_order, ("churned", "dormant", "new", "mature", "growing"), ("regular",))
        _check_stages("prospect_order", self.prospect_order, ("new",), ("prospect",))
        return self
