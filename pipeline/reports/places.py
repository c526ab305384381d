"""Where sales come from: tables by channel and by store, for head office alone."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pipeline.reports.document import Column, Grid, Value
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

MOST_STORES = 15
"""More than so many are shown on demand."""


def share(part: Any, whole: Any) -> Decimal | None:
    """Part ÷ whole; None where there is nothing to divide by."""
    return Decimal(part) / Decimal(whole) if part is not None and whole else None


def by_channel(source: Source, words: Words) -> Grid:
    """Channels with sales of late, those with most first."""
    rows = sorted(source.query("reports/sales_by_channel.sql"), key=lambda row: (-row["window_amount"], row["channel"]))
    whole = sum((row["window_amount"] for row in rows), Decimal(0))
    columns = [
        Column(words("column.channel")), Column(words("column.now"), "money"),
        Column(words("column.week"), "money"), Column(words("column.window"), "money"),
        Column(words("column.share"), "rate", bar=True), Column(words("column.window_change"), "change"),
    ]  # fmt: skip
    cells = [
        (
            words.name("channel", row["channel"]), row["day_amount"], row["week_amount"], row["window_amount"],
            share(row["window_amount"], whole), words.change(row["window_amount"], row["before_amount"] or None),
        )
        for row in rows
    ]  # fmt: skip
    return Grid("channels", words("sales.channels"), columns, cells)


def by_store(stores: Sequence[Row], words: Words) -> Grid:
    """Stores that one walks into, those with most sales first; for head office alone."""
    rows = sorted(stores, key=lambda row: (-row["window_amount"], row["store_id"]))
    has_target = any(row["target_amount"] is not None for row in rows)
    cells: list[Sequence[Value]] = []
    for row in rows:
        name = row["store_id"] if row["store_name"] is None else f"{row['store_name']} ({row['store_id']})"
        reached = [row["target_amount"], share(row["day_amount"], row["target_amount"])] if has_target else []
        change = words.change(row["window_amount"], row["before_amount"] or None)
        cells.append((name, row["day_amount"], *reached, row["week_amount"], row["window_amount"], change,
                      words.people(row["customer_count"])))  # fmt: skip
    aims = [Column(words("column.target"), "money"), Column(words("column.attained"), "rate")] if has_target else []
    columns = [
        Column(words("column.store")), Column(words("column.now"), "money"), *aims,
        Column(words("column.week"), "money"), Column(words("column.window"), "money", bar=True),
        Column(words("column.window_change"), "change"), Column(words("column.home_customers"), "count"),
    ]  # fmt: skip
    is_long = len(rows) > MOST_STORES
    return Grid("stores", words("stores.grid"), columns, cells, words("stores.note"), is_folded=is_long)
