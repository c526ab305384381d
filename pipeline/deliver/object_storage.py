"""The published night as files in object storage: `<prefix>/<as_of>/<snapshot id>/`, `_SUCCESS` last, then `CURRENT`.

A night counts from the moment its `_SUCCESS` is there: a manifest of names, bytes, SHA-256 and rows. What is already
there with the right bytes is not sent again, so a delivery that broke off goes on where it stopped. How an object
gets into the bucket belongs to `pipeline.deliver.bucket`.
"""

import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.deliver.bucket import Bucket, Stored
from pipeline.deliver.outgoing import Outgoing
from pipeline.delivery_settings import S3Settings
from pipeline.lake import file_sha256

log = logging.getLogger("huitou.publish")

SUCCESS, CURRENT = "_SUCCESS", "CURRENT"
TABLES_FOLDER, LISTS_FOLDER = "tables/", "lists/"
_NIGHT = re.compile(r"(?P<as_of>\d{4}-\d{2}-\d{2})/(?P<snapshot_id>[^/]+)/$")


@dataclass(frozen=True)
class StoredFile:
    """One file of the night and its name below the night's prefix; `rows` only of tables."""

    name: str
    path: Path
    byte_count: int
    sha256: str
    rows: int | None

    @property
    def entry(self) -> dict[str, Any]:
        """The file as the manifest tells it."""
        told = {"name": self.name, "bytes": self.byte_count, "sha256": self.sha256}
        return told if self.rows is None else told | {"rows": self.rows}


def deliver(night: Outgoing, settings: S3Settings, lists: Path | None, erasures: str) -> str:
    """Put a night into the bucket, unless it is there, and remove nights that are too old; what was done.

    `lists` is the folder of the night's lists, where they go too. `erasures` names the persons forgotten so far:
    nights that were stored under other ones may still hold somebody, and go. Raises DeliveryError; then the night
    of before is CURRENT.
    """
    bucket = Bucket(settings)
    home = f"{settings.prefix}/{night.as_of}/{night.snapshot_id}/"
    files = [*_table_files(night), *(_list_files(lists) if lists else ())]
    manifest = _manifest(night, files, erasures)
    current = _json({"as_of": str(night.as_of), "snapshot_id": night.snapshot_id, "path": home})
    place = f"s3://{settings.bucket}/{home}"
    is_there = bucket.read(home + SUCCESS) == manifest
    if is_there and bucket.read(f"{settings.prefix}/{CURRENT}") == current:
        _retain(bucket, home, erasures)
        return f"Object storage: {place} holds the night already, nothing was sent."
    bucket.sweep(f"{settings.prefix}/")
    sent = 0 if is_there else _send(bucket, home, files, manifest)
    bucket.put(f"{settings.prefix}/{CURRENT}", current)
    _retain(bucket, home, erasures)
    return f"Object storage: {place} holds the night, {sent} of {len(files)} files sent."


def _table_files(night: Outgoing) -> Iterator[StoredFile]:
    for each in night.tables:
        for path in each.table.paths:
            name = path.name if len(each.table.paths) == 1 else f"{each.spec.name}/{path.name}"
            seal = each.seals[path]
            rows = pq.read_metadata(path).num_rows
            yield StoredFile(TABLES_FOLDER + name, path, seal.byte_count, seal.sha256, rows)


def _list_files(folder: Path) -> Iterator[StoredFile]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = LISTS_FOLDER + path.relative_to(folder).as_posix()
        yield StoredFile(name, path, path.stat().st_size, file_sha256(path), None)


def _manifest(night: Outgoing, files: Sequence[StoredFile], erasures: str) -> bytes:
    about = {"as_of": str(night.as_of), "snapshot_id": night.snapshot_id, "erasures": erasures}
    return _json(about | {"files": [file.entry for file in sorted(files, key=lambda file: file.name)]})


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _send(bucket: Bucket, home: str, files: Sequence[StoredFile], manifest: bytes) -> int:
    """Put what is not there yet, take away what does not belong, then say that all is there; how many files went."""
    bucket.delete(home + SUCCESS)  # of a night that was written again: until it is whole, it is none
    sent = 0
    for file in files:
        if bucket.look(home + file.name) != Stored(file.byte_count, file.sha256):
            bucket.put_file(home + file.name, file.path, file.sha256)
            log.info("object storage: %s, %s bytes sent", file.name, f"{file.byte_count:,}")
            sent += 1
    for key in sorted(set(bucket.keys(home)) - {home + file.name for file in files}):
        bucket.delete(key)
    bucket.put(home + SUCCESS, manifest)
    return sent


def _retain(bucket: Bucket, home: str, erasures: str) -> None:
    """Remove nights that are too old, replaced, or may hold a forgotten person; older nights keep no lists.

    Of one as_of only the last night stays: the others were replaced by it.
    """
    root = f"{bucket.settings.prefix}/"
    nights = [night for day in bucket.folders(root) for night in bucket.folders(day) if _NIGHT.search(night)]
    days = sorted({_day(night) for night in nights}, reverse=True)[: bucket.settings.keep_nights]
    for night in nights:
        if night == home:
            continue
        told = json.loads(bucket.read(night + SUCCESS) or b"{}")
        if _day(night) not in days or _day(night) == _day(home) or told.get("erasures") != erasures:
            _remove(bucket, night)
        elif any(entry["name"].startswith(LISTS_FOLDER) for entry in told["files"]):
            _remove_lists(bucket, night, told)


def _day(night: str) -> str:
    found = _NIGHT.search(night)
    return found["as_of"] if found else ""


def _remove(bucket: Bucket, night: str) -> None:
    """Delete a night; first the manifest, so that nobody takes a half deleted night for a whole one."""
    bucket.delete(night + SUCCESS)
    for key in bucket.keys(night):
        bucket.delete(key)
    log.info("object storage: %s removed", night)


def _remove_lists(bucket: Bucket, night: str, told: dict[str, Any]) -> None:
    """Lists are loaded on the morning after their night: older ones hold people's contacts and serve nobody."""
    files = [entry for entry in told["files"] if not entry["name"].startswith(LISTS_FOLDER)]
    bucket.put(night + SUCCESS, _json(told | {"files": files}))
    for key in bucket.keys(night + LISTS_FOLDER):
        bucket.delete(key)
