"""The scores layer: how recently, often, much and willingly each customer buys, and where in life they are."""

from pathlib import Path

from assets.tables import function_asset
from models import response
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.scores import steps


def response_rates(response_counts: Table, *, path: Path) -> Table:
    """One row per customer ever contacted: how often they answer, shrunk to the base rate."""
    return write_table(TABLES["response_rates"], response.response_rates(response_counts.read()), path)


STEPS = (steps.response_counts, response_rates, steps.rfm_scores, steps.lifecycle_stages)

score_assets = [function_asset(step) for step in STEPS]
