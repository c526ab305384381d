"""Section segments: sizes and moves of all, and a portrait of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.reports.document import Block, Column, Grid, Note, Portrait, Portraits, Section, Trait, Value
from pipeline.reports.places import share
from pipeline.reports.small_cells import alone, may_be_told
from pipeline.reports.source import Row, Source
from pipeline.reports.wording import Words

YEAR = 365
HIGH, LOW = 120, 80
"""Indexes from and up to which a trait tells a segment apart."""
SIGMAS = 3
MOVES = ("entered_count", "left_count")
GROUPS, GROUPS_FILE = "portrait_groups", "reports/portrait_groups.sql"
EVIDENCE = tuple(f"reports/portrait_{name}.sql" for name in ("traits", "categories", "needs"))
"""Queries over the people of a place and their groups: the whole house here, stores in `store_source`."""
MOST_TRAITS, MOST_CATEGORIES, MOST_NEEDS, MOST_OPEN = 5, 4, 3, 4


@dataclass(frozen=True)
class Evidence:
    """Rows that tell of one segment: traits, categories bought, categories in which members are due to buy again."""

    traits: Sequence[Row]
    bought: Sequence[Row]
    due: Sequence[Row]


def segments(source: Source, words: Words) -> Section:
    """All segments, the ones with most money first."""
    least = words.small_cell
    source.keep("people", "reports/people.sql")
    source.keep(GROUPS, GROUPS_FILE)
    found = sorted(source.query("reports/portraits.sql", least=0), key=lambda row: (-row["net_amount"], row["segment"]))
    moves = {row["segment"]: row for row in source.query("reports/segment_moves.sql")}
    traits, bought, due = (grouped(source.query(file, **of_portraits(source, least))) for file in EVIDENCE)
    told = [row for row in found if row["member_count"] >= least]
    portraits = [
        portrait(row, Evidence(traits[name], bought[name], due[name]), words, is_open=place < MOST_OPEN)
        for place, (row, name) in enumerate((row, row["segment"]) for row in told)
    ]
    is_first = all(row["parent_id"] is None for row in source.table("runs") if row["snapshot_id"] == source.snapshot_id)
    blocks: list[Block] = [Portraits(portraits, all_traits(portraits, words))] if portraits else []
    blocks.append(_sizes(told, found, None if is_first else moves, words))
    blocks.append(Note(words("segments.small", least=least, count=len(found) - len(told))))
    return Section("segments", words("segments.title"), words("segments.lead"), blocks)


def of_portraits(source: Source, least: int) -> dict[str, Any]:
    """The parameters of the queries that tell of segments."""
    told = {"from_on": source.before(YEAR - 1), "most_categories": MOST_CATEGORIES}
    return told | {"least": least, "high": HIGH, "low": LOW}


def grouped(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    """Rows by segment."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["segment"]].append(row)
    return groups


def _sizes(told: Sequence[Row], rows: Sequence[Row], moves: Mapping[str, Row] | None, words: Words) -> Grid:
    """Those large enough to tell by money; then the others by name, for their place would tell of their money."""
    columns = [
        Column(words("column.segment")), Column(words("column.customers"), "count"),
        Column(words("column.customer_share"), "rate"), Column(words("column.money_share"), "rate", bar=True),
        Column(words("column.entered"), "count"), Column(words("column.left"), "count"),
    ]  # fmt: skip
    others = sorted((row for row in rows if row not in told), key=lambda row: (not row["member_count"], row["segment"]))
    cells: list[Sequence[Value]] = []
    for row in (*told, *others):
        is_told = row["member_count"] >= words.small_cell
        rates = (row["member_rate"], row["net_rate"]) if is_told else (None, None)
        move = None if moves is None else moves.get(row["segment"], dict.fromkeys(MOVES, 0))
        moved = [None if move is None else alone(move[name], words.small_cell) for name in MOVES]
        cells.append((row["label"] or row["segment"], alone(row["member_count"], words.small_cell), *rates, *moved))
    return Grid("segments", words("segments.sizes"), columns, cells, words("segments.sizes_note"), is_folded=True)


def index_of(part: Any, everyone: Any) -> int | None:
    """100 × share in the segment ÷ share of everybody, whole; None where nobody has it."""
    return round(100 * float(part) / float(everyone)) if part is not None and everyone else None


def portrait(row: Row, known: Evidence, words: Words, *, is_open: bool) -> Portrait:
    """One segment beside everybody."""
    buying = (("orders", "ratio"), ("recency", "days"))
    figures = [(words("portrait.spend"), words.told(row["buyer_amount"], "money"), "")]
    figures += [_beside(name, kind, row, words) for name, kind in buying]
    return Portrait(
        label=row["label"] or row["segment"],
        name=row["segment"],
        size=words.told(row["member_count"], "count"),
        share=words.told(row["member_rate"], "rate"),
        money_share=words.told(row["net_rate"], "rate"),
        figures=[each for each in figures if each[1] != words.told(None)],
        traits=distinguishing([each for each in known.traits if each["trait"] not in row["definition"]], words),
        categories=_top_categories(known.bought, words),
        needs=_needs(known.due, row["member_count"], words),
        action=action_of(row, words),
        rule=row["definition"],
        is_open=is_open,
    )


def _beside(name: str, kind: Any, row: Row, words: Words) -> tuple[str, str, str]:
    """A mean of the segment's buyers and that of all buyers."""
    everyone = words("portrait.beside", everyone=words.told(row[f"everyone_{name}"], kind))
    return words(f"portrait.{name}"), words.told(row[f"mean_{name}"], kind), everyone


def distinguishing(rows: Sequence[Row], words: Words) -> list[Trait]:
    """The traits farthest from everybody's that tell nothing of few people; one value per trait.

    The caller leaves out the traits that the rule of the segment speaks of.
    """
    found: dict[str, tuple[float, Trait]] = {}
    for row in rows:
        part = share(row["customer_count"], row["known_count"])
        index = index_of(part, share(row["everyone_count"], row["everyone_known_count"]))
        if index is None or LOW < index < HIGH:
            continue
        if not (may_be_told(row["customer_count"], row["known_count"], words.small_cell) and is_beyond_chance(row)):
            continue
        name = words(
            "trait", trait=words.name("trait", row["trait"]), value=words.name(row["trait"], row["trait_value"])
        )
        weight = float(part or 0) * abs(index - 100)
        if row["trait"] not in found or weight > found[row["trait"]][0]:
            found[row["trait"]] = (weight, Trait(name, words.told(part, "rate"), index))
    ranked = sorted(found.values(), key=lambda each: (-each[0], each[1].name))
    return [trait for _, trait in ranked[:MOST_TRAITS]]


def is_beyond_chance(row: Row) -> bool:
    """Whether the share differs from everybody's by more than SIGMAS standard deviations of a draw from everybody."""
    rate = float(row["everyone_count"] / row["everyone_known_count"])
    spread = float(row["known_count"]) * rate * (1 - rate)
    away = float(row["customer_count"] - row["known_count"] * rate)
    return away * away > SIGMAS * SIGMAS * spread


def _top_categories(rows: Sequence[Row], words: Words) -> list[Trait]:
    """The categories with most of the segment's money of a year; those of few buyers are left out."""
    known = [row for row in rows if row["customer_count"] >= words.small_cell and (row["net_rate"] or 0) > 0]
    ranked = sorted(known, key=lambda row: (-row["net_rate"], row["category"]))[:MOST_CATEGORIES]
    return [
        Trait(row["category"], words.told(row["net_rate"], "rate"), index)
        for row in ranked
        if (index := index_of(row["net_rate"], row["everyone_rate"])) is not None
    ]


def _needs(rows: Sequence[Row], members: int, words: Words) -> list[str]:
    """The categories in which most members are due to buy again."""
    told = [row for row in rows if may_be_told(row["customer_count"], members, words.small_cell)]
    ranked = sorted(told, key=lambda row: (-row["customer_count"], row["category"]))[:MOST_NEEDS]
    return [
        words(
            "portrait.need", category=row["category"], share=words.told(share(row["customer_count"], members), "rate")
        )
        for row in ranked
    ]


def action_of(row: Row, words: Words) -> str:
    """What to do: by the segment's name, for a retailer's own segment by how its members buy."""
    named = words.texts.get(f"action.{row['segment']}")
    if named is not None:
        return named[words.locale]
    if not row["buyer_count"]:
        return words("action.by_never_bought")
    if row["mean_recency"] is not None and row["mean_recency"] > 1.5 * (row["everyone_recency"] or 0):
        return words("action.by_long_away")
    if row["mean_orders"] is not None and row["mean_orders"] < 1.5:
        return words("action.by_one_order")
    return (
        words("action.by_good") if (row["net_rate"] or 0) > 1.2 * (row["member_rate"] or 0) else words("action.by_rest")
    )


def all_traits(portraits: Sequence[Portrait], words: Words) -> Grid:
    """What the portraits tell, as a table."""
    names = ("segment", "feature", "share", "index", "action")
    kinds: tuple[Any, ...] = ("text", "text", "text", "index", "text")
    columns = [Column(words(f"column.{name}"), kind) for name, kind in zip(names, kinds, strict=True)]
    rows = [
        (portrait.label, trait.name, trait.share, trait.index, portrait.action)
        for portrait in portraits
        for trait in (*portrait.traits, *portrait.categories)
    ]
    return Grid("portraits", words("segments.portraits"), columns, rows)
