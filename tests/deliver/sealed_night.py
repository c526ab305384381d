"""A small sealed night for deliveries: three customers with everything that a database could stumble over."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.outgoing import Outgoing, outgoing
from pipeline.lake import write_table
from pipeline.schemas.catalog import TABLES
from pipeline.snapshots import Manifest, Snapshot, sealed_files

Rows = Mapping[str, list[dict[str, Any]]]

ROWS: Rows = {
    "customers": [
        {"customer_id": "c1", "name_masked": "张*", "city": "呼和浩特", "net_amount": Decimal("1234567890123456.78"),
         "order_count": 3, "first_order_on": date(2026, 2, 28), "is_member": True},
        {"customer_id": "c2", "name_masked": "O'Neil\t\\N \"x\"\n;--", "net_amount": Decimal("-0.01"),
         "order_count": 0, "is_member": False},
        {"customer_id": "c3", "name_masked": "", "net_amount": Decimal("10.10"), "order_count": 1},
    ],
    "segment_members": [{"segment": "best", "customer_id": "c1", "entered_on": date(2026, 3, 1)}],
    "segment_changes": [],
    "runs": [
        {"as_of": date(2026, 3, 31), "snapshot_id": "x", "started_at": datetime.fromisoformat("2026-04-01 02:30:00")},
    ],
}  # fmt: skip
BLANKS = {pl.String: "", pl.Int64: 0, pl.Boolean: False, pl.Float64: 0.0, pl.Decimal: Decimal(0),
          pl.Date: date(2026, 1, 1), pl.Datetime: datetime.fromisoformat("2026-01-01")}  # fmt: skip


def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what a row does not say is null where the contract allows it, else blank."""
    spec = TABLES[name]
    blanks = {
        column.name: None if column.name in spec.nullable else BLANKS[type(column.dtype)] for column in spec.columns
    }
    return pl.DataFrame([{**blanks, **row} for row in rows], schema=spec.polars_schema) if rows else spec.empty()


def sealed_night(folder: Path, rows: Rows = ROWS, as_of: date = date(2026, 3, 31), mark: str = "a") -> Snapshot:
    """These tables as the sealed snapshot `<as_of>-<mark>`."""
    snapshot_id = f"{as_of}-{mark}"
    home = folder / snapshot_id
    for name, told in rows.items():
        write_table(TABLES[name], frame(name, told), home / TABLES[name].layer / f"{name}.parquet")
    manifest = Manifest(snapshot_id, as_of.isoformat(), None, None, "input", "settings", "code", sealed_files(home, {}))
    return Snapshot(home, manifest)


def april_night(folder: Path, day: int, mark: str = "a") -> Outgoing:
    """The night of a day of April 2026."""
    return outgoing(sealed_night(folder, ROWS, date(2026, 4, day), mark), list(ROWS), "zh-CN")
