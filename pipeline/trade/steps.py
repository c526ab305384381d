"""One function per table of the ledger of trade, in the order in which they are made.

The definitions stand in `sql/facts`; here they meet their inputs and parameters. Which raw rows count belongs to
`pipeline.trade.current_rows`, the proof that nothing was lost to `pipeline.trade.reconcile`.
"""

from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.trade.exchange import require_rates
from pipeline.trade.order_slices import order_slices
from pipeline.trade.returns import match_returns
from pipeline.trade.terms import excluded_remarks, order_scopes, test_stores


def exchange_rates(clean_fx_rates: Table, *, engine: Engine, settings: Settings, path: Path) -> Table:
    """One row per currency and span of days on which one rate holds."""
    parameters = {"currency": settings.currency}
    return engine.run("facts/exchange_rates.sql", (clean_fx_rates,), parameters, TABLES["exchange_rates"], path)


def order_totals(
    clean_order_heads: Table,
    clean_order_lines: Table,
    clean_stores: Table,
    exchange_rates: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per order: what head and lines together say. Raises HeldError where an exchange rate is missing."""
    terms = (test_stores(settings, engine.scratch), excluded_remarks(settings, engine.scratch))
    slices = order_slices(
        (clean_order_heads, clean_order_lines), keyed=(), whole=(clean_stores, exchange_rates, *terms)
    )
    totals = engine.run_in_slices("facts/order_totals.sql", slices, {}, TABLES["order_totals"], path)
    return require_rates(totals, day="ordered_on")


def matched_refunds(
    clean_refunds: Table,
    clean_order_lines: Table,
    exchange_rates: Table,
    order_totals: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per successful refund of a file and its order. Raises HeldError where an exchange rate is missing."""
    scopes = order_scopes(settings, engine.scratch)
    tables = (clean_refunds, clean_order_lines, exchange_rates, order_totals, scopes)
    refunds = engine.run("facts/matched_refunds.sql", tables, {}, TABLES["matched_refunds"], path)
    return require_rates(refunds, day="rate_on")


def shared_amounts(
    clean_order_lines: Table, matched_refunds: Table, order_totals: Table, *, engine: Engine, path: Path
) -> Table:
    """One row per line and kind of money of which only the order's total is told: the line's share."""
    tables = (clean_order_lines, matched_refunds, order_totals)
    return engine.run("facts/shared_amounts.sql", tables, {}, TABLES["shared_amounts"], path)


def order_line_amounts(
    clean_order_heads: Table,
    clean_order_lines: Table,
    matched_refunds: Table,
    order_totals: Table,
    shared_amounts: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per line before returns are matched, money in the retailer's currency."""
    slices = order_slices(
        (clean_order_heads, clean_order_lines), keyed=(matched_refunds, order_totals, shared_amounts), whole=()
    )
    return engine.run_in_slices("facts/order_line_amounts.sql", slices, {}, TABLES["order_line_amounts"], path)


def return_candidates(
    customer_profiles: Table, order_line_amounts: Table, order_totals: Table, *, engine: Engine, path: Path
) -> Table:
    """One row per return line, and per line that may be the original of one."""
    tables = (customer_profiles, order_line_amounts, order_totals)
    return engine.run("facts/return_candidates.sql", tables, {}, TABLES["return_candidates"], path)


def returns_matched(return_candidates: Table, *, path: Path) -> Table:
    """One row per return line that found its original."""
    return write_table(TABLES["returns_matched"], match_returns(return_candidates.read()), path)


def orders(
    customer_profiles: Table,
    order_line_amounts: Table,
    order_totals: Table,
    returns_matched: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per order or return slip: the sums of its lines, and whether it is a purchase."""
    tables = (customer_profiles, order_line_amounts, order_totals, returns_matched)
    ranged = ("order_line_amounts", "order_totals")
    return engine.run_in_ranges("facts/orders.sql", tables, {}, TABLES["orders"], path, ranged=ranged)


def order_lines(
    clean_products: Table,
    order_line_amounts: Table,
    orders: Table,
    returns_matched: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per line of an order, returns netted on their originals."""
    tables = (clean_products, order_line_amounts, orders, returns_matched)
    ranged = ("order_line_amounts", "orders")
    return engine.run_in_ranges("facts/order_lines.sql", tables, {}, TABLES["order_lines"], path, ranged=ranged)


def refunds(
    customer_profiles: Table,
    matched_refunds: Table,
    order_line_amounts: Table,
    order_totals: Table,
    returns_matched: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per refund event on its own day, netted or not."""
    tables = (customer_profiles, matched_refunds, order_line_amounts, order_totals, returns_matched)
    usual = {"small_cell": settings.privacy.small_cell}
    return engine.run("facts/refunds.sql", tables, usual, TABLES["refunds"], path)


def refund_differences(order_line_amounts: Table, order_totals: Table, *, engine: Engine, path: Path) -> Table:
    """One row per line whose order report tells another refund than the refund files."""
    tables = (order_line_amounts, order_totals)
    return engine.run("facts/refund_differences.sql", tables, {}, TABLES["refund_differences"], path)
