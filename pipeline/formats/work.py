"""One table of text worked through: recognised, cleaned, typed, derived, split, proved.

Every step that may fail says so in `problems` instead of stopping, so that a check can show the whole file; who
stops on them is `pipeline.formats.parse`.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from pipeline.clean.text import shape
from pipeline.formats.cells import Cells, read_cells
from pipeline.formats.detect import Layout, lay_out, missing_columns, nearest_report, recognise
from pipeline.formats.finish import EVENT_MOMENT, as_amount
from pipeline.formats.job import Job, ParseContext
from pipeline.formats.kinds import derive_kind
from pipeline.formats.orders import derive_orders
from pipeline.formats.raw_table import ROW_NUMBER, RawTable
from pipeline.formats.reconcile import Proof, reconcile
from pipeline.formats.row_rules import any_rule, control_mask
from pipeline.formats.texts import Texts, filled_down, read_texts

WORDS_SHOWN = 20
WORD_LENGTH = 30
PERSONAL = re.compile(r"@|\d{5}")
ONE_FEN = Decimal("0.01")
TEXT_SEPARATOR = "\t"
NOTHING = pl.lit(None, pl.String)
NO_ROWS = pl.Schema({ROW_NUMBER: pl.Int64()})
NO_REJECTS = pl.Schema({ROW_NUMBER: pl.Int64(), "rule": pl.String(), "column": pl.String(),
                        "value_masked": pl.String(), "text": pl.String()})  # fmt: skip


@dataclass(frozen=True)
class TableResult:
    """What became of one table; `accepted` is typed in whole fen and not finished yet."""

    label: str
    records: int
    job: Job | None = None
    accepted: pl.DataFrame = field(default_factory=NO_ROWS.to_frame)
    rejected: pl.DataFrame = field(default_factory=NO_REJECTS.to_frame)
    control_rows: int = 0
    ignored_rows: int = 0
    accepted_amount: Decimal = Decimal("0.00")
    rejected_amount: Decimal = Decimal("0.00")
    ignored_amount: Decimal = Decimal("0.00")
    control_total: Decimal | None = None
    first_on: date | None = None
    last_on: date | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The raw table that it feeds; empty for a table that is no report."""
        return self.job.layout.report.table if self.job else ""

    @property
    def report(self) -> str:
        """The report that it is."""
        return (self.job.layout.report.name or self.job.layout.report.kind) if self.job else ""

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Headers that the format does not know."""
        return self.job.layout.unknown if self.job else ()


def work_table(table: RawTable, context: ParseContext) -> TableResult:
    """Read one table by the format of its source."""
    report = recognise(context.format, context.source.kind, table.header)
    if report is None:
        return _unrecognised(table, context)
    layout = lay_out(report, table.header)
    job = Job(context, layout)
    missing = tuple(missing_columns(layout))
    if missing:
        problems = tuple(_missing_text(layout, name, context) for name in missing)
        return TableResult(table.label, table.records, job=job, problems=problems, missing=missing)
    return _worked(table, job)


def _worked(table: RawTable, job: Job) -> TableResult:
    texts = read_texts(table, job.layout)
    is_control = control_mask(job.layout.report, job.layout, texts)
    control, body = texts.filtered(is_control), filled_down(texts.filtered(~is_control), job.layout)
    is_ignored = any_rule(job.layout.report.ignore_rows, body)
    cells = read_cells(body.frame, ~is_ignored, job.layout, job.context.zones)
    if job.layout.report.kind == "orders":
        derive_orders(cells, body, job)
    else:
        derive_kind(cells, body, job)
    cells.frame = as_amount(cells.frame, job.layout.report.kind)
    proof = reconcile(cells, body, control, job.layout, table.rejected.height)
    return _split(table, job, cells, body, control, is_ignored, proof)


def _split(
    table: RawTable, job: Job, cells: Cells, body: Texts, control: Texts, is_ignored: pl.Series, proof: Proof
) -> TableResult:
    verdict = _first_faults(cells, body)
    is_refused = verdict["rule"].is_not_null() & ~is_ignored
    is_left = is_refused | is_ignored
    accepted = cells.frame.filter(~is_left) if is_left.any() else cells.frame
    days = _days(accepted, job.layout.report.table)
    return TableResult(
        label=table.label,
        records=table.records,
        job=job,
        accepted=accepted,
        rejected=_rejected(table, verdict.filter(is_refused)),
        control_rows=control.frame.height,
        ignored_rows=int(is_ignored.sum()),
        accepted_amount=_money(accepted["amount"]),
        rejected_amount=_money(cells.frame["amount"].filter(is_refused)),
        ignored_amount=_money(cells.frame["amount"].filter(is_ignored)),
        control_total=proof.control_total,
        first_on=days[0],
        last_on=days[1],
        notes=(*body.notes, *cells.notes, *proof.notes),
        problems=(*_word_texts(cells, job), *proof.problems),
    )


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


def _unrecognised(table: RawTable, context: ParseContext) -> TableResult:
    if not table.records:
        return TableResult(table.label, 0, notes=("an empty table was passed over",))
    report = nearest_report(context.format, context.source.kind, table.header)
    looked = [name for name in report.when if name not in {cell.strip() for cell in table.header}]
    sheet = f"sheet {table.label}: " if table.label else ""
    tells = f"{sheet}no report of format {context.format.name} for a source of kind {context.source.kind}"
    problem = f"{tells}; nearest is {report.name or report.kind}, which needs {', '.join(looked) or 'other columns'}"
    return TableResult(table.label, table.records, problems=(problem,))


def _missing_text(layout: Layout, name: str, context: ParseContext) -> str:
    looked = ", ".join(layout.report.headers_of(name)) or "no header is listed for it"
    return f"no column for {name} (looked for {looked}). Add the new name to {context.mending_file}"


def _word_texts(cells: Cells, job: Job) -> list[str]:
    texts = []
    for name, counts in cells.unknown_words.items():
        is_shifted = len(counts) > WORDS_SHOWN  # so many words are no list of words, but names, say
        first = list(counts.items())[:WORDS_SHOWN]
        shown = ", ".join(f"{_shown(word, is_hidden=is_shifted)!r} ×{count}" for word, count in first)
        more = f" and {len(counts) - WORDS_SHOWN} more" if len(counts) > WORDS_SHOWN else ""
        texts.append(f"unknown words in {name}: {shown}{more}. Add them to values.{name} of {job.context.mending_file}")
    return texts


def _shown(word: str, *, is_hidden: bool) -> str:
    """A word for a message; one that may be a number or an address of somebody (a shifted column) by its shape."""
    if is_hidden or PERSONAL.search(word):
        word = str(pl.select(word=pl.lit(word)).select(shape("word")).item())
    return word[:WORD_LENGTH]


def _days(frame: pl.DataFrame, table: str) -> tuple[date | None, date | None]:
    moment = EVENT_MOMENT.get(table)
    if moment is None or frame.is_empty():
        return None, None
    first, last = frame.select(first=pl.col(moment).min(), last=pl.col(moment).max()).cast(pl.Date).row(0)
    return first, last


def _money(fen: pl.Series) -> Decimal:
    return Decimal(int(fen.cast(pl.Int128).sum() or 0)) * ONE_FEN
