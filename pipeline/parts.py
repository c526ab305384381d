"""Parts: what the readers made of one spooled file, kept under a name that says all it depends on.

A part is a pure function of its name, so it may be deleted and is made again. Which parts a night uses is the
ledger's business (`source_files`), not decided here.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from pipeline.erasure.spool_copy import erased_rows, without_rows, write_copy
from pipeline.erasure.tombstones import Tombstones
from pipeline.errors import FileRefusedError, HeldError
from pipeline.formats.definition import FormatDefinition
from pipeline.formats.library import FormatLibrary
from pipeline.formats.parse import (
    READER_VERSION,
    ParseContext,
    ParsedFile,
    ReportCounts,
    parse_file,
    parse_tables,
    read_options,
)
from pipeline.formats.tables import read_tables
from pipeline.lake import conformed, file_sha256, write_bytes
from pipeline.ledger import SpooledFile
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings, SourceSettings

log = logging.getLogger("huitou.parts")

FILES_FOR_PROCESSES = 16
"""From so many new files on, starting processes pays."""
POLARS_THREADS = "POLARS_MAX_THREADS"
REPORT_FILE = "report.json"
REJECTED_FILE = "rejected.parquet"
_REPORTS = TypeAdapter(tuple[ReportCounts, ...])


@dataclass(frozen=True)
class Refusal:
    """Why a whole file could not be read."""

    code: str
    message: str


@dataclass(frozen=True)
class Part:
    """One parsed file: `hashes` names its raw tables with the SHA-256 of their Parquet files."""

    part_id: str
    folder: Path
    format: str
    encoding: str
    reports: tuple[ReportCounts, ...]
    hashes: Mapping[str, str]
    refusal: Refusal | None

    def table(self, name: str) -> Path:
        """The Parquet file of one of its raw tables."""
        return self.folder / f"{name}.parquet"

    def rejected(self) -> pl.DataFrame:
        """The records that were refused; `text` holds the raw record and stays in restricted files."""
        return pl.read_parquet(self.folder / REJECTED_FILE)


class PartStore:
    """Makes the part of a file once and finds it again ever after."""

    def __init__(self, root: Path, settings: Settings, library: FormatLibrary, tombstones: Tombstones) -> None:
        self.root, self.settings, self.library, self.tombstones = root, settings, library, tombstones
        self.secret = tombstones.secret
        self._told: dict[str, tuple[str, ...]] = {}

    def parts_of(self, files: Sequence[SpooledFile]) -> dict[tuple[str, str], Part]:
        """The part of each file by (source, sha256). Every stopped source is named in one HeldError."""
        missing = [file for file in files if not (self._folder(file) / REPORT_FILE).exists()]
        stopped = self._make_all(missing)
        if stopped:
            raise HeldError("\n".join(stopped), remedy="Nothing was published; the last good night stays.")
        return {(file.source, file.sha256): self.part_of(file) for file in files}

    def _make_all(self, files: Sequence[SpooledFile]) -> list[str]:
        """Parse new files, many of them in processes side by side; what stopped, in words, in the order of files."""
        if len(files) < FILES_FOR_PROCESSES:
            return [text for file in files if (text := self._make_or_tell(file))]
        context = multiprocessing.get_context("spawn")
        largest_first = sorted(files, key=lambda file: (-file.byte_count, file.name))
        with _single_threaded(), ProcessPoolExecutor(self.settings.engine.threads, context) as workers:
            told = dict(_counted(largest_first, workers.map(self._make_or_tell, largest_first)))
        return [text for file in files if (text := told[file])]

    def _make_or_tell(self, file: SpooledFile) -> str | None:
        """Parse one file; the words of the HeldError where its source must stop."""
        try:
            self.part_of(file)
        except HeldError as error:
            return str(error)
        return None

    def part_of(self, file: SpooledFile) -> Part:
        """The part of one file, parsed now if it never was. Raises HeldError where its source must stop."""
        folder = self._folder(file)
        if not (folder / REPORT_FILE).exists():
            source = self.settings.source(file.source)
            self._make(file, source, self.library.get(source), folder)
        return _read_part(folder.name, folder)

    def _folder(self, file: SpooledFile) -> Path:
        depends_on = [file.sha256, *self._circumstances(file.source)]
        return self.root / hashlib.sha256("\n".join(depends_on).encode()).hexdigest()[:40]

    def _circumstances(self, name: str) -> tuple[str, ...]:
        """What the parts of a source depend on besides their files."""
        if name not in self._told:
            source = self.settings.source(name)
            self._told[name] = (
                READER_VERSION,
                self.library.fingerprint(self.library.get(source)),
                source.model_dump_json(exclude={"path", "orders_of", "mirrors"}),
                self.settings.timezone,
                self.settings.currency,
                str(self.settings.privacy.keep_address),
                hashlib.sha256(b"parts" + self.secret).hexdigest(),
            )
        return self._told[name]

    def _make(self, file: SpooledFile, source: SourceSettings, definition: FormatDefinition, folder: Path) -> None:
        context = ParseContext(
            source=source,
            format=definition,
            timezone=self.settings.timezone,
            currency=self.settings.currency,
            secret=self.secret,
            file_sha=file.sha256,
            keep_address=self.settings.privacy.keep_address,
        )
        building = folder.with_name(f".{folder.name}.building")
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
        log.info("read %s", file.name)
        try:
            _write_part(building, source.format, self._parsed(file, context))
        except FileRefusedError as error:
            _write_refusal(building, source.format, error)
        building.replace(folder)

    def _parsed(self, file: SpooledFile, context: ParseContext) -> ParsedFile:
        """The rows of a file. Where it tells of an erased person, its copy is written again without them first."""
        if not self.tombstones:
            return parse_file(file.path, file.name, context)
        tables = read_tables(file.path, file.name, read_options(context))
        parsed = parse_tables(tables, file.name, context)
        rows = erased_rows(tables, parsed.tables, self.tombstones, context)
        if rows.is_empty():
            return parsed
        blanked = without_rows(tables, rows, context)
        write_copy(blanked, file.path)
        return parse_tables(blanked, file.name, context)

    def make_again(self, file: SpooledFile) -> None:
        """Forget the part of a file and make it anew, now without whoever was erased since."""
        shutil.rmtree(self._folder(file), ignore_errors=True)
        self.part_of(file)

    def delete_all_but(self, files: Sequence[SpooledFile]) -> None:
        """Delete parts that no file of tonight would use: what older readers and settings made."""
        kept = {self._folder(file).name for file in files}
        for folder in sorted(self.root.glob("*/")):
            if folder.name not in kept:
                shutil.rmtree(folder)


def _counted(files: Sequence[SpooledFile], results: Iterable[str | None]) -> Iterator[tuple[SpooledFile, str | None]]:
    """The results beside their files, with a line in the log at every tenth of the way."""
    step = max(1, len(files) // 10)
    for number, pair in enumerate(zip(files, results, strict=True), start=1):
        if number % step == 0 or number == len(files):
            log.info("read %s of %s new files", f"{number:,}", f"{len(files):,}")
        yield pair


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let processes started within use one thread each: side by side they fill the machine."""
    before = os.environ.get(POLARS_THREADS)
    os.environ[POLARS_THREADS] = "1"
    try:
        yield
    finally:
        os.environ.pop(POLARS_THREADS)
        if before is not None:
            os.environ[POLARS_THREADS] = before


def _write_part(folder: Path, format_name: str, parsed: ParsedFile) -> None:
    hashes = {}
    for name, frame in sorted(parsed.tables.items()):
        path = folder / f"{name}.parquet"
        conformed(TABLES[name], frame).collect().write_parquet(path, compression="zstd", compression_level=1)
        path.chmod(0o600)
        hashes[name] = file_sha256(path)
    parsed.rejected.write_parquet(folder / REJECTED_FILE)
    (folder / REJECTED_FILE).chmod(0o600)
    report = {
        "format": format_name,
        "encoding": parsed.encoding,
        "reports": _REPORTS.dump_python(parsed.reports, mode="json"),
        "tables": hashes,
        "refusal": None,
    }
    _write_report(folder, report)


def _write_refusal(folder: Path, format_name: str, error: FileRefusedError) -> None:
    refusal = {"code": error.code, "message": str(error)}
    _write_report(folder, {"format": format_name, "encoding": "", "reports": [], "tables": {}, "refusal": refusal})


def _write_report(folder: Path, report: Mapping[str, object]) -> None:
    write_bytes(folder / REPORT_FILE, json.dumps(report, ensure_ascii=False, sort_keys=True, indent=1).encode())


def _read_part(part_id: str, folder: Path) -> Part:
    report = json.loads((folder / REPORT_FILE).read_text(encoding="utf-8"))
    return Part(
        part_id=part_id,
        folder=folder,
        format=report["format"],
        encoding=report["encoding"],
        reports=_REPORTS.validate_python(report["reports"]),
        hashes=report["tables"],
        refusal=Refusal(**report["refusal"]) if report["refusal"] else None,
    )
