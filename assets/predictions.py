"""The predictions layer: what each customer will probably do, what that is worth, and what winning them cost."""

from collections.abc import Callable

from assets import churn, lifetime
from assets.tables import function_asset
from pipeline.lake import Table
from pipeline.predictions import steps

FEATURE_STEPS = (
    steps.feature_cutoffs,
    steps.purchase_features,
    steps.basket_features,
    steps.contact_features,
    steps.customer_features,
)
STEPS: tuple[Callable[..., Table], ...] = (*FEATURE_STEPS, *lifetime.STEPS, *churn.STEPS)

prediction_assets = [function_asset(step) for step in STEPS]
