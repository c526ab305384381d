"""What a night is made from: the files of the ledger and those that landed since, which of them count, and the code.

Opening the night and building its tables belong to `pipeline.night`; what is deleted when its time is over to
`pipeline.retention`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.formats.parse import date_in_name
from pipeline.ledger import Spool, SpooledFile
from pipeline.retention_settings import RetentionSettings
from pipeline.setting_types import Kind
from pipeline.settings import Settings
from pipeline.workspace import Workspace

EXPIRED = "expired"
CODE_FOLDERS = ("pipeline", "models", "assets", "sql")
CODE_SUFFIXES = (".py", ".sql", ".yaml")


@dataclass(frozen=True)
class KnownFile:
    """A file of the ledger: taken tonight or on an earlier night.

    `counts` is false for a repeated delivery, and for a file that is too old to count; of that `expired` is the row of
    the ledger.
    """

    spooled: SpooledFile
    first_night_on: date
    file_on: date
    counts: bool
    expired: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Plan:
    """What the night is made from. Equal hashes make equal nights."""

    files: tuple[KnownFile, ...]
    input_hash: str
    code_hash: str
    warnings: tuple[str, ...]


def is_expired(row: Mapping[str, Any], kind: Kind, settings: RetentionSettings, as_of: date) -> bool:
    """Whether a file of the ledger counts no more: once for all, or its newest event is too old for its kind.

    A file is never too old on the night that takes it, so that the same night again finds the same.
    """
    days = settings.file_days.get(kind)
    if row["state"] != "loaded" or days is None or row["last_event_on"] is None:
        return bool(row["state"] == EXPIRED)
    return bool(row["first_night_on"] < as_of and row["last_event_on"] < as_of - timedelta(days=days))


def known_files(
    ledger: pl.DataFrame, spooled: Sequence[SpooledFile], workspace: Workspace, settings: Settings, as_of: date
) -> Iterator[KnownFile]:
    """The files of the ledger in its order, as far as the settings still name their source; then the new ones."""
    spool = Spool(workspace)
    sources = {source.name: source for source in settings.sources}
    seen: set[tuple[str, str, str]] = set()
    contents: set[tuple[str, str]] = set()
    for row in ledger.iter_rows(named=True):
        if row["source"] not in sources:
            continue
        sha256 = row["sha256"]
        file = SpooledFile(row["source"], row["path"], sha256, row["byte_count"], spool.path_of(sha256))
        expired = row if is_expired(row, sources[file.source].kind, settings.retention, as_of) else None
        counts = expired is None and row["state"] != "redelivered"
        yield KnownFile(file, row["first_night_on"], row["file_on"], counts, expired)
        seen.add((file.source, file.name, sha256))
        contents.add((file.source, sha256))
    for file in spooled:
        if (file.source, file.name, file.sha256) not in seen:
            counts = (file.source, file.sha256) not in contents
            contents.add((file.source, file.sha256))
            yield KnownFile(file, as_of, date_in_name(Path(file.name).name) or as_of, counts)


def code_hash() -> str:
    """SHA-256 of everything that decides results: a changed program makes the night anew."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in CODE_SUFFIXES:
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
