"""A sealed night of stores by hand: each store's rows are made from its id and a size, so that one can be changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from report_shop import AS_OF, SNAPSHOT_ID, ReportShop, ago

from pipeline.reports.folder import write_report

Tables = dict[str, list[dict[str, Any]]]
STAGES = ("growing", "regular", "regular", "dormant", "churned", "prospect")
BEFORE = ("growing", "regular", "growing", "regular", "dormant", "prospect")


def store_rows(store: str, size: int, sales: int, first: int = 0) -> Tables:
    """Rows of one store with `size` customers, who bought for `sales` yesterday."""
    ids = [f"CUST-{store}-{number:03}" for number in range(first, first + size)]
    buyers = [(number, customer) for number, customer in enumerate(ids) if STAGES[number % 6] != "prospect"]
    stages = {customer: (STAGES[number % 6], BEFORE[number % 6]) for number, customer in enumerate(ids)}
    return {
        "customers": [
            {"customer_id": customer, "home_store_id": store, "name_masked": "张*", "phone_masked": "138****5678",
             "order_count": number % 4, "net_amount": 100 * (number % 4), "recency_days": 10, "city": "上海",
             "gender": "female" if number % 3 else "male", "preferred_channel": "pos", "is_member": True,
             "lifecycle_stage": stages[customer][0], "r_score": 1 + number % 5, "f_score": 1 + number % 2,
             "monetary_amount": 100}
            for number, customer in enumerate(ids)
        ],
        "lifecycle_stages": [
            {"customer_id": customer, "profile": "guide", "stage": now, "month_start_stage": before,
             "previous_stage": before}
            for customer, (now, before) in stages.items()
        ],
        "segment_members": [{"segment": "buyers", "customer_id": customer} for _, customer in buyers],
        "churn_scores": [
            {"customer_id": customer, "churn_probability": 0.4, "horizon_days": 90, "method": "mean",
             "risk_level": "high" if number % 2 else "low"}
            for number, customer in buyers
        ],
        "lifetime_values": [
            {"customer_id": customer, "method": "bg_nbd", "ltv_basis": "revenue", "historic_revenue_amount": 100,
             "expected_revenue_12m_amount": 50, "discounted_ltv_amount": 70}
            for _, customer in buyers
        ],
        "order_lines": [
            {"order_key": customer, "line_id": "1", "customer_id": customer, "is_purchase": True, "store_id": store,
             "ordered_on": ago(10), "category": "女装" if number % 2 else "男装", "net_amount": 100 + number}
            for number, customer in buyers
        ],
        "next_orders": [
            {"customer_id": customer, "category": "护肤", "is_due": number % 2 == 0} for number, customer in buyers
        ],
        "channel_consents": [
            {"customer_id": customer, "consent_channel": "sms", "reach": "reachable",
             "consent": "granted" if number % 2 else "unknown"}
            for number, customer in enumerate(ids)
        ],
        "daily_kpis": [
            {"sold_on": day, "store_id": store, "channel": "pos", "order_count": 4, "returning_order_count": 2,
             "paid_amount": sales, "net_amount": sales, "member_net_amount": sales}
            for day in (AS_OF, ago(7), ago(364))
        ],
        "kpi_summary": [
            {"as_of": AS_OF, "period": "month", "scope": "store", "scope_value": store, "metric": "net_amount",
             "unit": "amount", "kpi_value": 30 * sales, "previous_value": 20 * sales}
        ],
        "clean_stores": [{"source": "stores", "row_key": store, "file_sha": "ab", "store_id": store,
                          "store_name": f"{store}店"}],
    }  # fmt: skip


def house_rows(scale: int) -> Tables:
    """Figures of the whole house, which no store may see."""
    return {
        "daily_kpis": [{"sold_on": AS_OF, "store_id": "-", "channel": "tmall", "is_online": True,
                        "order_count": 7 * scale, "paid_amount": 7001 * scale, "net_amount": 7001 * scale}],
        "kpi_summary": [{"as_of": AS_OF, "period": "month", "scope": "total", "scope_value": "all",
                         "metric": "net_amount", "unit": "amount", "kpi_value": 91003 * scale}],
        "acquisition_costs": [{"channel": "jd", "month_on": ago(60).replace(day=1), "spend_amount": 1234 * scale,
                               "new_customer_count": 50 * scale, "ltv_amount": 70}],
        "source_files": [{"source": "pos", "path": "pos/1.csv", "sha256": "ab", "state": "loaded",
                          "rows": 1000 * scale}],
        "model_reports": [{"model": "churn", "trained_on": AS_OF, "metric": "auc", "value": 0.71,
                           "baseline_value": 0.6, "sample_count": 5317 * scale}],
        "segment_reach": [{"segment": "buyers", "consent_channel": "sms", "member_count": 500 * scale,
                           "exportable_count": 400 * scale}],
    }  # fmt: skip


ALWAYS: Tables = {
    "segment_definitions": [{"segment": "buyers", "label": "买过的人", "definition": "order_count > 0"}],
    "lifecycle_rules": [
        {"profile": "guide", "stage": stage, "precedence": place} for place, stage in enumerate(sorted(set(STAGES)), 1)
    ],
    "runs": [{"as_of": AS_OF, "snapshot_id": SNAPSHOT_ID, "missing_sources": "", "stale_sources": ""}],
}  # fmt: skip


def together(*parts: Mapping[str, list[dict[str, Any]]]) -> Tables:
    """All rows of several parts."""
    tables: Tables = {}
    for part in parts:
        for name, rows in part.items():
            tables[name] = [*tables.get(name, []), *rows]
    return tables


def write_stores_of(root: Path, *parts: Tables, **reports: Any) -> Path:
    """The folder of stores of a night made of these parts."""
    settings = {"reports": {"stores": "all", **reports}}
    return write_report(ReportShop(root, together(ALWAYS, *parts), settings).night()).parent / "stores"


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
