"""Parts: what the readers made of one spooled file, kept under a name that says all it depends on.

A part is a pure function of its name, so it may be deleted and is made again. Which parts a night uses is the
ledger's business (`source_files`), not decided here.
"""

import gc
import hashlib
import logging
import multiprocessing
import os
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

from pipeline.erasure.spool_copy import erased_rows, without_rows, write_copy
from pipeline.erasure.tombstones import Tombstones
from pipeline.errors import FileRefusedError, HeldError, HuitouError
from pipeline.file_groups import grouped
from pipeline.formats.library import FormatLibrary
from pipeline.formats.parse import (
    READER_VERSION,
    ParseContext,
    ParsedFile,
    ReadFile,
    parse_tables,
    parse_together,
    read_options,
)
from pipeline.formats.raw_table import RawTable, ReadOptions
from pipeline.formats.tables import read_tables
from pipeline.lake import SYNCS_AT_ONCE, naming, sync
from pipeline.ledger import SpooledFile
from pipeline.part_files import REPORT_FILE, Part, building_of, read_part, settle, write_part, write_refusal
from pipeline.processes import begin, is_ready
from pipeline.settings import Settings

log = logging.getLogger("huitou.parts")

FILES_FOR_PROCESSES = 16
"""From so many new files on, starting processes pays."""
ONE_THREAD = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")


class PartStore:
    """Makes the part of a file once and finds it again ever after."""

    def __init__(self, root: Path, settings: Settings, library: FormatLibrary, tombstones: Tombstones) -> None:
        self.root, self.settings, self.library, self.tombstones = root, settings, library, tombstones
        self.secret = tombstones.secret
        self._told: dict[str, tuple[str, ...]] = {}
        self._reads: dict[str, ReadOptions] = {}

    def parts_of(self, files: Sequence[SpooledFile]) -> dict[tuple[str, str], Part]:
        """The part of each file by (source, sha256). Every stopped source is named in one HeldError."""
        stopped = self.make(files)
        if stopped:
            raise HeldError("\n".join(stopped), remedy="Nothing was published; the last good night stays.")
        return {(file.source, file.sha256): self.part_of(file) for file in files}

    @contextmanager
    def processes(self) -> Iterator[Executor]:
        """Processes that parse, for `make`. They load their programs meanwhile, so they are ready when it has files."""
        context = multiprocessing.get_context("spawn")
        work = pickle.dumps(partial(_Worker.begin, self))
        count = self.settings.engine.threads
        with ProcessPoolExecutor(count, context, begin, (work,)) as workers:
            with _single_threaded():
                for _ in range(count):
                    workers.submit(is_ready)
            yield workers

    def make(
        self,
        files: Sequence[SpooledFile],
        begun: Callable[[], None] = lambda: None,
        processes: Executor | None = None,
    ) -> list[str]:
        """Parse files that never were, many of them in processes side by side; what stopped, in words, in their order.

        `begun` is called once the processes, where there are any, have their work. `processes` are those that were
        started already.
        """
        missing = [file for file in files if not (self._folder(file) / REPORT_FILE).exists()]
        try:
            if len(missing) >= FILES_FOR_PROCESSES and processes is not None:
                told = self._build_in_processes(missing, begun, processes)
            elif len(missing) >= FILES_FOR_PROCESSES:
                with self.processes() as started:
                    told = self._build_in_processes(missing, begun, started)
            else:
                begun()
                told = self._build_here(missing)
        except BrokenProcessPool as error:
            raise HuitouError(
                "a process that reads files was ended from outside",
                where="landing",
                remedy="Most often the memory was full: lower engine.threads, or deliver the largest files in parts.",
            ) from error
        return [text for file in missing if (text := told[file])]

    def _build_here(self, files: Sequence[SpooledFile]) -> dict[SpooledFile, str | None]:
        """The words beside the files; every part that could be built is in its place then."""
        told: dict[SpooledFile, str | None] = {}
        for group in grouped(files):
            told.update(zip(group, self._make_or_tell(group), strict=True))
        return told

    def _build_in_processes(
        self, files: Sequence[SpooledFile], begun: Callable[[], None], processes: Executor
    ) -> dict[SpooledFile, str | None]:
        """The same in processes side by side."""
        groups = grouped(files)
        told: dict[SpooledFile, str | None] = {}
        on_their_way = []
        with ThreadPoolExecutor(SYNCS_AT_ONCE) as syncs:
            built = processes.map(_Worker.build_or_tell, groups)
            begun()
            for file, text in _counted(groups, built, len(files)):
                told[file] = text
                if text is None:
                    on_their_way.append(syncs.submit(settle, self._folder(file)))
        for done in on_their_way:
            done.result()
        if on_their_way:
            sync(self.root)
        return told

    def build_or_tell(self, files: Sequence[SpooledFile]) -> list[str | None]:
        """Parse files of one source beside their places; the words of the HeldError where one stops the source."""
        parsed = parse_together([self._read(file) for file in files])
        return [self._write(file, result) for file, result in zip(files, parsed, strict=True)]

    def _make_or_tell(self, files: Sequence[SpooledFile]) -> list[str | None]:
        """The same, and the parts in their places."""
        told = self.build_or_tell(files)
        for file, text in zip(files, told, strict=True):
            if text is None:
                settle(self._folder(file))
        if None in told:
            sync(self.root)
        return told

    def part_of(self, file: SpooledFile) -> Part:
        """The part of one file, parsed now if it never was. Raises HeldError where its source must stop."""
        folder = self._folder(file)
        if not (folder / REPORT_FILE).exists():
            [text] = self._make_or_tell([file])
            if text is not None:
                raise HeldError(text)
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

    def _read(self, file: SpooledFile) -> ReadFile | FileRefusedError:
        """The tables of a file. Where it tells of an erased person, its copy is written again without them first."""
        log.info("read %s", file.name)
        context = self._context(file)
        try:
            tables = read_tables(file.path, file.name, self._options(context))
        except FileRefusedError as error:
            return error
        if self.tombstones:
            tables = self._without_erased(file, tables, context)
        return ReadFile(file.name, tables, context)

    def _options(self, context: ParseContext) -> ReadOptions:
        """How files of a source are read: found out once, not for every file."""
        name = context.source.name
        if name not in self._reads:
            self._reads[name] = read_options(context)
        return self._reads[name]

    def _without_erased(self, file: SpooledFile, tables: list[RawTable], context: ParseContext) -> list[RawTable]:
        try:
            parsed = parse_tables(tables, file.name, context)
        except HeldError:
            return tables  # the file stops its source in any case, and says so when it is parsed with the others
        rows = erased_rows(tables, parsed.tables, self.tombstones, context)
        if rows.is_empty():
            return tables
        blanked = without_rows(tables, rows, context)
        write_copy(blanked, file.path)
        return blanked

    def _write(self, file: SpooledFile, result: ParsedFile | FileRefusedError | HeldError) -> str | None:
        """What became of a file, into a folder beside the place of its part; words where that is nothing."""
        if isinstance(result, HeldError):
            return str(result)
        format_name = self.settings.source(file.source).format
        building = building_of(self._folder(file))
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700, parents=True)
        if isinstance(result, FileRefusedError):
            write_refusal(building, format_name, result)
        else:
            with naming(building):
                write_part(building, format_name, result)
        return None

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
    def build_or_tell(cls, files: Sequence[SpooledFile]) -> list[str | None]:
        """Parse files in this process, and let go of what they left."""
        told = cls.store.build_or_tell(files)
        gc.collect()
        return told


def _counted(
    groups: Sequence[Sequence[SpooledFile]], results: Iterable[Sequence[str | None]], count: int
) -> Iterator[tuple[SpooledFile, str | None]]:
    """The results beside their files, with a line in the log at about every tenth of the way."""
    step, done = max(1, count // 10), 0
    for files, texts in zip(groups, results, strict=True):
        yield from zip(files, texts, strict=True)
        before, done = done, done + len(files)
        if done // step > before // step or done == count:
            log.info("read %s of %s new files", f"{done:,}", f"{count:,}")


@contextmanager
def _single_threaded() -> Iterator[None]:
    """Let processes started within use one thread each: side by side they fill the machine."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
