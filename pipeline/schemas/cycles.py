"""Repurchase cycles: how long until a category is bought again, by everybody and by each customer."""

from pipeline.schemas import facts
from pipeline.schemas.columns import DATE, FINE, RATIO, TRUTH, ColumnSpec, define, define_count, define_enum, define_one
from pipeline.schemas.tables import define_table

__all__ = ["CYCLE_SOURCES", "facts"]

CYCLE_SOURCES = ("own", "category")

define_one(
    ColumnSpec("gap_days", RATIO, "Days from a purchase to the next of the category, per piece bought.", minimum=0)
)
define(
    RATIO,
    repurchase_cycle_days="Days that one piece lasts: median gap per piece; of a category by Kaplan-Meier.",
    own_cycle_days="Median of the customer's own completed gaps per piece; null below cycles.own_purchases.",
    completed_gap_days="Median of the completed gaps alone: biased short, to be compared with.",
    still_open_rate="Kaplan-Meier: share of purchases not followed by another within the longest gap seen.",
    bought_quantity="Pieces of the last day with a purchase of the category, or 1 where quantity does not count.",
)
define(
    DATE,
    bought_on="Day with a purchase of the category.",
    next_bought_on="Next day with a purchase of the category; null = not bought again by as_of.",
    last_bought_on="Last day with a purchase of the category.",
    expected_on="last_bought_on + cycle_days times the pieces bought on that day.",
)
define(TRUTH, is_due="expected_on is at most cycles.due_ahead_days ahead and cycles.overdue_days past.")
define(FINE, bought_pieces="Pieces kept of that day's purchases, or 1 where quantity does not count.")
define_count(
    cycle_gap_count="Gaps, completed or not.",
    completed_count="Gaps that ended with another purchase.",
    censored_count="Gaps still open on as_of.",
    purchase_day_count="Days with a purchase of the category.",
)
define_enum("cycle_source", "Whose cycle it is: the customer's own or that of the category.", *CYCLE_SOURCES)

define_table(
    "category_purchases",
    "scores",
    "One row per customer, category and day with a purchase of it: pieces bought, and the day of the next purchase.",
    key="customer_id category bought_on",
    columns="customer_id category bought_on bought_quantity=bought_pieces next_bought_on?",
)
define_table(
    "category_gaps",
    "predictions",
    "One row per category and length of gap: how many ended then with another purchase, how many are open since.",
    key="category gap_days",
    columns="category gap_days completed_count censored_count",
)
define_table(
    "category_cycles",
    "predictions",
    "One row per category: after how many days per piece half of its purchases were followed by another.",
    key="category",
    columns=(
        "category gap_count=cycle_gap_count completed_count censored_count cycle_days=repurchase_cycle_days?"
        " completed_gap_days? still_open_rate"
    ),
    published=True,
)
define_table(
    "next_orders",
    "predictions",
    "One row per customer and category with a known cycle: when the next purchase is expected.",
    key="customer_id category",
    columns=(
        "customer_id category purchase_day_count last_bought_on bought_quantity cycle_days=repurchase_cycle_days"
        " cycle_source expected_on is_due"
    ),
    published=True,
)
