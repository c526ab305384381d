"""Acquisition and campaigns: which channel brought whom at what cost, and what campaigns caused."""

from pipeline.schemas import facts, lifetime, scores
from pipeline.schemas.columns import DATE, MONEY, RATIO, TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["ARMS", "ATTRIBUTION_RULES", "facts", "lifetime", "scores"]

ATTRIBUTION_RULES = ("campaign", "self_reported", "last_touch", "order_channel", "unattributed")
ARMS = ("contacted", "control")
EVIDENCE = ("experiment", "none")
UNATTRIBUTED = "unattributed"

define(
    TEXT,
    first_order_key="Order of the first purchase.",
    acquired_channel="Channel that the customer is attributed to; unattributed where no rule speaks.",
    contact_band="Days since the last purchase when the message was sent: 0-29, 30-89 …; never = no purchase before.",
)
define(DATE, month_on="First day of the month.", first_purchase_on="Day of the first purchase.")
define(
    TRUTH, is_new="False: the first purchase lies in the first days of history, so there may have been earlier ones."
)
define_enum("attribution_rule", "Rule that attributed the customer.", *ATTRIBUTION_RULES)
define_enum("arm", "contacted, or control: held out on purpose.", *ARMS)
define_enum("effect_evidence", "experiment: a hold-out supports it; none: nothing is claimed.", *EVIDENCE)
define_count(
    new_customer_count="Customers attributed to the channel whose first purchase fell in the month.",
    campaign_new_customer_count="New customers attributed to the campaign, by its code or the last message before.",
    payback_months="Months until the margin of the month's new customers had paid for winning them; null = not yet.",
    person_count="People of the arm.",
    buyer_count="People with a purchase in the outcome window.",
    responded_count="People who clicked or responded.",
    campaign_contact_count="People who were sent the campaign.",
    campaign_control_count="People who were held out.",
    credited_order_count="Purchases that carry the code of the campaign.",
)
define(
    MONEY,
    cac_amount="Spend per new customer; 0 = no spend, null = no new customer.",
    campaign_cac_amount="Cost of the campaign per new customer; null = none was won, or no cost is told.",
    ltv_amount="Mean discounted lifetime margin of the new customers; null = no forecast.",
    ltv_low_amount="Lower end of the 95 % interval of ltv_amount.",
    ltv_high_amount="Upper end of the 95 % interval of ltv_amount.",
    bought_net_amount="Net amount of purchases in the outcome window.",
    bought_margin_amount="Margin of purchases in the outcome window; lines without a cost count 0.",
    credited_amount="Net amount of purchases that carry the code of the campaign.",
    campaign_cost_amount="Cost of the campaign; null = not told.",
    incremental_amount="Net amount that the campaign caused, all contacted people together; null = no hold-out.",
    incremental_low_amount="Lower end of its 95 % interval.",
    incremental_high_amount="Upper end of its 95 % interval.",
    incremental_margin_amount="Margin that the campaign caused; null = no hold-out.",
    effect_margin_amount="Margin that one message is expected to cause; null = no experiment supports a figure.",
    contact_cost_amount="Mean cost of one message.",
)
define(
    RATIO,
    ltv_cac_ratio="ltv_amount over cac_amount; above 3 is healthy. Null without spend.",
    ltv_cac_low_ratio="Lower end of its 95 % interval.",
    ltv_cac_high_ratio="Upper end of its 95 % interval.",
    net_amount_squares="Sum of squares of bought_net_amount over people, in fen squared.",
    margin_squares="Sum of squares of bought_margin_amount over people, in fen squared.",
    contacted_buyer_rate="Share of contacted people who bought in the window.",
    control_buyer_rate="Share of held-out people who bought in the window.",
    lift_rate="contacted_buyer_rate - control_buyer_rate; null = no hold-out.",
    lift_low_rate="Lower end of its 95 % interval.",
    lift_high_rate="Upper end of its 95 % interval.",
    roas_ratio="credited_amount over cost: what the trade prints as 1:16; says nothing of what was caused.",
    net_roi_ratio="(incremental margin - cost) over cost; null = no hold-out or no cost.",
)
define(TRUTH, is_worth_contacting="effect_margin_amount is more than contact_cost_amount.")

define_table(
    "acquisitions",
    "predictions",
    "One row per buyer: when they were won, by which channel, and which rule says so.",
    key="customer_id",
    columns=(
        "customer_id first_order_key first_purchase_on month_on acquired_channel attribution_rule campaign_id? is_new"
    ),
    published=True,
)
define_table(
    "acquisition_costs",
    "predictions",
    "One row per channel and month: what new customers cost and what they are worth.",
    key="channel month_on",
    columns=(
        "channel month_on spend_amount new_customer_count cac_amount? ltv_amount? ltv_low_amount? ltv_high_amount?"
        " ltv_cac_ratio? ltv_cac_low_ratio? ltv_cac_high_ratio? payback_months?"
    ),
    published=True,
)
define_table(
    "campaign_arms",
    "predictions",
    "One row per campaign, arm and band of recency: people, and what they bought after the sending.",
    key="campaign_id arm contact_band",
    columns=(
        "campaign_id arm contact_band person_count buyer_count responded_count bought_net_amount bought_margin_amount"
        " net_amount_squares margin_squares"
    ),
)
define_table(
    "campaign_credits",
    "predictions",
    "One row per campaign: what it is, what it cost, the purchases that carry its code, and whom it won.",
    key="campaign_id",
    columns=(
        "campaign_id campaign_name? channel? started_on? ended_on? campaign_cost_amount? credited_order_count"
        " credited_amount new_customer_count=campaign_new_customer_count cac_amount=campaign_cac_amount?"
    ),
)
define_table(
    "campaign_results",
    "predictions",
    "One row per campaign: what it is credited with, and what it caused against its hold-out.",
    key="campaign_id",
    columns=(
        "campaign_id campaign_name? channel? started_on? ended_on? campaign_cost_amount?"
        " contact_count=campaign_contact_count control_count=campaign_control_count responded_count"
        " credited_order_count credited_amount roas_ratio? new_customer_count=campaign_new_customer_count"
        " cac_amount=campaign_cac_amount? contacted_buyer_rate? control_buyer_rate?"
        " lift_rate? lift_low_rate? lift_high_rate? incremental_amount? incremental_low_amount?"
        " incremental_high_amount? incremental_margin_amount? net_roi_ratio?"
    ),
    published=True,
)
define_table(
    "contact_effects",
    "predictions",
    "One row per band of recency: what one message causes, from all campaigns with a hold-out.",
    key="contact_band",
    columns="contact_band effect_margin_amount? contact_cost_amount? effect_evidence",
)
define_table(
    "contact_values",
    "predictions",
    "One row per customer who may be profiled: whether one more message is expected to pay.",
    key="customer_id",
    columns=(
        "customer_id contact_band effect_margin_amount? contact_cost_amount? is_worth_contacting? effect_evidence"
    ),
    published=True,
)
