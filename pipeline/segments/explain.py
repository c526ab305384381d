"""What tiers, points, forecasts, next orders, tags and segments of one customer rest on. Reads, never computes.

As `pipeline.scores.explain` does for scores and stages: everything is taken from the tables of a snapshot, so the
story is that of the night, whatever the settings are now. How it is printed belongs to the command line.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from pipeline.lake import Table
from pipeline.scores.explain import Explanation, Rows, rows_of
from pipeline.segments.conditions import TONIGHT, compiled

READS = (
    "score_rules", "memberships", "points_differences", "churn_scores", "model_versions", "lifetime_values",
    "purchase_summaries", "lifetime_reports", "next_orders", "preferred_channels", "customer_channels",
    "customer_tags", "tag_definitions", "segment_members", "segment_definitions", "customers",
)  # fmt: skip
"""Tables of the snapshot that the story needs."""
TIER = ("spend_12m_amount", "earned_tier", "tier_earned_on", "reported_tier", "next_tier", "amount_to_next_tier")
POINTS = ("reported_points", "ledger_points", "ledger_difference", "points_liability_amount")
CHURN = ("risk_level", "alive_probability", "reason_1", "reason_2", "reason_3", "method", "abstained_because")
LIFETIME = (
    "expected_orders_12m", "revenue_12m_low_amount", "revenue_12m_high_amount", "expected_margin_12m_amount",
    "discounted_ltv_amount", "historic_revenue_amount", "historic_margin_amount", "method", "abstained_because",
)  # fmt: skip
SUMMARY = ("repeat_count", "span_days", "known_days", "purchase_count", "bought_amount")
NEXT_ORDER = ("last_bought_on", "bought_quantity", "cycle_days", "cycle_source", "purchase_day_count", "is_due")


def standing_story(customer_id: str, tables: Mapping[str, Table]) -> tuple[Explanation, ...]:
    """The story of one customer. `tables` are those of READS by name; of large ones only the customer's rows are read.

    Membership comes first, then forecasts, then tags and segments.
    """
    rows = {name: rows_of(tables[name], customer_id) for name in READS}
    return (*_membership(rows), *_forecasts(rows), *_channels(rows), *_tags(rows), *_segments(rows))


def _told(rows: Rows, score: str, result: object, inputs: Mapping[str, Any], profile: str = "") -> Explanation:
    rule = next(row for row in rows["score_rules"] if row["score"] == score)
    shown = "none" if result is None else f"{result.normalize():f}" if isinstance(result, Decimal) else str(result)
    return Explanation(score, profile, shown, inputs, (), (), rule["rule_zh"], rule["rule_en"], rule["rule_version"])


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _membership(rows: Rows) -> Iterator[Explanation]:
    for row in rows["memberships"]:
        cause = {"cause": next((told["explanation"] for told in rows["points_differences"]), None)}
        yield _told(rows, "tier", row["tier"], _picked(row, TIER))
        yield _told(rows, "points", row["points_balance"], _picked(row, POINTS) | cause)


def _forecasts(rows: Rows) -> Iterator[Explanation]:
    for row in rows["churn_scores"]:
        yield _told(rows, "churn_probability", row["churn_probability"], _picked(row, CHURN) | _model(rows))
    for row in rows["lifetime_values"]:
        summary = next((_picked(known, SUMMARY) for known in rows["purchase_summaries"]), {})
        trained = {"trained_on": max((told["trained_on"] for told in rows["lifetime_reports"]), default=None)}
        inputs = summary | _picked(row, LIFETIME) | trained
        yield _told(rows, "lifetime_value", row["expected_revenue_12m_amount"], inputs)
    for row in rows["next_orders"]:
        yield _told(rows, "next_order", row["expected_on"], _picked(row, NEXT_ORDER), row["category"])


def _model(rows: Rows) -> dict[str, Any]:
    """The version of the churn model that counts."""
    champions = [row for row in rows["model_versions"] if (row["model"], row["state"]) == ("churn", "champion")]
    return {"model": champions[-1]["version"][:12], "trained_on": champions[-1]["trained_on"]} if champions else {}


def _channels(rows: Rows) -> Iterator[Explanation]:
    for row in rows["preferred_channels"]:
        inputs = {"source": row["preferred_channel_source"]}
        for known in rows["customer_channels"]:
            counts = f"{known['response_count']}/{known['delivered_count']} answered, {known['order_count']} purchases"
            inputs[known["channel"]] = counts
        yield _told(rows, "preferred_channel", row["preferred_channel"], inputs)


def _tags(rows: Rows) -> Iterator[Explanation]:
    defined = {row["tag"]: row for row in rows["tag_definitions"]}
    for row in rows["customer_tags"]:
        rule = defined[row["tag"]]
        inputs = {"evidence": row["evidence"], "valid_from_on": row["valid_from_on"], "expires_on": row["expires_on"]}
        behind = f" ({rule['thresholds']})" if rule["thresholds"] else ""
        zh, en = (f"{rule[label]}: {rule['definition']}{behind}" for label in ("label_zh", "label_en"))
        yield Explanation("tag", row["tag"], row["value"], inputs, (), (), zh, en, row["rule_version"])


def _segments(rows: Rows) -> Iterator[Explanation]:
    """The condition of each segment, and the values of the columns that it names."""
    defined = {row["segment"]: row for row in rows["segment_definitions"]}
    values = next(iter(rows["customers"]), {})
    for row in rows["segment_members"]:
        rule = defined[row["segment"]]
        named = [name for name in compiled(rule["definition"], row["segment"]).columns if name != TONIGHT]
        inputs = {"entered_on": row["entered_on"], **{name: values.get(name) for name in named}}
        zh, en = (f"{rule[label]}: {rule['definition']}" for label in ("label_zh", "label_en"))
        yield Explanation("segment", row["segment"], "member", inputs, (), (), zh, en, rule["rule_version"])
