"""Tags and what they rest on, preferred channels, imputed attributes, and how complete the records are."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg

from assets.tables import contract_spec, function_asset, made, table_spec
from models import channels, imputation
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.schemas.catalog import TABLES
from pipeline.tags import steps

IMPUTED = ("imputed_attributes", "imputation_reports")
LEARNT_FROM = ("customer_attributes", "category_counts", "shop_cities")


def customer_channels(channel_counts: Table, *, path: Path) -> Table:
    """One row per customer and channel: how often they answer there, shrunk to the channel's base rate."""
    rated = channels.rates_by_channel(channel_counts.read())
    return write_table(TABLES["customer_channels"], rated, path)


@dg.multi_asset(
    name="imputation",
    specs=[table_spec(name, deps=list(LEARNT_FROM)) for name in IMPUTED],
    check_specs=[contract_spec(name) for name in IMPUTED],
)
def imputation_tables(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """What customers never told and their purchases do, and how well that was measured."""
    people, counts, visits = (night.table(name) for name in LEARNT_FROM)
    told = people.scan().select(imputation.TOLD).collect()
    frames = imputation.imputed(told, counts.read(), visits.read(), night.settings.imputation, night.as_of)
    for name, frame in zip(IMPUTED, frames, strict=True):
        yield made(partial(write_table, TABLES[name], frame, night.path(name)), night)


STEPS = (
    steps.product_traits,
    steps.product_styles,
    steps.line_habits,
    steps.order_habits,
    steps.interest_habits,
    steps.customer_preferences,
    steps.customer_habits,
    steps.tag_definitions,
    steps.customer_tags,
    steps.channel_counts,
    customer_channels,
    steps.preferred_channels,
    steps.customer_completeness,
    steps.data_completeness,
    steps.tag_coverage,
    steps.category_counts,
    steps.shop_cities,
)

tag_assets = [function_asset(step) for step in STEPS]
