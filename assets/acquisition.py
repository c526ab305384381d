"""Acquisition and campaigns: SQL for what was spent and bought, `models.campaigns` for what messages caused."""

from pathlib import Path

from assets.tables import function_asset
from models import campaigns
from pipeline.acquisition import steps
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def campaign_results(campaign_arms: Table, campaign_credits: Table, *, settings: Settings, path: Path) -> Table:
    """One row per campaign: what it is credited with, and what it caused against its hold-out."""
    least = settings.campaigns.min_arm_customers
    frame = campaigns.campaign_results(campaign_arms.read(), campaign_credits.read(), least)
    return write_table(TABLES["campaign_results"], frame, path)


def contact_effects(campaign_arms: Table, campaign_credits: Table, *, settings: Settings, path: Path) -> Table:
    """One row per band of recency: what one message causes, from all campaigns with a hold-out."""
    least = settings.campaigns.min_arm_customers
    frame = campaigns.contact_effects(campaign_arms.read(), campaign_credits.read(), least)
    return write_table(TABLES["contact_effects"], frame, path)


STEPS = (
    steps.acquisitions,
    steps.acquisition_costs,
    steps.campaign_arms,
    steps.campaign_credits,
    campaign_results,
    contact_effects,
    steps.contact_values,
)

acquisition_assets = [function_asset(step) for step in STEPS]
