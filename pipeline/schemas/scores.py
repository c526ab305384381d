"""The scores layer: recency, frequency, monetary and response scores, and lifecycle stages."""

from pipeline.schemas import facts
from pipeline.schemas.columns import (
    DATE,
    RATIO,
    TEXT,
    WHOLE,
    ColumnSpec,
    define,
    define_count,
    define_enum,
    define_one,
)
from pipeline.schemas.tables import define_table

__all__ = [
    "ACTIVE_STAGES", "CYCLE_STAGES", "FUNNEL_STAGES", "GUIDE_STAGES", "RFM_CLASSES", "RFRC_CLASSES", "facts",
]  # fmt: skip

RFM_CLASSES = (
    "important_value", "important_develop", "important_keep", "important_win_back",
    "general_value", "general_develop", "general_keep", "general_win_back",
)  # fmt: skip
RFRC_CLASSES = ("loyal_high_value", "at_risk", "low_value", "potential")
GUIDE_STAGES = ("churned", "dormant", "new", "mature", "growing", "regular", "prospect")
ACTIVE_STAGES = ("new", "dormant", "churn_warning", "active", "regular", "prospect")
FUNNEL_STAGES = ("win_back", "wake_up", "repeat", "converted", "activated", "acquired")
CYCLE_STAGES = ("dormant", "overdue", "in_cycle", "prospect")

for _letter, _what in (("r", "Recency"), ("f", "Frequency"), ("m", "Monetary"), ("c", "Response")):
    define_one(
        ColumnSpec(f"{_letter}_score", WHOLE, f"{_what} score, 5 = best; null = not ranked.", minimum=1, maximum=5)
    )
define(RATIO, response_rate="Responses per delivered contact, shrunk to the base rate; null = never contacted.")
define_count(delivered_count="Contacts delivered, without control contacts.", response_count="Contacts answered.")
define_enum("rfm_class", "One of the 8 RFM classes.", *RFM_CLASSES)
define_enum("rfrc_class", "One of the 4 RFRC classes.", *RFRC_CLASSES)
define(
    TEXT,
    profile="Lifecycle profile: guide, active, funnel, own_cycle or one of the retailer's own.",
    stage="Stage of the customer's life under this profile; lifecycle_rules tells them all.",
    matched_stages="All stages whose rule matched, in order of precedence, comma separated.",
    previous_stage="Stage on the last published night before; null = not known then.",
    week_start_stage="Stage on the last published night before this ISO week.",
    month_start_stage="Stage on the last published night before this month.",
)
define(DATE, since_on="as_of of the first published night of the current unbroken run in this stage.")

define_table(
    "response_counts",
    "scores",
    "One row per customer with a delivered contact outside control groups: what the response model learns from.",
    key="customer_id",
    columns="customer_id delivered_count response_count",
)
define_table(
    "response_rates",
    "scores",
    "One row per customer with a delivered contact: how often they answer.",
    key="customer_id",
    columns="customer_id delivered_count response_count response_rate",
)
define_table(
    "rfm_scores",
    "scores",
    "One row per customer with a purchase in the window: recency, frequency, monetary and response scores.",
    key="customer_id",
    columns=(
        "customer_id recency_days frequency monetary_amount response_rate? r_score f_score m_score c_score? rfm_class"
        " rfrc_class"
    ),
    published=True,
)
define_table(
    "lifecycle_stages",
    "scores",
    "One row per customer and lifecycle profile: the stage they are in.",
    key="customer_id profile",
    columns=("customer_id profile stage matched_stages since_on previous_stage? week_start_stage? month_start_stage?"),
    published=True,
)
