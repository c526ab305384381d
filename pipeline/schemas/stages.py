"""Scores layer, stages of life: what the rules look at, the rules in words, and how customers move between stages."""

from pipeline.schemas import rfm
from pipeline.schemas.columns import (
    DATE,
    FINE,
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
from pipeline.schemas.scores import RFM_CLASSES, RFRC_CLASSES
from pipeline.schemas.tables import define_table

__all__ = ["CLASS_KINDS", "NONE", "PERIODS", "rfm"]

NONE = "none"
PERIODS = ("night", "week", "month")
CLASS_KINDS = ("rfm_class", "rfrc_class")

define(
    DATE,
    complaint_on="Day of the last complaint.",
    return_on="Day of the last refund; the order's day where no export tells the day of the refund.",
    activity_on="Day of the last visit, cart, click or answer.",
)
define_count(
    recency_months="Whole calendar months since the last purchase: 1 from the same day of the next month on.",
    gap_count="Gaps between days with a purchase.",
    known_days="Days since registration, else since the first purchase; null = neither.",
    first_order_age_days="Days since the first purchase.",
    open_complaint_age_days="Days since the last complaint, if no purchase followed on a later day.",
    open_return_age_days="Days since the last return, if no purchase followed on a later day.",
    activity_age_days="Days since the last visit, cart, click or answer.",
    earlier_order_count="Purchases before the window that stage churn_warning looks at.",
    flow_customer_count="Customers.",
    confusion_customer_count="Customers in both stages.",
)
define(
    FINE,
    own_gap_days="Median days between two days with a purchase.",
    cycle_days="The customer's cycle: own_gap_days, or that of the population with too few gaps of their own.",
)
define(
    RATIO,
    spend_variation="Population deviation per mean of the spend in the last windows; null unless all have a purchase.",
    stage_rate="Share of the customers in `stage` who are in `other_stage`.",
    other_stage_rate="Share of the customers in `other_stage` who are in `stage`.",
)
define(
    TEXT,
    rule_zh="The rule in Chinese, thresholds filled in.",
    rule_en="The rule in English, thresholds filled in.",
    score="What the rule gives.",
    score_rule_version="Number of the rule and hash of the settings behind it.",
    other_profile="The lifecycle profile it is compared with.",
)
define(
    TRUTH,
    is_buyer="The rule is for customers with a purchase; false: for those without.",
    is_complaint="Complaint: its reason holds a word of complaints.words, or it was rated badly.",
)
define_one(ColumnSpec("precedence", WHOLE, "Place in the order: the first rule that holds wins.", minimum=1))
define(
    TEXT,
    other_stage="Stage under other_profile.",
    from_stage="Stage before; none = not known before.",
    to_stage="Stage tonight; none = the id no longer exists.",
)
define_enum("period", "Since the last published night, or since the last one before this ISO week or month.", *PERIODS)
define_enum("what", "Which class changed.", *CLASS_KINDS)
define_enum("from_class", "Class before; none = no scores before.", NONE, *RFM_CLASSES, *RFRC_CLASSES)
define_enum("to_class", "Class tonight; none = no scores tonight.", NONE, *RFM_CLASSES, *RFRC_CLASSES)

define_table(
    "purchase_gaps",
    "scores",
    "One row per customer who bought on at least two days: how long they stay away.",
    key="customer_id",
    columns="customer_id gap_count own_gap_days",
)
define_table(
    "customer_tickets",
    "scores",
    "One row per service ticket of a known customer: by the key on the ticket, else by the order that it names.",
    key="source row_key",
    columns="source row_key customer_id event_on reason? is_complaint",
)
define_table(
    "customer_signals",
    "scores",
    "One row per customer with a complaint, a return or an activity: the last day of each.",
    key="customer_id",
    columns="customer_id complaint_on? return_on? activity_on?",
)
define_table(
    "stage_features",
    "scores",
    "One row per customer: everything that the rules of the stages look at.",
    key="customer_id",
    columns=(
        "customer_id order_count recency_days? recency_months? known_days? first_order_age_days? orders_30d_count"
        " orders_60d_count orders_90d_count this_month_order_count last_month_order_count growing_order_count"
        " active_order_count warning_order_count earlier_order_count spend_window_count window_spend_fen"
        " window_spend_squares spend_variation? open_complaint_age_days? open_return_age_days? activity_age_days?"
        " gap_count own_gap_days? cycle_days?"
    ),
)
define_table(
    "lifecycle_rules",
    "scores",
    "One row per lifecycle profile, kind of customer and stage: when it is given, in words.",
    key="profile is_buyer stage",
    columns="profile is_buyer stage precedence rule_zh rule_en profile_version",
    published=True,
)
define_table(
    "score_rules",
    "scores",
    "One row per class, tier, kind of points, forecast or preferred channel: what it is made of, in words.",
    key="score",
    columns="score rule_zh rule_en rule_version=score_rule_version",
    published=True,
)
define_table(
    "stage_changes",
    "scores",
    "One row per customer and lifecycle profile whose stage is another than on the last published night, and why.",
    key="as_of customer_id profile",
    columns="as_of customer_id profile from_stage to_stage reason",
    published=True,
)
define_table(
    "class_changes",
    "scores",
    "One row per customer and class that is another than on the last published night, and why.",
    key="as_of customer_id what",
    columns="as_of customer_id what from_class to_class reason",
    published=True,
)
define_table(
    "stage_flow",
    "scores",
    "One row per night, period, lifecycle profile and pair of stages: how many customers went from one to the other."
    " Of every week and month only the last night so far is kept.",
    key="as_of period profile from_stage to_stage",
    columns="as_of period profile from_stage to_stage flow_customer_count",
    published=True,
)
define_table(
    "profile_confusion",
    "scores",
    "One row per pair of stages of two lifecycle profiles that somebody is in: where the profiles agree.",
    key="profile stage other_profile other_stage",
    columns="profile stage other_profile other_stage confusion_customer_count stage_rate other_stage_rate",
    published=True,
)
