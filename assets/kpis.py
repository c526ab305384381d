"""The kpis layer: figures of the whole shop, by day, store, channel and month."""

from collections.abc import Callable

from assets.tables import function_asset
from pipeline.lake import Table

STEPS: tuple[Callable[..., Table], ...] = ()

kpi_assets = [function_asset(step) for step in STEPS]
