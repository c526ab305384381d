"""Sections churn and value: what is expected of customers, and how far such expectations can be trusted."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from pipeline.reports.document import Block, Column, Drawing, Figure, Grid, Note, Section, Value
from pipeline.reports.drawing import NARROW, WIDE, reliability_chart
from pipeline.reports.places import share
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

LEVELS = ("high", "medium", "low", "none")
CHURN_MEASURES = ("auc", "ece", "brier", "log_loss", "drift:score")
VALUE_MEASURES = ("gini", "mae", "rmse", "bias", "interval_coverage")
PUBLISHED = "lifetime_published"


def churn(source: Source, words: Words) -> Section:
    """Who may not come again: levels, abstentions, and what came of what was told."""
    levels = source.query("reports/churn_levels.sql")
    blocks: list[Block] = [Note(words("churn.none"))]
    if levels:
        blocks = [risk_levels(levels, words), *abstentions(levels, words)]
        blocks += [
            *_reliability(source, words),
            *measures(source.table("model_reports"), words, "churn", CHURN_MEASURES),
        ]
    horizon = max((row["horizon_days"] for row in levels), default=source.settings.churn.horizon_days)
    return Section("churn", words("churn.title"), words("churn.lead", days=horizon), blocks)


def risk_levels(levels: Sequence[Row], words: Words) -> Grid:
    """Customers by risk, and how many of them are expected to stay away."""
    groups = {name: [row for row in levels if row["risk_level"] == name] for name in LEVELS}
    groups = {name: rows for name, rows in groups.items() if rows}
    counts = [sum(row["customer_count"] for row in rows) for rows in groups.values()]
    cells: list[Sequence[Value]] = []
    for (name, rows), count, shown in zip(groups.items(), counts, words.parts(counts), strict=True):
        expected = [row["expected_count"] for row in rows if row["expected_count"] is not None]
        is_told = isinstance(shown, int)
        stay_away = words.people(round(sum(expected))) if expected and is_told else None
        part = words.rate(count, sum(counts)) if is_told else None
        cells.append((words.name("risk_level", name), shown, part, stay_away))
    columns = [
        Column(words("column.risk")), Column(words("column.customers"), "count"),
        Column(words("column.share"), "rate", bar=True), Column(words("column.expected_lost"), "count"),
    ]  # fmt: skip
    return Grid("churn", words("churn.levels"), columns, cells, words("churn.levels_note"))


def abstentions(levels: Sequence[Row], words: Words) -> Iterator[Block]:
    """How many have only a rate of many customers instead of a probability of their own, and why."""
    reasons: dict[str, int] = {}
    for row in levels:
        if row["abstained_because"] is not None:
            reasons[row["abstained_because"]] = reasons.get(row["abstained_because"], 0) + row["customer_count"]
    if reasons:
        ranked = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
        shown = words.parts([count for _, count in ranked])
        rows = [(words.name("abstained", name), count) for (name, _), count in zip(ranked, shown, strict=True)]
        columns = [Column(words("column.reason")), Column(words("column.customers"), "count")]
        yield Grid("churn_abstained", words("churn.abstained"), columns, rows)
    methods = sorted({row["method"] for row in levels if row["method"] != "prior"})
    if methods:
        yield Note(words("churn.method", methods=", ".join(words.name("method", name) for name in methods)))


def _reliability(source: Source, words: Words) -> Iterator[Block]:
    bins = source.table("churn_reliability")
    if not bins:
        yield Note(words("churn.no_reliability"))
        return
    shown = [row for row in bins if row["customer_count"] >= words.small_cell]
    points = [(row["predicted_rate"], row["observed_rate"], row["customer_count"]) for row in shown]
    axes = (words("churn.axis_told"), words("churn.axis_came"))
    columns = [
        Column(words("column.predicted"), "rate"), Column(words("column.observed"), "rate"),
        Column(words("column.customers"), "count"),
    ]  # fmt: skip
    grid = Grid("churn_reliability", words("churn.reliability"), columns, points)
    wide, narrow = (reliability_chart(points, width, axes) for width in (WIDE, NARROW))
    says = words("churn.reliability_says", day=bins[0]["trained_on"])
    yield Drawing(words("churn.reliability"), says, wide, narrow, grid)


def measures(
    reports: Sequence[Row], words: Words, model: str, wanted: Sequence[str], *, with_sample: bool = True
) -> Iterator[Block]:
    """How well a model did on what it had not seen."""
    known = {row["metric"]: row for row in reports if row["model"] == model}
    rows = [
        (words.name("measure", name), Figure(row["value"], _kind(name)), Figure(row["baseline_value"], _kind(name)),
         row["sample_count"])
        for name in wanted
        if (row := known.get(name)) is not None
    ]  # fmt: skip
    if rows:
        headers = ("measure", "value", "baseline", "sample")
        kinds: tuple[Any, ...] = ("text", "number", "number", "count")
        columns = [Column(words(f"column.{name}"), kind) for name, kind in zip(headers, kinds, strict=True)]
        wide = len(columns) if with_sample else len(columns) - 1
        yield Grid(f"{model}_measures", words("measures.title"), columns[:wide], [row[:wide] for row in rows])


def _kind(measure: str) -> Any:
    if measure in ("mae", "rmse"):
        return "money"
    return "rate" if measure in ("bias", "interval_coverage") else "number"


def value(source: Source, words: Words) -> Section:
    """Lifetime value: what buyers brought and are expected to bring."""
    totals = source.query("reports/lifetime_totals.sql")
    blocks: list[Block] = [Note(words("value.none"))]
    if totals:
        blocks = [value_totals(totals, words), *_cohorts(source, words)]
        measured = list(measures(source.table("model_reports"), words, PUBLISHED, VALUE_MEASURES))
        blocks += measured or [Note(words("value.untested"))]
    return Section("value", words("value.title"), words("value.lead"), blocks)


def value_totals(totals: Sequence[Row], words: Words) -> Grid:
    """Buyers by how their value was estimated."""
    ranked = sorted(totals, key=lambda row: (row["method"] is None, -row["customer_count"], row["method"] or ""))
    cells: list[Sequence[Value]] = []
    shown = words.parts([row["customer_count"] for row in ranked])
    for row, count in zip(ranked, shown, strict=True):
        told_as = words.name("ltv_method", row["method"]) if row["method"] else None
        name = told_as or words.name("abstained", row["abstained_because"] or "too_little_data")
        is_told = isinstance(count, int)
        money = [row[name] if is_told else None for name in ("historic_amount", "expected_amount", "discounted_amount")]
        cells.append((name, count, *money))
    columns = [Column(words("column.how"))]
    columns += [Column(words("column.customers"), "count")]
    columns += [Column(words(f"column.{name}"), "money") for name in ("historic", "expected_12m", "lifetime")]
    basis = next((row["ltv_basis"] for row in ranked if row["ltv_basis"]), "revenue")
    return Grid("value", words("value.totals"), columns, cells, words(f"value.basis_{basis}"))


def _cohorts(source: Source, words: Words) -> Iterator[Block]:
    rows = [row for row in source.table("lifetime_cohorts") if row["customer_count"] >= words.small_cell][-12:]
    cells: list[Sequence[Value]] = [
        (f"{row['cohort_on']:%Y-%m}", row["customer_count"], _each(row, "historic_revenue_amount", "customer_count"),
         _each(row, "expected_revenue_12m_amount", "forecast_customer_count"))
        for row in reversed(rows)
    ]  # fmt: skip
    if cells:
        columns = [
            Column(words("column.month"), "date"), Column(words("column.customers"), "count"),
            Column(words("column.historic_each"), "money", bar=True),
            Column(words("column.expected_each"), "money", bar=True),
        ]  # fmt: skip
        yield Grid("cohorts", words("value.cohorts"), columns, cells)


def _each(row: Row, amount: str, count: str) -> Decimal | None:
    return share(row[amount], row[count])
