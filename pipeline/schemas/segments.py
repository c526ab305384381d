"""The segments layer: one row per customer with everything current, who is in which segment, and who moved."""

from pipeline.schemas import identity, scores
from pipeline.schemas.columns import DATE, TEXT, define, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["CHANGES", "identity", "scores"]

CHANGES = ("entered", "left")

define(
    TEXT,
    segment="Name of the segment.",
    label="Label of the segment in the language of the settings.",
    definition="Condition over the columns of customers.",
    preferred_channel="Channel of most purchases; ties to the most recent.",
)
define(
    DATE,
    entered_on="as_of of the first published night of the current unbroken membership.",
    history_starts_on="Day of the first order known of this retailer.",
)
define_enum("lifecycle_stage", "Stage under the lifecycle profile guide.", *scores.GUIDE_STAGES)
define_enum("activity_stage", "Stage under the lifecycle profile active.", *scores.ACTIVE_STAGES)
define_enum("change", "entered or left.", *CHANGES)

define_table(
    "customers",
    "segments",
    "One row per person: everything current.",
    key="customer_id",
    columns=(
        "customer_id name_masked? phone_masked? email_masked? gender? gender_source? birth_year? birth_year_source?"
        " age_band? province? city? city_source? is_member registered_on? home_store_id? acquisition_channel?"
        " profiling_opt_out is_minor profile_count preferred_channel? first_order_on? last_order_on? order_count"
        " net_amount recency_days? frequency monetary_amount orders_30d_count orders_60d_count orders_90d_count"
        " response_rate? r_score? f_score? m_score? c_score? rfm_class? rfrc_class? lifecycle_stage"
        " activity_stage history_starts_on?"
    ),
    published=True,
)
define_table(
    "segment_definitions",
    "segments",
    "One row per segment: its condition and label.",
    key="segment",
    columns="segment label definition",
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
