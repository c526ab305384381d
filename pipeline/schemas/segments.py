"""The segments layer: one row per customer with everything current, who is in which segment, and who moved."""

from pipeline.schemas import (
    acquisition,
    cycles,
    identity,
    lifetime,
    membership,
    portraits,
    predictions,
    raw,
    rfm,
    scores,
    stages,
    tags,
)
from pipeline.schemas.columns import DATE, TEXT, TRUTH, define, define_enum
from pipeline.schemas.tables import define_table

__all__ = [
    "CHANGES",
    "acquisition",
    "cycles",
    "identity",
    "lifetime",
    "membership",
    "portraits",
    "predictions",
    "raw",
    "rfm",
    "scores",
    "stages",
    "tags",
]

CHANGES = ("entered", "left")
CONSENTS = ("granted", "withdrawn", "unknown")

define(
    TEXT,
    segment="Name of the segment.",
    label="Label of the segment in the language of the settings.",
    definition="Condition over the columns of customers, thresholds filled in.",
    segment_version="Hash of the condition.",
    tags="All tags, each between commas: ,vip,high_frequency, – so that like '%,vip,%' finds one.",
    own_stages="Stages under the retailer's own profiles, each between commas: ,by_month:dormant, – as tags are.",
    customer_rfm_group="Group of the classic grouping of scores (champions, loyal, at_risk …).",
    shopify_group="Group of the Shopify-style grouping of scores.",
    klaviyo_group="Group of the Klaviyo-style grouping of scores.",
    age_band_source="Source of the birth year, or imputed.",
    churn_reason="What speaks most for or against churn, in words: reason_1 of churn_scores.",
)
define(TRUTH, is_order_due="Whether an order is due in any category.")
define(
    DATE,
    next_order_expected_on="First day on which an order is expected in any category.",
    entered_on="as_of of the first published night of the current unbroken membership.",
    history_starts_on="Day of the first order known of this retailer.",
)
define_enum("lifecycle_stage", "Stage under the lifecycle profile guide.", *scores.GUIDE_STAGES)
for _channel in raw.CONSENT_CHANNELS:
    define_enum(f"{_channel}_consent", f"Consent to marketing by {_channel}; unknown counts as no.", *CONSENTS)
define_enum("activity_stage", "Stage under the lifecycle profile active.", *scores.ACTIVE_STAGES)
define_enum("funnel_stage", "Stage under the lifecycle profile funnel; null = switched off.", *scores.FUNNEL_STAGES)
define_enum("own_cycle_stage", "Stage under the profile own_cycle; null = switched off.", *scores.CYCLE_STAGES)
define_enum("change", "entered or left.", *CHANGES)

define_table(
    "customers",
    "segments",
    "One row per person: everything current.",
    key="customer_id",
    columns=(
        "customer_id name_masked? phone_masked? email_masked? gender? gender_source? birth_year? birth_year_source?"
        " age_band? age_band_source? province? city? city_source? is_member registered_on? home_store_id?"
        " acquisition_channel? profiling_opt_out is_minor profile_count preferred_channel=best_channel?"
        " preferred_channel_source? preferred_contact_channel? preferred_purchase_channel? first_order_on?"
        " last_order_on? order_count net_amount recency_days? frequency monetary_amount orders_30d_count"
        " orders_60d_count orders_90d_count response_rate? r_score? f_score? m_score? c_score? rfm_class? rfrc_class?"
        " rfm_group=customer_rfm_group? shopify_group? klaviyo_group?"
        " lifecycle_stage activity_stage funnel_stage? own_cycle_stage? own_stages? tier?"
        " earned_tier? reported_tier=membership_reported_tier? spend_12m_amount? next_tier? amount_to_next_tier?"
        " points_balance=membership_points_balance? points_liability_amount? ledger_difference?"
        " churn_probability? alive_probability? risk_level? churn_reason?"
        " historic_revenue_amount? historic_margin_amount? expected_orders_12m? expected_revenue_12m_amount?"
        " expected_margin_12m_amount? revenue_12m_low_amount? revenue_12m_high_amount? discounted_ltv_amount?"
        " acquired_channel? is_worth_contacting? next_order_expected_on? is_order_due? tags? preferred_category?"
        " sms_consent? email_consent? wecom_consent? ads_consent?"
        " history_starts_on?"
    ),
    published=True,
)
define_table(
    "segment_definitions",
    "segments",
    "One row per segment: its condition and label.",
    key="segment",
    columns="segment label label_zh label_en definition rule_version=segment_version",
    published=True,
)
define_table(
    "segment_members",
    "segments",
    "One row per segment and member.",
    key="segment customer_id",
    columns="segment customer_id entered_on",
    published=True,
)
define_table(
    "segment_changes",
    "segments",
    "One row per customer who entered or left a segment since the last published night.",
    key="as_of segment customer_id",
    columns="as_of segment customer_id change reason",
    published=True,
)
