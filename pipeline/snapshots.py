"""Snapshots: one immutable folder per night, and CURRENT, the one commit point.

A snapshot is built in a hidden folder, sealed by a manifest with a SHA-256 of every file, renamed, and counts
from the moment CURRENT names it. What is in the tables does not belong here.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from pipeline.errors import HuitouError
from pipeline.lake import Table, file_sha256, sync_below, write_bytes
from pipeline.schemas.catalog import TABLES

MANIFEST_FILE = "manifest.json"
CURRENT_FILE = "CURRENT"
BUILDING_PREFIX = ".building-"


@dataclass(frozen=True)
class FileSeal:
    """What a file of the snapshot must look like."""

    sha256: str
    byte_count: int


@dataclass(frozen=True)
class Manifest:
    """What a snapshot was made from and what it holds; no clock in it."""

    snapshot_id: str
    as_of: str
    parent_id: str | None
    previous_id: str | None
    input_hash: str
    settings_hash: str
    code_hash: str
    files: Mapping[str, FileSeal] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The manifest as it is written: sorted and indented."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1).encode()

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a sealed snapshot."""
        content = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        files = {name: FileSeal(**seal) for name, seal in content.pop("files").items()}
        return cls(files=files, **content)


@dataclass(frozen=True)
class Snapshot:
    """A sealed night."""

    folder: Path
    manifest: Manifest

    @property
    def as_of(self) -> date:
        """The last day included."""
        return date.fromisoformat(self.manifest.as_of)

    def table(self, name: str) -> Table:
        """One of its tables. Raw tables have one file per part."""
        layer = self.folder / TABLES[name].layer
        if (layer / name).is_dir():
            return Table(name, tuple(sorted((layer / name).glob("*.parquet"))))
        return Table(name, (layer / f"{name}.parquet",))

    def has(self, name: str) -> bool:
        """Whether the table exists: an older release may not have known it."""
        return (self.folder / TABLES[name].layer / f"{name}.parquet").exists()

    def hashes_of_linked(self, table: Table) -> dict[str, str]:
        """What the manifest says of those files of a table being built that are links to files of this snapshot."""
        hashes = {}
        for path in table.paths:
            name = f"{TABLES[table.name].layer}/{table.name}/{path.name}"
            if name in self.manifest.files and path.samefile(self.folder / name):
                hashes[name] = self.manifest.files[name].sha256
        return hashes

    def damage(self) -> list[str]:
        """Files that are missing or whose content is not what the manifest says."""
        broken = []
        for name, seal in self.manifest.files.items():
            path = self.folder / name
            if not path.exists():
                broken.append(f"{self.folder.name}/{name} is missing")
            elif file_sha256(path) != seal.sha256:
                broken.append(f"{self.folder.name}/{name} has other bytes than its manifest says")
        return broken


class SnapshotStore:
    """All snapshots of a workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def current(self) -> Snapshot | None:
        """The snapshot that counts; None before the first night."""
        pointer = self.root / CURRENT_FILE
        if not pointer.exists():
            return None
        snapshot = self.get(pointer.read_text(encoding="utf-8").strip())
        if snapshot is None:
            raise HuitouError(
                "names a snapshot that is not there", where="snapshots/CURRENT", remedy="Run `huitou rebuild`."
            )
        return snapshot

    def get(self, snapshot_id: str | None) -> Snapshot | None:
        """One sealed snapshot by its id."""
        folder = self.root / (snapshot_id or "-")
        if not (folder / MANIFEST_FILE).exists():
            return None
        return Snapshot(folder, Manifest.read(folder))

    def lineage(self) -> Iterator[Snapshot]:
        """CURRENT, its parent, its parent's parent … as far as they are kept."""
        snapshot = self.current()
        while snapshot is not None:
            yield snapshot
            snapshot = self.get(snapshot.manifest.parent_id)

    def before(self, as_of: date) -> Snapshot | None:
        """The last published night with an earlier as_of."""
        return next((snapshot for snapshot in self.lineage() if snapshot.as_of < as_of), None)

    def start(self, snapshot_id: str) -> Path:
        """An empty hidden folder to build in; debris of killed runs goes first (call under the run lock)."""
        self.clear()
        folder = self.root / f"{BUILDING_PREFIX}{snapshot_id}"
        folder.mkdir(mode=0o700, parents=True)
        return folder

    def clear(self) -> None:
        """Delete what killed or held runs left half built (call under the run lock)."""
        for debris in self.root.glob(f"{BUILDING_PREFIX}*"):
            shutil.rmtree(debris)

    def sealed(self) -> list[Snapshot]:
        """Every sealed night that is kept, published or not, by name."""
        return [snapshot for folder in sorted(self.root.glob("*/")) if (snapshot := self.get(folder.name))]

    def seal(self, building: Path, manifest: Manifest) -> Snapshot:
        """Write the manifest last and give the folder its name; it does not count yet.

        A sealed night of that name was made from the same: it stays, for CURRENT may name it.
        """
        existing = self.get(manifest.snapshot_id)
        if existing is not None:
            shutil.rmtree(building)
            return existing
        sync_below(building)
        write_bytes(building / MANIFEST_FILE, manifest.to_json())
        folder = self.root / manifest.snapshot_id
        shutil.rmtree(folder, ignore_errors=True)
        building.replace(folder)
        return Snapshot(folder, manifest)

    def commit(self, snapshot: Snapshot) -> None:
        """The one commit point: from here on this night counts."""
        write_bytes(self.root / CURRENT_FILE, f"{snapshot.manifest.snapshot_id}\n".encode())

    def prune(self, keep: int) -> None:
        """Delete nights older than the newest `keep` nights of the lineage of CURRENT."""
        kept = [snapshot for _, snapshot in zip(range(keep), self.lineage(), strict=False)]
        names = {snapshot.folder.name for snapshot in kept}
        oldest = min((snapshot.as_of for snapshot in kept), default=date.min)
        for folder in sorted(self.root.glob("*/")):
            snapshot = self.get(folder.name)
            if snapshot is not None and folder.name not in names and snapshot.as_of <= oldest:
                shutil.rmtree(folder)


def sealed_files(building: Path, known: Mapping[str, str]) -> dict[str, FileSeal]:
    """SHA-256 and size of every file below `building`; `known` hashes and other names of a file are not read again."""
    seals: dict[str, FileSeal] = {}
    by_inode: dict[int, str] = {}
    paths = {path.relative_to(building).as_posix(): path for path in sorted(building.rglob("*.parquet"))}
    for name in sorted(paths, key=lambda name: (name not in known, name)):
        state = paths[name].stat()
        sha256 = known.get(name) or by_inode.get(state.st_ino) or file_sha256(paths[name])
        by_inode[state.st_ino] = sha256
        seals[name] = FileSeal(sha256, state.st_size)
    return dict(sorted(seals.items()))
