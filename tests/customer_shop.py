"""A shop in a temporary folder: literal rows in, the steps from purchases to segments, tables out.

Days are told as ages: 0 is as_of, 29 the first of the last 30 days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import ColumnSpec
from pipeline.scores import rfm_steps, stage_steps
from pipeline.scores import steps as scores
from pipeline.segments import steps as segments
from pipeline.settings import Settings
from pipeline.yaml_files import validated

AS_OF = date(2026, 6, 30)
DEFAULTS: dict[pl.DataType, Any] = {pl.String(): "x", pl.Int64(): 0, pl.Boolean(): False, pl.Date(): AS_OF}
WIDE_TABLES = (
    "memberships", "churn_scores", "lifetime_values", "acquisitions", "contact_values", "next_orders",
    "preferred_channels",
    "imputed_attributes", "customer_tags", "channel_consents",
)  # fmt: skip
"""What `customers` shows beside facts, scores and stages; empty in this shop."""
Purchase = tuple[str, int, Any]
"""Customer, age in days, net amount."""


def aged(days: int, as_of: date = AS_OF) -> date:
    """The day that many days before as_of."""
    return as_of - timedelta(days=days)


def shop_settings(**sections: Any) -> Settings:
    """Settings with these sections and defaults for all others."""
    return validated(Settings, {"retailer": "示例零售", **sections}, "settings.yaml")


def cell(column: ColumnSpec, value: Any) -> Any:
    """A literal as its column's type takes it: money may be told as 12.5."""
    return Decimal(str(value)) if isinstance(column.dtype, pl.Decimal) and value is not None else value


@dataclass
class Shop:
    """Writes literal tables and runs steps on them."""

    folder: Path
    settings: Settings = field(default_factory=shop_settings)
    as_of: date = AS_OF

    def __post_init__(self) -> None:
        self.engine = Engine(self.settings.engine, self.folder / "scratch")
        self._numbers = count()

    def path(self, name: str) -> Path:
        """A fresh path for a table."""
        return self.folder / f"{name}-{next(self._numbers)}.parquet"

    def table(self, name: str, rows: Iterable[Mapping[str, Any]] = ()) -> Table:
        """A table of literal rows; what a row does not say is null where that is allowed, else 0, false or 'x'."""
        spec = TABLES[name]
        blank = {
            column.name: None if column.name in spec.nullable else DEFAULTS.get(column.dtype, 0)
            for column in spec.columns
        }
        filled = [
            [cell(column, value) for column, value in zip(spec.columns, {**blank, **row}.values(), strict=True)]
            for row in rows
        ]
        frame = pl.DataFrame(filled, schema=spec.polars_schema, orient="row")
        return write_table(spec, frame, self.path(name))

    def orders(self, purchases: Sequence[Purchase], more: Iterable[Mapping[str, Any]] = ()) -> Table:
        """Purchases of pos, in the order given, and other rows of `orders`."""
        rows = [
            {
                "order_key": f"pos:{number}",
                "customer_id": customer,
                "channel": "pos",
                "is_purchase": True,
                "ordered_on": aged(age, self.as_of),
                "ordered_at": datetime.combine(aged(age, self.as_of), time(12)),
                "net_amount": amount,
            }
            for number, (customer, age, amount) in enumerate(purchases)
        ]
        return self.table("orders", [*rows, *more])

    def people(self, registered: Mapping[str, date | None], **columns: Any) -> Table:
        """customer_attributes of these customers and their days of registration."""
        rows = [{"customer_id": who, "registered_on": on, **columns} for who, on in registered.items()]
        return self.table("customer_attributes", rows)

    def facts(self, orders: Table, people: Table) -> Table:
        """customer_facts."""
        return scores.customer_facts(
            orders, people, engine=self.engine, settings=self.settings, as_of=self.as_of, path=self.path("facts")
        )

    def scores(self, facts: Table, rates: Mapping[str, float] | None = None) -> Table:
        """rfm_scores with these response rates."""
        return rfm_steps.rfm_scores(
            self.profile_scores(facts, rates),
            engine=self.engine,
            settings=self.settings,
            as_of=self.as_of,
            path=self.path("rfm"),
        )

    def profile_scores(
        self, facts: Table, rates: Mapping[str, float] | None = None, orders: Table | None = None
    ) -> Table:
        """rfm_profile_scores with these response rates; `orders` for profiles with a window of their own."""
        rows = [{"customer_id": who, "response_rate": rate} for who, rate in (rates or {}).items()]
        return rfm_steps.rfm_profile_scores(
            facts,
            orders or self.table("orders"),
            self.table("response_rates", rows),
            rfm_steps.rfm_profiles(settings=self.settings, path=self.path("profiles")),
            engine=self.engine,
            settings=self.settings,
            as_of=self.as_of,
            path=self.path("profile_scores"),
        )

    def features(
        self, facts: Table, people: Table, orders: Table | None = None, signals: Iterable[Mapping[str, Any]] = ()
    ) -> Table:
        """stage_features; `orders` for the customers' own cycles, `signals` as rows of customer_signals."""
        gaps = stage_steps.purchase_gaps(
            orders or self.table("orders"), engine=self.engine, as_of=self.as_of, path=self.path("gaps")
        )
        return stage_steps.stage_features(
            people,
            facts,
            self.table("customer_signals", signals),
            gaps,
            engine=self.engine,
            settings=self.settings,
            as_of=self.as_of,
            path=self.path("features"),
        )

    def stages(
        self, facts: Table, people: Table, previous: Table | None = None, features: Table | None = None
    ) -> Table:
        """lifecycle_stages after the previous night's, which was yesterday."""
        return stage_steps.lifecycle_stages(
            features or self.features(facts, people),
            previous or self.table("lifecycle_stages"),
            engine=self.engine,
            settings=self.settings,
            as_of=self.as_of,
            previous_as_of=aged(1, self.as_of) if previous else None,
            path=self.path("stages"),
        )

    def customers(
        self,
        orders: Table,
        people: Table,
        rates: Mapping[str, float] | None = None,
        wide: Mapping[str, Iterable[Mapping[str, Any]]] | None = None,
    ) -> Table:
        """The wide table, made from purchases and people; `wide` has rows of the other tables that it shows."""
        facts = self.facts(orders, people)
        rate_rows = [{"customer_id": who, "response_rate": rate} for who, rate in (rates or {}).items()]
        return segments.customers(
            people,
            facts,
            orders,
            self.table("response_rates", rate_rows),
            self.scores(facts, rates),
            self.table("rfm_groups"),
            self.stages(facts, people),
            *(self.table(name, (wide or {}).get(name, ())) for name in WIDE_TABLES),
            engine=self.engine,
            path=self.path("customers"),
        )


def by_customer(table: Table, *columns: str) -> dict[str, Any]:
    """customer_id → the value, or the tuple of values, of these columns."""
    rows = table.read().select("customer_id", *columns).iter_rows()
    return {row[0]: row[1] if len(columns) == 1 else row[1:] for row in rows}
