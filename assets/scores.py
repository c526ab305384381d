"""The scores layer: how recently, often, much and willingly each customer buys, and where in life they are."""

import dagster as dg

from assets.tables import table_asset
from models import response
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.schemas.catalog import TABLES
from pipeline.scores import steps


@table_asset
def response_counts(clean_campaign_contacts: Table, customer_profiles: Table, night: dg.ResourceParam[Night]) -> Table:
    """One row per customer with a delivered contact: contacts and answers."""
    return steps.response_counts(
        clean_campaign_contacts, customer_profiles, **night.step("response_counts", "engine", "as_of")
    )


@table_asset
def response_rates(response_counts: Table, night: dg.ResourceParam[Night]) -> Table:
    """One row per customer ever contacted: how often they answer, shrunk to the base rate."""
    rates = response.response_rates(response_counts.read())
    return write_table(TABLES["response_rates"], rates, night.path("response_rates"))


@table_asset
def rfm_scores(customer_facts: Table, response_rates: Table, night: dg.ResourceParam[Night]) -> Table:
    """One row per customer with a purchase: recency, frequency, monetary and response scores."""
    return steps.rfm_scores(customer_facts, response_rates, **night.step("rfm_scores", "engine", "settings"))


@table_asset
def lifecycle_stages(customer_facts: Table, customer_attributes: Table, night: dg.ResourceParam[Night]) -> Table:
    """One row per customer and lifecycle profile: the stage they are in, and since when."""
    before = night.previous_table("lifecycle_stages")
    return steps.lifecycle_stages(
        customer_facts, customer_attributes, before, **night.step("lifecycle_stages", "engine", "settings", "as_of")
    )
