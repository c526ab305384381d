"""The predictions layer: what each customer will probably do, what that is worth, and what winning them cost."""

from collections.abc import Callable

from assets.tables import function_asset
from pipeline.lake import Table

STEPS: tuple[Callable[..., Table], ...] = ()

prediction_assets = [function_asset(step) for step in STEPS]
