"""Membership: tiers, points against the ledger, and occasions to write to a customer.

Tables with member numbers stay in the workspace; those that are published name customers by their id alone.
"""

from pipeline.schemas import facts
from pipeline.schemas.columns import DATE, FINE, MONEY, RATIO, TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["OCCASIONS", "PROBABLE_CAUSES", "facts"]

OCCASIONS = ("birthday", "anniversary", "wake_up", "cart")
PROBABLE_CAUSES = (
    "movements", "orders_without_movement", "order_missing", "order_doubled", "refund_not_taken_back",
    "return_taken_back", "channel_missing", "one_channel_only", "before_registration", "refunds_cut",
    "fractions_counted", "rounded", "unexplained",
)  # fmt: skip

define(
    TEXT,
    tier="Tier on as_of: the earned one, or a higher one that the downgrade rule keeps.",
    earned_tier="Tier that the spend of the last 12 months (or of the calendar year) earns.",
    next_tier="Tier above the customer's; null at the top.",
    membership_reported_tier="Tier as the member source reports it, in the words of the ladder where they are known.",
    tier_label="What people call the tier.",
    tier_word="Word of the member source for a tier, trimmed and in lower case.",
    explanation="The probable cause of the difference in a sentence.",
)
define(
    DATE,
    tier_earned_on="Last day on which the spend reached the tier; as_of unless the downgrade rule keeps it.",
    due_on="Day of the occasion: the birthday, the anniversary, the first night of dormancy, the day of the cart.",
    remembered_on="The day that is remembered; restricted where it is a birth date.",
)
define(
    MONEY,
    from_amount="Spend from which on the tier is earned.",
    until_amount="Spend from which on the next tier is earned; null at the top.",
    spend_12m_amount="Net spend of the last 12 months (or of the calendar year) in all channels.",
    amount_to_next_tier="Spend still missing to the tier above; null at the top.",
    points_liability_amount="What the balance is worth: points_balance times the value of a point.",
)
define(
    FINE,
    membership_points_balance="Balance of all member numbers: the reported one, else that of the ledger.",
    reported_points="Balance that the member file reports, summed over member numbers; else the sum of movements.",
    ledger_points="Balance by the ledger of the settings: by default floor(net_amount) of every purchase.",
    ledger_difference="reported_points - ledger_points; null where nothing is reported.",
    order_points="Points that the customer's purchases earn, refunds taken off.",
    moved_points="Sum of all movements of points known of the customer or member number.",
    other_points="Sum of the movements that no order explains: redemptions, balances brought forward, presents.",
    unmoved_points="Points of orders on whose day no points were given, where movements are known.",
    unexplained_points="ledger_difference - other_points (unless the ledger holds them) + unmoved_points.",
)
define(
    RATIO,
    implied_rebate_rate="What the points of one unit of money are worth: points per unit times value of a point.",
    liability_rate="points_liability_amount ÷ spend_12m_amount; null without spend.",
)
define(TRUTH, is_generous="The implied rebate is at least points.warning_rebate_rate.")
define_count(
    tier_rank="Place of the tier, 0 = lowest.",
    card_count="Member numbers of the customer.",
    tier_member_count="Customers with a member number.",
    difference_count="Of them: those whose reported points differ from the ledger.",
    occasion_years="Full years since registration that the anniversary completes; null for other occasions.",
    item_count="Products left in the cart; null for other occasions.",
)
define_enum("occasion", "Why to write.", *OCCASIONS)
define_enum(
    "probable_cause",
    "What the difference, or what is left of it, is equal to; unexplained where nothing fits.",
    *PROBABLE_CAUSES,
)

define_table(
    "tier_ladder",
    "scores",
    "One row per membership tier of the settings.",
    key="tier",
    columns="tier tier_rank tier_label from_amount until_amount?",
    published=True,
)
define_table(
    "tier_words",
    "scores",
    "One row per word of the member source that means a tier.",
    key="tier_word",
    columns="tier_word tier",
)
define_table(
    "member_cards",
    "scores",
    "One row per customer and member number: tier and points as its sources tell them.",
    key="customer_id member_no",
    columns="customer_id member_no reported_tier? points_balance? moved_points? other_points?",
)
define_table(
    "member_spend",
    "scores",
    "One row per customer with a member number: spend of the tier's year, the tier it earns and the tier kept.",
    key="customer_id",
    columns="customer_id spend_12m_amount earned_tier tier tier_earned_on",
)
define_table(
    "member_points",
    "scores",
    "One row per customer with a member number: points by every way of counting them.",
    key="customer_id",
    columns="customer_id order_points moved_points? other_points reported_points? ledger_points ledger_difference?",
)
define_table(
    "memberships",
    "scores",
    "One row per customer with a member number: tier, spend and points; several member numbers add up.",
    key="customer_id",
    columns=(
        "customer_id card_count tier earned_tier tier_earned_on reported_tier=membership_reported_tier?"
        " spend_12m_amount next_tier? amount_to_next_tier? points_balance=membership_points_balance"
        " points_liability_amount reported_points? ledger_points ledger_difference?"
    ),
    published=True,
)
define_table(
    "points_differences",
    "scores",
    "One row per customer whose reported points differ from the ledger, and what the difference is equal to.",
    key="customer_id",
    columns=(
        "customer_id reported_points ledger_points ledger_difference other_points unmoved_points"
        " unexplained_points probable_cause order_key? channel? explanation"
    ),
    published=True,
)
define_table(
    "points_liabilities",
    "scores",
    "One row per tier: members, points and what they are worth, beside the rebate that the rules imply.",
    key="tier",
    columns=(
        "tier member_count=tier_member_count spend_12m_amount points_balance=membership_points_balance"
        " points_liability_amount liability_rate? ledger_difference difference_count implied_rebate_rate is_generous"
    ),
    published=True,
)
define_table(
    "care_calendar",
    "scores",
    "One row per occasion, day that is remembered and day of the coming days on which it is kept.",
    key="occasion remembered_on",
    columns="occasion remembered_on due_on",
)
define_table(
    "care_dates",
    "scores",
    "One row per customer, occasion to write and day; nobody who refused profiling and no minors.",
    key="customer_id occasion due_on",
    columns="customer_id occasion due_on occasion_years? item_count? sku?",
    published=True,
)
define_table(
    "cause_words",
    "scores",
    "One row per probable cause of a difference of points: its sentence in the language of the settings.",
    key="probable_cause",
    columns="probable_cause explanation",
)
