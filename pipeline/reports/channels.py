"""Sections channels and campaigns: what new customers cost and are worth, and what campaigns caused."""

from collections.abc import Collection, Sequence
from datetime import date

from pipeline.reports.document import Block, Column, Drawing, Grid, Note, Section, Value
from pipeline.reports.drawing import NARROW, WIDE, whiskers
from pipeline.reports.small_cells import alone
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

MONTHS = 12
HEALTHY_RATIO = 3
MOST_CAMPAIGNS = 12


def whole_months(as_of: date) -> tuple[date, date]:
    """First day of the twelfth month back and of the month after the last whole one."""
    is_whole = (date.fromordinal(as_of.toordinal() + 1)).day == 1
    until = as_of.year * 12 + as_of.month - 1 + is_whole
    first = until - MONTHS
    return date(first // 12, first % 12 + 1, 1), date(until // 12, until % 12 + 1, 1)


def costs(source: Source, words: Words) -> Section:
    """Acquisition cost beside lifetime value, by channel, in the last whole months."""
    first, until = whole_months(source.as_of)
    rows = source.query("reports/channel_costs.sql", from_on=first, until_on=until)
    has_costs = any(row["spend_amount"] for row in rows)
    blocks: list[Block] = [_costs(rows, words, has_costs=has_costs)] if rows else [Note(words("costs.none"))]
    if rows and not has_costs:
        blocks.append(Note(words("costs.no_spend")))
    lead = words("costs.lead", first=f"{first:%Y-%m}", last=f"{date.fromordinal(until.toordinal() - 1):%Y-%m}")
    return Section("costs", words("costs.title"), lead, blocks)


def _costs(rows: Sequence[Row], words: Words, *, has_costs: bool) -> Grid:
    """A channel without spend costs nothing; where there is no spend at all, nothing is known of costs."""
    ranked = sorted(
        rows, key=lambda row: (row["channel"] == "unattributed", -row["new_customer_count"], row["channel"])
    )
    raw = {row["channel"] for row in rows}
    cells: list[Sequence[Value]] = []
    for row in ranked:
        is_told = row["new_customer_count"] >= words.small_cell
        worth = [row[name] if is_told else None for name in ("cac_amount", "ltv_amount", "ltv_cac_ratio")]
        verdict = words("costs.healthy" if worth[2] > HEALTHY_RATIO else "costs.dear") if worth[2] is not None else None
        count = alone(row["new_customer_count"], words.small_cell)
        spend, cost = (row["spend_amount"], worth[0]) if has_costs else (None, None)
        cells.append((_channel(row["channel"], raw, words), spend, count, cost, *worth[1:], verdict))
    columns = [
        Column(words("column.channel")), Column(words("column.spend"), "money"),
        Column(words("column.new_customers"), "count"), Column(words("column.cac"), "money"),
        Column(words("column.ltv"), "money"), Column("LTV/CAC", "ratio"), Column(words("column.verdict")),
    ]  # fmt: skip
    return Grid("costs", words("costs.grid"), columns, cells, words("costs.note"))


def _channel(channel: str, others: Collection[str], words: Words) -> str:
    """The name of a channel, with its own spelling where another channel is spelt like the name."""
    name = words.name("channel", channel)
    return f"{name} ({channel})" if name != channel and name in others else name


def campaigns(source: Source, words: Words) -> Section:
    """The newest campaigns: what they are credited with, and what they caused against their hold-out."""
    rows = sorted(
        source.table("campaign_results"),
        key=lambda row: (row["started_on"] or date.min, row["campaign_id"]),
        reverse=True,
    )[:MOST_CAMPAIGNS]
    blocks: list[Block] = [Note(words("campaigns.none"))]
    if rows:
        blocks = [*_lifts(rows, words), _results(rows, words)]
    return Section("campaigns", words("campaigns.title"), words("campaigns.lead"), blocks)


def _name(row: Row) -> str:
    return str(row["campaign_name"] or row["campaign_id"])


def _lifts(rows: Sequence[Row], words: Words) -> list[Block]:
    known = [row for row in rows if row["lift_rate"] is not None and row["lift_low_rate"] is not None]
    if not known:
        return [Note(words("campaigns.no_holdout"))]
    points = [(_name(row), row["lift_rate"], row["lift_low_rate"], row["lift_high_rate"]) for row in known]

    def label(share: float) -> str:
        return words.told(share, "rate", signed=True)

    columns = [Column(words("column.campaign"))]
    columns += [Column(words(f"column.{name}"), "rate", signed=True) for name in ("lift", "lift_low", "lift_high")]
    wide, narrow = (whiskers(points, width, label) for width in (WIDE, NARROW))
    grid = Grid("lifts", words("campaigns.lifts"), columns, points)
    return [Drawing(words("campaigns.lifts"), words("campaigns.lifts_says"), wide, narrow, grid)]


def _results(rows: Sequence[Row], words: Words) -> Grid:
    cells: list[Sequence[Value]] = []
    for row in rows:
        count = alone(row["contact_count"], words.small_cell)
        is_told = not row["contact_count"] or isinstance(count, int)
        roas = f"1:{row['roas_ratio']:.1f}" if row["roas_ratio"] is not None else None
        caused = [row[name] if is_told else None for name in ("incremental_amount", "net_roi_ratio")]
        cells.append(
            (_name(row), row["started_on"], count, row["campaign_cost_amount"], row["credited_amount"], roas, *caused)
        )
    columns = [
        Column(words("column.campaign")), Column(words("column.started"), "date"),
        Column(words("column.contacted"), "count"), Column(words("column.cost"), "money"),
        Column(words("column.credited"), "money"), Column("ROAS"),
        Column(words("column.caused"), "money", signed=True), Column(words("column.net_roi"), "rate", signed=True),
    ]  # fmt: skip
    return Grid("campaigns", words("campaigns.grid"), columns, cells, words("campaigns.note"))
