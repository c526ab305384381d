"""One function per table of repurchase cycles; estimating the cycle of a category belongs to `models.repurchase`."""

from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.membership.parameters import cycle_parameters
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def category_gaps(order_lines: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path) -> Table:
    """One row per category and length of gap between two purchases, per piece bought."""
    parameters = cycle_parameters(settings.cycles, as_of)
    return engine.run("membership/category_gaps.sql", (order_lines,), parameters, TABLES["category_gaps"], path)


def next_orders(
    order_lines: Table,
    category_cycles: Table,
    customer_attributes: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and category with a known cycle: when the next purchase is expected."""
    tables = (order_lines, category_cycles, customer_attributes)
    parameters = cycle_parameters(settings.cycles, as_of)
    return engine.run("membership/next_orders.sql", tables, parameters, TABLES["next_orders"], path)
