"""How settings travel to SQL: every threshold as a `$parameter`, so that no number of the product hides in a query.

Shares such as 0.3 travel as the two whole numbers of their fraction, so that SQL compares whole numbers exactly.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from pipeline.engine import Parameter
from pipeline.score_settings import LifecycleSettings, RfmSettings
from pipeline.settings import Settings


def facts_parameters(settings: Settings, as_of: date) -> dict[str, Parameter]:
    """Parameters of `customer_facts`: the windows that scores and stages look at, in days."""
    guide, active = settings.lifecycle, settings.lifecycle.active
    return {
        "as_of": as_of,
        "rfm_window_days": settings.rfm.window_days,
        "growing_window_days": guide.growing_window_days,
        "active_window_days": active.active_window_days,
        "warning_window_days": active.warning_window_days,
        "mature_windows": guide.mature_windows,
        "mature_window_days": guide.mature_window_days,
    }


def rfm_parameters(rfm: RfmSettings) -> dict[str, Parameter]:
    """Parameters of `rfm_scores`: the method, its cut points, and which scores are high or low."""
    return {
        "method": rfm.method,
        "high_score": rfm.high_score,
        "low_score": rfm.low_score,
        "middle_score": rfm.middle_score,
        **_cuts("recency", rfm.recency_cuts_days),
        **_cuts("frequency", rfm.frequency_cuts),
        **_cuts("monetary", rfm.monetary_cuts_amount),
        **_cuts("response", rfm.response_cuts_rate),
    }


def _cuts(name: str, cuts: Sequence[int | float | Decimal]) -> dict[str, Parameter]:
    return {f"{name}_cut_{number}": cut for number, cut in enumerate(cuts, start=1)}


def lifecycle_parameters(lifecycle: LifecycleSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of `lifecycle_stages`: boundaries in days and the orders of precedence of both profiles."""
    active = lifecycle.active
    return {
        "as_of": as_of,
        "guide_buyer_order": _listed(lifecycle.buyer_order),
        "guide_prospect_order": _listed(lifecycle.prospect_order),
        "guide_new_days": lifecycle.new_days,
        "guide_dormant_days": lifecycle.dormant_days,
        "guide_churned_days": lifecycle.churned_days,
        "growing_orders": lifecycle.growing_orders,
        "mature_windows": lifecycle.mature_windows,
        **_fraction("squared_variation", lifecycle.mature_variation**2),
        "active_order": _listed(active.order),
        "active_new_days": active.new_days,
        "active_dormant_days": active.dormant_days,
        "active_orders": active.active_orders,
        "warning_window_days": active.warning_window_days,
        "warning_earlier_orders": active.warning_earlier_orders,
        **_fraction("warning_pace", active.warning_pace),
    }


def _listed(stages: Sequence[str]) -> str:
    """`,churned,dormant,`: a stage stands before another where it is found earlier in the text."""
    return f",{','.join(stages)},"


def _fraction(name: str, share: Decimal) -> dict[str, Parameter]:
    dividend, divisor = share.as_integer_ratio()
    return {f"{name}_dividend": dividend, f"{name}_divisor": divisor}
