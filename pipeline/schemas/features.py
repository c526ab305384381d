"""What is known of a customer before a day: the shared input of churn and lifetime value models.

A slice is what a night on the eve of `cutoff_on` could have known. Tonight's slice has every buyer; the earlier ones
have a fixed part of them, and beside it what came after, so that models can learn.
"""

from pipeline.schemas import facts
from pipeline.schemas.columns import DATE, MONEY, RATIO, TEXT, TRUTH, define, define_count
from pipeline.schemas.tables import define_table

__all__ = ["FEATURES", "facts"]

define(DATE, cutoff_on="First day that the row knows nothing of: everything in it happened before.")
define(TEXT, draw_below="Customers whose draw (MD5 of their id as text) is below belong to the slice.")
define(
    TRUTH,
    is_scored="Tonight's slice: every buyer, no outcome yet.",
    has_outcome="The churn horizon after the cutoff has passed.",
    has_year_outcome="The year after the cutoff has passed.",
    has_year_before="The year before the cutoff is in the history.",
)
define_count(
    repeat_count="Days with a purchase after the first one.",
    span_days="Days from the first to the last purchase.",
    buyer_known_days="Days from the first purchase to the eve of the cutoff.",
    since_last_days="Days from the last purchase to the eve of the cutoff.",
    purchase_count="Purchases known before the cutoff.",
    purchases_30d_count="Purchases of the 30 days before the cutoff.",
    purchases_90d_count="Purchases of the 90 days before the cutoff.",
    purchases_180d_count="Purchases of the 180 days before the cutoff.",
    purchases_365d_count="Purchases of the 365 days before the cutoff.",
    season_purchase_count="Purchases in the same season a year before the horizon; null = before the history.",
    last_gap_days="Days between the last two days with a purchase; null = one day only.",
    longest_gap_days="Longest time between two days with a purchase; null = one day only.",
    discounted_count="Purchases with a discount or coupon.",
    store_purchase_count="Purchases in a store.",
    channel_count="Channels bought in.",
    return_count="Refunds given before the cutoff, by their own day.",
    returns_90d_count="Refunds of the 90 days before the cutoff.",
    sku_count="Different articles bought.",
    category_count="Different categories bought; 0 where the retailer has none.",
    contact_180d_count="Messages delivered in the 180 days before the cutoff.",
    response_180d_count="Messages answered in the 180 days before the cutoff.",
    ticket_180d_count="Service tickets opened in the 180 days before the cutoff.",
    poor_ticket_count="Tickets closed before the cutoff with a satisfaction of 1 or 2.",
    visits_30d_count="Visits, carts, searches … of the 30 days before the cutoff.",
    visits_90d_count="Visits, carts, searches … of the 90 days before the cutoff.",
    member_days="Days from registration to the cutoff; null = not registered by then.",
    next_purchase_count="Purchases in the churn horizon after the cutoff; null = not over yet.",
    year_purchase_count="Purchases in the year after the cutoff; null = not over yet.",
)
define(
    RATIO,
    log_gap_sum="Sum of the logarithms of the gaps between days with a purchase.",
    gap_deviation_days="Standard deviation of these gaps; null with fewer than two.",
    gap_trend_rate="Last gap divided by the mean gap; null with fewer than two gaps.",
    pieces_per_purchase="Mean pieces per purchase.",
    lines_per_purchase="Mean lines per purchase.",
    discount_rate="Discounts divided by the price before them.",
    returned_rate="Money given back before the cutoff divided by money paid.",
)
define(
    MONEY,
    bought_amount="Net amount of the purchases known before the cutoff.",
    bought_90d_amount="The same of the 90 days before the cutoff.",
    bought_365d_amount="The same of the 365 days before the cutoff.",
    last_bought_amount="Net amount of the last day with a purchase.",
    largest_bought_amount="Largest net amount of one day.",
    next_bought_amount="Net amount of the purchases in the churn horizon after the cutoff.",
    year_bought_amount="Net amount of the purchases in the year after the cutoff.",
)

PURCHASES = (
    "repeat_count span_days known_days=buyer_known_days since_last_days log_gap_sum last_gap_days? longest_gap_days?"
    " gap_deviation_days? gap_trend_rate? purchase_count purchases_30d_count purchases_90d_count purchases_180d_count"
    " purchases_365d_count season_purchase_count? bought_amount bought_90d_amount bought_365d_amount last_bought_amount"
    " largest_bought_amount pieces_per_purchase? lines_per_purchase discount_rate discounted_count"
    " store_purchase_count channel_count return_count returns_90d_count returned_rate"
)
BASKETS = "sku_count category_count"
CONTACTS = (
    "contact_180d_count response_180d_count ticket_180d_count poor_ticket_count visits_30d_count visits_90d_count"
)
_WORDS = f"{PURCHASES} {BASKETS} {CONTACTS} member_days?"
FEATURES = tuple(word.rstrip("?").partition("=")[0] for word in _WORDS.split())
"""Every column that a model may learn from."""

define_table(
    "feature_cutoffs",
    "predictions",
    "One row per slice of the history that models learn from or score.",
    key="cutoff_on",
    columns="cutoff_on draw_below is_scored has_outcome has_year_outcome has_year_before",
)
define_table(
    "purchase_features",
    "predictions",
    "One row per slice and buyer: rhythm, money, discounts and returns as known before the cutoff.",
    key="cutoff_on customer_id",
    columns=f"cutoff_on customer_id {PURCHASES}",
)
define_table(
    "basket_features",
    "predictions",
    "One row per slice and buyer of goods: how broadly they had bought before the cutoff.",
    key="cutoff_on customer_id",
    columns=f"cutoff_on customer_id {BASKETS}",
)
define_table(
    "contact_features",
    "predictions",
    "One row per slice and customer with messages, tickets or visits in the months before the cutoff.",
    key="cutoff_on customer_id",
    columns=f"cutoff_on customer_id {CONTACTS}",
)
define_table(
    "customer_features",
    "predictions",
    "One row per slice and buyer: all that was known before the cutoff and, where the time has passed, what came.",
    key="cutoff_on customer_id",
    columns=(
        f"cutoff_on customer_id is_scored {PURCHASES} {BASKETS} {CONTACTS} member_days? next_purchase_count?"
        " next_bought_amount? year_purchase_count? year_bought_amount?"
    ),
)
