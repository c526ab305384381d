"""Lifetime value: what each customer brought, what they are expected to bring, and how good such forecasts were.

The 12 months are `ltv.horizon_months`, from the day after as_of.
"""

from pipeline.schemas import facts, features
from pipeline.schemas.columns import DATE, MONEY, RATIO, TEXT, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["LTV_ABSTENTIONS", "facts", "features"]

LTV_ABSTENTIONS = ("opted_out", "minor", "too_little_data")

define(
    RATIO,
    day_spend_fen="Mean net amount of a day with a purchase, in fen.",
    expected_orders_12m="Purchases expected in the next 12 months; null = abstained.",
    lifetime_factor="What one unit of money of the next 12 months stands for over ltv.lifetime_years, discounted.",
    lifetime_metric_value="Value of the measure or parameter.",
    lifetime_baseline_value="The same measure of MBG/NBD with Gamma-Gamma; null = not compared.",
)
define(
    MONEY,
    historic_revenue_amount="Net amount of all purchases so far.",
    historic_margin_amount="Margin of all purchases so far; null = costs unknown.",
    expected_revenue_12m_amount="Net amount expected in the next 12 months; null = abstained.",
    expected_margin_12m_amount="Margin expected in the next 12 months; null = abstained or costs unknown.",
    revenue_12m_low_amount="Lower end of the 80 % interval; null = abstained or never tested.",
    revenue_12m_high_amount="Upper end of the 80 % interval, 0 where most such stay away; null = abstained, untested.",
    discounted_ltv_amount="Margin (ltv_basis revenue: net amount) of the next ltv.lifetime_years, discounted.",
)
define(
    TEXT,
    method="Candidate published and how it was tested: mean_held_out_time, btyd_young_shop (not tested).",
    lifetime_model="Model or candidate.",
    lifetime_metric="Measure or parameter.",
)
define(DATE, lifetime_trained_on="as_of of the night that trained it.", cohort_on="First day of the month.")
define_enum("ltv_basis", "What discounted_ltv_amount counts; null = abstained.", "margin", "revenue")
define_enum("ltv_abstained_because", "Why there is no forecast; null = there is one.", *LTV_ABSTENTIONS)
define_count(
    customer_count="Customers.",
    forecast_customer_count="Customers with a forecast.",
    lifetime_sample_count="Customers that the value is of.",
)

define_table(
    "purchase_summaries",
    "predictions",
    "One row per buyer: how often, how long and how dearly they bought up to as_of.",
    key="customer_id",
    columns=(
        "customer_id repeat_count span_days known_days=buyer_known_days log_gap_sum purchase_count bought_amount"
        " day_spend_fen"
    ),
)
define_table(
    "lifetime_forecasts",
    "predictions",
    "One row per buyer, none for a shop with too little to learn from: orders and money expected in 12 months.",
    key="customer_id",
    columns=(
        "customer_id expected_orders_12m expected_revenue_12m_amount revenue_12m_low_amount? revenue_12m_high_amount?"
        " lifetime_factor method"
    ),
)
define_table(
    "lifetime_values",
    "predictions",
    "One row per customer with a purchase: what they brought, and what they are expected to bring.",
    key="customer_id",
    columns=(
        "customer_id first_order_on historic_revenue_amount historic_margin_amount? expected_orders_12m?"
        " expected_revenue_12m_amount? expected_margin_12m_amount? revenue_12m_low_amount? revenue_12m_high_amount?"
        " discounted_ltv_amount? ltv_basis? method? abstained_because=ltv_abstained_because?"
    ),
    published=True,
)
define_table(
    "lifetime_cohorts",
    "predictions",
    "One row per month of first purchase: what its customers brought and are expected to bring.",
    key="cohort_on",
    columns=(
        "cohort_on customer_count forecast_customer_count historic_revenue_amount historic_margin_amount?"
        " expected_revenue_12m_amount expected_margin_12m_amount? discounted_ltv_amount"
    ),
    published=True,
)
define_table(
    "lifetime_reports",
    "predictions",
    "One row per model of lifetime value and measure.",
    key="model metric",
    columns=(
        "model=lifetime_model trained_on=lifetime_trained_on metric=lifetime_metric value=lifetime_metric_value"
        " baseline_value=lifetime_baseline_value? sample_count=lifetime_sample_count"
    ),
)
