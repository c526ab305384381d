"""A sealed night written by hand: literal rows in, a report out. What a row does not say is null, 0, false or 'x'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from customer_shop import AS_OF, DEFAULTS, cell, shop_settings

from pipeline.engine import Engine
from pipeline.lake import write_table
from pipeline.reports.document import Grid, Report
from pipeline.reports.folder import ReportNight, report_of
from pipeline.reports.source import opened
from pipeline.reports.wording import Words, words_of
from pipeline.schemas.catalog import TABLES
from pipeline.snapshots import Manifest, Snapshot

SNAPSHOT_ID = f"{AS_OF}-abc"
WHO = "head of marketing"
Rows = Sequence[Mapping[str, Any]]


def ago(days: int) -> date:
    """So many days before the night."""
    return AS_OF - timedelta(days=days)


@dataclass
class ReportShop:
    """Tables by name, and settings."""

    root: Path
    tables: Mapping[str, Rows]
    settings: Mapping[str, Any] = field(default_factory=dict)

    def night(self) -> ReportNight:
        """The sealed night; tables that are not told are not there, as in an older release."""
        folder = self.root / "snapshots" / SNAPSHOT_ID
        for name, rows in self.tables.items():
            spec = TABLES[name]
            blank = {
                column.name: None if column.name in spec.nullable else DEFAULTS.get(column.dtype, 0)
                for column in spec.columns
            }
            told = [
                [cell(column, value) for column, value in zip(spec.columns, {**blank, **row}.values(), strict=True)]
                for row in rows
            ]
            frame = pl.DataFrame(told, schema=spec.polars_schema, orient="row")
            write_table(spec, frame, folder / spec.layer / f"{name}.parquet")
        manifest = Manifest(SNAPSHOT_ID, AS_OF.isoformat(), None, None, "", "", "")
        settings = shop_settings(**self.settings)
        exports, reports, state = (self.root / name for name in ("exports", "reports", "state"))
        state.mkdir(exist_ok=True)
        engine = Engine(settings.engine, self.root / "scratch")
        return ReportNight(Snapshot(folder, manifest), settings, exports, reports, state, engine, WHO)

    def report(self) -> tuple[Report, Words]:
        """The report and its words."""
        night = self.night()
        words = words_of(night.settings.locale, night.settings.currency, night.settings.privacy.small_cell)
        with opened(night.snapshot, night.settings, night.exports, night.engine) as source:
            return report_of(source, words), words

    def grid(self, name: str) -> list[list[str]]:
        """The cells of one table as people read them."""
        report, words = self.report()
        return shown(next(grid for grid in report.grids() if grid.name == name), words)


def shown(grid: Grid, words: Words) -> list[list[str]]:
    """All cells of a table in words."""
    return [[words.cell(value, column) for value, column in zip(row, grid.columns, strict=True)] for row in grid.rows]


def person(number: int, **columns: Any) -> dict[str, Any]:
    """One row of customers: bought once for 100."""
    told = {"customer_id": f"CUST{number:04}", "order_count": 1, "net_amount": 100, "recency_days": 10,
            "name_masked": "张*", "phone_masked": "138****5678", "email_masked": None}  # fmt: skip
    return told | columns


def members(segment: str, numbers: range) -> list[dict[str, Any]]:
    """These customers as members of a segment."""
    return [{"segment": segment, "customer_id": f"CUST{number:04}"} for number in numbers]


WOMEN, FEW, MEN = range(25), range(25, 30), range(25, 40)
SHOP: dict[str, list[dict[str, Any]]] = {
    "daily_kpis": [
        {"sold_on": AS_OF, "store_id": "S1", "channel": "pos", "order_count": 4, "new_customer_count": 1,
         "returning_order_count": 2, "paid_amount": 1100, "refund_amount": 100, "net_amount": 1000,
         "member_net_amount": 375},
        {"sold_on": AS_OF, "store_id": "-", "channel": "tmall", "order_count": 1, "returning_order_count": 1,
         "paid_amount": 500, "net_amount": 500},
        {"sold_on": ago(7), "store_id": "S1", "channel": "pos", "order_count": 6, "returning_order_count": 3,
         "paid_amount": 1200, "net_amount": 1200},
        {"sold_on": ago(364), "store_id": "S1", "channel": "pos", "order_count": 5, "paid_amount": 1000,
         "net_amount": 1000},
    ],
    "sales_targets": [{"target_on": AS_OF, "scope": "total", "scope_value": "all", "target_amount": 2000}],
    "customers": [
        *(person(number, gender="female", city="上海", preferred_channel="tmall") for number in WOMEN),
        *(person(number, gender="male", city="北京", preferred_channel="pos") for number in MEN),
    ],
    "segment_definitions": [
        {"segment": "women", "label": "女性客户", "definition": "gender = 'female'"},
        {"segment": "few", "label": "少数客户", "definition": "net_amount > 0"},
        {"segment": "big_spenders", "label": "高消费", "definition": "m_score = 5"},
    ],
    "segment_members": [
        *members("women", WOMEN), *members("few", FEW), *members("big_spenders", range(40)),
    ],
    "order_lines": [
        *({"order_key": f"o{number}", "line_id": "1", "customer_id": f"CUST{number:04}", "is_purchase": True,
           "ordered_on": ago(10), "category": "女装" if number < 20 else "男装", "net_amount": 100}
          for number in range(40)),
        {"order_key": "old", "line_id": "1", "customer_id": "CUST0000", "is_purchase": True, "ordered_on": ago(365),
         "category": "旧货", "net_amount": 9999},
    ],
    "rfm_scores": [
        {"customer_id": f"CUST{number:04}", "r_score": score, "f_score": score, "m_score": 3, "monetary_amount": 100}
        for score, numbers in ((5, range(25)), (3, range(25, 28)), (1, range(28, 40)))
        for number in numbers
    ],
    "lifecycle_rules": [
        {"profile": "guide", "stage": "growing", "precedence": 1},
        {"profile": "guide", "stage": "dormant", "precedence": 2},
    ],
    "lifecycle_stages": [
        {"customer_id": f"CUST{number:04}", "profile": "guide", "stage": "growing" if number < 24 else "dormant",
         "previous_stage": "growing" if number < 12 else "dormant"}
        for number in range(40)
    ],
    "stage_flow": [
        {"as_of": AS_OF, "period": "night", "profile": "guide", "from_stage": "dormant", "to_stage": "growing",
         "flow_customer_count": 12},
        {"as_of": AS_OF, "period": "night", "profile": "guide", "from_stage": "growing", "to_stage": "dormant",
         "flow_customer_count": 3},
    ],
    "row_counts": [
        {"as_of": AS_OF, "table_name": "raw_order_heads", "source": "pos", "raw_rows": 9, "clean_rows": 6,
         "rejected_rows": 1, "duplicate_rows": 2, "control_rows": 1, "file_rows": 10},
    ],
    "source_files": [
        {"source": "pos", "path": "pos/1.csv", "sha256": "ab", "state": "loaded", "rows": 10, "rejected_rows": 1,
         "last_event_on": ago(2)},
    ],
    "rejected_rows": [{"source": "pos", "path": "pos/1.csv", "row_number": 5, "rule": "MONEY_FORMAT"}],
    "runs": [{"as_of": AS_OF, "snapshot_id": SNAPSHOT_ID, "missing_sources": "jd", "stale_sources": ""}],
}  # fmt: skip
