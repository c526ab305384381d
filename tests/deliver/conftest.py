"""A shop small enough to count by hand: three persons, four orders of which one is anonymous and one returned."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES, published_tables
from pipeline.settings import EngineSettings

AS_OF = date(2026, 3, 31)
SHOP: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {
            "customer_id": "c1", "name_masked": "张*", "phone_masked": "138****5678", "city": "上海", "is_member": True,
            "order_count": 2, "net_amount": 150, "frequency": 2, "monetary_amount": 150, "recency_days": 1,
            "first_order_on": date(2026, 2, 1), "last_order_on": date(2026, 3, 30), "lifecycle_stage": "growing",
            "r_score": 5, "f_score": 5, "m_score": 5, "rfm_class": "important_value", "rfrc_class": "loyal_high_value",
        },
        {
            "customer_id": "c2", "name_masked": "=*", "order_count": 1, "net_amount": 30, "frequency": 1,
            "monetary_amount": 30, "recency_days": 89, "first_order_on": date(2026, 1, 1),
            "last_order_on": date(2026, 1, 1), "lifecycle_stage": "regular", "r_score": 1, "f_score": 1, "m_score": 1,
            "rfm_class": "general_win_back", "rfrc_class": "low_value",
        },
        {"customer_id": "c3", "lifecycle_stage": "prospect"},
    ],
    "memberships": [{"customer_id": "c1", "tier": "standard", "points_balance": 150, "ledger_points": 150}],
    "customer_profiles": [
        {"source": "pos", "profile_key": "p1", "customer_id": "c1"},
        {"source": "web", "profile_key": "p1", "customer_id": "c1"},
        {"source": "pos", "profile_key": "p2", "customer_id": "c2"},
        {"source": "pos", "profile_key": "p3", "customer_id": "c3"},
    ],
    "orders": [
        {"order_key": "pos:1", "customer_id": "c1", "channel": "pos", "ordered_on": date(2026, 2, 1),
         "is_purchase": True, "line_count": 2, "paid_amount": 120, "refund_amount": 20, "net_amount": 100},
        {"order_key": "pos:2", "customer_id": "c2", "channel": "pos", "ordered_on": date(2026, 1, 1),
         "is_purchase": True, "line_count": 1, "paid_amount": 30, "net_amount": 30},
        {"order_key": "pos:3", "channel": "pos", "ordered_on": date(2026, 1, 1),
         "is_purchase": True, "line_count": 1, "paid_amount": 7, "net_amount": 7},
        {"order_key": "web:1", "customer_id": "c1", "channel": "web", "ordered_on": date(2026, 3, 30),
         "is_purchase": True, "line_count": 1, "paid_amount": 50, "net_amount": 50},
        {"order_key": "web:2", "customer_id": "c2", "channel": "web", "ordered_on": date(2026, 3, 30),
         "excluded_because": "fully_returned", "line_count": 1, "paid_amount": 9, "refund_amount": 9},
    ],
    "order_lines": [
        {"order_key": "pos:1", "line_id": "1", "paid_amount": 70, "net_amount": 70},
        {"order_key": "pos:1", "line_id": "2", "paid_amount": 50, "refund_amount": 20, "net_amount": 30},
        {"order_key": "pos:2", "line_id": "1", "paid_amount": 30, "net_amount": 30},
        {"order_key": "pos:3", "line_id": "1", "paid_amount": 7, "net_amount": 7},
        {"order_key": "web:1", "line_id": "1", "paid_amount": 50, "net_amount": 50},
        {"order_key": "web:2", "line_id": "1", "paid_amount": 9, "refund_amount": 9},
    ],
    "acquisition_costs": [
        {"channel": channel, "month_on": month_on, "spend_amount": spend, "new_customer_count": new, "ltv_amount": ltv}
        for channel, month_on, spend, new, ltv in (
            ("jd", date(2025, 2, 1), 999, 10, 9), ("jd", date(2025, 3, 1), 100, 10, 60),
            ("jd", date(2026, 1, 1), 150, 10, 30), ("jd", date(2026, 2, 1), 50, 10, None),
            ("jd", date(2026, 3, 1), 999, 10, 9), ("pos", date(2025, 12, 1), 0, 5, 20),
            ("ads", date(2025, 12, 1), 50, 0, None),
        )
    ],
    "rfm_scores": [
        {"customer_id": "c1", "recency_days": 1, "frequency": 2, "monetary_amount": 150, "r_score": 5, "f_score": 5,
         "m_score": 5, "rfm_class": "important_value", "rfrc_class": "loyal_high_value"},
        {"customer_id": "c2", "recency_days": 89, "frequency": 1, "monetary_amount": 30, "r_score": 1, "f_score": 1,
         "m_score": 1, "rfm_class": "general_win_back", "rfrc_class": "low_value"},
    ],
    "lifecycle_stages": [
        {"customer_id": "c1", "profile": "guide", "stage": "growing", "matched_stages": "growing",
         "since_on": date(2026, 3, 31)},
        {"customer_id": "c2", "profile": "guide", "stage": "regular", "matched_stages": "regular",
         "since_on": date(2026, 1, 31)},
        {"customer_id": "c3", "profile": "guide", "stage": "prospect", "matched_stages": "prospect",
         "since_on": date(2026, 1, 31)},
    ],
    "lifecycle_rules": [
        {"profile": "guide", "is_buyer": True, "stage": "growing", "precedence": 1},
        {"profile": "guide", "is_buyer": True, "stage": "regular", "precedence": 2},
        {"profile": "guide", "is_buyer": False, "stage": "prospect", "precedence": 1},
    ],
    "stage_flow": [
        {"as_of": date(2026, 3, 31), "period": "night", "profile": "guide", "from_stage": "regular",
         "to_stage": "growing", "flow_customer_count": 1},
        {"as_of": date(2026, 3, 31), "period": "week", "profile": "guide", "from_stage": "regular",
         "to_stage": "growing", "flow_customer_count": 1},
        {"as_of": date(2026, 3, 31), "period": "week", "profile": "guide", "from_stage": "regular",
         "to_stage": "regular", "flow_customer_count": 3},
        {"as_of": date(2026, 3, 31), "period": "month", "profile": "guide", "from_stage": "none",
         "to_stage": "growing", "flow_customer_count": 1},
    ],
    "rfm_profile_scores": [
        {"customer_id": "c1", "rfm_profile": "default", "recency_days": 1, "r_score": 5, "f_score": 5, "m_score": 5},
        {"customer_id": "c2", "rfm_profile": "default", "recency_days": 89, "r_score": 1, "f_score": 1, "m_score": 1},
    ],
    "rfm_cut_points": [
        {"rfm_profile": "default", "rfm_method": "quantile", "rfm_letter": "r", "rfm_score": 1, "worst_value": 89,
         "best_value": 89, "scored_customer_count": 1},
        {"rfm_profile": "default", "rfm_method": "quantile", "rfm_letter": "r", "rfm_score": 5, "worst_value": 1,
         "best_value": 1, "scored_customer_count": 1},
        {"rfm_profile": "default", "rfm_method": "quantile", "rfm_letter": "f", "rfm_score": 1, "worst_value": 1,
         "best_value": 1, "scored_customer_count": 1},
        {"rfm_profile": "default", "rfm_method": "quantile", "rfm_letter": "f", "rfm_score": 5, "worst_value": 2,
         "best_value": 2, "scored_customer_count": 1},
    ],
    "rfm_group_cells": [
        {"rfm_grouping": "two", "rfm_profile": "default", "r_score": 5, "f_score": 5, "m_score": 5, "rfm_group": "hi"},
        {"rfm_grouping": "two", "rfm_profile": "default", "r_score": 1, "f_score": 1, "m_score": 1, "rfm_group": "lo"},
    ],
    "rfm_groups": [
        {"customer_id": "c1", "rfm_grouping": "two", "rfm_group": "hi"},
        {"customer_id": "c2", "rfm_grouping": "two", "rfm_group": "lo"},
    ],
    "segment_definitions": [
        {"segment": "best", "label": "重要价值", "definition": "rfm_class = 'important_value'"},
        {"segment": "nobody", "label": "", "definition": "false"},
        {"segment": "quiet", "label": "沉默", "definition": "recency_days is null or recency_days > 60"},
    ],
    "segment_members": [
        {"segment": "best", "customer_id": "c1", "entered_on": date(2026, 2, 28)},
        {"segment": "quiet", "customer_id": "c2", "entered_on": date(2026, 3, 31)},
        {"segment": "quiet", "customer_id": "c3", "entered_on": date(2026, 1, 31)},
    ],
    "row_counts": [
        {"as_of": AS_OF, "table_name": "raw_orders", "source": "pos", "raw_rows": 10, "clean_rows": 7,
         "rejected_rows": 1, "duplicate_rows": 2, "control_rows": 1, "file_rows": 11, "raw_amount": 100,
         "clean_amount": 70, "rejected_amount": 10, "duplicate_amount": 20},
        {"as_of": AS_OF, "table_name": "purchases", "source": "pos", "raw_rows": 7, "clean_rows": 4,
         "rejected_rows": 3, "file_rows": 7, "raw_amount": 70, "clean_amount": 70},
    ],
    "rejected_rows": [{"source": "pos", "path": "pos/1.csv", "row_number": 5, "rule": "MONEY_FORMAT"}],
    "source_files": [
        {"source": "pos", "path": "pos/1.csv", "sha256": "ab", "rows": 11, "state": "loaded", "rejected_rows": 1,
         "last_event_on": date(2026, 3, 30)},
    ],
    "runs": [{"as_of": AS_OF, "snapshot_id": "2026-03-31-abc", "stale_sources": "web"}],
}  # fmt: skip

BLANKS: dict[pl.DataType, Any] = {
    pl.String(): "",
    pl.Int64(): 0,
    pl.Boolean(): False,
    pl.Date(): date(2026, 1, 1),
    pl.Datetime("us"): datetime.fromisoformat("2026-01-01"),
    pl.Float64(): 0.0,
}


def _frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a table; what a row does not say is null where the contract allows it, else blank."""
    spec = TABLES[name]
    blanks = {column.name: None if column.name in spec.nullable else BLANKS.get(column.dtype, 0)
              for column in spec.columns}  # fmt: skip
    told = [{**blanks, **row} for row in rows]
    return pl.DataFrame(told, schema=dict(spec.polars_schema), strict=False) if told else spec.empty()


Shop = Mapping[str, list[dict[str, Any]]]


@pytest.fixture
def shop() -> dict[str, list[dict[str, Any]]]:
    """The rows of the shop, for a test to change."""
    return {name: [dict(row) for row in rows] for name, rows in SHOP.items()}


@pytest.fixture
def write_shop(tmp_path: Path) -> Callable[[Shop], dict[str, Table]]:
    """Writes the rows as the published tables of a night."""

    def write(rows: Shop) -> dict[str, Table]:
        folder = tmp_path / "snapshot"
        return {
            spec.name: write_table(spec, _frame(spec.name, rows.get(spec.name, [])), folder / f"{spec.name}.parquet")
            for spec in published_tables()
        }

    return write


@pytest.fixture
def tables(shop: Shop, write_shop: Callable[[Shop], dict[str, Table]]) -> dict[str, Table]:
    """The published tables of the shop."""
    return write_shop(shop)


@pytest.fixture
def engine() -> EngineSettings:
    """One thread and little memory."""
    return EngineSettings(memory_limit="500MB", threads=1)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where the engine may spill."""
    return tmp_path / "scratch"
