"""From one spooled file to typed rows of the raw layer: the border of this room.

Nothing is lost: every record is accepted, refused with a reason, ignored by a rule of the format, or a control
row, and the same holds for its money. Bytes are read by `pipeline.formats.tables`; files, parts and nights
are no business of a parser.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from pipeline.errors import StoppedSourceError
from pipeline.formats.detect import header_finder, is_wanted
from pipeline.formats.file_date import date_in_name
from pipeline.formats.finish import finish
from pipeline.formats.job import ParseContext
from pipeline.formats.raw_table import RawTable
from pipeline.formats.tables import ReadOptions, read_tables
from pipeline.formats.work import NO_REJECTS, TableResult, work_table

__all__ = ["READER_VERSION", "ParseContext", "ParsedFile", "ReportCounts", "date_in_name", "parse_file", "parse_tables"]

READER_VERSION = "4"
"""Part of the cache key of parsed files: raise it whenever the same bytes would give other rows."""


@dataclass(frozen=True)
class ReportCounts:
    """What became of one table of a file, in rows and in money of the file's currency.

    records = accepted + rejected + ignored + control rows; raw_amount = accepted_amount + rejected_amount.
    """

    table: str
    report: str
    label: str
    records: int
    control_rows: int
    ignored_rows: int
    accepted_rows: int
    rejected_rows: int
    raw_amount: Decimal
    accepted_amount: Decimal
    rejected_amount: Decimal
    ignored_amount: Decimal
    control_total: Decimal | None
    unknown_columns: tuple[str, ...]
    first_on: date | None
    last_on: date | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ParsedFile:
    """Typed rows by raw table, refused records, and the counts of each table of the file."""

    encoding: str
    tables: dict[str, pl.DataFrame]
    rejected: pl.DataFrame
    """row_number, rule, column, value_masked, text; the last holds the record as written and is restricted."""
    reports: tuple[ReportCounts, ...]


def read_options(context: ParseContext) -> ReadOptions:
    """How the reader is to take a file of this source."""
    definition, kind = context.format, context.source.kind
    return ReadOptions(
        encoding=context.source.encoding or definition.encoding,
        header_row=None if definition.header_row == "auto" else definition.header_row,
        find_header=header_finder(definition, kind),
        wanted=lambda header: is_wanted(definition, kind, header),
    )


def parse_file(path: Path, name: str, context: ParseContext) -> ParsedFile:
    """Parse the spooled copy `path` of the landing file `name`.

    Raises FileRefusedError where the bytes cannot be read, StoppedSourceError where the file says something
    that its format does not know: a word, a report, a renamed column, money that does not add up.
    """
    return parse_tables(read_tables(path, name, read_options(context)), name, context)


def parse_tables(tables: Iterable[RawTable], name: str, context: ParseContext) -> ParsedFile:
    """Parse tables of text that are already read."""
    tables = list(tables)
    results = [work_table(table, context) for table in tables]
    problems = [problem for result in results for problem in result.problems]
    if problems:
        remedy = f"Mend {context.how_to_mend}; `huitou check` shows the whole file. Nothing of it was taken."
        raise StoppedSourceError("; ".join(problems), where=name, remedy=remedy)
    known = [result for result in results if result.job]
    return ParsedFile(
        encoding=tables[0].encoding if tables else "",
        tables=_finished(known, context),
        rejected=_rejected(results),
        reports=tuple(_counts(result) for result in results),
    )


def _finished(results: list[TableResult], context: ParseContext) -> dict[str, pl.DataFrame]:
    frames: dict[str, list[pl.DataFrame]] = {}
    for result in results:
        frames.setdefault(result.table, []).append(result.accepted)
    wholes = {table: pl.concat(parts, how="diagonal") for table, parts in sorted(frames.items())}
    return {table: finish(whole, table, context) for table, whole in wholes.items() if whole.height}


def _rejected(results: list[TableResult]) -> pl.DataFrame:
    frames = [NO_REJECTS.to_frame(), *(result.rejected for result in results)]
    return pl.concat(frames).sort("row_number", "rule")


def _counts(result: TableResult) -> ReportCounts:
    accepted, rejected = result.accepted_amount, result.rejected_amount
    return ReportCounts(
        table=result.table,
        report=result.report,
        label=result.label,
        records=result.records,
        control_rows=result.control_rows,
        ignored_rows=result.ignored_rows,
        accepted_rows=result.accepted.height,
        rejected_rows=result.rejected.height,
        raw_amount=accepted + rejected,
        accepted_amount=accepted,
        rejected_amount=rejected,
        ignored_amount=result.ignored_amount,
        control_total=result.control_total,
        unknown_columns=result.unknown_columns,
        first_on=result.first_on,
        last_on=result.last_on,
        notes=result.notes,
    )
