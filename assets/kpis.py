"""The kpis layer: figures of the whole shop, by day, store, channel and month."""

from assets.tables import function_asset
from pipeline.kpis import definitions, steps

STEPS = (
    steps.kpi_periods,
    steps.sales_targets,
    steps.daily_kpis,
    steps.sales_figures,
    steps.buyer_figures,
    steps.service_figures,
    steps.member_figures,
    steps.segment_figures,
    steps.wake_up_results,
    steps.kpi_summary,
    definitions.kpi_definitions,
)

kpi_assets = [function_asset(step) for step in STEPS]
