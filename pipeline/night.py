"""One night: the lock, what it is made from, where its tables are built, and how it comes to count.

The order of the tables and their checks belong to `assets`; their rows to the packages that make them.
"""

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from pipeline.engine import Engine
from pipeline.erasure.tombstones import read_tombstones
from pipeline.errors import LockedError, SettingsError
from pipeline.formats.library import FormatLibrary, load_library
from pipeline.identity.decisions import decisions_for, pinned_model
from pipeline.lake import Table, write_table
from pipeline.ledger import Spool, discover
from pipeline.part_files import Part
from pipeline.plan import KnownFile, Plan, code_hash, known_files
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings, load_settings
from pipeline.snapshots import Manifest, Snapshot, SnapshotStore, sealed_files
from pipeline.workspace import Workspace

log = logging.getLogger("huitou.night")

FIRST_YEAR, LAST_YEAR = 1990, 2100
PREVIOUS = "previous_"
_DECLARED: ContextVar[frozenset[str] | None] = ContextVar("tables that the running step declares", default=None)


class Night:
    """One run on a workspace, under its lock."""

    def __init__(
        self,
        workspace: Workspace,
        settings: Settings,
        as_of: date,
        *,
        force: bool = False,
        begun_at: datetime | None = None,
    ) -> None:
        self.workspace, self.settings, self.as_of, self.force = workspace, settings, as_of, force
        self.store = SnapshotStore(workspace.snapshots)
        self.current = self.store.current()
        self.previous = self.store.before(as_of)
        self.secret = workspace.secret()
        self.tombstones = read_tombstones(workspace.state, self.secret)
        self.library: FormatLibrary = load_library(workspace.own_formats)
        self.engine = Engine(settings.engine, self.scratch)
        self._writing = Lock()
        self.started_at = begun_at or datetime.now(settings.zone).replace(tzinfo=None, microsecond=0)
        """When the run began, in the retailer's zone: for `runs`, the one table that knows the clock."""
        self.sealed: Snapshot | None = None
        self.file_hashes: dict[str, str] = {}
        self.parts: Mapping[tuple[str, str], Part] | None = None
        """The part of each file that counts by (source, sha256), once they were all found or made."""

    @cached_property
    def plan(self) -> Plan:
        """The files of tonight: those of the ledger and those that landed since."""
        landing = discover(self.workspace, self.settings.sources)
        spooled, waiting = Spool(self.workspace).take(landing.files)
        files = tuple(known_files(self._ledger(), spooled, self.workspace, self.settings, self.as_of))
        warnings = [f"landing/{name}: no source takes this file" for name in landing.unclaimed]
        landed = {file.source for file in landing.files}
        warnings += [
            f"source {source.name}: no file in landing/ matches {source.path}"
            for source in self.settings.sources
            if source.name not in landed
        ]
        warnings += [f"landing/{name}: not a finished regular file, passed over" for name in landing.passed_over]
        warnings += [f"landing/{name}: still being written, waits for the next night" for name in waiting]
        code = code_hash()
        return Plan(files, self._input_hash(files, code), code, tuple(warnings))

    def _ledger(self) -> pl.DataFrame:
        if self.current is None:
            return TABLES["source_files"].empty()
        return self.current.table("source_files").read()

    def _input_hash(self, files: Sequence[KnownFile], code: str) -> str:
        lines = sorted(
            f"{known.spooled.source}|{known.spooled.name}|{known.spooled.sha256}|{known.file_on}|{known.counts}"
            for known in files
        )
        key = hashlib.sha256(b"night" + self.secret).hexdigest()
        erased = [self.tombstones.fingerprint()] if self.tombstones else []
        people = [self.decisions.write_csv(include_header=False), self.pinned_model or ""]
        text = "\n".join([self.as_of.isoformat(), self.settings.fingerprint(), code, key, *erased, *people, *lines])
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def decisions(self) -> pl.DataFrame:
        """What people decided about pairs of profiles, as far as it counts tonight."""
        suggested = self.current_table("identity_reviews", alias="previous_identity_reviews")
        today = max(self.as_of, self.current.as_of) if self.current else self.as_of
        return decisions_for(self.workspace, self.as_of, suggested, today)

    @cached_property
    def pinned_model(self) -> str | None:
        """The model of the probabilistic stage that the retailer pinned; null where none is."""
        return pinned_model(self.workspace)

    @property
    def snapshot_id(self) -> str:
        """Name of the snapshot: the day and what it is made from."""
        return f"{self.as_of}-{self.plan.input_hash[:12]}"

    @property
    def is_unchanged(self) -> bool:
        """Whether tonight would only make again what already counts."""
        return self.current is not None and self.current.manifest.input_hash == self.plan.input_hash

    @cached_property
    def building(self) -> Path:
        """The hidden folder in which the snapshot grows."""
        return self.store.start(self.snapshot_id)

    def path(self, name: str) -> Path:
        """Where the Parquet file of a table is built."""
        return self.building / TABLES[name].layer / f"{name}.parquet"

    @contextmanager
    def reading(self, declared: Collection[str]) -> Iterator[None]:
        """Hold a step to the tables that it declares: another one might not be finished while the step runs."""
        before = _DECLARED.set(frozenset(declared))
        try:
            yield
        finally:
            _DECLARED.reset(before)

    def table(self, name: str) -> Table:
        """A table of tonight, wherever the snapshot is by now."""
        declared = _DECLARED.get()
        if declared is not None and name not in declared:
            raise RuntimeError(f"a step reads {name} but does not declare it")
        if self.sealed is not None:
            return self.sealed.table(name)
        layer = self.building / TABLES[name].layer
        if (layer / name).is_dir():
            return Table(name, tuple(sorted((layer / name).glob("*.parquet"))))
        return Table(name, (layer / f"{name}.parquet",))

    def previous_table(self, name: str) -> Table:
        """`previous_<name>`: the table of the last published night with an earlier as_of; no rows on the first."""
        return self._earlier(self.previous, name, PREVIOUS + name)

    def current_table(self, name: str, alias: str) -> Table:
        """The table of the night that counts so far under the name `alias`; no rows on the first."""
        return self._earlier(self.current, name, alias)

    def _earlier(self, snapshot: Snapshot | None, name: str, alias: str) -> Table:
        if snapshot is not None and snapshot.has(name):
            return replace(snapshot.table(name), name=alias)
        path = self.scratch / "no_earlier_night" / f"{alias}.parquet"
        with self._writing:
            if not path.exists():
                write_table(TABLES[name], TABLES[name].empty(), path)
        return Table(alias, (path,))

    @property
    def scratch(self) -> Path:
        """A private folder for what does not outlive the run."""
        return self.workspace.root / "scratch"

    def input(self, name: str) -> Table:
        """An input of a step by its parameter: a table of tonight, or `previous_<table>`."""
        if name.startswith(PREVIOUS):
            return self.previous_table(name.removeprefix(PREVIOUS))
        return self.table(name)

    @property
    def previous_as_of(self) -> date | None:
        """The last published night before this one."""
        return self.previous.as_of if self.previous else None

    def handed(self, name: str, needs: Sequence[str]) -> dict[str, Any]:
        """Keyword arguments of the step that writes a table, by name: its path, the engine, the day and so on."""
        return {need: self.path(name) if need == "path" else getattr(self, need) for need in needs}

    @property
    def is_publishable(self) -> bool:
        """Whether tonight may become CURRENT: not earlier than what is, unless that is asked for."""
        return self.force or self.current is None or self.current.as_of <= self.as_of

    def seal(self, counts: dict[str, int], sums: dict[str, str]) -> Snapshot:
        """Close the snapshot with its manifest; it does not count yet."""
        manifest = Manifest(
            snapshot_id=self.snapshot_id,
            as_of=self.as_of.isoformat(),
            parent_id=self.current.manifest.snapshot_id if self.current else None,
            previous_id=self.previous.manifest.snapshot_id if self.previous else None,
            input_hash=self.plan.input_hash,
            settings_hash=self.settings.fingerprint(),
            code_hash=self.plan.code_hash,
            files=sealed_files(self.building, self.file_hashes),
            counts=counts,
            sums=sums,
        )
        self.sealed = self.store.seal(self.building, manifest)
        return self.sealed

    def publish(self) -> None:
        """Make tonight, once sealed, the night that counts."""
        if self.sealed is None:
            raise RuntimeError("a night is sealed before it is published")
        self.store.commit(self.sealed)
        self.store.prune(self.settings.retention.snapshots)


@contextmanager
def open_night(
    workspace: Workspace, as_of: date | None, *, publish: bool = False, begun_at: datetime | None = None
) -> Iterator[Night]:
    """A night under the workspace's lock. Raises LockedError where another run holds it.

    `as_of` falls back to the setting, then to yesterday in the retailer's time zone. `publish` lets even a night
    earlier than the current one be published. `begun_at` is `started_at` of a night that was opened before by the
    same run, which has read files since; else the night begins now.
    """
    os.umask(0o077)
    settings = load_settings(workspace.settings_file)
    workspace.create()
    with locked(workspace):
        shutil.rmtree(workspace.root / "scratch", ignore_errors=True)
        day = _sane(as_of or settings.as_of or yesterday(settings), settings)
        night = Night(workspace, settings, day, force=publish, begun_at=begun_at)
        try:
            yield night
        finally:
            night.engine.close()
            shutil.rmtree(workspace.root / "scratch", ignore_errors=True)


def _sane(as_of: date, settings: Settings) -> date:
    """The day itself. A mistyped century is refused; a day that has not ended is told."""
    if not FIRST_YEAR <= as_of.year <= LAST_YEAR:
        raise SettingsError(f"as_of {as_of} is no day of {FIRST_YEAR} to {LAST_YEAR}", remedy="Write it as YYYY-MM-DD.")
    if as_of > yesterday(settings):
        log.warning("as_of %s has not ended yet: later nights up to it will be built but not published", as_of)
    return as_of


def yesterday(settings: Settings) -> date:
    """The last complete day in the retailer's time zone."""
    return datetime.now(settings.zone).date() - timedelta(days=1)


@contextmanager
def locked(workspace: Workspace) -> Iterator[None]:
    """The run lock: held by this process alone, given back by the system however the process ends."""
    handle = os.open(workspace.state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                "another run works on this workspace", where=str(workspace.root), remedy="Wait for it, or stop it."
            ) from error
        yield
    finally:
        os.close(handle)
