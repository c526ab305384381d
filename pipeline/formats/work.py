"""Tables of text worked through: recognised, cleaned, typed, derived, split, proved.

Tables with one header are worked through together: a column of a hundred small files is read as quickly as that of
one, and each table gets what it would have got alone.

Every step that may fail says so in `problems` instead of stopping, so that a check can show the whole file; who
stops on them is `pipeline.formats.parse`.
"""

import re
from collections.abc import Iterator, Sequence

import polars as pl

from pipeline.clean.text import shape
from pipeline.formats.cells import Cells, read_cells
from pipeline.formats.detect import Layout, foreign_signs, lay_out, missing_columns, nearest_report, recognise
from pipeline.formats.finish import as_amount
from pipeline.formats.job import Job, ParseContext
from pipeline.formats.kinds import derive_kind
from pipeline.formats.orders import derive_orders
from pipeline.formats.outcome import TableResult
from pipeline.formats.raw_table import RawTable
from pipeline.formats.reconcile import printed_money
from pipeline.formats.row_rules import any_rule, control_mask
from pipeline.formats.split import Rows, split
from pipeline.formats.texts import filled_down, read_texts

WORDS_SHOWN = 20
WORD_LENGTH = 30
PERSONAL = re.compile(r"@|\d{5}")


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
    rows = Rows(cells, body, is_ignored, printed_money(body, job.layout), control, printed_money(control, job.layout))
    return split(tables, job, rows, _word_texts(cells, job))


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
