"""The raw and clean layers: what the readers make of landing files, typed, one table per kind of source.

`raw_<x>` holds every accepted row of every file ever taken; `clean_<x>` has the same columns and only the rows
that count tonight: one version per (source, row_key), nothing after as_of. Both hold personal data and are
never published.
"""

import polars as pl

from pipeline.schemas.columns import (
    DATE,
    FINE,
    MOMENT,
    MONEY,
    TEXT,
    TRUTH,
    WHOLE,
    define,
    define_count,
    define_enum,
)
from pipeline.schemas.tables import define_table

ORDER_STATUSES = ("created", "paid", "shipped", "completed", "refunded", "cancelled", "trial")
LINE_KINDS = ("goods", "service", "adjustment")
EVENT_TYPES = ("view", "cart", "favourite", "search", "share")
CONSENT_CHANNELS = ("sms", "email", "wecom", "ads")
CONSENT_STATES = ("granted", "withdrawn")
GENDERS = ("female", "male")
REFUND_STATUSES = ("success", "open", "closed")

define(
    TEXT,
    source="Name of the source in settings.yaml that the row came from.",
    row_key="Business key of the row within its source, or its content and ordinal where the export has no key.",
    file_sha="SHA-256 of the landing file.",
    profile_key="First present buyer key; private ones as keyed hash (pipeline.clean.keys). Null = anonymous.",
    member_no="Member card or account number of the retailer.",
    phone="Mobile number of the buyer, normalised; masked, virtual and placeholder numbers are null.",
    phone_shown="What a masked number of the buyer shows: 138****5678. Evidence, never a key.",
    receiver_phone_shown="What a masked number of the receiver shows: 138****5678. Evidence, never a key.",
    email="E-mail of the buyer, trimmed and lower case.",
    unionid="WeChat unionid: one person within one open-platform account.",
    openid="WeChat openid: one person within one app.",
    platform_user_id="Account of the buyer on the platform of this source.",
    external_userid="WeCom external contact id.",
    buyer_name="Name of the buyer as given, trimmed.",
    receiver_name="Name of the receiver of the parcel.",
    receiver_phone="Mobile number of the receiver, normalised; never the buyer's own.",
    name="Name of the member, trimmed; masked names stay masked.",
    province="Province, normalised to its short official name.",
    city="City.",
    district="District or county.",
    order_id="Order number within its source.",
    line_id="Line number within its order.",
    store_id="Store where it happened; the source's store_id where the export names none.",
    store_name="Name of the store.",
    channel="Where it happened: pos, tmall, jd, pinduoduo, douyin, weixin_shop, shopify, web …",
    sku="Stock keeping unit as the source writes it.",
    product_name="Name of the product.",
    category="Category of the product.",
    payment_method="How it was paid.",
    coupon_code="Coupon or discount code.",
    campaign_id="Campaign that the row belongs to.",
    currency="ISO 4217 code of the amounts as exported.",
    remark="Remark on the order (kept for exclusion rules only).",
    original_order_id="Order that a return names as its original.",
    refund_id="Number of the refund.",
    reason="Reason as the source words it.",
    reported_tier="Tier as the source reports it.",
    acquisition_channel="Self-reported channel through which the member came.",
    member_status="State of the membership as the source words it.",
    brand="Brand.",
    keyword="Search words.",
    referrer="Where the visit came from.",
    campaign_name="Name of the campaign.",
    purpose="Purpose of the consent.",
    consent_source="Where the consent was given.",
    ticket_id="Number of the service ticket.",
)
define(
    DATE,
    event_on="Local day of the event; null for undated state. Rows after as_of are left for a later night.",
    birth_date="Date of birth; placeholder dates are null.",
    launched_on="First day on sale.",
    started_on="First day.",
    ended_on="Last day.",
    spent_on="Day of the spend.",
    rate_on="Day of the exchange rate.",
    counted_on="Day of the stock count.",
    registered_on="Day of registration.",
)
define(
    MOMENT,
    ordered_at="When the order was placed.",
    paid_at="When it was paid.",
    refunded_at="When the refund was made.",
    event_at="When the event happened.",
    sent_at="When the message was sent.",
    delivered_at="When the message was delivered.",
    opened_at="When it was opened: the message by its reader, the ticket by the customer.",
    clicked_at="When a link in the message was clicked.",
    responded_at="When the customer responded.",
    consented_at="When the consent flags of the member row were given.",
    changed_at="When the change took effect.",
    first_response_at="When the first answer was given.",
    closed_at="When it was closed.",
)
define(
    MONEY,
    amount="Money of the row for reconciliation, in the currency of the export.",
    list_amount="List price times quantity.",
    discount_amount="Discounts given.",
    paid_amount="What the customer paid, shipping and tax included, platform subsidies excluded; negative = return.",
    refund_amount="Money given back.",
    settled_amount="What the seller received.",
    shipping_amount="Shipping paid by the customer, part of paid_amount.",
    cost_amount="Cost of the campaign.",
    spend_amount="Marketing money spent.",
)
define(
    FINE,
    quantity="Pieces; negative = returned.",
    unit_price="Price of one piece.",
    unit_cost="Cost of one piece.",
    list_price="List price of one piece.",
    points="Points added, or taken where negative.",
    points_balance="Points balance as the source reports it.",
    on_hand="Pieces on hand.",
    duration_seconds="Seconds spent.",
)
define(pl.Decimal(18, 8), rate="Units of the retailer's currency per 1 unit.")
define(
    TRUTH,
    is_gift="Payer and receiver are different people by declaration.",
    is_test="A test store; its orders never count.",
    is_control="Held out of the campaign on purpose.",
    has_delivery_column="The export has a column for delivery, so an empty delivered_at means not delivered.",
    profiling_opt_out="The member refused profiling.",
    consent_sms="Consent to SMS marketing as the member row tells; null = unknown.",
    consent_email="Consent to e-mail marketing as the member row tells; null = unknown.",
    consent_wecom="Consent to WeCom messages as the member row tells; null = unknown.",
    consent_ads="Consent to ad audiences as the member row tells; null = unknown.",
)
define_count(
    row_number="1-based number of the record in its file, header counted.",
    version_rank="Progress of the state (paid before completed …): the further one wins within a day.",
    filled_count="Cells that are not empty: the fuller version wins.",
)
define(WHOLE, satisfaction_score="1 (bad) to 5 (good).")
define_enum("status", "State of the order in canonical words; null where the export has none.", *ORDER_STATUSES)
define_enum("line_kind", "goods; service (shipping, wrapping); adjustment (book entry, no trade).", *LINE_KINDS)
define_enum("event_type", "What happened.", *EVENT_TYPES)
define_enum("consent_channel", "Channel of the consent.", *CONSENT_CHANNELS)
define_enum("consent_state", "Granted or withdrawn.", *CONSENT_STATES)
define_enum("gender", "female or male; null = unknown.", *GENDERS)
define_enum("refund_status", "Only successful refunds count.", *REFUND_STATUSES)

PROVENANCE = "source row_key file_sha row_number event_on? version_rank filled_count amount"
BUYER = "profile_key? member_no? phone? email? unionid? openid? platform_user_id? external_userid?"
PARTIES = "buyer_name? phone_shown? receiver_name? receiver_phone? receiver_phone_shown? province? city? district?"
ORDER_MONEY = "currency list_amount? discount_amount? paid_amount? refund_amount? settled_amount? shipping_amount?"
ORDER_FACTS = "paid_at? status? store_id? store_name? channel payment_method? coupon_code? campaign_id? is_gift"
LINE_FACTS = "sku? product_name? category? quantity? unit_price? line_kind"

RAW_TABLES: dict[str, tuple[str, str]] = {
    "order_heads": (
        "order of a report that tells whole orders (grain: order)",
        f"order_id ordered_at {ORDER_FACTS} {LINE_FACTS} {ORDER_MONEY} original_order_id? remark? {BUYER} {PARTIES}",
    ),
    "order_lines": (
        "line of an order; order money is already shared out to the lines",
        (
            f"order_id line_id ordered_at? {ORDER_FACTS} {LINE_FACTS} {ORDER_MONEY} original_order_id? remark? {BUYER}"
            f" {PARTIES}"
        ),
    ),
    "refunds": (
        "refund",
        "refund_id? order_id line_id? refunded_at refund_amount currency reason? refund_status",
    ),
    "members": (
        "member card",
        (
            f"{BUYER} name? phone_shown? gender? birth_date? registered_on? store_id? reported_tier? points_balance?"
            " province? city? district? acquisition_channel? member_status? consent_sms? consent_email?"
            " consent_wecom? consent_ads? consented_at? profiling_opt_out?"
        ),
    ),
    "products": ("product", "sku product_name? category? brand? unit_cost? list_price? launched_on?"),
    "stores": ("store", "store_id store_name? province? city? is_test"),
    "events": (
        "visit, cart, search or other event",
        f"event_at event_type {BUYER} sku? keyword? duration_seconds? referrer?",
    ),
    "campaigns": ("campaign", "campaign_id campaign_name? channel? started_on? ended_on? cost_amount?"),
    "campaign_contacts": (
        "message to one person",
        (
            f"campaign_id {BUYER} sent_at is_control has_delivery_column delivered_at? opened_at? clicked_at?"
            " responded_at?"
        ),
    ),
    "marketing_spend": ("day, channel and campaign", "spent_on channel campaign_id? spend_amount currency"),
    "fx_rates": ("day and currency", "rate_on currency rate"),
    "consents": (
        "change of a consent",
        f"{BUYER} consent_channel purpose? consent_state changed_at consent_source?",
    ),
    "tickets": (
        "service ticket",
        f"ticket_id opened_at channel? reason? order_id? {BUYER} first_response_at? closed_at? satisfaction_score?",
    ),
    "points": ("movement of points", f"{BUYER} changed_at points reason?"),
    "stock": ("count of one sku in one store", "sku store_id? on_hand counted_on"),
}
"""Raw table (without its `raw_` prefix): what one row is, and its columns after the provenance."""

for _name, (_row, _columns) in RAW_TABLES.items():
    define_table(
        f"raw_{_name}",
        "raw",
        f"One row per accepted record of every file taken: {_row}.",
        key="source file_sha row_number",
        columns=f"{PROVENANCE} {_columns}",
    )
    define_table(
        f"clean_{_name}",
        "clean",
        f"One row per {_row}, as known on as_of.",
        key="source row_key",
        columns=f"{PROVENANCE} {_columns}",
    )
