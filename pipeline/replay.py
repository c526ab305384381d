"""The nights of the ledger once more, from the spool alone, in a workspace of their own beside the first.

What a night does with its files is not decided here: each replayed night finds in its landing folder what it found
then. Running the nights belongs to `assets`.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.errors import HuitouError
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

FOLDER = ".rebuild"
KEPT_OUT = frozenset({"lock", "spool_index.json"})
LEFT_BEHIND = frozenset(
    {"snapshots", "spool", "parts", "landing", "exports", "reports", "reviews", "scratch", FOLDER, ".dagster"}
)
CLOCKED = "night/runs.parquet"
"""The one table that knows the clock."""


@dataclass(frozen=True)
class Round:
    """One run to repeat: the night, and the spooled content of each path that it found new in landing/."""

    as_of: date
    files: Mapping[str, str]


def is_replay(workspace: Workspace) -> bool:
    """Whether nights of this workspace only repeat earlier ones: nobody is told of them."""
    return workspace.root.name == FOLDER


def newest_ledger(store: SnapshotStore) -> Snapshot:
    """The snapshot whose ledger is replayed: CURRENT, or the newest that can be read where CURRENT is lost."""
    try:
        current = store.current()
    except HuitouError:
        current = None
    candidates = [current] if current else sorted(store.sealed(), key=lambda snapshot: snapshot.as_of, reverse=True)
    for snapshot in candidates:
        if snapshot.has("source_files") and snapshot.has("runs"):
            return snapshot
    raise HuitouError(
        "no night is left whose ledger could be replayed",
        where=str(store.root),
        remedy="Drop the exports into landing/ again and run `huitou run`.",
    )


def rounds(ledger: Snapshot) -> Iterator[Round]:
    """The nights of the ledger in their order; two where one path was delivered with two contents."""
    files = ledger.table("source_files").read().select("path", "sha256", "first_night_on").unique().sort(pl.all())
    runs = ledger.table("runs").read().group_by("as_of").agg(pl.col("started_at").min()).sort("started_at", "as_of")
    for as_of in runs["as_of"]:
        mine = files.filter(pl.col("first_night_on") == as_of)
        numbered = mine.with_columns(turn=pl.int_range(pl.len()).over("path"))
        turns = max(numbered["turn"].to_list(), default=0) + 1
        for turn in range(turns):
            chosen = numbered.filter(pl.col("turn") == turn)
            yield Round(as_of, dict(zip(chosen["path"], chosen["sha256"], strict=True)))


def lay_out(workspace: Workspace) -> Workspace:
    """An empty workspace inside the first, with its settings, formats, key and human decisions."""
    beside = Workspace(workspace.root / FOLDER)
    shutil.rmtree(beside.root, ignore_errors=True)
    beside.create()
    for entry in sorted(workspace.root.iterdir()):
        if entry.name in LEFT_BEHIND or entry == workspace.warehouse:
            continue
        if entry.is_dir():
            shutil.copytree(
                entry, beside.root / entry.name, dirs_exist_ok=True, ignore=lambda _, names: KEPT_OUT & set(names)
            )
        else:
            shutil.copy2(entry, beside.root / entry.name)
    return beside


def land(repeated: Round, workspace: Workspace, beside: Workspace) -> None:
    """Lay the files of a round into the landing folder of the second workspace, as links to the spool."""
    shutil.rmtree(beside.landing)
    beside.landing.mkdir(mode=0o700)
    for path, sha256 in repeated.files.items():
        target = beside.landing / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        spooled = workspace.spool / sha256[:2] / sha256
        if not spooled.exists():
            raise HuitouError(
                "its copy in spool/ is missing",
                where=f"landing/{path}",
                remedy="Restore spool/ from backup, or drop the file into landing/ again and run the night.",
            )
        os.link(spooled, target)


def differences(before: Snapshot, after: Snapshot) -> list[str]:
    """Tables whose bytes differ between two snapshots, but for the one that knows the clock."""
    files = {name for name in (*before.manifest.files, *after.manifest.files) if name != CLOCKED}
    old, new = before.manifest.files, after.manifest.files
    changed = {_table_of(name) for name in files if old.get(name) != new.get(name)}
    return sorted(changed)


def _table_of(file: str) -> str:
    parts = Path(file).with_suffix("").parts
    return parts[1] if len(parts) > 1 else parts[0]


def adopt(workspace: Workspace, beside: Workspace) -> Snapshot:
    """Put the replayed nights in the place of those that are there, and make the last of them CURRENT.

    A night of the same id whose bytes hold stays as it is.
    """
    store, replayed = SnapshotStore(workspace.snapshots), SnapshotStore(beside.snapshots)
    newest = replayed.current()
    if newest is None:
        raise HuitouError("nothing was replayed", where=str(beside.root))
    for snapshot in list(replayed.lineage()):
        target = workspace.snapshots / snapshot.folder.name
        existing = store.get(snapshot.folder.name)
        if existing is not None and not existing.damage():
            continue
        if target.exists():
            shutil.rmtree(target)
        snapshot.folder.replace(target)
    adopted = store.get(newest.folder.name)
    if adopted is None:
        raise HuitouError("the replayed night could not be moved", where=str(newest.folder))
    store.commit(adopted)
    return adopted
