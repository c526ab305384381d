"""Tables of text worked through: recognised, cleaned, typed, derived, split, proved.

Tables with one header are worked through together: a column of a hundred small files is read as quickly as that of
one, and each table gets what it would have got alone.

Every step that may fail says so in `problems` instead of stopping, so that a check can show the whole file; who
stops on them is `pipeline.formats.parse`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from pipeline.clean.text import shape
from pipeline.formats.cells import Cells, read_cells
from pipeline.formats.detect import Layout, foreign_signs, lay_out, missing_columns, nearest_report, recognise
from pipeline.formats.finish import EVENT_MOMENT, as_amount
from pipeline.formats.job import Job, ParseContext
from pipeline.formats.kinds import derive_kind
from pipeline.formats.notes import told
from pipeline.formats.orders import derive_orders
from pipeline.formats.raw_table import ROW_NUMBER, RawTable
from pipeline.formats.reconcile import Printed, printed_money, reconcile
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


def work_tables(tables: Sequence[RawTable], context: ParseContext) -> list[TableResult]:
    """Read tables with one header by the format of their source; one result a table."""
    header = tables[0].header
    report = recognise(context.format, context.source.kind, header)
    if report is None:
        return [_unrecognised(table, context) for table in tables]
    layout = lay_out(report, header)
    job = Job(context, layout)
    missing = tuple(missing_columns(layout))
    problems = tuple(_header_texts(layout, missing, context))
    if problems:
        return [
            TableResult(table.label, table.records, job=job, problems=problems, missing=missing) for table in tables
        ]
    if len(tables) > 1 and _is_told_by_whole_columns(job):
        return [result for table in tables for result in _worked([table], job)]
    return _worked(tables, job)


def _is_told_by_whole_columns(job: Job) -> bool:
    """Whether a cell means something else beside other cells: days without a time, where they are to be moved."""
    zones = job.context.zones
    return zones.source != zones.retailer or "time_zone" in {*job.layout.places, *job.layout.report.constants}


def _worked(tables: Sequence[RawTable], job: Job) -> list[TableResult]:
    texts = read_texts(tables, job.layout)
    is_control = control_mask(job.layout.report, job.layout, texts)
    control, body = texts.filtered(is_control), filled_down(texts.filtered(~is_control), job.layout)
    is_ignored = any_rule(job.layout.report.ignore_rows, body)
    cells = read_cells(body.frame, ~is_ignored, job.layout, job.context.zones)
    if job.layout.report.kind == "orders":
        derive_orders(cells, body, job)
    else:
        derive_kind(cells, body, job)
    cells.frame = as_amount(cells.frame, job.layout.report.kind)
    if cells.unknown_words and len(tables) > 1:  # they stop their files, and each file is to name its own
        return [result for table in tables for result in _worked([table], job)]
    whole = _Rows(cells, body, is_ignored, printed_money(body, job.layout), control, printed_money(control, job.layout))
    return [_split(table, job, rows) for table, rows in zip(tables, whole.by_table(len(tables)), strict=True)]


@dataclass(frozen=True)
class _Rows:
    """The rows of tables typed, their texts, and the footers that were told apart from them."""

    cells: Cells
    body: Texts
    is_ignored: pl.Series
    printed: Printed | None
    control: Texts
    footers: Printed | None

    def by_table(self, count: int) -> "list[_Rows]":
        """The same of each table."""
        if count == 1:
            return [self]
        stretches = zip(self.body.stretches(count), self.control.stretches(count), strict=True)
        return [self._part(rows, footers) for rows, footers in stretches]

    def _part(self, rows: tuple[int, int], footers: tuple[int, int]) -> "_Rows":
        return _Rows(
            self.cells.slice(*rows),
            self.body.slice(*rows),
            self.is_ignored.slice(*rows),
            self.printed and self.printed.slice(*rows),
            self.control.slice(*footers),
            self.footers and self.footers.slice(*footers),
        )


def _split(table: RawTable, job: Job, rows: _Rows) -> TableResult:
    cells, body, is_ignored = rows.cells, rows.body, rows.is_ignored
    proof = reconcile(cells, body, rows.printed, rows.footers, job.layout, table.rejected.height)
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
        control_rows=rows.control.frame.height,
        ignored_rows=int(is_ignored.sum()),
        accepted_amount=_money(accepted["amount"]),
        rejected_amount=_money(cells.frame["amount"].filter(is_refused)),
        ignored_amount=_money(cells.frame["amount"].filter(is_ignored)),
        control_total=proof.control_total,
        first_on=days[0],
        last_on=days[1],
        notes=(*told(body.notes), *told(cells.notes), *proof.notes),
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


def _header_texts(layout: Layout, missing: Sequence[str], context: ParseContext) -> Iterator[str]:
    """Everything that a table's header leaves open: its cells are not read before that is mended."""
    yield from (_missing_text(layout, name, context) for name in missing)
    for headers in layout.ambiguous:
        alike = " and ".join(repr(header) for header in headers)
        yield f"{alike} look alike. List the one to read, as it is written, in {context.mending_file}"
    for name, header in foreign_signs(layout, context.money):
        told = f"{name} stands under {header!r}, but amounts of the source {context.source.name} are in {context.money}"
        yield f"{told}. Give the source its `currency:`, or list the header with its sign in {context.mending_file}"


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
