"""Figures of the whole shop: additive ones by day, store and channel, and the night's with their changes."""

import polars as pl

from pipeline.schemas import facts, stages, tags
from pipeline.schemas.columns import DATE, MONEY, RATIO, TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["NOWHERE", "PERIODS", "SCOPES", "UNITS", "facts", "stages", "tags"]

NOWHERE = "-"
"""Store of orders that name none, so that keys are never null."""
SCOPES = ("total", "channel", "store")
PERIODS = ("day", "month", "window", "state")
UNITS = ("amount", "count", "rate", "score", "points")

define(
    DATE,
    sold_on="Day of the purchases.",
    target_on="Day of the target.",
    compared_on="Last day that previous_value knows of.",
    from_on="First day of the period.",
    until_on="Last day of the period.",
)
define(
    TEXT,
    scope_value="all, the channel or the store; - = orders that name no store.",
    kpi_metric="Name of the figure; kpi_definitions tells it in words.",
)
define(
    TRUTH,
    is_online="The channel is none of kpis.store_channels.",
    is_now="The period that ends on as_of; false: the one it is compared with.",
)
define(
    MONEY,
    member_net_amount="net_amount of customers with a member number.",
    target_amount="Net sales to reach.",
)
define(
    pl.Decimal(20, 6),
    kpi_value="The figure: money, a count, a share 0..1, a score or points, as unit says.",
    previous_value="The same figure of the period it is compared with.",
    change_value="kpi_value - previous_value, in the unit of the figure.",
    change_points="Change of a share in percentage points: 100 times change_value; null for other units.",
    change_rate="Relative change: change_value ÷ previous_value; null where that is 0.",
    target_value="What the figure was to reach.",
    attainment_rate="kpi_value ÷ target_value.",
)
define_count(
    anonymous_order_count="Purchases without a known customer.",
    member_order_count="Purchases of customers with a member number.",
    daily_new_customer_count="Customers whose first purchase of all it is; each counts in one row.",
    returning_order_count="Purchases of customers who had bought before.",
    kpi_window_days="Days that the figure looks at; null for the month to date and for what has no window.",
)
define_count(
    dormant_contact_count="Customers who were dormant when they were contacted and whose window is over.",
    woken_contact_count="Of these, who bought within kpis.wake_up_days days.",
    dormant_control_count="Customers who were dormant when they were held out and whose window is over.",
    woken_control_count="Of these, who bought within kpis.wake_up_days days.",
    pending_count="Dormant customers, contacted or held out, whose window is not over yet.",
)
define(TEXT, wake_up_campaign="Campaign that reached dormant customers; * = all together.")
define(
    RATIO,
    wake_up_rate="Wake-up rate: woken_contact_count ÷ dormant_contact_count.",
    control_wake_up_rate="Who woke up by themselves: woken_control_count ÷ dormant_control_count.",
    wake_up_lift_rate="wake_up_rate - control_wake_up_rate: what the messages did; null without a hold-out.",
)
define_enum("kpi_scope", "What the figure is of: the whole shop, a channel or a store.", *SCOPES)
define_enum("kpi_period", "day; month (to date); window (last days); state (as it is on as_of).", *PERIODS)
define_enum("kpi_unit", "amount of money, count, rate (share 0..1), score or points.", *UNITS)

define_table(
    "sales_targets",
    "kpis",
    "One row per day and scope with a sales target: the month's shared out evenly, single days as given.",
    key="target_on scope scope_value",
    columns="target_on scope=kpi_scope scope_value target_amount",
    published=True,
)
define_table(
    "daily_kpis",
    "kpis",
    "One row per day, store and channel with a purchase; every column adds up over rows.",
    key="sold_on store_id channel",
    columns=(
        "sold_on store_id channel is_online order_count anonymous_order_count member_order_count"
        " new_customer_count=daily_new_customer_count returning_order_count quantity paid_amount refund_amount"
        " net_amount member_net_amount"
    ),
    published=True,
)
define_table(
    "kpi_periods",
    "kpis",
    "One row per period of the figures, tonight's and the one it is compared with.",
    key="period is_now",
    columns="period=kpi_period is_now from_on until_on window_days=kpi_window_days?",
)
FIGURE = "period=kpi_period scope=kpi_scope scope_value metric=kpi_metric unit=kpi_unit window_days=kpi_window_days?"
COMPARED = "kpi_value? compared_on? previous_value?"
define_table(
    "sales_figures",
    "kpis",
    "One row per period, scope and metric of trade: tonight's figure and the one it is compared with.",
    key="period scope scope_value metric",
    columns=f"{FIGURE} {COMPARED} target_value?",
)
define_table(
    "buyer_figures",
    "kpis",
    "One row per scope and metric of buyers: repurchase, churn, active and dormant, now and before.",
    key="period scope scope_value metric",
    columns=f"{FIGURE} {COMPARED}",
)
define_table(
    "service_figures",
    "kpis",
    "One row per period and metric of service tickets, now and before.",
    key="period scope scope_value metric",
    columns=f"{FIGURE} {COMPARED}",
)
define_table(
    "member_figures",
    "kpis",
    "One row per scope and metric of members: what is known of them, and what their points are worth.",
    key="period scope scope_value metric",
    columns=f"{FIGURE} kpi_value?",
)
define_table(
    "segment_figures",
    "kpis",
    "One row per metric that counts the members of a segment.",
    key="period scope scope_value metric",
    columns=f"{FIGURE} kpi_value?",
)
define_table(
    "wake_up_results",
    "kpis",
    "One row per campaign that was meant for dormant customers, and one (*) for all: how many of them woke up.",
    key="campaign_id",
    columns=(
        "campaign_id=wake_up_campaign campaign_name? dormant_contact_count woken_contact_count wake_up_rate?"
        " dormant_control_count woken_control_count control_wake_up_rate? wake_up_lift_rate? pending_count"
    ),
    published=True,
)
define_table(
    "kpi_definitions",
    "kpis",
    "One row per metric of kpi_summary: what it is called and what it is made of.",
    key="metric",
    columns="metric=kpi_metric label_zh label_en rule_zh rule_en",
    published=True,
)
define_table(
    "kpi_summary",
    "kpis",
    "One row per night, period, scope and metric: the figure, what it is compared with, the change, the target.",
    key="as_of period scope scope_value metric",
    columns=f"as_of {FIGURE} {COMPARED} change_value? change_points? change_rate? target_value? attainment_rate?",
    published=True,
)
