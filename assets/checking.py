"""`huitou check`: what a night would make of the settings and of every landing file. Nothing is written.

Files of one source that look alike are told together; a file with anything to look at stands alone.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.delivery_checks import missing_variables
from pipeline.exports.definition import load_destinations
from pipeline.exports.orders import check_exports
from pipeline.formats.inspect import FileInspection, TableInspection, inspect_file
from pipeline.formats.job import ParseContext
from pipeline.formats.library import FormatLibrary
from pipeline.formats.notes import added_up
from pipeline.formats.reasons import told_reasons
from pipeline.ingest import is_spoilt
from pipeline.ledger import LandingFile, discover
from pipeline.readiness import readiness_of
from pipeline.reports.store_folders import check_groups
from pipeline.segments.library import segments_of
from pipeline.settings import Settings
from pipeline.workspace import Workspace

log = logging.getLogger("huitou.check")

PLACEHOLDER_KEY = bytes(32)
"""Stands for the key, which must not be made here: no hash that it gives is shown."""


@dataclass(frozen=True)
class CheckReport:
    """What was found, in lines, and how many files a night could not take."""

    lines: tuple[str, ...]
    file_count: int
    bad_files: int


@dataclass(frozen=True)
class _Looked:
    """One landing file and what was found in it."""

    file: LandingFile
    inspection: FileInspection

    @property
    def layout(self) -> tuple[object, ...]:
        """What files that are told together have in common."""
        tables = self.inspection.tables
        same = [(table.label, table.report, table.found, table.missing, table.unknown) for table in tables]
        return (self.file.source, self.inspection.encoding, same)

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing in the file that a person should look at."""
        tables = self.inspection.tables
        return self.inspection.is_good and not any(table.rejected_rows for table in tables)


def check_workspace(workspace: Workspace, *, verbose: bool = False) -> CheckReport:
    """Validate settings, formats, segments, exports and every landing file. Raises SettingsError for all but the last.

    `verbose` tells every file on its own.
    """
    ready = readiness_of(workspace)
    segments = [segment.name for segment in segments_of(ready.settings)]
    check_exports(ready.settings, load_destinations(workspace.own_destinations), segments)
    check_groups(ready.settings.reports)
    landing = discover(workspace, ready.settings.sources)
    looked = [_looked(file, ready.settings, ready.library) for file in _counted(landing.files)]
    lines = [f"settings: {len(ready.settings.sources)} sources, {ready.segment_count} segments"]
    lines += _told(looked, verbose=verbose)
    lines += [f"? landing/{name}: no source takes this file" for name in landing.unclaimed]
    lines += [f"? landing/{name}: not a finished regular file, passed over" for name in landing.passed_over]
    lines += [f"? source {name}: no file matches its path" for name in _without_files(ready.settings, landing.files)]
    lines += [f"? {missing}" for missing in missing_variables(ready.settings.delivery)]
    bad = sum(not entry.inspection.is_good for entry in looked)
    return CheckReport(tuple(lines), len(looked), bad)


def _counted(files: Sequence[LandingFile]) -> Iterator[LandingFile]:
    """The files, with a line in the log at every tenth of many."""
    step = max(20, len(files) // 10)
    for number, file in enumerate(files, start=1):
        yield file
        if number % step == 0:
            log.info("looked at %s of %s files", f"{number:,}", f"{len(files):,}")


def _looked(file: LandingFile, settings: Settings, library: FormatLibrary) -> _Looked:
    inspection = inspect_file(file.path, file.name, _context(file, settings, library))
    return _Looked(file, replace(inspection, problems=tuple(_problems(inspection, settings))))


def _problems(inspection: FileInspection, settings: Settings) -> Iterator[str]:
    """What would hold the night though each table of the file can be read."""
    records = sum(table.records for table in inspection.tables)
    rejected = sum(table.rejected_rows for table in inspection.tables)
    if is_spoilt(records, rejected, settings.quality.max_rejected_share):
        yield (
            f"{rejected} of {records} records are rejected, more than quality.max_rejected_share = "
            f"{settings.quality.max_rejected_share:g} allows"
        )
    if not any(source.kind == "fx_rates" for source in settings.sources):
        foreign = {currency for table in inspection.tables for currency in table.currencies} - {settings.currency}
        if foreign:
            yield f"amounts in {', '.join(sorted(foreign))}, but no source of kind fx_rates tells what they are worth"


def _context(file: LandingFile, settings: Settings, library: FormatLibrary) -> ParseContext:
    source = settings.source(file.source)
    return ParseContext(
        source=source,
        format=library.get(source),
        timezone=settings.timezone,
        currency=settings.currency,
        secret=PLACEHOLDER_KEY,
        file_sha="",
        keep_address=settings.privacy.keep_address,
    )


def _without_files(settings: Settings, files: tuple[LandingFile, ...]) -> list[str]:
    there = {file.source for file in files}
    return [source.name for source in settings.sources if source.name not in there]


def _told(looked: Sequence[_Looked], *, verbose: bool) -> Iterator[str]:
    plain = [entry for entry in looked if entry.is_plain and not verbose]
    for _, entries in groupby(sorted(plain, key=lambda entry: repr(entry.layout)), key=lambda entry: entry.layout):
        yield from _group_lines(list(entries))
    for entry in looked:
        if not entry.is_plain or verbose:
            yield from _file_lines(entry.inspection)


def _group_lines(group: Sequence[_Looked]) -> Iterator[str]:
    first = group[0].inspection
    others = f" and {len(group) - 1} like it" if len(group) > 1 else ""
    yield f"+ landing/{first.name}{others}: {first.format}, {first.encoding}"
    for tables in zip(*(entry.inspection.tables for entry in group), strict=True):
        yield from _table_lines(_added_up(tables))


def _added_up(tables: Sequence[TableInspection]) -> TableInspection:
    counts = ("records", "accepted_rows", "rejected_rows", "ignored_rows", "control_rows")
    notes = added_up(note for table in tables for note in table.notes)
    sums = {name: sum(getattr(table, name) for table in tables) for name in counts}
    return replace(tables[0], notes=tuple(notes), **sums)


def _file_lines(inspection: FileInspection) -> Iterator[str]:
    mark = "+" if inspection.is_good else "!"
    if inspection.refusal is not None:
        yield f"{mark} {inspection.refusal}"
        return
    yield f"{mark} landing/{inspection.name}: {inspection.format}, {inspection.encoding}"
    for table in inspection.tables:
        yield from _table_lines(table)
    yield from (f"    STOPS: {problem}" for problem in inspection.problems)


def _table_lines(table: TableInspection) -> Iterator[str]:
    label = f"{table.label}: " if table.label else ""
    counted = f"{table.records:,} rows, {table.accepted_rows:,} good, {table.rejected_rows:,} rejected"
    counted += f", {table.ignored_rows:,} ignored, {table.control_rows:,} footers and the like"
    yield f"    {label}{table.report or 'no report that the format knows'}: {counted}"
    if table.found:
        yield "    columns: " + ", ".join(f"{name} ← {' + '.join(headers)}" for name, headers in table.found.items())
    if table.missing:
        yield "    missing: " + ", ".join(table.missing)
    if table.unknown:
        yield "    not used: " + ", ".join(table.unknown)
    for value in table.bad_values:
        yield f"    row {value.row_number}: {value.rule} {value.column or ''} {value.value_masked or ''}".rstrip()
    yield from (f"    {reason}" for reason in told_reasons(value.rule for value in table.bad_values))
    yield from (f"    note: {note}" for note in table.notes)
    yield from (f"    STOPS: {problem}" for problem in table.problems)
