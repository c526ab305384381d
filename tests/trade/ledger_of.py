"""Small literal exports made into the ledger of trade: rows name only what matters, the rest has plain defaults."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings, SourceSettings
from pipeline.trade import steps

Row = Mapping[str, object]
AS_OF = date(2026, 6, 30)
NOON = "2026-06-01T12:00:00"
SOURCES = (
    SourceSettings(name="pos", kind="orders", path="pos/*"),
    SourceSettings(name="tmall", kind="orders", path="tmall/*"),
    SourceSettings(name="returns", kind="refunds", path="refunds/*"),
)
SETTINGS = Settings(retailer="示例零售", sources=SOURCES)
ORDER = {
    "source": "pos",
    "order_id": "1",
    "ordered_at": NOON,
    "channel": "pos",
    "currency": "CNY",
    "profile_key": "M1",
    "status": "completed",
}
LINE = {**ORDER, "line_id": "1", "sku": "A", "quantity": 1, "unit_price": 100, "paid_amount": 100, "line_kind": "goods"}
REFUND = {
    "source": "returns",
    "order_id": "1",
    "refunded_at": "2026-06-20",
    "refund_amount": 30,
    "currency": "CNY",
    "refund_status": "success",
}
DEFAULTS: Mapping[str, Row] = {
    "clean_order_heads": ORDER,
    "clean_order_lines": LINE,
    "clean_refunds": REFUND,
    "clean_products": {"source": "erp", "sku": "A"},
    "clean_stores": {"source": "erp", "store_id": "S1", "is_test": False},
    "clean_fx_rates": {"source": "bank", "currency": "GBP", "rate": 9},
}
CHAIN = (
    "exchange_rates",
    "order_totals",
    "matched_refunds",
    "shared_amounts",
    "order_line_amounts",
    "return_candidates",
    "returns_matched",
    "orders",
    "order_lines",
    "refunds",
    "refund_differences",
)


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as the table of that name: defaults first, then what the row says; provenance is made up."""
    spec = TABLES[table]
    full = []
    for number, row in enumerate(rows, start=1):
        made_up = {"row_key": f"row {number}", "file_sha": "f", "row_number": number, "version_rank": 0}
        filled = {**made_up, "filled_count": 5, "amount": 0, **DEFAULTS.get(table, {}), **row}
        full.append({name: _typed(filled.get(name), spec.polars_schema[name]) for name in spec.names})
    return pl.DataFrame(full, schema=spec.polars_schema, orient="row")


def _typed(value: object, dtype: pl.DataType) -> object:
    if value is None:
        return None
    if isinstance(dtype, pl.Decimal):
        return Decimal(str(value))
    if isinstance(value, str) and dtype == pl.Date():
        return date.fromisoformat(value)
    if isinstance(value, str) and dtype == pl.Datetime("us"):
        return datetime.fromisoformat(value)
    return value


@dataclass(frozen=True)
class Ledger:
    """Every table of one small night, by name."""

    tables: Mapping[str, Table]

    def read(self, name: str) -> pl.DataFrame:
        return self.tables[name].read()

    def rows(self, name: str, *columns: str) -> list[tuple[object, ...]]:
        """Some columns in the order of the key; money as text, so that a test reads like a receipt."""
        return [tuple(map(_shown, row)) for row in self.read(name).select(columns).rows()]


def _shown(value: object) -> object:
    if not isinstance(value, Decimal):
        return value
    return str(int(value)) if value == int(value) else f"{value:.2f}"


def ledger(folder: Path, settings: Settings = SETTINGS, **given: Sequence[Row]) -> Ledger:
    """`ledger(tmp_path, order_lines=[{...}, {...}])`: all tables from clean to refunds."""
    engine = Engine(settings.engine, folder / "scratch")
    tables: dict[str, Table] = {}
    for name in ("order_heads", "order_lines", "refunds", "products", "stores", "fx_rates"):
        clean = f"clean_{name}"
        tables[clean] = write_table(TABLES[clean], frame(clean, given.get(name, ())), folder / f"{clean}.parquet")
    profiles = _profiles([tables["clean_order_heads"], tables["clean_order_lines"]])
    path = folder / "customer_profiles.parquet"
    tables["customer_profiles"] = write_table(TABLES["customer_profiles"], profiles, path)
    available = {"engine": engine, "settings": settings}
    for name in CHAIN:
        step = getattr(steps, name)
        wanted = {**tables, **available, "path": folder / f"{name}.parquet"}
        tables[name] = step(**{key: wanted[key] for key in inspect.signature(step).parameters})
    return Ledger(tables)


def _profiles(orders: Sequence[Table]) -> pl.DataFrame:
    """Everybody is a person of their own: M1 of any source is customer C-M1."""
    keys = pl.concat(table.read().select("source", "profile_key") for table in orders).drop_nulls().unique()
    return keys.with_columns(
        customer_id="C-" + pl.col("profile_key"),
        key_types=pl.lit("member_no"),
        first_seen_on=pl.lit(None, pl.Date),
        last_seen_on=pl.lit(None, pl.Date),
    )
