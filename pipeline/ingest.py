"""The raw layer of one night: parts of all files known tonight as raw tables, and the ledger of files.

Choosing which version of a row counts does not belong here; see `pipeline.trade`.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event

import polars as pl

from pipeline.errors import HeldError
from pipeline.formats.notes import added_up
from pipeline.lake import Table, link_table, write_table
from pipeline.ledger import SpooledFile, discover
from pipeline.night import Night
from pipeline.part_files import Part
from pipeline.parts import FILES_FOR_PROCESSES, PartStore
from pipeline.plan import EXPIRED, KnownFile
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.raw import RAW_TABLES

log = logging.getLogger("huitou.ingest")

MIN_RECORDS_TO_HOLD = 20


@dataclass(frozen=True)
class TakenFile:
    """A file of tonight with its part; `part` is None for a repeated delivery and for a file too old to count."""

    known: KnownFile
    part: Part | None


def take_files(night: Night) -> list[TakenFile]:
    """Every file of tonight with its part; parsed now if it never was.

    Raises HeldError where a source must stop, or where too large a share of a file's records was rejected.
    """
    parts = _parts(night)
    taken = [
        TakenFile(known, parts[known.spooled.source, known.spooled.sha256] if known.counts else None)
        for known in night.plan.files
    ]
    _refuse_spoilt(taken, night.settings.quality.max_rejected_share)
    return taken


@contextmanager
def reading_ahead(night: Night) -> Iterator[None]:
    """Parse the new files while the caller does something else. What stops them is told by `take_files`, not here.

    The caller waits until the processes that parse are at work: one that loads programs holds Python's lock, and
    whoever looks for files beside it gets a turn every few milliseconds only.
    """
    begun = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as aside:
        reading = aside.submit(_read_ahead, night, begun.set)
        reading.add_done_callback(lambda _: begun.set())  # also where it stopped before anything had begun
        begun.wait()
        yield


def _read_ahead(night: Night, begun: Callable[[], None]) -> None:
    """On a first night the processes start before the files are copied: there are as many new files as there are."""
    store = _store(night)
    is_first = night.current is None and not any(night.workspace.parts.iterdir())
    landed = discover(night.workspace, night.settings.sources).files if is_first else ()
    with store.processes() if len(landed) >= FILES_FOR_PROCESSES else nullcontext() as processes:
        store.make(_counting(night), begun, processes)


def _parts(night: Night) -> Mapping[tuple[str, str], Part]:
    if night.parts is None:
        night.parts = _store(night).parts_of(_counting(night))
    return night.parts


def _store(night: Night) -> PartStore:
    return PartStore(night.workspace.parts, night.settings, night.library, night.tombstones)


def _counting(night: Night) -> list[SpooledFile]:
    return [known.spooled for known in night.plan.files if known.counts]


def is_spoilt(records: int, rejected: int, max_share: float) -> bool:
    """Whether so many records of one file were rejected that the night must not go on as if it were whole."""
    return records >= MIN_RECORDS_TO_HOLD and rejected > max_share * records


def _refuse_spoilt(taken: Sequence[TakenFile], max_share: float) -> None:
    spoilt = []
    for file in taken:
        reports = file.part.reports if file.part else ()
        records = sum(report.records for report in reports)
        rejected = sum(report.rejected_rows for report in reports)
        if is_spoilt(records, rejected, max_share):
            spoilt.append(f"landing/{file.known.spooled.name}: {rejected} of {records} records were rejected")
    if spoilt:
        raise HeldError(
            "; ".join(spoilt),
            remedy="See `huitou check`. Mend the file or its format, or raise quality.max_rejected_share.",
        )


def raw_tables(night: Night, taken: Sequence[TakenFile]) -> list[Table]:
    """All raw tables: hard links to the parts, in a fixed order; one empty file where there is no part."""
    parts: dict[str, dict[str, Part]] = defaultdict(dict)
    for file in taken:
        if file.part is not None:
            for name in file.part.hashes:
                parts[name][file.part.part_id] = file.part
    tables = []
    for name in (f"raw_{kind}" for kind in RAW_TABLES):
        folder = night.building / "raw" / name
        mine = [part for _, part in sorted(parts[name].items())]
        if mine:
            tables.append(link_table(name, [part.table(name) for part in mine], folder))
            night.file_hashes |= {f"raw/{name}/{part.part_id}.parquet": part.hashes[name] for part in mine}
        else:
            tables.append(write_table(TABLES[name], TABLES[name].empty(), folder / "none.parquet"))
    return tables


def source_files(night: Night, taken: Sequence[TakenFile]) -> Table:
    """The ledger: one row per landing file ever taken."""
    spec = TABLES["source_files"]
    rows = [_ledger_row(file) for file in taken]
    return write_table(spec, pl.DataFrame(rows, schema=spec.polars_schema), night.path(spec.name))


def _ledger_row(file: TakenFile) -> dict[str, object]:
    known, part = file.known, file.part
    if known.expired is not None:
        return {**known.expired, "state": EXPIRED}
    reports = part.reports if part else ()
    firsts = [report.first_on for report in reports if report.first_on]
    lasts = [report.last_on for report in reports if report.last_on]
    return {
        "source": known.spooled.source,
        "path": known.spooled.name,
        "sha256": known.spooled.sha256,
        "byte_count": known.spooled.byte_count,
        "state": _state(part),
        "refused_because": part.refusal.code if part and part.refusal else None,
        "part_id": part.part_id if part else None,
        "format": part.format if part else "",
        "reports": ",".join(sorted({report.report for report in reports})),
        "encoding": part.encoding if part else None,
        "file_on": known.file_on,
        "first_night_on": known.first_night_on,
        "rows": sum(report.records for report in reports),
        "control_rows": sum(report.control_rows for report in reports),
        "ignored_rows": sum(report.ignored_rows for report in reports),
        "rejected_rows": sum(report.rejected_rows for report in reports),
        "first_event_on": min(firsts, default=None),
        "last_event_on": max(lasts, default=None),
        "unknown_columns": ",".join(sorted({name for report in reports for name in report.unknown_columns})),
    }


def _state(part: Part | None) -> str:
    if part is None:
        return "redelivered"
    return "refused" if part.refusal else "loaded"


def rejected_rows(night: Night, taken: Sequence[TakenFile]) -> Table:
    """One row per record and rule that refused it; a file refused whole stands as row 0."""
    spec = TABLES["rejected_rows"]
    frames = [frame for file in taken if file.part for frame in _rejects(file.known, file.part)]
    rejected = pl.concat([spec.empty(), *frames]).unique(spec.key, keep="first", maintain_order=True)
    return write_table(spec, rejected, night.path(spec.name))


def _rejects(known: KnownFile, part: Part) -> Iterator[pl.DataFrame]:
    place = {"source": pl.lit(known.spooled.source), "path": pl.lit(known.spooled.name)}
    spec = TABLES["rejected_rows"]
    if part.refusal is not None:
        whole = pl.DataFrame({"row_number": [0], "rule": [part.refusal.code]})
        yield whole.with_columns(**place, column_name=None, value_masked=None).select(
            pl.col(column.name).cast(column.dtype) for column in spec.columns
        )
    else:
        rejected = part.rejected().rename({"column": "column_name"}).with_columns(**place)
        yield rejected.sort("row_number", "rule", "column_name").select(
            pl.col(column.name).cast(column.dtype) for column in spec.columns
        )


def ingest(night: Night, taken: Sequence[TakenFile]) -> list[Table]:
    """The raw layer of tonight: source_files, rejected_rows and every raw table."""
    return [source_files(night, taken), rejected_rows(night, taken), *raw_tables(night, taken)]


def warnings_of(night: Night, taken: Sequence[TakenFile]) -> list[str]:
    """What a person should look at though the night goes on. Notes of many files of a source are one line."""
    lines = list(night.plan.warnings)
    notes: dict[str, list[str]] = defaultdict(list)
    for file in taken:
        name = file.known.spooled.name
        if file.known.expired is not None:
            continue
        if file.part is None:
            lines.append(f"landing/{name}: the same file as an earlier one, counted once")
        elif file.part.refusal is not None:
            lines.append(f"refused: {file.part.refusal.message}")
        else:
            notes[file.known.spooled.source] += [note for report in file.part.reports for note in report.notes]
    return lines + [f"{source}: {line}" for source, told in notes.items() for line in added_up(told)]
