"""Sections customers, rfm and segments of one store: nothing small, nothing from which something small follows.

Two-way tables are hidden by `two_way` with their totals; stages are parts of those totals, so they follow them. People
are told in steps (`Words.step`), which blurs what several tables, or the pages of two nights, could tell together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pipeline.reports.customers import FOUND, LOST, SCORES, STAGE_ORDER, shade
from pipeline.reports.document import WITHHELD, Block, Column, Grid, Heat, Hidden, Note, Portraits, Section, Value
from pipeline.reports.places import share
from pipeline.reports.segments import MOST_OPEN, Evidence, all_traits, grouped, portrait
from pipeline.reports.small_cells import may_be_told, rounded
from pipeline.reports.source import Row
from pipeline.reports.store_source import Store
from pipeline.reports.two_way import hidden_two_way, with_totals
from pipeline.reports.wording import Words

STATES: Mapping[str, str] = (
    {"none": "not_yet", "prospect": "not_yet"} | dict.fromkeys(FOUND, "active") | {name: name for name in LOST}
)
"""A stage as one of four states, in which gains and losses are single cells."""
ORDER = ("not_yet", "active", *LOST)
STARTS = (("month_stage", "month"), ("night_stage", "night"))
Shown = int | Hidden


def hidden_table(counts: Sequence[Sequence[int]], words: Words) -> list[list[Shown]]:
    """A table with its totals as it is told."""
    pattern = hidden_two_way(counts, words.small_cell)
    return [
        [WITHHELD if gone else rounded(count, words.step) for count, gone in zip(row, hidden, strict=True)]
        for row, hidden in zip(with_totals(counts), pattern, strict=True)
    ]


def store_customers(store: Store, words: Words) -> Section:
    """Stages of life, and how customers moved between four states since the month began."""
    moves = store.query("stage_moves")
    total = words.told(rounded(store.customer_count, words.step), "count")
    start = next((each for each in STARTS if any(row[each[0]] != "none" for row in moves)), None)
    sizes = _sizes(moves)
    if start is None:
        shown = dict(zip(ORDER, words.parts([sum(sizes[state].values()) for state in ORDER]), strict=True))
        blocks: list[Block] = [_stages(sizes, shown, words), Note(words("customers.first_night"))]
    else:
        table = hidden_table(_flow(moves, start[0]), words)
        shown = dict(zip(ORDER, table[-1], strict=False))
        blocks = [_stages(sizes, shown, words), _balance(table, start[1], words), _flow_grid(table, start[1], words)]
    return Section("customers", words("customers.title"), words("store.customers_lead", total=total), blocks)


def _sizes(moves: Sequence[Row]) -> dict[str, dict[str, int]]:
    """Customers now by state and stage."""
    sizes: dict[str, dict[str, int]] = {state: {} for state in ORDER}
    for stage in STAGE_ORDER:
        counts = [row["customer_count"] for row in moves if row["stage"] == stage]
        sizes[STATES[stage]][stage] = sum(counts)
    return sizes


def _flow(moves: Sequence[Row], start: str) -> list[list[int]]:
    table = [[0] * len(ORDER) for _ in ORDER]
    for row in moves:
        table[ORDER.index(STATES[row[start]])][ORDER.index(STATES[row["stage"]])] += row["customer_count"]
    return table


def _stages(sizes: Mapping[str, Mapping[str, int]], states: Mapping[str, Shown], words: Words) -> Grid:
    """All stages; those of a state that is not told are not told either."""
    whole = sum(sum(stages.values()) for stages in sizes.values())
    shown: dict[str, Shown] = {}
    for state, stages in sizes.items():
        told = words.parts(list(stages.values())) if isinstance(states[state], int) else [WITHHELD] * len(stages)
        shown |= dict(zip(stages, told, strict=True))
    counts = {stage: count for stages in sizes.values() for stage, count in stages.items()}
    rows: list[Sequence[Value]] = [
        (
            words.name("lifecycle_stage", stage),
            shown[stage],
            words.rate(counts[stage], whole) if isinstance(shown[stage], int) else None,
        )
        for stage in STAGE_ORDER
    ]
    columns = [
        Column(words("column.stage")), Column(words("column.customers"), "count"),
        Column(words("column.share"), "rate", bar=True),
    ]  # fmt: skip
    return Grid("stages", words("customers.stages"), columns, rows, words("store.stages_note"))


def _balance(table: Sequence[Sequence[Shown]], period: str, words: Words) -> Grid:
    """Gains and losses as sums of told cells, so that they tell nothing more."""
    places = {
        "came": [("not_yet", "active")],
        "came_back": [(state, "active") for state in LOST],
        "fell_asleep": [("active", "dormant")],
        "went": [("active", "churned"), ("dormant", "churned")],
    }
    sums = [
        _told_sum([table[ORDER.index(before)][ORDER.index(now)] for before, now in cells]) for cells in places.values()
    ]
    columns = [Column(words("column.period")), *(Column(words(f"column.{name}"), "count") for name in places)]
    row = (words(f"period.{period}"), *sums)
    return Grid("balance", words("customers.balance"), columns, [row], words("customers.balance_note"))


def _told_sum(cells: Sequence[Shown]) -> Shown:
    known = [cell for cell in cells if isinstance(cell, int)]
    return sum(known) if len(known) == len(cells) else WITHHELD


def _flow_grid(table: Sequence[Sequence[Shown]], period: str, words: Words) -> Grid:
    names = [*(words(f"state.{state}") for state in ORDER), words("store.total")]
    columns = [Column(words("column.before_state")), *(Column(name, "count") for name in names)]
    rows = [(name, *row) for name, row in zip(names, table, strict=True)]
    title = words("store.flow", period=words(f"period.{period}"))
    return Grid("flow", title, columns, rows, words("store.flow_note"))


def store_rfm(store: Store, words: Words) -> Section:
    """Recency against frequency with totals: how many customers, and whose money."""
    cells = {(row["r_score"], row["f_score"]): row for row in store.query("rfm_grid")}
    blocks: list[Block] = list(_heats(cells, words)) if cells else [Note(words("rfm.none"))]
    return Section("rfm", words("rfm.title"), words("store.rfm_lead"), blocks)


def _heats(cells: Mapping[tuple[int, int], Row], words: Words) -> Iterator[Heat]:
    counts = [[cells[r, f]["customer_count"] if (r, f) in cells else 0 for f in SCORES] for r in SCORES]
    table = hidden_table(counts, words)
    whole = sum((row["monetary_amount"] for row in cells.values()), Decimal(0))
    money: list[list[Value]] = [
        [
            _part(cells.get((r, f)), whole) if isinstance(cell, int) else cell
            for f, cell in zip(SCORES, row, strict=False)
        ]
        for r, row in zip(SCORES, table, strict=False)
    ]
    names = [words("rfm.row", score=score) for score in SCORES]
    corner, scores = Column(words("rfm.corner")), [f"F{score}" for score in SCORES]
    people = [corner, *(Column(name, "count") for name in (*scores, words("store.total")))]
    told = [(name, *row) for name, row in zip((*names, words("store.total")), table, strict=True)]
    yield _heat(Grid("rfm_customers", words("rfm.rfm_customers"), people, told), words)
    shares = [corner, *(Column(name, "rate") for name in scores)]
    yield _heat(
        Grid("rfm_money", words("rfm.rfm_money"), shares, [(n, *r) for n, r in zip(names, money, strict=True)]), words
    )


def _part(row: Row | None, whole: Decimal) -> Decimal:
    """The share of a cell in the money."""
    return (share(row["monetary_amount"], whole) or Decimal(0)) if row else Decimal(0)


def _heat(grid: Grid, words: Words) -> Heat:
    """Shades by the largest cell that is no total."""
    inner = [row[1 : len(SCORES) + 1] for row in grid.rows[: len(SCORES)]]
    most = max((float(cell) for row in inner for cell in row if isinstance(cell, int | Decimal)), default=0) or 1
    levels = [
        [
            shade(float(cell), most)
            if place < len(SCORES) and number < len(SCORES) and isinstance(cell, int | Decimal)
            else 0
            for place, cell in enumerate(row[1:])
        ]
        for number, row in enumerate(grid.rows)
    ]
    return Heat(grid, levels, words("rfm.below"))


def store_segments(store: Store, words: Words) -> Section:
    """Portraits of the segments that are large enough here, beside all customers of the store."""
    least, whole = words.small_cell, store.customer_count
    rows = sorted(store.query("portraits"), key=lambda row: (-row["net_amount"], row["segment"]))
    traits, bought = grouped(store.query("portrait_traits")), grouped(store.query("portrait_categories"))
    needs = grouped(store.query("portrait_needs"))
    known = [row for row in rows if may_be_told(row["member_count"], whole, least)]
    found = [
        replace(
            portrait(
                row, Evidence(traits[row["segment"]], bought[row["segment"]], needs[row["segment"]]), words,
                is_open=place < MOST_OPEN,
            ),
            size=words.told(words.people(row["member_count"]), "count"),
            share=words.told(words.rate(row["member_count"], whole), "rate"),
        )
        for place, row in enumerate(known)
    ]  # fmt: skip
    blocks: list[Block] = [Note(words("store.segments_none", least=least))]
    if found:
        blocks = [Portraits(found, all_traits(found, words))]
    return Section("segments", words("segments.title"), words("store.segments_lead"), blocks)
