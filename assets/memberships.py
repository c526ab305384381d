"""Membership: tiers, points, occasions to write, and when each category is bought again."""

from pathlib import Path

from assets.tables import function_asset
from models import repurchase
from pipeline.lake import Table, write_table
from pipeline.membership import cycles, steps
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def category_cycles(category_gaps: Table, *, settings: Settings, path: Path) -> Table:
    """One row per category: its repurchase cycle, open gaps taken into account."""
    found = repurchase.category_cycles(category_gaps.read(), settings.cycles.min_gaps)
    return write_table(TABLES["category_cycles"], found, path)


STEPS = (
    steps.tier_ladder,
    steps.tier_words,
    steps.member_cards,
    steps.member_spend,
    steps.member_points,
    steps.memberships,
    steps.cause_words,
    steps.points_differences,
    steps.points_liabilities,
    steps.care_calendar,
    steps.care_dates,
)
CYCLE_STEPS = (cycles.category_purchases, cycles.category_gaps, category_cycles, cycles.next_orders)

membership_assets = [function_asset(step) for step in (*STEPS, *CYCLE_STEPS)]
