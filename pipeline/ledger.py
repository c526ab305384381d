"""From landing files to parts: what lies there, what is new, and what the readers made of each file.

A file is copied once to the spool, named by its content, and parsed once in its life. What a night makes of the
parts does not belong here; see `pipeline.trade` and `pipeline.night`.
"""

import errno
import hashlib
import json
import logging
import os
import stat
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NoReturn

from pipeline.errors import HeldError
from pipeline.lake import replacing, write_bytes
from pipeline.settings import SourceSettings
from pipeline.workspace import Workspace

log = logging.getLogger("huitou.ledger")

UNFINISHED_SUFFIXES = (".part", ".tmp", ".crdownload", ".filepart")
SETTLE_SECONDS = 1.0
COPY_BLOCK_BYTES = 4 << 20
COPIES_AT_ONCE = 4
"""Files copied side by side: the disk takes several in the time of one."""


@dataclass(frozen=True)
class LandingFile:
    """One regular file below landing/ and the source that takes it."""

    source: str
    name: str
    path: Path


@dataclass(frozen=True)
class SpooledFile:
    """One file as the spool keeps it: `sha256` names its content, `name` the path below landing/."""

    source: str
    name: str
    sha256: str
    byte_count: int
    path: Path


@dataclass(frozen=True)
class Landing:
    """What lies in landing/: files for sources, files that no source takes, and names that are not read."""

    files: tuple[LandingFile, ...]
    unclaimed: tuple[str, ...]
    passed_over: tuple[str, ...]


def discover(workspace: Workspace, sources: Sequence[SourceSettings]) -> Landing:
    """Every file below landing/, in the order of the settings and of the names; nothing is opened.

    The first source whose path matches takes the file. Links, pipes, hidden and unfinished files are passed over.
    Raises HeldError where a folder may not be read.
    """
    taken: dict[Path, str] = {}
    for source in sources:
        for path in sorted(workspace.landing.glob(source.path)):
            taken.setdefault(path, source.name)
    files, unclaimed, passed_over = [], [], []
    for path in _all_entries(workspace.landing):
        name = displayed(path.relative_to(workspace.landing))
        if not _is_readable(path):
            passed_over.append(name)
        elif path in taken:
            files.append(LandingFile(taken[path], name, path))
        else:
            unclaimed.append(name)
    order = {source.name: position for position, source in enumerate(sources)}
    files.sort(key=lambda file: (order[file.source], file.name))
    return Landing(tuple(files), tuple(unclaimed), tuple(passed_over))


def _all_entries(folder: Path) -> Iterator[Path]:
    """Every file, and every link to a folder, which is not followed and must not go unsaid."""

    def stop(error: OSError) -> NoReturn:
        raise _closed(displayed(Path(error.filename).relative_to(folder)), error) from error

    for root, folders, names in os.walk(folder, onerror=stop, followlinks=False):
        folders.sort()
        links = [name for name in folders if (Path(root) / name).is_symlink()]
        yield from (Path(root) / name for name in sorted([*names, *links]) if not name.startswith("."))


def _closed(name: str, error: OSError) -> HeldError:
    """What nobody lets us read is no reason to count without it."""
    return HeldError(
        f"cannot be read: {error.strerror}",
        where=f"landing/{name}",
        remedy="Let the user that runs Huitou read it, or take it out of landing/. The last good night stays.",
    )


def _is_readable(path: Path) -> bool:
    unfinished = path.name.lower().endswith(UNFINISHED_SUFFIXES) or path.name.startswith("~$")
    return not unfinished and stat.S_ISREG(path.lstat().st_mode)


def displayed(path: Path) -> str:
    """A path for people and tables: no control or bidi characters, whatever the file was called."""
    return "".join(letter if letter.isprintable() else "�" for letter in path.as_posix())


class Spool:
    """The immutable copies of landing files, and an index that spares hashing what has not changed."""

    def __init__(self, workspace: Workspace) -> None:
        self.root = workspace.spool
        self._index_file = workspace.state / "spool_index.json"
        self._index: dict[str, list[int | str]] = self._read_index()

    def _read_index(self) -> dict[str, list[int | str]]:
        try:
            content: dict[str, list[int | str]] = json.loads(self._index_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}  # only a cache: without it every file is hashed again
        return content

    def path_of(self, sha256: str) -> Path:
        """Where the copy with this content lies."""
        return self.root / sha256[:2] / sha256

    def take(self, files: Sequence[LandingFile]) -> tuple[list[SpooledFile], list[str]]:
        """Copy what is new. Also returns the names of files that still change and wait for the next night."""
        self._let_settle(files)
        with ThreadPoolExecutor(COPIES_AT_ONCE) as copies:
            taken = list(copies.map(self._take_one, files, count()))
        write_bytes(self._index_file, json.dumps(self._index, sort_keys=True).encode())
        waiting = [file.name for file, copy in zip(files, taken, strict=True) if copy is None]
        return [copy for copy in taken if copy is not None], waiting

    def _let_settle(self, files: Sequence[LandingFile]) -> None:
        newest = max(map(_changed_at, files), default=0.0)
        if time.time() - newest < SETTLE_SECONDS:
            time.sleep(SETTLE_SECONDS)

    def _take_one(self, file: LandingFile, number: int) -> SpooledFile | None:
        """The copy of a file, `number` of those that are taken; None where it still changes."""
        try:
            return self._taken(file, self.root / f"incoming-{number}")
        except (_StillChangingError, FileNotFoundError):
            return None

    def _taken(self, file: LandingFile, incoming: Path) -> SpooledFile:
        before = file.path.lstat()
        state = [before.st_size, before.st_mtime_ns, before.st_ino]
        known = self._index.get(file.name)
        if known is not None and known[:3] == state and self.path_of(str(known[3])).exists():
            sha256 = str(known[3])
        else:
            sha256 = self._copy(file, state, incoming)
            self._index[file.name] = [*state, sha256]
        return SpooledFile(file.source, file.name, sha256, before.st_size, self.path_of(sha256))

    def _copy(self, file: LandingFile, state: list[int], incoming: Path) -> str:
        try:
            handle = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError as error:
            raise _closed(file.name, error) from error
        with os.fdopen(handle, "rb") as origin, replacing(incoming, 0o400) as building:
            digest = hashlib.sha256()
            with building.open("wb") as copy:
                while block := origin.read(COPY_BLOCK_BYTES):
                    digest.update(block)
                    copy.write(block)
            after = os.fstat(origin.fileno())
            if [after.st_size, after.st_mtime_ns, after.st_ino] != state:
                raise _StillChangingError
        target = self.path_of(digest.hexdigest())
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():  # a copy that an erasure has written again must not get its old bytes back
            incoming.unlink()
        else:
            incoming.replace(target)
        return digest.hexdigest()


def _changed_at(file: LandingFile) -> float:
    """When a file was last written; long ago where it is gone by now."""
    try:
        return file.path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


class _StillChangingError(OSError):
    """The file changed while it was copied."""

    def __init__(self) -> None:
        super().__init__(errno.EAGAIN, "file is still being written")
