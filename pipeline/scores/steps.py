"""One function per table: what the ledger says of each customer, and how often they answered.

The definitions stand in `sql/facts` and `sql/scores`; here they meet their inputs and their parameters. Learning the
response rates belongs to `models.response`, scores to `pipeline.scores.rfm_steps`, stages to `stage_steps`.
"""

from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.parameters import facts_parameters
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
