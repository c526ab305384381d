"""The facts layer: the one ledger of trade, and what it says of each customer."""

from assets.tables import function_asset
from pipeline.scores import steps as customer_steps
from pipeline.trade import steps

STEPS = (
    steps.exchange_rates,
    steps.order_totals,
    steps.matched_refunds,
    steps.shared_amounts,
    steps.order_line_amounts,
    steps.return_candidates,
    steps.returns_matched,
    steps.orders,
    steps.order_lines,
    steps.refunds,
    steps.refund_differences,
    customer_steps.customer_facts,
)

fact_assets = [function_asset(step) for step in STEPS]
