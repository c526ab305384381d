"""Typed rows of tables with one header put on their sides: accepted, refused, ignored; table by table, and proved.

What is true of every table is found out once for all of them: a hundred small files cost little more than one.
What the cells say belongs to `pipeline.formats.work`, what the sums prove to `pipeline.formats.reconcile`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any

import polars as pl

from pipeline.clean.text import shape
from pipeline.formats.cells import Cells
from pipeline.formats.finish import EVENT_MOMENT
from pipeline.formats.job import Job
from pipeline.formats.notes import Note, told
from pipeline.formats.outcome import NO_REJECTS, TableResult
from pipeline.formats.raw_table import ROW_NUMBER, RawTable
from pipeline.formats.reconcile import Printed, reconcile
from pipeline.formats.texts import TABLE, Texts

ONE_FEN = Decimal("0.01")
TEXT_SEPARATOR = "\t"
NOTHING = pl.lit(None, pl.String)
NO_FIGURES: Mapping[str, Any] = {
    "left": 0, "ignored": 0, "accepted_amount": 0, "rejected_amount": 0, "ignored_amount": 0,
    "first_on": None, "last_on": None,
}  # fmt: skip
"""Those of a table without rows."""


@dataclass(frozen=True)
class Rows:
    """The rows of tables typed, their texts, and the footers that were told apart from them."""

    cells: Cells
    body: Texts
    is_ignored: pl.Series
    printed: Printed | None
    control: Texts
    footers: Printed | None


def split(tables: Sequence[RawTable], job: Job, rows: Rows, word_texts: Sequence[str]) -> list[TableResult]:
    """What became of each table; `word_texts` are problems of all of them."""
    cells, body = rows.cells, rows.body
    verdict = _first_faults(cells, body)
    is_refused = verdict["rule"].is_not_null() & ~rows.is_ignored
    is_left = is_refused | rows.is_ignored
    accepted = cells.frame.filter(~is_left) if is_left.any() else cells.frame
    unread = [table.rejected.height for table in tables]
    proofs = reconcile(cells, body, rows.printed, rows.footers, job.layout, unread)
    places, controls = body.stretches(len(tables)), rows.control.stretches(len(tables))
    figures = _figures(rows, is_refused, EVENT_MOMENT.get(job.layout.report.table))
    each = [figures.get(index, NO_FIGURES) for index in range(len(tables))]
    kept = [height - own["left"] for (_, height), own in zip(places, each, strict=True)]
    begins = [end - height for end, height in zip(accumulate(kept), kept, strict=True)]
    results = []
    for index, table in enumerate(tables):
        refused = _refused(verdict, is_refused, places[index], each[index])
        notes = (*_told(body.notes, places[index]), *_told(cells.notes, places[index]), *proofs[index].notes)
        results.append(
            TableResult(
                label=table.label,
                records=table.records,
                job=job,
                accepted=accepted.slice(begins[index], kept[index]) if len(tables) > 1 else accepted,
                rejected=_rejected(table, refused),
                control_rows=controls[index][1],
                control_total=proofs[index].control_total,
                notes=notes,
                problems=(*word_texts, *proofs[index].problems),
                **_told_figures(each[index]),
            )
        )
    return results


def _told_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as a result tells them: money in yuan."""
    amounts = ("accepted_amount", "rejected_amount", "ignored_amount")
    money = {name: figures[name] * ONE_FEN for name in amounts}
    return {"ignored_rows": figures["ignored"], "first_on": figures["first_on"], "last_on": figures["last_on"], **money}


def _first_faults(cells: Cells, body: Texts) -> pl.DataFrame:
    """The first reason that refuses each row, its column and its cell with letters and digits hidden."""
    frame = body.frame.select(ROW_NUMBER, rule=NOTHING, column=NOTHING, value=NOTHING)
    for fault in cells.faults:
        cell = body.frame[fault.column] if fault.column in body.frame.columns else None
        frame = frame.with_columns(
            hit=fault.rows & frame["rule"].is_null(),
            new=fault.rules,
            cell=pl.lit(None, pl.String) if cell is None else cell,
        )
        frame = frame.select(
            ROW_NUMBER,
            rule=pl.when("hit").then("new").otherwise("rule"),
            column=pl.when("hit").then(pl.lit(fault.column)).otherwise("column"),
            value=pl.when("hit").then("cell").otherwise("value"),
        )
    return frame


def _figures(rows: Rows, is_refused: pl.Series, moment: str | None) -> dict[int, dict[str, Any]]:
    """Rows, money in fen and days of each table by its number; a table without rows is not there."""
    frame = rows.cells.frame
    columns = [rows.body.table, frame["amount"], is_refused.alias("refused"), rows.is_ignored.alias("ignored")]
    day = pl.lit(None, pl.Date)
    if moment is not None:
        columns.append(frame[moment].alias("moment"))
        day = pl.col("moment").cast(pl.Date)
    left = pl.col("refused") | pl.col("ignored")
    fen = pl.col("amount").cast(pl.Int128)
    marked = pl.DataFrame(columns).select(
        TABLE,
        "ignored",
        left=left,
        accepted_amount=pl.when(~left).then(fen),
        rejected_amount=pl.when("refused").then(fen),
        ignored_amount=pl.when("ignored").then(fen),
        day=pl.when(~left).then(day),
    )
    sums = ("ignored", "left", "accepted_amount", "rejected_amount", "ignored_amount")
    grouped = marked.group_by(TABLE).agg(
        *(pl.col(name).sum() for name in sums), first_on=pl.col("day").min(), last_on=pl.col("day").max()
    )
    return {own[TABLE]: own for own in grouped.iter_rows(named=True)}


def _refused(
    verdict: pl.DataFrame, is_refused: pl.Series, place: tuple[int, int], figures: Mapping[str, Any]
) -> pl.DataFrame:
    """The refused rows of a table; most have none."""
    if figures["left"] == figures["ignored"]:
        return verdict.clear()
    return verdict.slice(*place).filter(is_refused.slice(*place))


def _rejected(table: RawTable, verdict: pl.DataFrame) -> pl.DataFrame:
    if verdict.is_empty() and table.rejected.is_empty():
        return NO_REJECTS.to_frame()
    written = table.frame.join(verdict.select(ROW_NUMBER), on=ROW_NUMBER, how="semi")
    cells = [pl.col(name).fill_null("") for name in table.frame.columns if name != ROW_NUMBER]
    text = written.select(ROW_NUMBER, text=pl.concat_str(cells, separator=TEXT_SEPARATOR))
    ours = verdict.with_columns(value_masked=shape("value")).join(text, on=ROW_NUMBER, how="left")
    theirs = table.rejected.with_columns(column=NOTHING, value_masked=NOTHING)
    names = [ROW_NUMBER, "rule", "column", "value_masked", "text"]
    return pl.concat([ours.select(names), theirs.select(names)])


def _told(notes: Sequence[Note], place: tuple[int, int]) -> list[str]:
    return told(note.slice(*place) for note in notes)
