"""The facts layer: the one ledger of trade, and what it says of each customer.

The algebra of money, line by line, in the retailer's currency: net_amount = paid_amount - refund_amount. A return
that found its original has paid_amount 0 (the money stands in refund_amount of the original); one that did not
keeps its negative paid_amount. original_paid_amount is always what the export printed, so its sum never changes.
An order sums the lines that count in it; where none counts (cancelled, adjustment, return slip), all of them.
"""

import polars as pl

from pipeline.schemas import identity, raw
from pipeline.schemas.columns import (
    DATE,
    FINE,
    MONEY,
    TEXT,
    TRUTH,
    define,
    define_count,
    define_enum,
)
from pipeline.schemas.tables import define_table

EXCLUSIONS = (
    "unpaid",
    "cancelled",
    "trial",
    "test_store",
    "fictitious",
    "adjustment",
    "return",
    "fully_returned",
    "free",
)
LEFT_OUT_REASONS = ("duplicate", "later")
SHARED_KINDS = ("list", "discount", "paid", "refund", "shipping", "file_refund")
REFUND_ORIGINS = ("refund_file", "order_report", "return_slip")
UNMATCHED_REASONS = ("unknown_order", "ambiguous_order", "no_original")
MATCH_RULES = ("stated", "searched")
__all__ = [
    "EXCLUSIONS",
    "LEFT_OUT_REASONS",
    "MATCH_RULES",
    "REFUND_ORIGINS",
    "SHARED_KINDS",
    "UNMATCHED_REASONS",
    "identity",
    "raw",
]

define(
    TEXT,
    order_key="source:order_id; orders of two sources never meet.",
    original_order_key="Order that a return was netted on.",
    original_line_id="Line that a return was netted on.",
)
define(
    DATE,
    ordered_on="Local day of the order.",
    refunded_on="Local day of the refund; null where an order report tells it without a day.",
    first_order_on="Day of the first purchase.",
    last_order_on="Day of the last purchase.",
    held_from_on="First day on which the rate holds.",
    held_until_on="First day on which the rate holds no more.",
)
define(
    MONEY,
    net_amount="paid_amount - refund_amount.",
    original_paid_amount="paid_amount in the currency of the export, as printed: a return keeps its negative amount.",
    margin_amount="net_amount less the cost of the pieces kept; null where the cost is unknown.",
    monetary_amount="Sum of net_amount of purchases.",
    uncounted_amount="net_amount of the order's lines that do not count in it (returns, adjustments, cancelled lines).",
    share_amount="Part of the order's money that falls on the line.",
    export_refund_amount="Refund as the order report tells it; null where it tells none.",
    file_refund_amount="Refund as refund files tell it; it replaces the order report's figure, never adds to it.",
    returned_amount="Money that matched returns moved to the refund_amount of this line.",
)
define(FINE, returned_quantity="Pieces of this line that matched returns gave back.")
define(
    TRUTH,
    is_purchase="A paid order with net_amount > 0 that is not excluded: counted once, on ordered_on.",
    is_return="The row gives goods back.",
    is_netted="The refund is part of the refund_amount of a line.",
    has_head="A report of whole orders tells the order; its money is authoritative.",
    has_line_refunds="The reports of lines tell on which line money was given back.",
)
define_count(
    line_count="Lines.",
    told_line_count="Lines that reports of lines tell; 0 = only the head is known.",
    live_line_count="Told lines that are not cancelled.",
    order_count="Purchases.",
    recency_days="as_of - day of the last purchase.",
    frequency="Number of purchases.",
    orders_30d_count="Purchases of the last 30 days.",
    this_month_order_count="Purchases of the calendar month of as_of, up to as_of.",
    last_month_order_count="Purchases of the calendar month before that of as_of.",
    orders_60d_count="Purchases of the last 60 days.",
    orders_90d_count="Purchases of the last 90 days.",
    growing_order_count="Purchases of the window that lifecycle stage growing looks at.",
    active_order_count="Purchases of the window that lifecycle stage active looks at.",
    warning_order_count="Purchases of the window that lifecycle stage churn_warning looks at.",
    spend_window_count="Of the last windows that lifecycle stage mature looks at: those with a purchase.",
    window_spend_fen="Spend of all those windows, in whole fen.",
)
define(pl.Decimal(38, 0), window_spend_squares="Sum over those windows of their squared spend in fen.")
define_enum("excluded_because", "Why the row is no purchase; null for purchases.", *EXCLUSIONS)
define_enum("order_barred_because", "Why the order can be no purchase whatever its money.", *EXCLUSIONS[:5])
define_enum("line_barred_because", "Why the line does not count in its order.", *EXCLUSIONS[:7])
define_enum("left_out_because", "duplicate: another version counts; later: happened after as_of.", *LEFT_OUT_REASONS)
define_enum("amount_kind", "Kind of money that is shared out.", *SHARED_KINDS)
define_enum("refund_origin", "Which export tells the refund.", *REFUND_ORIGINS)
define_enum("unmatched_because", "Why the refund is netted on no order.", *UNMATCHED_REASONS)
define_enum("matched_by", "stated: the return names its order; searched: latest earlier line.", *MATCH_RULES)

ORDER_MONEY = "list_amount? discount_amount? paid_amount refund_amount net_amount"
LINE_GOODS = "sku? product_name? category? quantity? unit_price?"
TOTALS = "list_amount? discount_amount? paid_amount refund_amount? settled_amount? shipping_amount?"

for _name in raw.RAW_TABLES:
    define_table(
        f"left_out_{_name}",
        "clean",
        f"One row per row of raw_{_name} that does not count on as_of.",
        key="source file_sha row_number",
        columns="source file_sha row_number amount left_out_because",
    )
define_table(
    "mirrored_rows",
    "clean",
    "One row per raw order row of a source that mirrors another one which tells the same order.",
    key="source file_sha row_number",
    columns="source file_sha row_number",
)
define_table(
    "exchange_rates",
    "facts",
    "One row per currency and span of days on which one rate holds; the retailer's own holds 1 for ever.",
    key="currency held_from_on",
    columns="currency held_from_on held_until_on rate",
)
define_table(
    "order_totals",
    "facts",
    "One row per order: what its head and its lines together say, money in the currency of the export.",
    key="order_key",
    columns=(
        "order_key source order_id channel store_id? profile_key? ordered_at ordered_on paid_at? status?"
        f" order_barred_because? original_order_id? has_head told_line_count live_line_count"
        f" has_line_refunds currency rate? {TOTALS} campaign_id?"
        " coupon_code? is_gift? province? city?"
    ),
)
define_table(
    "matched_refunds",
    "facts",
    "One row per successful refund of a refund file and the order, perhaps the line, that it belongs to.",
    key="source row_key",
    columns=(
        "source row_key order_id order_key? line_id? refunded_on refund_amount? currency rate_on rate?"
        " unmatched_because? reason? amount"
    ),
)
define_table(
    "shared_amounts",
    "facts",
    "One row per line and kind of money whose order has a total of its own: the line's share of it.",
    key="order_key line_id amount_kind",
    columns="order_key line_id amount_kind share_amount",
)
define_table(
    "order_line_amounts",
    "facts",
    "One row per line of an order before returns are matched, money in the retailer's currency.",
    key="order_key line_id",
    columns=(
        f"order_key line_id line_barred_because? line_kind is_return original_order_id? {LINE_GOODS} list_amount?"
        " discount_amount? paid_amount refund_amount shipping_amount? export_refund_amount? file_refund_amount?"
        " original_paid_amount"
    ),
)
define_table(
    "return_candidates",
    "facts",
    "One row per return line, and per line that may be the original of one.",
    key="order_key line_id",
    columns=(
        "order_key line_id source order_id customer_id? ordered_at is_return original_order_id? sku? unit_price?"
        " quantity currency rate original_paid_amount paid_amount"
    ),
)
define_table(
    "returns_matched",
    "facts",
    "One row per return line that found its original.",
    key="order_key line_id",
    columns="order_key line_id original_order_key original_line_id matched_by returned_quantity returned_amount",
)
define_table(
    "orders",
    "facts",
    "One row per order or return slip of any channel.",
    key="order_key",
    columns=(
        "order_key source order_id channel store_id? customer_id? ordered_at ordered_on status? is_purchase"
        f" excluded_because? is_return original_order_key? quantity? line_count {ORDER_MONEY} uncounted_amount"
        " shipping_amount? settled_amount? currency original_paid_amount campaign_id? coupon_code? is_gift? province?"
        " city?"
    ),
    published=True,
)
define_table(
    "order_lines",
    "facts",
    "One row per line of an order.",
    key="order_key line_id",
    columns=(
        "order_key line_id source order_id channel store_id? customer_id? ordered_at ordered_on status? is_purchase"
        " excluded_because? line_kind is_return original_order_key? original_line_id? sku? product_name? category?"
        f" quantity? returned_quantity unit_price? {ORDER_MONEY} shipping_amount? unit_cost? margin_amount? currency"
        " original_paid_amount"
    ),
    published=True,
)
define_table(
    "refunds",
    "facts",
    "One row per refund event, on its own day: from refund files, order reports and return slips.",
    key="order_key refund_id",
    columns=(
        "order_key refund_id line_id? source customer_id? refunded_on? refund_amount reason? refund_origin is_netted"
        " unmatched_because?"
    ),
    published=True,
)
define_table(
    "refund_differences",
    "facts",
    "One row per line whose order report tells another refund than the refund files, which count.",
    key="order_key line_id",
    columns="order_key line_id source export_refund_amount file_refund_amount",
    published=True,
)
define_table(
    "customer_facts",
    "facts",
    "One row per customer: what the ledger says on as_of.",
    key="customer_id",
    columns=(
        "customer_id first_order_on? last_order_on? order_count net_amount recency_days? frequency monetary_amount"
        " orders_30d_count orders_60d_count orders_90d_count this_month_order_count last_month_order_count"
        " growing_order_count active_order_count warning_order_count spend_window_count window_spend_fen"
        " window_spend_squares"
    ),
)
