"""What a person should look at in the ledger of trade though the night goes on: counts and sums, never a row.

What holds a night back belongs to `pipeline.trade.reconcile` and `sql/audits`.
"""

from collections.abc import Iterator

import polars as pl

from pipeline.lake import Table

UNMATCHED = {
    "unknown_order": "refunds name an order that no export tells; they are netted nowhere",
    "ambiguous_order": "refunds name an order number of several sources; set orders_of of their source",
    "no_original": "returns found no sale that they take back; they stay negative and outside customers' money",
}


def notices(orders: Table, refunds: Table, refund_differences: Table) -> list[str]:
    """Sentences on over-refunded orders, refunds and returns without their order, and figures that differ."""
    return [*_over_refunded(orders), *_unmatched(refunds), *_differing(refund_differences)]


def _over_refunded(orders: Table) -> Iterator[str]:
    over = orders.scan().filter((pl.col("refund_amount") > pl.col("paid_amount")) & (pl.col("paid_amount") > 0))
    yield from _sentences(over, pl.lit("orders gave back more than was paid"), -pl.col("net_amount"))


def _unmatched(refunds: Table) -> Iterator[str]:
    lost = refunds.scan().filter(pl.col("unmatched_because").is_not_null())
    yield from _sentences(lost, pl.col("unmatched_because").replace_strict(UNMATCHED), pl.col("refund_amount"))


def _differing(refund_differences: Table) -> Iterator[str]:
    difference = (pl.col("file_refund_amount") - pl.col("export_refund_amount")).abs()
    what = pl.lit("lines have another refund in the order report than in the refund files, which count")
    yield from _sentences(refund_differences.scan(), what, difference)


def _sentences(rows: pl.LazyFrame, what: pl.Expr, amount: pl.Expr) -> Iterator[str]:
    """`pos: 3 orders gave back more than was paid (120.00)`, one for each source and finding."""
    found = rows.group_by(pl.col("source"), what.alias("what")).agg(pl.len().alias("count"), amount.sum().alias("sum"))
    for source, text, count, total in found.sort("source", "what").collect().iter_rows():
        yield f"{source}: {count} {text} ({total})"
