"""One function per table of features: which slices there are, and what was known of each customer before each.

The definitions stand in `sql/predictions`; learning from the tables belongs to `models`.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine, Parameter
from pipeline.lake import Table, write_table
from pipeline.predictions import slices
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def feature_parameters(settings: Settings) -> dict[str, Parameter]:
    """Parameters of the feature tables, in days."""
    return {
        "horizon_days": settings.churn.horizon_days,
        "undated_refund_days": settings.predictions.undated_refund_days,
    }


def feature_cutoffs(customer_facts: Table, *, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per slice of the history; none where nobody ever bought."""
    first_on, buyer_count = (
        customer_facts.scan()
        .filter(pl.col("order_count") > 0)
        .select(pl.col("first_order_on").min(), pl.len().alias("buyers"))
        .collect()
        .row(0)
    )
    rows = slices.feature_cutoffs(first_on, buyer_count, as_of, settings.churn.horizon_days, settings.predictions)
    return write_table(TABLES["feature_cutoffs"], rows, path)


def purchase_features(
    feature_cutoffs: Table, orders: Table, refunds: Table, *, engine: Engine, settings: Settings, path: Path
) -> Table:
    """One row per slice and buyer: rhythm, money, discounts and returns known before the cutoff."""
    tables, parameters = (feature_cutoffs, orders, refunds), feature_parameters(settings)
    return engine.run("predictions/purchase_features.sql", tables, parameters, TABLES["purchase_features"], path)


def basket_features(feature_cutoffs: Table, order_lines: Table, *, engine: Engine, path: Path) -> Table:
    """One row per slice and buyer of goods: breadth of what they had bought before the cutoff."""
    tables = (feature_cutoffs, order_lines)
    return engine.run("predictions/basket_features.sql", tables, {}, TABLES["basket_features"], path)


def contact_features(
    feature_cutoffs: Table,
    customer_profiles: Table,
    clean_campaign_contacts: Table,
    clean_tickets: Table,
    clean_events: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per slice and customer with messages, tickets or visits before the cutoff."""
    tables = (feature_cutoffs, customer_profiles, clean_campaign_contacts, clean_tickets, clean_events)
    return engine.run("predictions/contact_features.sql", tables, {}, TABLES["contact_features"], path)


def customer_features(
    feature_cutoffs: Table,
    purchase_features: Table,
    basket_features: Table,
    contact_features: Table,
    customer_attributes: Table,
    orders: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per slice and buyer: everything known before the cutoff, and the outcome where it is known."""
    tables = (feature_cutoffs, purchase_features, basket_features, contact_features, customer_attributes, orders)
    parameters = feature_parameters(settings)
    return engine.run("predictions/customer_features.sql", tables, parameters, TABLES["customer_features"], path)
