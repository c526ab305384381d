"""One function per table of repurchase cycles; estimating the cycle of a category belongs to `models.repurchase`."""

from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.membership.parameters import cycle_parameters
from pipeline.schemas.catalog import TABLES
from pipeline.scores.terms import word_table
from pipeline.settings import Settings


def category_purchases(order_lines: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per customer, category and day with a purchase of it: pieces, and the day of the next one."""
    categories = word_table(
        "whole_categories", settings.cycles.whole_purchase_categories, engine.scratch, is_folded=False
    )
    tables, parameters = (order_lines, categories), cycle_parameters(settings.cycles, as_of)
    return engine.run("membership/category_purchases.sql", tables, parameters, TABLES["category_purchases"], path)


def category_gaps(category_purchases: Table, *, engine: Engine, as_of: date, path: Path) -> Table:
    """One row per category and length of gap between two purchases, per piece bought."""
    tables = (category_purchases,)
    return engine.run("membership/category_gaps.sql", tables, {"as_of": as_of}, TABLES["category_gaps"], path)


def next_orders(
    category_purchases: Table,
    category_cycles: Table,
    customer_attributes: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and category with a known cycle: when the next purchase is expected."""
    tables = (category_purchases, category_cycles, customer_attributes)
    parameters = cycle_parameters(settings.cycles, as_of)
    return engine.run("membership/next_orders.sql", tables, parameters, TABLES["next_orders"], path)
