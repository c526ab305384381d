"""Parts: what the readers made of one spooled file, kept under a name that says all it depends on.

A part is a pure function of its name, so it may be deleted and is made again. Which parts a night uses is the
ledger's business (`source_files`), not decided here.
"""

import hashlib
import logging
import multiprocessing
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from pipeline.erasure.spool_copy import erased_rows, without_rows, write_copy
from pipeline.erasure.tombstones import Tombstones
from pipeline.errors import FileRefusedError, HeldError, HuitouError
from pipeline.formats.library import FormatLibrary
from pipeline.formats.parse import (
    READER_VERSION,
    ParseContext,
    ParsedFile,
    parse_file,
    parse_tables,
    read_options,
)
from pipeline.formats.tables import read_tables
from pipeline.lake import naming
from pipeline.ledger import SpooledFile
from pipeline.part_files import REPORT_FILE, Part, building_of, read_part, settle, write_part, write_refusal
from pipeline.settings import Settings

log = logging.getLogger("huitou.parts")

FILES_FOR_PROCESSES = 16
"""From so many new files on, starting processes pays."""
SYNCS_AT_ONCE = 4
"""Parts on their way to the disk side by side: the disk takes many in the time of one."""
POLARS_THREADS = "POLARS_MAX_THREADS"


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
        try:
            told = self._build_in_processes(files)
        except BrokenProcessPool as error:
            raise HuitouError(
                "a process that reads files was ended from outside",
                where="landing",
                remedy="Most often the memory was full: lower engine.threads, or deliver the largest files in parts.",
            ) from error
        return [text for file in files if (text := told[file])]

    def _build_in_processes(self, files: Sequence[SpooledFile]) -> dict[SpooledFile, str | None]:
        """The words beside the files; every part that could be built is in its place then."""
        context = multiprocessing.get_context("spawn")
        largest_first = sorted(files, key=lambda file: (-file.byte_count, file.name))
        told: dict[SpooledFile, str | None] = {}
        on_their_way = []
        with (
            _single_threaded(),
            ProcessPoolExecutor(self.settings.engine.threads, context, _Worker.begin, (self,)) as workers,
            ThreadPoolExecutor(SYNCS_AT_ONCE) as syncs,
        ):
            for file, text in _counted(largest_first, workers.map(_Worker.build_or_tell, largest_first)):
                told[file] = text
                if text is None:
                    on_their_way.append(syncs.submit(settle, self._folder(file)))
        for done in on_their_way:
            done.result()
        return told

    def build_or_tell(self, file: SpooledFile) -> str | None:
        """Parse one file beside its place; the words of the HeldError where its source must stop."""
        try:
            self._build(file)
        except HeldError as error:
            return str(error)
        return None

    def _make_or_tell(self, file: SpooledFile) -> str | None:
        """The same, and the part in its place."""
        text = self.build_or_tell(file)
        if text is None:
            settle(self._folder(file))
        return text

    def part_of(self, file: SpooledFile) -> Part:
        """The part of one file, parsed now if it never was. Raises HeldError where its source must stop."""
        folder = self._folder(file)
        if not (folder / REPORT_FILE).exists():
            self._build(file)
            settle(folder)
        return read_part(folder.name, folder)

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

    def _build(self, file: SpooledFile) -> None:
        """Parse a file into a folder beside the place of its part."""
        context = self._context(file)
        building = building_of(self._folder(file))
        shutil.rmtree(building, ignore_errors=True)
        log.info("read %s", file.name)
        try:
            parsed = self._parsed(file, context)
        except FileRefusedError as error:
            building.mkdir(mode=0o700, parents=True)
            write_refusal(building, context.source.format, error)
        else:
            building.mkdir(mode=0o700, parents=True)
            with naming(building):
                write_part(building, context.source.format, parsed)

    def _context(self, file: SpooledFile) -> ParseContext:
        source = self.settings.source(file.source)
        return ParseContext(
            source=source,
            format=self.library.get(source),
            timezone=self.settings.timezone,
            currency=self.settings.currency,
            secret=self.secret,
            file_sha=file.sha256,
            keep_address=self.settings.privacy.keep_address,
        )

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


class _Worker:
    """What a process that parses files knows: the store, sent to it once and not with every file."""

    store: ClassVar[PartStore]

    @classmethod
    def begin(cls, store: PartStore) -> None:
        """Called once in every process."""
        cls.store = store

    @classmethod
    def build_or_tell(cls, file: SpooledFile) -> str | None:
        """Parse one file in this process."""
        return cls.store.build_or_tell(file)


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
