"""Section sales: tonight's day against target, the same weekday a week and a year before; the month; channels."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from pipeline.reports.document import Block, Column, Drawing, Figure, Grid, Kind, Note, Section, Tile, Tiles, Value
from pipeline.reports.drawing import NARROW, WIDE, days_chart
from pipeline.reports.places import by_channel, by_store, share
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

SHOWN_DAYS = 56
RATES = ("refund_rate", "member_net_rate", "returning_order_rate")
DAY_METRICS = ("net_amount", "order_count", "average_order_amount", "new_customer_count", *RATES)
MONTH_METRICS = (
    "net_amount", "order_count", "average_order_amount", "new_customer_count", "returning_order_rate", "refund_rate",
    "online_net_rate", "member_net_rate",
)  # fmt: skip
STATE_METRICS = ("repurchase_rate", "churn_rate", "active_customer_count", "dormant_customer_count")
CHANGES = ("to_week", "to_year", "change")
KINDS: dict[str, Kind] = {"amount": "money", "count": "count", "rate": "rate", "score": "number", "points": "count"}


class Dated(Protocol):
    """Whatever knows the day of the report."""

    @property
    def as_of(self) -> date:
        """The last day included."""
        ...


def day_figures(row: Row) -> dict[str, Decimal | int | None]:
    """Every metric of one compared day; all None for a day before the first one known."""
    if not row["is_known"]:
        return dict.fromkeys(DAY_METRICS)
    return {
        "net_amount": row["net_amount"],
        "order_count": row["order_count"],
        "average_order_amount": share(row["net_amount"], row["order_count"]),
        "new_customer_count": row["new_customer_count"],
        "refund_rate": share(row["refund_amount"], row["paid_amount"]),
        "member_net_rate": share(row["member_net_amount"], row["net_amount"]),
        "returning_order_rate": share(row["returning_order_count"], row["order_count"]),
    }


def _columns(headers: Sequence[str], words: Words) -> list[Column]:
    """Columns whose rows differ in kind; those of changes are set to the right as numbers are."""
    return [Column(words(f"column.{name}"), "change" if name in CHANGES else "text") for name in headers]


def metric_kind(metric: str) -> Kind:
    """How a metric of the day is written."""
    if metric in RATES:
        return "rate"
    return "money" if metric.endswith("_amount") else "count"


def sales(source: Source, words: Words) -> Section:
    """What was sold, and how that compares."""
    days = source.query("reports/sales_by_day.sql", from_on=source.before(SHOWN_DAYS - 1))
    if not days:
        return Section("sales", words("sales.title"), words("sales.lead"), [Note(words("sales.none"))])
    target = next((row["target_amount"] for row in days if row["day_on"] == source.as_of), None)
    blocks: list[Block] = [day_tiles(source.query("reports/compared_days.sql"), words, target, DAY_METRICS)]
    if target is None:
        blocks.append(Note(words("sales.no_target")))
    blocks.append(days_drawing(source, words, days))
    blocks += _period_grids(source, words)
    blocks.append(by_channel(source, words))
    stores = source.query("reports/sales_by_store.sql")
    if len(stores) > 1:
        blocks.append(by_store(stores, words))
    return Section("sales", words("sales.title"), words("sales.lead"), blocks)


def day_tiles(compared: Sequence[Row], words: Words, target: Decimal | None, metrics: Sequence[str]) -> Tiles:
    """The day against its target, a week and a year before."""
    days = {row["day_name"]: day_figures(row) for row in compared}
    tiles: list[Tile] = []
    rows: list[Sequence[Value]] = []
    for metric in metrics:
        kind, name = metric_kind(metric), words.name("metric", metric)
        now, week, year = (days[day][metric] for day in ("now", "week", "year"))
        changes = [words.change(now, before, is_rate=kind == "rate") for before in (week, year)]
        told = list(zip((words("against.week"), words("against.year")), changes, strict=True))
        reached = share(now, target) if metric == "net_amount" else None
        if reached is not None:
            told.insert(0, (words("against.target", target=words.told(target, "money")), words.told(reached, "rate")))
        shown = float(reached) if reached is not None else None
        tiles.append(Tile(name, words.told(now, kind), told, metric == "net_amount", shown))
        rows.append((name, *(Figure(value, kind) for value in (now, week, year)), *changes))
    headers = ("metric", "now", "week", "year", "to_week", "to_year")
    columns = _columns(headers, words)
    return Tiles(tiles, Grid("day", words("sales.day"), columns, rows, words("sales.day_refunds")))


def days_drawing(source: Dated, words: Words, days: Sequence[Row]) -> Drawing:
    """Net sales and targets of the last weeks, day by day."""
    known = {row["day_on"]: row for row in days}
    first = min((row["day_on"] for row in days), default=source.as_of)
    all_days = [source.as_of - timedelta(days=back) for back in range(SHOWN_DAYS - 1, -1, -1)]
    span = [on for on in all_days if on >= first]
    blank = {"net_amount": Decimal(0), "target_amount": None}
    rows = [(on, known.get(on, blank)) for on in span]
    points = [
        (on, float(row["net_amount"]), None if row["target_amount"] is None else float(row["target_amount"]))
        for on, row in rows
    ]
    columns = [
        Column(words("column.day"), "date"), Column(words("column.weekday")),
        Column(words("column.net_amount"), "money"), Column(words("column.target"), "money"),
    ]  # fmt: skip
    cells: list[Sequence[Value]] = [
        (on, words.day(on), row["net_amount"], row["target_amount"]) for on, row in reversed(rows)
    ]
    title = words("sales.days", days=len(span))
    week, before = (_mean(source, known, end) for end in (0, 7))
    says = words("sales.days_says", week=words.told(week, "money"), change=words.change(week, before))
    legend = [("last", words("sales.last_bar"))]
    if any(target is not None for *_, target in points):
        legend.append(("target", words("column.target")))
    wide, narrow = (days_chart(points, width, words.short) for width in (WIDE, NARROW))
    return Drawing(title, says, wide, narrow, Grid("days", title, columns, cells), legend)


def _mean(source: Dated, known: Mapping[date, Row], end: int) -> Decimal:
    """Mean net sales of seven days, the last one `end` days before as_of; a day without sales counts 0."""
    last = source.as_of - timedelta(days=end)
    week = [known.get(last - timedelta(days=back)) for back in range(7)]
    return sum((row["net_amount"] for row in week if row is not None), Decimal(0)) / 7


def _period_grids(source: Source, words: Words) -> Iterator[Block]:
    """The month to date and the state of the shop, as the figures of the night tell them."""
    rows = [
        row
        for row in source.table("kpi_summary")
        if row["as_of"] == source.as_of and row["scope"] == "total" and row["kpi_value"] is not None
    ]
    for period, metrics in (("month", MONTH_METRICS), ("state", STATE_METRICS)):
        yield from period_grid([row for row in rows if row["period"] == period], words, period, metrics)


def period_grid(rows: Sequence[Row], words: Words, period: str, metrics: Sequence[str]) -> Iterator[Grid]:
    """The figures of one period that are known, with what they are compared with; nothing where none is."""
    known = {row["metric"]: row for row in rows}
    cells = [_figure(known[metric], words) for metric in metrics if metric in known]
    if cells:
        headers = ("metric", "value", "before", "change", "target", "attained")
        columns = _columns(headers, words)
        has_target = any(row["target_value"] is not None for row in known.values())
        wanted = len(headers) if has_target else 4
        compared = {row["compared_on"] for row in known.values() if row["compared_on"] is not None}
        notes = [words("sales.compared", day=max(compared))] if compared else []
        if "refund_rate" in metrics and "refund_rate" in known:
            notes.append(words("sales.month_refunds"))
        cut = [row[:wanted] for row in cells]
        yield Grid(period, words(f"sales.{period}"), columns[:wanted], cut, words("sales.notes").join(notes))


def _figure(row: Row, words: Words) -> tuple[Value, ...]:
    kind = KINDS[row["unit"]]
    name = words.name("metric", row["metric"])
    if row["window_days"]:
        name = words("metric.window", name=name, days=row["window_days"])
    value, before = row["kpi_value"], row["previous_value"]
    change = words.change(value, before, is_rate=kind == "rate")
    aim, reached = Figure(row["target_value"], kind), Figure(row["attainment_rate"], "rate")
    return name, Figure(value, kind), Figure(before, kind), change, aim, reached
