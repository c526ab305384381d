"""What settings say about trade, as small tables that SQL can join: no list of the retailer hides in a query.

They are written to the engine's scratch folder, live as long as one step, and are no tables of the night.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.lake import Table, replacing
from pipeline.schemas.columns import TEXT
from pipeline.settings import Settings

ORDER_KINDS = ("orders",)


def mirror_pairs(settings: Settings, scratch: Path) -> Table:
    """One row per (source, mirrored_source): orders of the first that the second tells too are the same orders."""
    mirrors = {source.name: source.mirrors for source in settings.sources if source.mirrors}
    pairs = [(name, other) for name, others in sorted(mirrors.items()) for other in others]
    return _written("mirror_pairs", ("source", "mirrored_source"), pairs, scratch)


def order_scopes(settings: Settings, scratch: Path) -> Table:
    """One row per (source, order_source): where the order that a refund of `source` names may be.

    The refund report of an orders source names orders of that source. A refunds source with `orders_of` names orders
    of that source, which may live on in a source that it mirrors; any other may name an order of every source.
    """
    by_name = {source.name: source for source in settings.sources}
    everywhere = [source.name for source in settings.sources if source.kind in ORDER_KINDS]
    pairs = []
    for source in settings.sources:
        if source.kind in {"refunds", "orders"}:
            named = source.name if source.kind == "orders" else source.orders_of
            targets = everywhere if named is None else [named, *by_name[named].mirrors]
            pairs += [(source.name, target) for target in dict.fromkeys(targets)]
    return _written("order_scopes", ("source", "order_source"), pairs, scratch)


def test_stores(settings: Settings, scratch: Path) -> Table:
    """One row per store id that settings declare a test store."""
    stores = [(store_id,) for store_id in dict.fromkeys(settings.trade.test_store_ids)]
    return _written("test_stores", ("store_id",), stores, scratch)


def excluded_remarks(settings: Settings, scratch: Path) -> Table:
    """One row per beginning of a remark that marks a fictitious order."""
    beginnings = [(text,) for text in dict.fromkeys(settings.trade.excluded_remarks) if text]
    return _written("excluded_remarks", ("beginning",), beginnings, scratch)


def _written(name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], scratch: Path) -> Table:
    path = scratch / f"{name}.parquet"
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, TEXT), orient="row")
    with replacing(path) as building:
        frame.write_parquet(building)
    return Table(name, (path,))
