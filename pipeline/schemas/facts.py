"""The facts layer: the one ledger of trade, and what it says of each customer."""

from pipeline.schemas import identity, raw
from pipeline.schemas.columns import DATE, MONEY, TEXT, TRUTH, define, define_count, define_enum
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
)
__all__ = ["EXCLUSIONS", "identity", "raw"]

define(
    TEXT,
    order_key="source:order_id; orders of two sources never meet.",
    original_order_key="Order that a return was netted on.",
    original_line_id="Line that a return was netted on.",
)
define(
    DATE,
    ordered_on="Local day of the order.",
    refunded_on="Local day of the refund.",
    first_order_on="Day of the first purchase.",
    last_order_on="Day of the last purchase.",
)
define(
    MONEY,
    net_amount="paid_amount - refund_amount.",
    original_paid_amount="paid_amount in the currency of the export.",
    margin_amount="net_amount less the cost of the pieces kept; null where the cost is unknown.",
    monetary_amount="Sum of net_amount of purchases.",
)
define(
    TRUTH,
    is_purchase="A paid order with net_amount > 0 that is not excluded: counted once, on ordered_on.",
    is_return="The row gives goods back.",
)
define_count(
    line_count="Lines.",
    order_count="Purchases.",
    recency_days="as_of - day of the last purchase.",
    frequency="Number of purchases.",
    orders_30d_count="Purchases of the last 30 days.",
    orders_60d_count="Purchases of the last 60 days.",
    orders_90d_count="Purchases of the last 90 days.",
)
define_enum("excluded_because", "Why the order is no purchase; null for purchases.", *EXCLUSIONS)

ORDER_MONEY = "list_amount? discount_amount? paid_amount refund_amount net_amount"

define_table(
    "orders",
    "facts",
    "One row per order or return slip of any channel.",
    key="order_key",
    columns=(
        "order_key source order_id channel store_id? customer_id? ordered_at ordered_on status? is_purchase"
        f" excluded_because? is_return original_order_key? quantity? line_count {ORDER_MONEY} shipping_amount?"
        " settled_amount? currency original_paid_amount campaign_id? coupon_code? is_gift? province? city?"
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
        " line_kind is_return original_order_key? original_line_id? sku? product_name? category? quantity?"
        f" unit_price? {ORDER_MONEY} unit_cost? margin_amount? currency original_paid_amount"
    ),
    published=True,
)
define_table(
    "refunds",
    "facts",
    "One row per refund event, on its own day: from refund files, order reports and return slips.",
    key="order_key refund_id",
    columns="order_key refund_id line_id? source customer_id? refunded_on? refund_amount reason?",
    published=True,
)
define_table(
    "customer_facts",
    "facts",
    "One row per customer: what the ledger says on as_of.",
    key="customer_id",
    columns=(
        "customer_id first_order_on? last_order_on? order_count net_amount recency_days? frequency monetary_amount"
        " orders_30d_count orders_60d_count orders_90d_count"
    ),
)
