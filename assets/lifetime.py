"""Lifetime value as steps: SQL for what was, the stored model for what will be; see assets/predictions.py.

How that model is trained and replaced is in assets/lifetime_model.py.
"""

from datetime import date
from pathlib import Path

import polars as pl

from assets.lifetime_model import first_on, lifetime_reports, lifetime_versions, published
from models.lifetime.forecast import forecast
from models.lifetime.model import LifetimeModel
from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def purchase_summaries(orders: Table, *, engine: Engine, as_of: date, path: Path) -> Table:
    """One row per buyer: how often, how long and how dearly they bought up to as_of."""
    parameters, spec = {"as_of": as_of}, TABLES["purchase_summaries"]
    return engine.run("predictions/purchase_summaries.sql", (orders,), parameters, spec, path)


def lifetime_forecasts(
    customer_features: Table,
    purchase_summaries: Table,
    lifetime_versions: Table,
    *,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per buyer: orders and money expected in 12 months; none where there is too little to learn from."""
    spec, ltv = TABLES["lifetime_forecasts"], settings.ltv
    stored = published(lifetime_versions, settings)
    if stored is None or first_on(purchase_summaries, as_of, ltv) is None:
        return write_table(spec, spec.empty(), path)
    rows = customer_features.scan().filter(pl.col("is_scored")).collect()
    told = forecast(rows, LifetimeModel.from_json(stored["model"]), ltv.lifetime_years, ltv.yearly_discount_rate)
    return write_table(spec, told, path)


def lifetime_values(
    customer_facts: Table,
    customer_attributes: Table,
    order_lines: Table,
    lifetime_forecasts: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per customer with a purchase: what they brought, and what they are expected to bring."""
    tables = (customer_facts, customer_attributes, order_lines, lifetime_forecasts)
    parameters = {"min_costed_rate": settings.ltv.min_costed_rate}
    return engine.run("predictions/lifetime_values.sql", tables, parameters, TABLES["lifetime_values"], path)


def lifetime_cohorts(lifetime_values: Table, *, engine: Engine, path: Path) -> Table:
    """One row per month of first purchase: sums of lifetime_values."""
    return engine.run("predictions/lifetime_cohorts.sql", (lifetime_values,), {}, TABLES["lifetime_cohorts"], path)


STEPS = (
    purchase_summaries,
    lifetime_versions,
    lifetime_forecasts,
    lifetime_values,
    lifetime_cohorts,
    lifetime_reports,
)
