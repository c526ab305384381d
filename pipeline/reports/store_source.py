"""What the pages of single stores read: every query runs once over all stores, its rows are handed out by store.

A store sees rows of its own customers and its own sales, and nothing else that counts: no figure of the whole house.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from pipeline.engine import sql_text
from pipeline.reports.sales import SHOWN_DAYS
from pipeline.reports.segments import EVIDENCE, GROUPS, GROUPS_FILE, of_portraits
from pipeline.reports.source import Row, Source
from pipeline.settings import Settings

FOLDER = "reports/stores"
LABELS, BETWEEN = "segment_labels", "、"
PLAIN = tuple(f"{FOLDER}/{name}.sql" for name in (
    "sales_by_day", "compared_days", "month_figures", "stage_moves", "rfm_grid", "churn_levels", "lifetime_totals",
    "reach",
))  # fmt: skip
"""Queries with one store_id a row, in no order."""
PLACED = ("reports/portraits.sql", *EVIDENCE)
"""Queries with one place_id a row, which is a store here."""


@dataclass(frozen=True)
class Store:
    """A store as the night knows it. `rows` are those of every query; a query without rows of this store has none."""

    store_id: str
    name: str
    customer_count: int
    has_sales: bool
    settings: Settings
    as_of: date
    snapshot_id: str
    rows: MappingProxyType[str, Sequence[Row]]
    models: Sequence[Row]
    """How well the models do, which is the same for all stores; without counts."""
    listed: pl.DataFrame
    """The customers of the store, masked, sorted by customer_id."""

    def query(self, name: str) -> Sequence[Row]:
        """The rows of one query."""
        return self.rows.get(name, ())


def stores_of(source: Source, wanted: str | Collection[str]) -> Iterator[Store]:
    """The stores of the settings that have customers or sales, by id; test stores are none.

    `wanted` is `all` or ids. An id without customers and sales is passed over: see `unknown_stores`.
    """
    known = [row for row in known_stores(source) if wanted == "all" or row["store_id"] in wanted]
    if not known:
        return
    by_store = _rows_by_store(source)
    listed = _listed(source)
    models = [{**row, "sample_count": None} for row in source.table("model_reports")]
    for row in known:
        store_id = row["store_id"]
        yield Store(
            store_id,
            row["store_name"] or store_id,
            row["customer_count"],
            row["has_sales"],
            source.settings,
            source.as_of,
            source.snapshot_id,
            MappingProxyType(by_store[store_id]),
            models,
            listed.get((store_id,), _nobody(listed)),
        )


def known_stores(source: Source) -> list[Row]:
    """Stores with customers or sales, test stores left out, by id. Reads the customers of stores into one table."""
    source.keep("store_members", f"{FOLDER}/members.sql")
    rows = source.query(f"{FOLDER}/stores.sql")
    tests = source.settings.trade.test_store_ids
    return [
        row
        for row in rows
        if (row["customer_count"] or row["has_sales"]) and not row["is_test"] and row["store_id"] not in tests
    ]


def _rows_by_store(source: Source) -> defaultdict[str, dict[str, list[Row]]]:
    """The rows of every query by store and the name of its file."""
    source.keep("people", f"{FOLDER}/people.sql")
    source.keep(GROUPS, GROUPS_FILE)
    portraits = of_portraits(source, source.settings.privacy.small_cell)
    found: defaultdict[str, dict[str, list[Row]]] = defaultdict(dict)
    for file in PLAIN + PLACED:
        days = {"from_on": source.before(SHOWN_DAYS - 1)} if file in PLAIN else {}
        for row in source.query(file, **(portraits | days)):
            of_store = found[row["place_id" if file in PLACED else "store_id"]]
            of_store.setdefault(Path(file).stem, []).append(row)
    return found


def _listed(source: Source) -> dict[tuple[Any, ...], pl.DataFrame]:
    """The rows of the lists by store; all of them are read once."""
    rows = _frame(source, "list_rows").sort("customer_id")
    told = rows.join(_labels(source), on="customer_id", how="left", maintain_order="left")
    return told.partition_by("store_id", as_dict=True, include_key=False)


def _labels(source: Source) -> pl.DataFrame:
    """The labels of all segments that a customer is in, in their order; SQL takes three times as long for it."""
    named = [(row["segment"], row["label"] or row["segment"]) for row in source.table("segment_definitions")]
    ranked = sorted(named, key=lambda each: (each[1], each[0]))
    labels = pl.DataFrame(ranked, schema={"segment": pl.String, LABELS: pl.String}, orient="row").with_row_index("rank")
    members = _frame(source, "list_segments").join(labels, on="segment").select("customer_id", "rank", LABELS)
    return members.sort("customer_id", "rank").group_by("customer_id").agg(pl.col(LABELS).str.join(BETWEEN))


def _frame(source: Source, name: str) -> pl.DataFrame:
    frame: pl.DataFrame = source.connection.sql(sql_text(f"{FOLDER}/{name}.sql")).pl()
    return frame


def _nobody(listed: dict[tuple[Any, ...], pl.DataFrame]) -> pl.DataFrame:
    return next((frame.clear() for frame in listed.values()), pl.DataFrame())
