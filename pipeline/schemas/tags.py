"""Tags and what they rest on: habits of each customer, preferences, channels, and how complete the records are.

`customer_habits` is the one table that tag conditions are written over. It holds only customers who may be profiled
(no refusal, no minor); shares and ranks in it are computed among all customers. Amounts and counts of "the window"
are those of the last `tagging.window_days` days; "kept lines" are lines of goods in purchases with net_amount > 0.
"""

from pipeline.schemas import facts, identity, scores
from pipeline.schemas.columns import (
    DATE,
    MONEY,
    RATIO,
    TEXT,
    TRUTH,
    WHOLE,
    ColumnSpec,
    define,
    define_count,
    define_enum,
    define_one,
)
from pipeline.schemas.tables import define_table

__all__ = ["COMPLETENESS_FIELDS", "DIMENSIONS", "PREFERENCE_SOURCES", "facts", "identity", "scores"]

DIMENSIONS = ("category", "brand", "style", "recent_category", "service")
PREFERENCE_SOURCES = ("response", "purchases")
COVERAGE_KINDS = ("tag", "data")
COMPLETENESS_FIELDS = (
    "name", "phone", "email", "wechat", "gender", "birthday", "city", "acquisition_channel", "home_store",
    "consent_known", "consent_granted", "purchase",
)  # fmt: skip

define(
    DATE,
    first_sold_on="First day on which anybody bought the product.",
    new_from_on="First day on which the product counts as new; null = not known to be new.",
    last_cart_on="Day of the last cart event that no purchase followed.",
    last_unpaid_on="Day of the last unpaid order that no purchase followed.",
    last_complaint_on="Day of the last complaint.",
    valid_from_on="as_of of the first published night of the current unbroken run of this tag and value.",
    expires_on="First day on which the tag should no longer be relied on.",
)
define(
    MONEY,
    habit_spend_amount="net_amount of kept lines in the window.",
    discounted_spend_amount="net_amount of kept lines in the window with a discount.",
    given_discount_amount="Discounts on kept lines in the window, at most the list amount of each.",
    habit_list_amount="List amount of kept lines in the window; paid and discount where the export has none.",
    average_order_amount="net_amount per purchase in the window.",
    year_spend_amount="net_amount of purchases of the last 12 months.",
    preference_spend_amount="net_amount behind the preference, in the window.",
)
define(
    RATIO,
    frequency_rank_rate="Share of buyers with strictly fewer purchases.",
    basket_rank_rate="Share of buyers in the window whose average purchase is strictly smaller.",
    discount_rank_rate="Share of buyers with enough purchases in the window whose mean discount is strictly smaller.",
    discounted_spend_rate="discounted_spend_amount per habit_spend_amount.",
    mean_discount_rate="given_discount_amount per habit_list_amount.",
    gift_order_rate="Share of purchases in the window that are gifts.",
    coupon_order_rate="Share of purchases in the window with a coupon.",
    night_order_rate="Share of purchases with a time of day that were made at night.",
    weekend_order_rate="Share of purchases in the window made on a Saturday or Sunday.",
    returned_order_rate="Share of paid orders in the window with money given back.",
    preference_rate="Share of the customer's own spend (services and recent categories: of their number).",
    preference_lift="preference_rate per share of the same value among all customers.",
    preferred_category_rate="Share of preferred_category in the customer's spend in known categories.",
    preferred_category_lift="That share per share of the category among all customers.",
    preferred_brand_rate="Share of preferred_brand in the customer's spend on known brands.",
    preferred_brand_lift="That share per share of the brand among all customers.",
    preferred_style_rate="Share of preferred_style in the customer's spend on named products.",
    preferred_style_lift="That share per share of the style among all customers.",
    customer_rate="customer_count per customers of the table.",
    revenue_rate="Their share of net_amount of all purchases of known customers.",
    filled_rate="filled per customers.",
)
define_count(
    habit_line_count="Kept lines in the window.",
    habit_order_count="Purchases in the window.",
    new_product_order_count="Purchases in the window with a product that was new on that day.",
    habit_channel_count="Different channels of purchases in the window.",
    store_order_count="Purchases in the window in a channel of kpis.store_channels.",
    online_order_count="Purchases in the window in any other channel.",
    gift_order_count="Purchases in the window that are gifts.",
    coupon_order_count="Purchases in the window with a coupon.",
    timed_order_count="Purchases in the window with a time of day other than midnight.",
    night_order_count="Of these, those made at night.",
    weekend_order_count="Purchases in the window on a Saturday or Sunday.",
    paid_order_count="Paid orders in the window, fully returned ones included.",
    returned_order_count="Of these, those with money given back.",
    year_order_count="Purchases of the last 12 months.",
    unpaid_sku_count="Products put into a cart in the last tagging.cart_days days and not bought on that day or later.",
    view_count="Product views in the last tagging.browsing_days days.",
    favourite_count="Products marked as favourite in the last tagging.browsing_days days.",
    share_count="Products shared in the window.",
    ticket_count="Service tickets in the window.",
    complaint_count="Complaints in the last tagging.complaint_days days: by reason, or rated badly.",
    preferred_category_line_count="Kept lines of preferred_category in the window.",
    preferred_brand_line_count="Kept lines of preferred_brand in the window.",
    preferred_style_line_count="Kept lines of preferred_style in the window.",
    recent_category_order_count="Purchases with recent_category in the last tagging.affinity_days days.",
    preferred_service_count="Tickets and service lines that name preferred_service, in the window.",
    preference_count="Lines (recent_category: purchases; service: tickets and lines) behind the preference.",
    preference_place="1 = the strongest preference of this dimension.",
    expires_days="Days after which the tag should no longer be relied on.",
    customer_count="Customers.",
    known_customer_count="Customers of whom the field is known.",
)
define(
    TEXT,
    preferred_category="Category with the largest share of spend, if large and unusual enough; null = none.",
    preferred_brand="Brand with the largest share of spend, if large and unusual enough; null = none.",
    preferred_style="Style (tagging.styles) with the largest share of spend, if large and unusual enough.",
    recent_category="Category bought most often in the last tagging.affinity_days days, if often enough.",
    preferred_service="Service (tagging.services) named most often, if often enough.",
    preference="The preferred value: name of the category, brand, style or service.",
    style="Name of a style of tagging.styles.",
    tag="Name of the tag.",
    tag_value="What of it: the category, brand, age band …; `true` where the tag says it all.",
    tag_label="Label in the language of the settings.",
    label_zh="Label in Chinese.",
    label_en="Label in English.",
    tag_definition="Condition over the columns of customer_habits, thresholds filled in.",
    tag_thresholds="Settings behind the columns of the condition, with their values; empty = none.",
    tag_evidence="What the tag rests on, in words and numbers; no personal data.",
    rule_version="Number of the rule and hash of its condition, thresholds, value and expiry.",
    covered="Name of the tag, or of the kind of data.",
    completeness_store_id="home_store_id; `*` = all customers, `-` = customers without a store.",
)
define(
    TRUTH,
    has_wechat="Known under a WeChat identity: unionid, openid or external_userid.",
    is_referred="acquisition_channel holds a word of tagging.referral_words.",
    **{
        f"has_{field}": "Whether this is known of the customer (see data_completeness)."
        for field in COMPLETENESS_FIELDS
        if field != "wechat"
    },
)
define_one(ColumnSpec("age_years", WHOLE, "as_of's year less the reported year of birth.", minimum=0))
define_enum("guide_stage", "Stage under the lifecycle profile guide.", *scores.GUIDE_STAGES)
define_enum("active_stage", "Stage under the lifecycle profile active.", *scores.ACTIVE_STAGES)
define_enum("dimension", "What the preference is about.", *DIMENSIONS)
define_enum("preferred_channel_source", "response: best answered; purchases: most purchases.", *PREFERENCE_SOURCES)
define_enum("coverage_kind", "tag: customers with the tag; data: customers of whom it is known.", *COVERAGE_KINDS)
define_enum("completeness_field", "What should be known of each customer.", *COMPLETENESS_FIELDS)

define_table(
    "product_traits",
    "scores",
    "One row per product sold: its brand and the day from which it counts as new.",
    key="sku",
    columns="sku brand? launched_on? first_sold_on new_from_on?",
)
define_table(
    "product_styles",
    "scores",
    "One row per product name and style whose keyword it holds.",
    key="product_name style",
    columns="product_name style",
)
define_table(
    "line_habits",
    "scores",
    "One row per customer with a kept line in the window: what they spend on.",
    key="customer_id",
    columns=(
        "customer_id habit_line_count habit_spend_amount discounted_spend_amount given_discount_amount"
        " habit_list_amount new_product_order_count"
    ),
)
define_table(
    "order_habits",
    "scores",
    "One row per customer with an order in the window: where, when and how they buy.",
    key="customer_id",
    columns=(
        "customer_id habit_order_count habit_channel_count store_order_count online_order_count gift_order_count"
        " coupon_order_count timed_order_count night_order_count weekend_order_count paid_order_count"
        " returned_order_count year_order_count year_spend_amount average_order_amount? last_unpaid_on?"
    ),
)
define_table(
    "interest_habits",
    "scores",
    "One row per customer with a visit, cart or other event of late: what they look at and leave.",
    key="customer_id",
    columns="customer_id view_count favourite_count share_count unpaid_sku_count last_cart_on?",
)
define_table(
    "customer_preferences",
    "scores",
    "One row per customer, dimension and value that is a large and unusual part of what they buy or ask for.",
    key="customer_id dimension preference",
    columns=(
        "customer_id dimension preference preference_place preference_count preference_spend_amount? preference_rate?"
        " preference_lift?"
    ),
)
PREFERENCE_COLUMNS = " ".join(
    f"preferred_{what}? preferred_{what}_line_count preferred_{what}_rate? preferred_{what}_lift?"
    for what in ("category", "brand", "style")
)
define_table(
    "customer_habits",
    "scores",
    "One row per customer who may be profiled: everything that tags are made of.",
    key="customer_id",
    columns=(
        "customer_id gender? age_band? age_years? province? city? is_member has_wechat registered_on? home_store_id?"
        " acquisition_channel? is_referred first_order_on? last_order_on? recency_days? order_count net_amount"
        " orders_30d_count orders_60d_count orders_90d_count r_score? f_score? m_score? c_score? rfm_class?"
        " rfrc_class? lifecycle_stage=guide_stage activity_stage=active_stage delivered_count response_count"
        " response_rate? frequency_rank_rate? habit_order_count habit_line_count habit_spend_amount"
        " discounted_spend_amount discounted_spend_rate? given_discount_amount habit_list_amount mean_discount_rate?"
        " discount_rank_rate? average_order_amount? basket_rank_rate? year_order_count year_spend_amount"
        " new_product_order_count habit_channel_count store_order_count online_order_count gift_order_count"
        " gift_order_rate? coupon_order_count coupon_order_rate? timed_order_count night_order_count"
        " night_order_rate? weekend_order_count weekend_order_rate? paid_order_count returned_order_count"
        " returned_order_rate? last_unpaid_on? unpaid_sku_count last_cart_on? view_count favourite_count share_count"
        " ticket_count complaint_count last_complaint_on?"
        f" {PREFERENCE_COLUMNS} recent_category? recent_category_order_count preferred_service?"
        " preferred_service_count"
    ),
    published=True,
)
define_table(
    "tag_definitions",
    "scores",
    "One row per tag: its labels, its condition and its version.",
    key="tag",
    columns=(
        "tag label=tag_label label_zh label_en definition=tag_definition thresholds=tag_thresholds rule_version"
        " expires_days"
    ),
    published=True,
)
define_table(
    "customer_tags",
    "scores",
    "One row per customer and tag that is true of them on as_of.",
    key="customer_id tag",
    columns="customer_id tag value=tag_value evidence=tag_evidence rule_version valid_from_on expires_on",
    published=True,
)
define_table(
    "customer_completeness",
    "kpis",
    "One row per customer: which data are known of them.",
    key="customer_id",
    columns=f"customer_id store_id {' '.join(f'has_{field}' for field in COMPLETENESS_FIELDS)}",
)
define_table(
    "data_completeness",
    "kpis",
    "One row per store and field: of how many customers it is known.",
    key="store_id field",
    columns=(
        "store_id=completeness_store_id field=completeness_field customers=customer_count filled=known_customer_count"
        " rate=filled_rate"
    ),
    published=True,
)
define_table(
    "tag_coverage",
    "kpis",
    "One row per tag, and per kind of data: how many customers, and how much of the revenue, it covers.",
    key="coverage_kind tag",
    columns="coverage_kind tag=covered customers=customer_count share=customer_rate revenue_share=revenue_rate",
    published=True,
)
