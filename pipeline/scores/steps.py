"""One function per table: what the ledger says of each customer, and the scores and stages that follow from it.

The definitions stand in `sql/facts` and `sql/scores`; here they meet their inputs and their parameters. Learning
the response rates belongs to `models.response`.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.parameters import facts_parameters, lifecycle_parameters, rfm_parameters
from pipeline.settings import Settings


def customer_facts(
    orders: Table, customer_attributes: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per customer, also those who never bought. Source of facts: purchases in `orders` up to as_of."""
    tables = (orders, customer_attributes)
    parameters = facts_parameters(settings, as_of)
    return engine.run("facts/customer_facts.sql", tables, parameters, TABLES["customer_facts"], path)


def response_counts(
    clean_campaign_contacts: Table, customer_profiles: Table, *, engine: Engine, as_of: date, path: Path
) -> Table:
    """One row per customer with a delivered contact outside control groups, for `models.response`."""
    tables = (clean_campaign_contacts, customer_profiles)
    return engine.run("scores/response_counts.sql", tables, {"as_of": as_of}, TABLES["response_counts"], path)


def rfm_scores(
    customer_facts: Table, response_rates: Table, *, engine: Engine, settings: Settings, path: Path
) -> Table:
    """One row per customer with a purchase: scores 1..5 and the two classes made of them."""
    tables = (customer_facts, response_rates)
    return engine.run("scores/rfm_scores.sql", tables, rfm_parameters(settings.rfm), TABLES["rfm_scores"], path)


def lifecycle_stages(
    customer_facts: Table,
    customer_attributes: Table,
    previous_lifecycle_stages: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and profile. The previous table is that of the last published night before as_of."""
    tables = (
        customer_facts,
        customer_attributes,
        replace(previous_lifecycle_stages, name="previous_lifecycle_stages"),
    )
    parameters = lifecycle_parameters(settings.lifecycle, as_of)
    return engine.run("scores/lifecycle_stages.sql", tables, parameters, TABLES["lifecycle_stages"], path)
