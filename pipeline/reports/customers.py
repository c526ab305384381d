"""Section customers: who came, who was lost, how they moved between stages; and where they stand by RFM."""

from collections.abc import Iterator, Sequence

from pipeline.reports.document import Block, Column, Grid, Heat, Note, Section, Value
from pipeline.reports.places import share
from pipeline.reports.small_cells import alone, told
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

STAGE_ORDER = ("prospect", "new", "growing", "mature", "regular", "dormant", "churned")
PERIODS = ("night", "week", "month")
LOST, FOUND = ("dormant", "churned"), ("new", "growing", "mature", "regular")
SCORES = (5, 4, 3, 2, 1)
SHADES = 5
MOST_MOVES = 12


def customers(source: Source, words: Words) -> Section:
    """Stages of life, gains and losses, flow."""
    sizes = sorted(source.query("reports/stage_sizes.sql"), key=lambda row: _place(row["stage"]))
    moves = source.query("reports/stage_moves.sql")
    least = words.small_cell
    blocks: list[Block] = [_stages(sizes, words, least)]
    period = next((name for name in PERIODS if any(_is_move(row, name) for row in moves)), None)
    if period is None:
        blocks.append(Note(words("customers.first_night")))
    else:
        blocks += [_balance(moves, words, least), _flow(moves, words, least)]
    return Section("customers", words("customers.title"), words("customers.lead"), blocks)


def _place(stage: str) -> int:
    return STAGE_ORDER.index(stage) if stage in STAGE_ORDER else len(STAGE_ORDER)


def _is_move(row: Row, period: str) -> bool:
    """A change of stage of somebody who was known before; the first night moves nobody."""
    return bool(row["period"] == period and row["from_stage"] != "none" and row["to_stage"] != "none")


def _stages(sizes: Sequence[Row], words: Words, least: int) -> Grid:
    counts = [row["customer_count"] for row in sizes]
    whole, shown = sum(counts), told(counts, least)
    columns = [
        Column(words("column.stage")), Column(words("column.customers"), "count"),
        Column(words("column.share"), "rate", bar=True),
        Column(words("column.since_night"), "count", signed=True),
        Column(words("column.since_month"), "count", signed=True),
    ]  # fmt: skip
    is_known = {name: any(row[f"{name}_count"] for row in sizes) for name in ("night", "month")}
    rows = []
    for row, count in zip(sizes, shown, strict=True):
        is_told = isinstance(count, int)
        changes = [
            row["customer_count"] - row[f"{name}_count"] if is_known[name] and is_told else None
            for name in ("night", "month")
        ]
        part = share(row["customer_count"], whole) if is_told else None
        rows.append((words.name("lifecycle_stage", row["stage"]), count, part, *changes))
    return Grid("stages", words("customers.stages"), columns, rows, words("customers.stages_note", total=f"{whole:,}"))


def _balance(moves: Sequence[Row], words: Words, least: int) -> Grid:
    """Gained: came new or came back; lost: fell asleep or went, both against those already known."""
    columns = [Column(words("column.period"))]
    columns += [Column(words(f"column.{name}"), "count") for name in ("came", "came_back", "fell_asleep", "went")]
    rows = []
    for period in PERIODS:
        known = [row for row in moves if row["period"] == period]
        if any(_is_move(row, period) for row in known):
            first = [row for row in known if row["from_stage"] in ("none", "prospect") and row["to_stage"] in FOUND]
            back = [row for row in known if row["from_stage"] in LOST and row["to_stage"] in FOUND]
            asleep = [row for row in known if row["from_stage"] in FOUND and row["to_stage"] == "dormant"]
            gone = [row for row in known if row["from_stage"] != "none" and row["to_stage"] == "churned"]
            sums = [sum(row["customer_count"] for row in group) for group in (first, back, asleep, gone)]
            rows.append((words(f"period.{period}"), *(alone(count, least) for count in sums)))
    return Grid("balance", words("customers.balance"), columns, rows, words("customers.balance_note"))


def _flow(moves: Sequence[Row], words: Words, least: int) -> Block:
    """The largest flows of the longest period known: those too small to tell are put together."""
    period = next(name for name in reversed(PERIODS) if any(_is_move(row, name) for row in moves))
    known = sorted(
        (row for row in moves if _is_move(row, period)),
        key=lambda row: (-row["customer_count"], _place(row["from_stage"]), _place(row["to_stage"])),
    )
    large = [row for row in known if row["customer_count"] >= least][:MOST_MOVES]
    rest = sum(row["customer_count"] for row in known) - sum(row["customer_count"] for row in large)
    rows: list[Sequence[Value]] = [
        (*(words.name("lifecycle_stage", row[end]) for end in ("from_stage", "to_stage")), row["customer_count"])
        for row in large
    ]
    if not large:
        told_period = words(f"period.{period}")
        return Note(words("customers.small_flows", period=told_period, count=words.told(alone(rest, least), "count")))
    if rest:
        rows.append((words("customers.all_other"), words("customers.all_other"), alone(rest, least)))
    columns = [
        Column(words("column.from")), Column(words("column.to")), Column(words("column.customers"), "count", bar=True)
    ]  # fmt: skip
    return Grid("flow", words("customers.flow", period=words(f"period.{period}")), columns, rows)


def rfm(source: Source, words: Words) -> Section:
    """Recency against frequency: how many customers, and whose money."""
    cells = {(row["r_score"], row["f_score"]): row for row in source.query("marts/rfm_grid.sql")}
    whole = sum(row["customer_count"] for row in cells.values())
    blocks: list[Block] = list(_heats(cells, words)) if whole else [Note(words("rfm.none"))]
    return Section("rfm", words("rfm.title"), words("rfm.lead", total=f"{whole:,}"), blocks)


def _heats(cells: dict[tuple[int, int], Row], words: Words) -> Iterator[Block]:
    order = [(recency, frequency) for recency in SCORES for frequency in SCORES]
    counts = [cells[place]["customer_count"] for place in order]
    shown = dict(zip(order, told(counts, words.small_cell), strict=True))
    money = {place: cells[place]["monetary_rate"] if isinstance(shown[place], int) else shown[place] for place in order}
    columns = [Column(words("rfm.corner")), *(Column(f"F{score}") for score in SCORES)]
    for name, kind, told_cells in (("rfm_customers", "count", shown), ("rfm_money", "rate", money)):
        dressed = [columns[0], *(Column(column.header, kind) for column in columns[1:])]  # type: ignore[arg-type]
        rows = [
            (words("rfm.row", score=recency), *(told_cells[recency, score] for score in SCORES)) for recency in SCORES
        ]
        numbers = {place: float(value) for place, value in told_cells.items() if isinstance(value, int | float)}
        most = max(numbers.values(), default=0) or 1
        levels = [[shade(numbers.get((recency, score), 0), most) for score in SCORES] for recency in SCORES]
        yield Heat(Grid(name, words(f"rfm.{name}"), dressed, rows), levels, words("rfm.below"))


def shade(value: float, most: float) -> int:
    """How dark a cell is: 0 for nothing, else 1-5 by the root of the share of the largest cell."""
    return 0 if value <= 0 else max(1, round(SHADES * (value / most) ** 0.5))
