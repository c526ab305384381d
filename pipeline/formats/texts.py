"""The cells of tables as text under their canonical names: cleaned, completed by constants, not yet typed.

Several tables with one header may stand below each other: what is true of many small files is then found out once.
Only columns that are used are touched; everything else, private or not, is never carried further.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import polars as pl

from pipeline.clean.text import cleaned_columns
from pipeline.formats.canonical import CANONICAL, LINE_FACTS, ORDER_MONEY
from pipeline.formats.detect import Layout, Place
from pipeline.formats.notes import COUNT, Note
from pipeline.formats.raw_table import ROW_NUMBER, RawTable

TABLE = "table"
OTHER = "other:"
TERM = "#"
FIRST_CELLS = 3
TIME_ONLY = r"^(?:1899-12-3[01]|1900-01-0[01])?[ T]?\d{1,2}:\d{2}"
EMPTY_DAY = r"^(?:1899-12-3[01]|1900-01-0[01])[ T]"
CLOCK = r"[ T]+\d{1,2}:.*$"


@dataclass(frozen=True)
class Texts:
    """Row numbers and text cells by canonical name (`name#0`, `name#1` for the terms of a sum)."""

    frame: pl.DataFrame
    first_cell: pl.Series
    table: pl.Series
    """Which of the tables each row belongs to, counted from 0; the rows of a table stand together."""
    key: str | None
    """The column that names the record: a footer has none there."""
    notes: list[Note] = field(default_factory=list)

    @cached_property
    def orders(self) -> pl.Series:
        """The order of each row as printed; a row without one is its own order, and so is one of another table."""
        frame = self.frame.with_row_index("position")
        alone = pl.lit("\x00row ") + pl.col("position").cast(pl.String)
        own = pl.col("order_id") if "order_id" in frame.columns else pl.lit(None, pl.String)
        order = pl.coalesce(own, alone)
        if self.table.first() != self.table.last():
            order = pl.concat_str(self.table, order, separator=" ")
        return frame.select(order=order)["order"]

    def filtered(self, mask: pl.Series) -> "Texts":
        """The rows of a mask."""
        return replace(
            self,
            frame=self.frame.filter(mask),
            first_cell=self.first_cell.filter(mask),
            table=self.table.filter(mask),
            notes=[note.filtered(mask) for note in self.notes],
        )

    def slice(self, offset: int, length: int) -> "Texts":
        """A stretch of the rows."""
        return replace(
            self,
            frame=self.frame.slice(offset, length),
            first_cell=self.first_cell.slice(offset, length),
            table=self.table.slice(offset, length),
            notes=[note.slice(offset, length) for note in self.notes],
        )

    def stretches(self, tables: int) -> list[tuple[int, int]]:
        """Where the rows of each table begin, and how many they are."""
        begins = self.table.search_sorted(pl.Series(range(tables + 1), dtype=pl.Int64), "left").to_list()
        return [(begin, end - begin) for begin, end in pairwise(begins)]


def read_texts(tables: Sequence[RawTable], layout: Layout) -> Texts:
    """Take the used columns of tables with one header, cleaned, under their canonical names, below each other."""
    whole = tables[0].frame if len(tables) == 1 else pl.concat((table.frame for table in tables), rechunk=True)
    each = (pl.repeat(index, table.frame.height, dtype=pl.Int64, eager=True) for index, table in enumerate(tables))
    number = pl.concat(each, rechunk=True).alias(TABLE)
    used = [header for place in layout.places.values() for header in place.headers]
    clean = cleaned_columns(whole.select(dict.fromkeys([*used, *layout.others.values()]).keys()))
    columns = [whole[ROW_NUMBER]]
    columns += [cells for name, place in layout.places.items() for cells in _cells(clean, name, place)]
    columns += [clean[header].alias(OTHER + key) for key, header in layout.others.items()]
    frame = pl.DataFrame(columns)
    first = [name for name in tables[0].header if name][:FIRST_CELLS]
    first_cell = whole.select(first=pl.coalesce(pl.col(name).str.strip_chars() for name in first))["first"]
    texts = Texts(frame, first_cell, number, _key(layout))
    return _with_constants(_with_whole_times(_with_derived(texts, layout)), layout)


def sum_terms(frame: pl.DataFrame, name: str) -> list[str]:
    """The columns whose money is added up to a canonical column."""
    return [column for column in frame.columns if column.startswith(name + TERM)]


def _cells(frame: pl.DataFrame, name: str, place: Place) -> Iterator[pl.Series]:
    parts = [frame[header] for header in place.headers]
    if place.how == "sum":
        yield from (part.alias(f"{name}{TERM}{index}") for index, part in enumerate(parts))
    elif len(parts) == 1:
        yield parts[0].alias(name)
    else:
        filled = pl.DataFrame([part.alias(str(index)) for index, part in enumerate(parts)])
        yield filled.select(pl.coalesce(pl.all())).to_series().alias(name)


def _key(layout: Layout) -> str | None:
    columns = CANONICAL[layout.report.kind].values()
    return next((column.name for column in columns if column.required and column.name in layout.places), None)


def _with_derived(texts: Texts, layout: Layout) -> Texts:
    frame = texts.frame
    for name, derivation in layout.report.derive.items():
        if derivation.column not in frame.columns:
            continue
        own = pl.col(name) if name in frame.columns else pl.lit(None, pl.String)
        read = pl.lit(derivation.prefix) + pl.col(derivation.column).str.extract(derivation.pattern)
        is_read = frame.select(read=own.is_null() & read.is_not_null())["read"]
        frame = frame.with_columns(pl.coalesce(own, read).alias(name))
        texts.notes.append(Note(f"{name}: read from {derivation.column} in {COUNT} rows", is_read))
    return replace(texts, frame=frame)


def _with_whole_times(texts: Texts) -> Texts:
    frame = texts.frame
    if "ordered_date" not in frame.columns:
        return texts
    day = pl.col("ordered_date").str.replace(CLOCK, "")
    if "ordered_at" not in frame.columns:
        return replace(texts, frame=frame.with_columns(ordered_at=pl.col("ordered_date")))
    clock = pl.col("ordered_at").str.replace(EMPTY_DAY, "")
    is_clock = pl.col("ordered_at").str.contains(TIME_ONLY)
    whole = pl.when(is_clock).then(day + " " + clock).otherwise(pl.coalesce("ordered_at", "ordered_date"))
    return replace(texts, frame=frame.with_columns(ordered_at=whole))


def _with_constants(texts: Texts, layout: Layout) -> Texts:
    frame = texts.frame
    for name, value in layout.report.constants.items():
        constant = pl.lit(str(value).lower() if isinstance(value, bool) else str(value))
        own = pl.col(name).fill_null(constant) if name in frame.columns else constant
        frame = frame.with_columns(own.alias(name))
    return replace(texts, frame=frame)


def filled_down(texts: Texts, layout: Layout) -> Texts:
    """The cells of an order on all its rows, where the export prints them on its first row only."""
    report, frame = layout.report, texts.frame
    if report.amounts != "first_row" or "order_id" not in frame.columns:
        return texts
    own = {ROW_NUMBER, "order_id", *LINE_FACTS, *ORDER_MONEY}
    names = [name for name in frame.columns if name.split(TERM)[0] not in own]
    frame, order = frame.with_columns(texts.table), [TABLE, "order_id"]
    first = frame.group_by(order).agg(pl.col(name).drop_nulls().first().alias(f"{name}!") for name in names)
    whole = frame.join(first, on=order, how="left", maintain_order="left")
    filled = whole.with_columns(pl.coalesce(name, f"{name}!").alias(name) for name in names)
    return replace(texts, frame=filled.select(texts.frame.columns))
