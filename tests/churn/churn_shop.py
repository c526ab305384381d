"""A small shop of made-up customers whose buying is known, told through the real feature tables."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from customer_shop import DEFAULTS, Shop

from assets import churn
from pipeline.lake import Table, write_table
from pipeline.predictions import steps
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

END = date(2026, 6, 30)


def simulated_orders(customers: int, days: int, seed: int = 5, until: date = END) -> pl.DataFrame:
    """Customers arrive over time, buy at a rate of their own and leave for good: one row per order."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        day = float(chance.integers(0, days - 10))
        rate, leaving = chance.gamma(1.2, 1 / 45), chance.beta(0.8, 3.0)
        while day < days:
            paid = round(float(chance.lognormal(4, 0.6)), 2)
            rows.append((f"c{number:05}", until - timedelta(days=days - 1 - int(day)), paid))
            if chance.random() < leaving:
                break
            day += 1 + chance.exponential(1 / rate)
    frame = pl.DataFrame(rows, schema=["customer_id", "ordered_on", "paid_amount"], orient="row")
    return frame.with_row_index("number").select(
        pl.format("pos:{}", "number").alias("order_key"), "customer_id", "ordered_on", "paid_amount"
    )


def filled(name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as that table: what they do not say is null where allowed, else 0, false or 'x'."""
    spec = TABLES[name]
    return rows.select(
        (
            pl.col(column.name)
            if column.name in rows.columns
            else pl.lit(None if column.name in spec.nullable else DEFAULTS.get(column.dtype, 0))
        )
        .cast(column.dtype)
        .alias(column.name)
        for column in spec.columns
    )


@dataclass
class ChurnShop:
    """Runs the steps from orders to churn scores in a folder."""

    folder: Path
    settings: Settings
    as_of: date = END

    def __post_init__(self) -> None:
        self.shop = Shop(self.folder, self.settings, self.as_of)

    def write(self, name: str, rows: pl.DataFrame) -> Table:
        return write_table(TABLES[name], filled(name, rows), self.shop.path(name))

    def empty(self, *names: str) -> list[Table]:
        return [self.shop.table(name) for name in names]

    def orders(self, told: pl.DataFrame) -> Table:
        """Orders of the ledger as known on as_of: none after it."""
        known = told.filter(pl.col("ordered_on") <= self.as_of)
        more = {"net_amount": pl.col("paid_amount"), "is_purchase": pl.lit(value=True), "channel": pl.lit("pos")}
        return self.write("orders", known.with_columns(line_count=pl.lit(1), **more))

    def features(self, orders: Table, refunds: Table | None = None, lines: Table | None = None) -> Table:
        facts = self.facts(orders)
        make: dict[str, Any] = {"engine": self.shop.engine, "settings": self.settings}
        cutoffs = steps.feature_cutoffs(facts, settings=self.settings, as_of=self.as_of, path=self.shop.path("cutoffs"))
        refunds = refunds or self.shop.table("refunds")
        bought = steps.purchase_features(cutoffs, orders, refunds, path=self.shop.path("bought"), **make)
        lines = lines or self.shop.table("order_lines")
        baskets = steps.basket_features(cutoffs, lines, engine=self.shop.engine, path=self.shop.path("baskets"))
        spoken = self.empty("customer_profiles", "clean_campaign_contacts", "clean_tickets", "clean_events")
        contacts = steps.contact_features(cutoffs, *spoken, engine=self.shop.engine, path=self.shop.path("contacts"))
        return steps.customer_features(
            cutoffs, bought, baskets, contacts, self.people(orders), orders, path=self.shop.path("features"), **make
        )

    def people(self, orders: Table, **columns: Any) -> Table:
        who = orders.read().select("customer_id").unique()
        return self.write(
            "customer_attributes", who.with_columns(pl.lit(value).alias(k) for k, value in columns.items())
        )

    def facts(self, orders: Table) -> Table:
        return self.shop.facts(orders, self.people(orders))

    def versions(self, features: Table, facts: Table, previous: Table | None = None) -> Table:
        return churn.churn_versions(
            features,
            facts,
            previous or self.shop.table("churn_versions"),
            settings=self.settings,
            as_of=self.as_of,
            workspace=churn.Workspace(self.folder),
            path=self.shop.path("versions"),
        )

    def scores(
        self, features: Table, facts: Table, versions: Table, people: Table, stages: Table | None = None
    ) -> Table:
        return churn.churn_scores(
            features,
            facts,
            people,
            stages or self.shop.table("lifecycle_stages"),
            versions,
            settings=self.settings,
            as_of=self.as_of,
            path=self.shop.path("scores"),
        )


@dataclass(frozen=True)
class Finished:
    """A shop of 1,500 customers and 500 days after its night."""

    shop: ChurnShop
    told: pl.DataFrame
    orders: Table
    features: Table
    facts: Table
    versions: Table

    def reports(self) -> Table:
        """churn_reports of the night."""
        path = self.shop.shop.path("reports")
        return churn.churn_reports(self.features, self.versions, settings=self.shop.settings, path=path)
