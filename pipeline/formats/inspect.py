"""What a landing file looks like to its format, for a person who wants to know before the night does.

Nothing stops here and nothing is written: every problem of the file is listed. How results are shown belongs to
the command line.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import FileRefusedError
from pipeline.formats.job import ParseContext
from pipeline.formats.outcome import TableResult
from pipeline.formats.parse import read_options
from pipeline.formats.tables import read_tables
from pipeline.formats.work import work_tables

BAD_VALUES_SHOWN = 5


@dataclass(frozen=True)
class BadValue:
    """One refused cell; `value_masked` shows its shape only."""

    row_number: int
    rule: str
    column: str | None
    value_masked: str | None


@dataclass(frozen=True)
class TableInspection:
    """One table of the file: empty `report` where the format knows none like it."""

    label: str
    report: str
    table: str
    found: dict[str, tuple[str, ...]]
    """Canonical column: the headers it was read from."""
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    records: int
    accepted_rows: int
    rejected_rows: int
    ignored_rows: int
    control_rows: int
    bad_values: tuple[BadValue, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    currencies: tuple[str, ...]
    """Currencies of the accepted rows, where the table has money."""


@dataclass(frozen=True)
class FileInspection:
    """One landing file: its tables, or the reason why its bytes cannot be read."""

    name: str
    format: str
    encoding: str
    refusal: str | None
    tables: tuple[TableInspection, ...]
    problems: tuple[str, ...] = ()
    """What would hold the night though every table can be read."""

    @property
    def is_good(self) -> bool:
        """Whether a night would take the file; a few refused records do not make it bad."""
        return self.refusal is None and not self.problems and not any(table.problems for table in self.tables)


def inspect_file(path: Path, name: str, context: ParseContext) -> FileInspection:
    """Read a file as a night would, and tell everything about it. Raises nothing for what the file is."""
    try:
        tables = read_tables(path, name, read_options(context))
    except FileRefusedError as error:
        return FileInspection(name, context.format.name, "", str(error), ())
    except OSError as error:
        refusal = f"{name}: cannot be read ({error.strerror}). Let the user that runs Huitou read it."
        return FileInspection(name, context.format.name, "", refusal, ())
    inspected = tuple(_inspected(result) for table in tables for result in work_tables([table], context))
    return FileInspection(name, context.format.name, tables[0].encoding, None, inspected)


def _inspected(result: TableResult) -> TableInspection:
    places = result.job.layout.places if result.job else {}
    return TableInspection(
        label=result.label,
        report=result.report,
        table=result.table,
        found={name: place.headers for name, place in places.items()},
        missing=result.missing,
        unknown=result.unknown_columns,
        records=result.records,
        accepted_rows=result.accepted.height,
        rejected_rows=result.rejected.height,
        ignored_rows=result.ignored_rows,
        control_rows=result.control_rows,
        bad_values=_bad_values(result),
        notes=result.notes,
        problems=result.problems,
        currencies=_currencies(result.accepted),
    )


def _currencies(accepted: pl.DataFrame) -> tuple[str, ...]:
    if not {"currency", "amount"} <= set(accepted.columns):
        return ()
    return tuple(accepted["currency"].drop_nulls().unique().sort())


def _bad_values(result: TableResult) -> tuple[BadValue, ...]:
    first = result.rejected.sort("row_number").head(BAD_VALUES_SHOWN)
    columns = first.select("row_number", "rule", "column", "value_masked")
    return tuple(BadValue(*row) for row in columns.iter_rows())
