"""A sealed night as destinations outside the house see it: which published tables go, and what they are.

How a destination takes them belongs to its own module; when they go, to `pipeline.deliveries`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.tables import TableSpec
from pipeline.snapshots import FileSeal, Snapshot


@dataclass(frozen=True)
class OutgoingTable:
    """One published table of a sealed night: its contract, its files, and their seals by path."""

    spec: TableSpec
    table: Table
    seals: Mapping[Path, FileSeal]

    @cached_property
    def rows(self) -> int:
        """How many rows it has, as its files say."""
        return int(self.table.scan().select(pl.len()).collect().item())

    @property
    def sha256(self) -> str:
        """That of its file; of the hashes of its files where it has several."""
        hashes = [self.seals[path].sha256 for path in self.table.paths]
        return hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()


@dataclass(frozen=True)
class Outgoing:
    """Some published tables of a sealed night, by name, and which night it is."""

    snapshot_id: str
    as_of: date
    locale: str
    tables: tuple[OutgoingTable, ...]

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        return {each.spec.name: each.rows for each in self.tables}

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 by table."""
        return {each.spec.name: each.sha256 for each in self.tables}


def outgoing(snapshot: Snapshot, names: Sequence[str], locale: str) -> Outgoing:
    """These published tables of a sealed night; what has no seal of the night does not leave it."""
    tables = tuple(_table(snapshot, name) for name in sorted(set(names)))
    return Outgoing(snapshot.manifest.snapshot_id, snapshot.as_of, locale, tables)


def _table(snapshot: Snapshot, name: str) -> OutgoingTable:
    table = snapshot.table(name)
    seals = {path: snapshot.manifest.files[path.relative_to(snapshot.folder).as_posix()] for path in table.paths}
    return OutgoingTable(TABLES[name], table, seals)
