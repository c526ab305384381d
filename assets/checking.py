"""`huitou check`: what a night would make of the settings and of every landing file. Nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.formats.inspect import FileInspection, TableInspection, inspect_file
from pipeline.formats.job import ParseContext
from pipeline.formats.library import FormatLibrary, load_library
from pipeline.ledger import LandingFile, discover
from pipeline.segments.library import segments_of
from pipeline.settings import Settings, load_settings
from pipeline.workspace import Workspace

PLACEHOLDER_KEY = bytes(32)
"""Stands for the key, which must not be made here: no hash that it gives is shown."""


@dataclass(frozen=True)
class CheckReport:
    """What was found, in lines, and how many files a night could not take."""

    lines: tuple[str, ...]
    file_count: int
    bad_files: int


def check_workspace(workspace: Workspace) -> CheckReport:
    """Validate settings, formats, segments and every landing file. Raises SettingsError for the first three."""
    settings = load_settings(workspace.settings_file)
    library = load_library(workspace.own_formats)
    segments = segments_of(settings)
    for source in settings.sources:
        library.get(source)
    landing = discover(workspace, settings.sources)
    inspections = [inspect_file(file.path, file.name, _context(file, settings, library)) for file in landing.files]
    lines = [f"settings: {len(settings.sources)} sources, {len(segments)} segments"]
    lines += [line for inspection in inspections for line in _file_lines(inspection)]
    lines += [f"? landing/{name}: no source takes this file" for name in landing.unclaimed]
    lines += [f"? landing/{name}: not a finished regular file, passed over" for name in landing.passed_over]
    lines += [f"? source {name}: no file matches its path" for name in _without_files(settings, landing.files)]
    bad = sum(not inspection.is_good for inspection in inspections)
    return CheckReport(tuple(lines), len(inspections), bad)


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


def _file_lines(inspection: FileInspection) -> Iterator[str]:
    mark = "+" if inspection.is_good else "!"
    if inspection.refusal is not None:
        yield f"{mark} {inspection.refusal}"
        return
    yield f"{mark} landing/{inspection.name}: {inspection.format}, {inspection.encoding}"
    for table in inspection.tables:
        yield from _table_lines(table)


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
    yield from (f"    note: {note}" for note in table.notes)
    yield from (f"    STOPS: {problem}" for problem in table.problems)
