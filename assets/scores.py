"""The scores layer: how recently, often, much and willingly each customer buys, and where in life they are."""

from pathlib import Path

from assets.tables import function_asset
from models import response
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.scores import movement_steps, rfm_steps, score_rules, signal_steps, stage_steps, steps


def response_rates(response_counts: Table, *, path: Path) -> Table:
    """One row per customer ever contacted: how often they answer, shrunk to the base rate."""
    return write_table(TABLES["response_rates"], response.response_rates(response_counts.read()), path)


STEPS = (
    steps.response_counts,
    response_rates,
    rfm_steps.rfm_profiles,
    rfm_steps.rfm_profile_scores,
    rfm_steps.rfm_scores,
    rfm_steps.rfm_cut_points,
    rfm_steps.rfm_group_cells,
    rfm_steps.rfm_groups,
    stage_steps.purchase_gaps,
    signal_steps.customer_tickets,
    signal_steps.customer_signals,
    stage_steps.stage_features,
    stage_steps.lifecycle_rules,
    score_rules.score_rules,
    stage_steps.lifecycle_stages,
    movement_steps.stage_changes,
    movement_steps.class_changes,
    movement_steps.stage_flow,
    movement_steps.profile_confusion,
)

score_assets = [function_asset(step) for step in STEPS]
