"""What settings say about scores, as small tables that SQL can join: no list of the retailer hides in a query.

They are written to the engine's scratch folder, live as long as one step, and are no tables of the night.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pipeline.lake import Table, replacing
from pipeline.schemas.columns import TEXT
from pipeline.schemas.tables import TableSpec
from pipeline.settings import Settings


def word_table(name: str, words: Iterable[str], scratch: Path, *, is_folded: bool = True) -> Table:
    """One row per word; in lower case and without blanks around it where it is looked for inside texts."""
    rows = [(word.strip().lower() if is_folded else word,) for word in words]
    return term_table(name, ("word",), rows, scratch)


def ticket_scopes(settings: Settings, scratch: Path) -> Table:
    """One row per (source, order_source): where the order that a ticket of `source` names may be.

    That is `orders_of` and what mirrors it, else every source of orders.
    """
    everywhere = [source.name for source in settings.sources if source.kind == "orders"]
    mirrors = {source.name: source.mirrors for source in settings.sources}
    pairs = [
        (source.name, target)
        for source in settings.sources
        if source.kind == "tickets"
        for target in ([source.orders_of, *mirrors[source.orders_of]] if source.orders_of else everywhere)
    ]
    return term_table("ticket_scopes", ("source", "order_source"), pairs, scratch)


def no_purchase_groups(settings: Settings, scratch: Path) -> Table:
    """One row per grouping that has a group for customers who never bought."""
    rows = [(each.name, each.no_purchase_group) for each in settings.rfm.groupings if each.no_purchase_group]
    return term_table("no_purchase_groups", ("rfm_grouping", "rfm_group"), rows, scratch)


def with_columns_of(spec: TableSpec, table: Table, scratch: Path) -> Table:
    """The table of an earlier night as it is, or with empty columns where an older release did not write them."""
    missing = [column for column in spec.columns if column.name not in table.scan().collect_schema()]
    if not missing:
        return table
    path = scratch / f"{table.name}.parquet"
    with replacing(path) as building:
        table.scan().with_columns(pl.lit(None, column.dtype).alias(column.name) for column in missing).sink_parquet(
            building
        )
    return Table(table.name, (path,))


def term_table(name: str, columns: Sequence[str], rows: Iterable[tuple[str, ...]], scratch: Path) -> Table:
    """A table of texts, each row once, in the order given."""
    path = scratch / f"{name}.parquet"
    frame = pl.DataFrame(list(dict.fromkeys(rows)), schema=dict.fromkeys(columns, TEXT), orient="row")
    with replacing(path) as building:
        frame.write_parquet(building)
    return Table(name, (path,))
