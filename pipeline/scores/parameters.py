"""How settings travel to SQL: every threshold as a `$parameter`, so that no number of the product hides in a query.

Shares such as 0.3 travel as the two whole numbers of their fraction, so that SQL compares whole numbers exactly.
Lists of words travel as small tables (`pipeline.scores.terms`).
"""

from datetime import date, timedelta
from decimal import Decimal

from pipeline.engine import Parameter
from pipeline.lifecycle_settings import LifecycleSettings
from pipeline.score_settings import DEFAULT_PROFILE, RfmSettings
from pipeline.settings import Settings


def facts_parameters(settings: Settings, as_of: date) -> dict[str, Parameter]:
    """Parameters of `customer_facts`: the windows that scores and stages look at, in days."""
    guide, active = settings.lifecycle, settings.lifecycle.active
    month_starts_on = as_of.replace(day=1)
    return {
        "as_of": as_of,
        "month_starts_on": month_starts_on,
        "last_month_starts_on": (month_starts_on - timedelta(days=1)).replace(day=1),
        "rfm_window_days": settings.rfm.window_days,
        "growing_window_days": guide.growing_window_days,
        "active_window_days": active.active_window_days,
        "warning_window_days": active.warning_window_days,
        "mature_windows": guide.mature_windows,
        "mature_window_days": guide.mature_window_days,
    }


def rfm_parameters(rfm: RfmSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of the RFM queries: which profile makes the classes, and which scores are high or low."""
    return {
        "as_of": as_of,
        "default_profile": DEFAULT_PROFILE,
        "rfm_window_days": rfm.window_days or 0,
        "high_score": rfm.high_score,
        "low_score": rfm.low_score,
        "middle_score": rfm.middle_score,
    }


def stage_parameters(lifecycle: LifecycleSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of stage_features and stage_tests: boundaries in days and counts."""
    active, funnel, cycle = lifecycle.active, lifecycle.funnel, lifecycle.own_cycle
    return {
        "as_of": as_of,
        "new_days": lifecycle.new_days,
        "dormant_days": lifecycle.dormant_days,
        "churned_days": lifecycle.churned_days,
        "growing_orders": lifecycle.growing_orders,
        "mature_windows": lifecycle.mature_windows,
        **_fraction("squared_variation", lifecycle.mature_variation**2),
        "active_new_days": active.new_days,
        "active_dormant_days": active.dormant_days,
        "active_orders": active.active_orders,
        "warning_window_days": active.warning_window_days,
        "warning_earlier_orders": active.warning_earlier_orders,
        **_fraction("warning_pace", active.warning_pace),
        "complaint_days": funnel.complaint_days,
        "return_days": funnel.return_days,
        "wake_up_days": funnel.wake_up_days,
        "repeat_orders": funnel.repeat_orders,
        "activation_days": funnel.activation_days,
        "min_gaps": cycle.min_gaps,
        "fallback_cycle_days": cycle.fallback_cycle_days,
        **_fraction("dormant_cycles", cycle.dormant_cycles),
        **_fraction("overdue_cycles", cycle.overdue_cycles),
    }


def period_parameters(as_of: date, previous_as_of: date | None) -> dict[str, Parameter]:
    """Where the ISO week (from Monday) and the month of as_of begin, and whether the last night lies within them."""
    week_starts_on, month_starts_on = as_of - timedelta(days=as_of.weekday()), as_of.replace(day=1)
    return {
        "as_of": as_of,
        "previous_as_of": previous_as_of,
        "week_starts_on": week_starts_on,
        "month_starts_on": month_starts_on,
        "is_same_week": previous_as_of is not None and previous_as_of >= week_starts_on,
        "is_same_month": previous_as_of is not None and previous_as_of >= month_starts_on,
    }


def _fraction(name: str, share: Decimal) -> dict[str, Parameter]:
    dividend, divisor = share.as_integer_ratio()
    return {f"{name}_dividend": dividend, f"{name}_divisor": divisor}
