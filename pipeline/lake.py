"""Parquet tables: reading them, writing them whole or not at all, and their fingerprints.

A table on disk is either complete or absent. Nothing of a night counts before it is sealed, so its tables are
brought to the disk then, many at once, and not each when it is written. Which tables make up a night does not belong
here; see `pipeline.snapshots`.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.schemas.tables import TableSpec

OS_ERROR = re.compile(r"\(os error (\d+)\)")
"""How the text of a Polars error ends where the system refused something."""
ROW_GROUP_SIZE = 122_880
"""Fixed, for a parallel sort leaves its blocks in sizes of chance, and with them other bytes for equal rows."""


SYNCS_AT_ONCE = 4
"""Files on their way to the disk side by side: it takes many in the time of one."""


@dataclass(frozen=True)
class Table:
    """A Parquet dataset by name: one file, or the parts that together are the table (in a fixed order)."""

    name: str
    paths: tuple[Path, ...]

    def scan(self) -> pl.LazyFrame:
        """All rows, lazily, in the order of the parts."""
        return pl.scan_parquet(list(self.paths), glob=False)

    def read(self) -> pl.DataFrame:
        """All rows in memory: for tables that are known to be small."""
        return self.scan().collect()


@contextmanager
def replacing(path: Path, mode: int = 0o600, *, durable: bool = True) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    It is on the disk then, unless that is left to whoever seals the folder (`sync_below`).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.building")
    try:
        with naming(path):
            yield building
        building.chmod(mode)
        if durable:
            sync(building)
        building.replace(path)
        if durable:
            sync(path.parent)
    finally:
        building.unlink(missing_ok=True)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let a failure of the disk say which file it was about: a full disk tells neither Python nor Polars."""
    try:
        yield
    except OSError as error:
        if type(error) is not OSError or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    except pl.exceptions.PolarsError as error:
        found = OS_ERROR.search(str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(path)) from error


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_below(folder: Path) -> None:
    """Bring everything in a folder to the disk: its files, and the names of folders within."""
    with ThreadPoolExecutor(SYNCS_AT_ONCE) as syncs:
        for _ in syncs.map(sync, [folder, *folder.rglob("*")]):
            pass


def write_bytes(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a small file whole or not at all."""
    with replacing(path, mode) as building:
        building.write_bytes(content)


def conformed(spec: TableSpec, frame: pl.LazyFrame | pl.DataFrame) -> pl.LazyFrame:
    """The columns of the contract in its order and types; a value that does not fit its type is an error."""
    return frame.lazy().select(pl.col(column.name).cast(column.dtype) for column in spec.columns)


def write_table(spec: TableSpec, frame: pl.LazyFrame | pl.DataFrame, path: Path, *, durable: bool = False) -> Table:
    """Write a frame as the table of `spec`, sorted by its key, so that equal rows give equal bytes."""
    with replacing(path, durable=durable) as building:
        conformed(spec, frame).sort(spec.key).sink_parquet(
            building, compression="zstd", compression_level=1, row_group_size=ROW_GROUP_SIZE
        )
    return Table(spec.name, (path,))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read once from start to end."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def link_table(name: str, parts: Sequence[Path], folder: Path) -> Table:
    """A table made of existing immutable files: hard links where the disk allows, copies elsewhere."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    linked = [folder / f"{part.parent.name}.parquet" for part in parts]
    for part, path in zip(parts, linked, strict=True):
        try:
            path.hardlink_to(part)
        except FileExistsError:
            continue
        except OSError:
            write_bytes(path, part.read_bytes())
    return Table(name, tuple(linked))
