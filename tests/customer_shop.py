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
from pipeline.scores import steps as scores
from pipeline.segments import steps as segments
from pipeline.settings import Settings
from pipeline.yaml_files import validated

AS_OF = date(2026, 6, 30)
DEFAULTS: dict[pl.DataType, Any] = {pl.String(): "x", pl.Int64(): 0, pl.Boolean(): False, pl.Date(): AS_OF}
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
        rows = [{"customer_id": who, "response_rate": rate} for who, rate in (rates or {}).items()]
        return scores.rfm_scores(
            facts,
            self.table("response_rates", rows),
            engine=self.engine,
            settings=self.settings,
            path=self.path("rfm"),
        )

    def stages(self, facts: Table, people: Table, previous: Table | None = None) -> Table:
        """lifecycle_stages after the previous night's."""
        return scores.lifecycle_stages(
            facts,
            people,
            previous or self.table("lifecycle_stages"),
            engine=self.engine,
            settings=self.settings,
            as_of=self.as_of,
            path=self.path("stages"),
        )

    def customers(self, orders: Table, people: Table, rates: Mapping[str, float] | None = None) -> Table:
        """The wide table, made from purchases and people."""
        facts = self.facts(orders, people)
        rate_rows = [{"customer_id": who, "response_rate": rate} for who, rate in (rates or {}).items()]
        return segments.customers(
            people,
            facts,
            orders,
            self.table("response_rates", rate_rows),
            self.scores(facts, rates),
            self.stages(facts, people),
            engine=self.engine,
            path=self.path("customers"),
        )


def by_customer(table: Table, *columns: str) -> dict[str, Any]:
    """customer_id → the value, or the tuple of values, of these columns."""
    rows = table.read().select("customer_id", *columns).iter_rows()
    return {row[0]: row[1] if len(columns) == 1 else row[1:] for row in rows}
