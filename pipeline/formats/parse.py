"""From one spooled file to typed rows of the raw layer: the border of this room.

Nothing is lost: every record is accepted, refused with a reason, ignored by a rule of the format, or a control
row, and the same holds for its money. Bytes are read by `pipeline.formats.tables`; files, parts and nights
are no business of a parser.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from pipeline.errors import FileRefusedError, HeldError, StoppedSourceError
from pipeline.formats.detect import header_finder, wanted_finder
from pipeline.formats.file_date import date_in_name
from pipeline.formats.finish import finish
from pipeline.formats.job import ParseContext
from pipeline.formats.outcome import NO_REJECTS, TableResult
from pipeline.formats.raw_table import RawTable
from pipeline.formats.tables import ReadOptions
from pipeline.formats.work import work_tables

__all__ = [
    "READER_VERSION",
    "ParseContext",
    "ParsedFile",
    "ReadFile",
    "ReportCounts",
    "date_in_name",
    "parse_tables",
    "parse_together",
]

READER_VERSION = "5"
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
class ReadFile:
    """The tables of text of one landing file, and what they are to be parsed under."""

    name: str
    tables: Sequence[RawTable]
    context: ParseContext


@dataclass(frozen=True)
class Worked:
    """The one table of a file worked through, and its accepted rows finished where there are any."""

    result: TableResult
    finished: pl.DataFrame | None


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
        wanted=wanted_finder(definition, kind),
    )


def parse_tables(tables: Iterable[RawTable], name: str, context: ParseContext) -> ParsedFile:
    """Parse the tables of text of the landing file `name`.

    Raises StoppedSourceError where the file says something that its format does not know: a word, a report, a renamed
    column, money that does not add up.
    """
    tables = list(tables)
    results = [result for table in tables for result in work_tables([table], context)]
    return _parsed(tables, results, _finished(results, context), name, context)


def parse_together(files: Sequence[ReadFile | FileRefusedError]) -> list[ParsedFile | FileRefusedError | HeldError]:
    """Parse files of one source that are already read; what cannot be taken has its error in its place.

    Every file gets what `parse_tables` would have given it; those of one table with the same header are worked
    through together.
    """
    alike: dict[tuple[str, ...], list[tuple[int, ReadFile]]] = {}
    for place, file in enumerate(files):
        if isinstance(file, ReadFile) and len(file.tables) == 1:
            alike.setdefault(file.tables[0].header, []).append((place, file))
    worked: dict[int, Worked] = {}
    for together in alike.values():
        worked |= zip([place for place, _ in together], _worked([file for _, file in together]), strict=True)
    return [_parsed_or_error(file, worked.get(place)) for place, file in enumerate(files)]


def _worked(files: Sequence[ReadFile]) -> list[Worked]:
    """Files of one table each, with the same header."""
    results = work_tables([file.tables[0] for file in files], files[0].context)
    good = [place for place, result in enumerate(results) if not result.problems and result.accepted.height]
    shas = [files[place].context.file_sha for place in good]
    accepted = [results[place].accepted for place in good]
    finished = finish(accepted, shas, results[0].table, files[0].context) if good else []
    tables = dict(zip(good, finished, strict=True))
    return [Worked(result, tables.get(place)) for place, result in enumerate(results)]


def _parsed_or_error(
    file: ReadFile | FileRefusedError, worked: Worked | None
) -> ParsedFile | FileRefusedError | HeldError:
    if isinstance(file, FileRefusedError):
        return file
    try:
        if worked is None:
            return parse_tables(file.tables, file.name, file.context)
        finished = {} if worked.finished is None else {worked.result.table: worked.finished}
        return _parsed(file.tables, [worked.result], finished, file.name, file.context)
    except HeldError as error:
        return error


def _parsed(
    tables: Sequence[RawTable],
    results: list[TableResult],
    finished: dict[str, pl.DataFrame],
    name: str,
    context: ParseContext,
) -> ParsedFile:
    problems = [problem for result in results for problem in result.problems]
    if problems:
        remedy = f"Mend {context.how_to_mend}; `huitou check` shows the whole file. Nothing of it was taken."
        raise StoppedSourceError("; ".join(problems), where=name, remedy=remedy)
    return ParsedFile(
        encoding=tables[0].encoding if tables else "",
        tables=finished,
        rejected=_rejected(results),
        reports=tuple(_counts(result) for result in results),
    )


def _finished(results: list[TableResult], context: ParseContext) -> dict[str, pl.DataFrame]:
    frames: dict[str, list[pl.DataFrame]] = {}
    for result in results:
        if result.job and result.accepted.height:
            frames.setdefault(result.table, []).append(result.accepted)
    wholes = {table: pl.concat(parts, how="diagonal") for table, parts in sorted(frames.items())}
    return {table: finish([whole], [context.file_sha], table, context)[0] for table, whole in wholes.items()}


def _rejected(results: list[TableResult]) -> pl.DataFrame:
    frames = [result.rejected for result in results if result.rejected.height]
    return pl.concat(frames).sort("row_number", "rule") if frames else NO_REJECTS.to_frame()


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
