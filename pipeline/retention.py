"""What is kept no longer: list files, reports, the text of refused records, what was made of files too old to count.

Everything is judged by the as_of of the night, never by the clock, so a night that is repeated deletes nothing more.
Manifests and the audit log keep every line of what was handed out. Nights are pruned by `pipeline.snapshots`, persons
leave by `pipeline.erasure`.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.exports.audit_log import MANIFEST
from pipeline.exports.recipients import RECIPIENTS
from pipeline.lake import replacing
from pipeline.part_files import REJECTED_FILE
from pipeline.plan import EXPIRED
from pipeline.reports.store_page import LIST_FILES
from pipeline.reports.stores import STORES
from pipeline.retention_settings import RetentionSettings
from pipeline.snapshots import Snapshot
from pipeline.workspace import Workspace

log = logging.getLogger("huitou.publish")


@dataclass(frozen=True)
class Swept:
    """How much was deleted: files of lists, records of who was on them, reports, texts of refused records, parts and
    copies of files that count no more. `files_in_landing` are such files that the retailer still keeps in landing/.
    """

    list_files: int = 0
    recipient_files: int = 0
    reports: int = 0
    refused_records: int = 0
    parts: int = 0
    spool_copies: int = 0
    files_in_landing: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Everything that was deleted or waits, by name; what is 0 is left out."""
        return {name: count for name, count in asdict(self).items() if count}


def sweep(workspace: Workspace, settings: RetentionSettings, snapshot: Snapshot) -> Swept:
    """Delete what is kept no longer on the night of this snapshot; call under the run lock, once it is published."""
    as_of = snapshot.as_of
    ledger = snapshot.table("source_files").read()
    expired = list(ledger.filter(pl.col("state") == EXPIRED).iter_rows(named=True))
    copies, waiting = _spool_copies(workspace, expired, settings.spool_days, as_of)
    swept = Swept(
        list_files=_lists(workspace.exports, settings.masked_list_days, as_of)
        + _store_lists(workspace.reports, settings.masked_list_days, as_of),
        recipient_files=_recipients(workspace.exports, settings.recipient_days, as_of),
        reports=_reports(workspace.reports, settings.report_days, as_of),
        refused_records=_refused_records(workspace.parts, ledger, settings.refused_record_days, as_of),
        parts=_parts(workspace.parts, expired),
        spool_copies=copies,
        files_in_landing=waiting,
    )
    if swept.counts:
        log.info("kept no longer: %s", ", ".join(f"{name} {count}" for name, count in swept.counts.items()))
    return swept


def _lists(exports: Path, masked_days: int, as_of: date) -> int:
    """Files of lists after the day until which they may be used; their manifests stay as they are."""
    deleted = 0
    for path in sorted(exports.glob(f"*/{MANIFEST}")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for entry in _gone(content, masked_days, as_of):
            for there in _files_below(path.parent, entry):
                deleted += there.exists()
                there.unlink(missing_ok=True)
    return deleted


def _files_below(folder: Path, entry: Mapping[str, Any]) -> Iterator[Path]:
    """The files of a list; a manifest that names a place outside its own folder deletes nothing there."""
    home = folder.resolve()
    for file in entry["files"]:
        there = folder / str(file["name"])
        if there.resolve().is_relative_to(home):
            yield there


def _gone(manifest: Mapping[str, Any], masked_days: int, as_of: date) -> Iterator[Mapping[str, Any]]:
    """Lists for tools after their last day, and masked lists so many days after their night."""
    last_masked = date.fromisoformat(manifest["as_of"]) + timedelta(days=masked_days)
    yield from (each for each in manifest.get("exports", ()) if date.fromisoformat(each["expires_on"]) <= as_of)
    yield from (each for each in manifest.get("lists", ()) if last_masked <= as_of)


def _store_lists(reports: Path, masked_days: int, as_of: date) -> int:
    """Masked lists of the customers of single stores, beside the pages of those stores, which stay."""
    nights = _nights(reports, masked_days - 1, as_of)
    paths = [path for night in nights for name in LIST_FILES for path in night.glob(f"{STORES}/*/{name}")]
    for path in paths:
        path.unlink()
    return len(paths)


def _nights(folder: Path, days: int | None, as_of: date) -> Iterator[Path]:
    """Folders named by a night more than so many days back."""
    if days is None:
        return
    for path in sorted(entry for entry in folder.glob("*") if entry.is_dir()):
        try:
            on = date.fromisoformat(path.name)
        except ValueError:
            continue
        if on < as_of - timedelta(days=days):
            yield path


def _recipients(exports: Path, days: int | None, as_of: date) -> int:
    paths = [folder / RECIPIENTS for folder in _nights(exports, days, as_of)]
    there = [path for path in paths if path.exists()]
    for path in there:
        path.unlink()
    return len(there)


def _reports(reports: Path, days: int | None, as_of: date) -> int:
    folders = list(_nights(reports, days, as_of))
    for folder in folders:
        shutil.rmtree(folder)
    return len(folders)


def _refused_records(parts: Path, ledger: pl.DataFrame, days: int, as_of: date) -> int:
    """Empty the text of records refused long ago. Their rule and masked value stay: `rejected_rows` tells them."""
    old = ledger.filter(
        (pl.col("first_night_on") < as_of - timedelta(days=days)) & (pl.col("rejected_rows") > 0)
    )  # fmt: skip
    emptied = 0
    for part_id in old["part_id"].drop_nulls().unique().sort():
        path = parts / part_id / REJECTED_FILE
        emptied += _without_text(path) if path.exists() else 0
    return emptied


def _without_text(path: Path) -> int:
    rejected = pl.read_parquet(path)
    filled = rejected.filter(pl.col("text") != "").height if "text" in rejected.columns else 0
    if filled:
        with replacing(path) as building:
            rejected.with_columns(text=pl.lit("")).write_parquet(building)
    return filled


def _parts(parts: Path, expired: list[dict[str, Any]]) -> int:
    """What the readers made of files that count no more; later nights hold none of their rows."""
    folders = [parts / row["part_id"] for row in expired if row["part_id"]]
    there = [folder for folder in folders if folder.is_dir()]
    for folder in there:
        shutil.rmtree(folder)
    return len(there)


def _spool_copies(
    workspace: Workspace, expired: list[dict[str, Any]], days: int | None, as_of: date
) -> tuple[int, int]:
    """Deleted copies, and files that lie in landing/ still: those would only be copied again."""
    if days is None:
        return 0, 0
    old = [row for row in expired if row["last_event_on"] and row["last_event_on"] < as_of - timedelta(days=days)]
    landed = [row for row in old if (workspace.landing / row["path"]).exists()]
    kept = {row["sha256"] for row in landed}
    copies = {workspace.spool / row["sha256"][:2] / row["sha256"] for row in old if row["sha256"] not in kept}
    there = sorted(copy for copy in copies if copy.exists())
    for copy in there:
        copy.unlink()
    return len(there), len(landed)
