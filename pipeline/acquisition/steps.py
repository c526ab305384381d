"""One function per table: who was won by which channel at what cost, and what campaigns are credited with.

The definitions stand in `sql/acquisition`; what campaigns caused is fitted in `models.lift`.
"""

from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from pipeline.engine import Engine, Parameter
from pipeline.lake import Table, replacing
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

FOREVER_DAYS = 1_000_000


def acquisitions(
    orders: Table,
    clean_campaigns: Table,
    clean_campaign_contacts: Table,
    customer_profiles: Table,
    customer_attributes: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per buyer: when they were won, by which channel, and which rule says so."""
    rules = settings.acquisition
    tables = (orders, clean_campaigns, clean_campaign_contacts, customer_profiles, customer_attributes)
    parameters: dict[str, Parameter] = {
        "rules": f",{','.join(rules.rules)},",
        "touch_days": rules.touch_days,
        "warm_up_days": rules.warm_up_days,
    }
    names = channel_names(settings, engine.scratch)
    return engine.run("acquisition/acquisitions.sql", (*tables, names), parameters, TABLES["acquisitions"], path)


def acquisition_costs(
    acquisitions: Table,
    clean_marketing_spend: Table,
    exchange_rates: Table,
    lifetime_values: Table,
    order_lines: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per channel and month: what new customers cost and what they are worth."""
    tables = (acquisitions, clean_marketing_spend, exchange_rates, lifetime_values, order_lines)
    parameters: dict[str, Parameter] = {"as_of": as_of, "payback_step_days": settings.acquisition.payback_step_days}
    names = channel_names(settings, engine.scratch)
    spec = TABLES["acquisition_costs"]
    return engine.run("acquisition/acquisition_costs.sql", (*tables, names), parameters, spec, path)


def campaign_arms(
    clean_campaign_contacts: Table,
    customer_profiles: Table,
    orders: Table,
    order_lines: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per campaign, arm and band of recency: people, and what they bought after the sending."""
    tables = (clean_campaign_contacts, customer_profiles, orders, order_lines, recency_bands(settings, engine.scratch))
    parameters: dict[str, Parameter] = {"as_of": as_of, "outcome_days": settings.campaigns.outcome_days}
    return engine.run("acquisition/campaign_arms.sql", tables, parameters, TABLES["campaign_arms"], path)


def campaign_credits(
    acquisitions: Table,
    clean_campaigns: Table,
    clean_campaign_contacts: Table,
    clean_marketing_spend: Table,
    exchange_rates: Table,
    orders: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per campaign: what it is, what it cost, the purchases that carry its code, and whom it won."""
    tables = (acquisitions, clean_campaigns, clean_campaign_contacts, clean_marketing_spend, exchange_rates, orders)
    return engine.run("acquisition/campaign_credits.sql", tables, {}, TABLES["campaign_credits"], path)


def contact_values(
    customer_facts: Table,
    customer_attributes: Table,
    contact_effects: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per customer who may be profiled: whether one more message is expected to pay."""
    tables = (customer_facts, customer_attributes, contact_effects, recency_bands(settings, engine.scratch))
    return engine.run("acquisition/contact_values.sql", tables, {}, TABLES["contact_values"], path)


def channel_names(settings: Settings, scratch: Path) -> Table:
    """One row per other name of a channel: named_channel, channel. No table of the night."""
    rows = sorted(settings.acquisition.channels.items())
    frame = pl.DataFrame(rows, schema={"named_channel": pl.String, "channel": pl.String}, orient="row")
    return _written("channel_names", frame, scratch)


def recency_bands(settings: Settings, scratch: Path) -> Table:
    """One row per band: contact_band, from_days (included), until_days (not included). No table of the night."""
    bounds = (0, *settings.campaigns.recency_bands_days, FOREVER_DAYS)
    rows = [(f"{low}+" if high == FOREVER_DAYS else f"{low}-{high - 1}", low, high) for low, high in pairwise(bounds)]
    schema = {"contact_band": pl.String, "from_days": pl.Int64, "until_days": pl.Int64}
    return _written("recency_bands", pl.DataFrame(rows, schema=schema, orient="row"), scratch)


def _written(name: str, frame: pl.DataFrame, scratch: Path) -> Table:
    path = scratch / f"{name}.parquet"
    with replacing(path) as building:
        frame.write_parquet(building)
    return Table(name, (path,))
