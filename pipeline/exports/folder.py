"""`exports/<as_of>/`: masked lists for people, files for tools, who was on them, and last the manifest.

Everything grows in a hidden folder that takes its place as a whole, so no file is ever seen without its manifest.
The audit log is written before: what it tells of may be missing after a crash, what is there is always in it.
"""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.folders import replacing_folder
from pipeline.deliver.lists import WrittenLists, write_lists
from pipeline.deliver.warehouse import Edition
from pipeline.errors import SettingsError
from pipeline.exports.audit_log import MANIFEST, AuditLog, Head
from pipeline.exports.definition import DestinationLibrary, load_destinations
from pipeline.exports.lists import WrittenList, write_tool_lists
from pipeline.exports.night import ExportNight
from pipeline.exports.orders import Order, orders
from pipeline.exports.recipients import SCHEMA, write_recipients
from pipeline.exports.stoppers import fingerprint
from pipeline.lake import write_bytes

log = logging.getLogger("huitou.exports")


@dataclass(frozen=True)
class Delivered:
    """Where the lists of a night lie, and what a person should look at."""

    folder: Path
    warnings: tuple[str, ...]


def write_folder(night: ExportNight, edition: Edition) -> Delivered:
    """Write all lists of a sealed night. The same night gives the same bytes, and then the folder stays untouched.

    An export that cannot be made becomes a warning, never a failed night: nothing leaves by it.
    """
    library = load_destinations(night.own_destinations)
    segments = night.tables["segment_definitions"].read()["segment"].to_list()
    found = list(orders(night.settings.exports, library, segments))
    with replacing_folder(night.folder) as building:
        masked = write_lists(night.tables, night.settings, edition, building)
        written = write_tool_lists(night, [order for order in found if isinstance(order, Order)], building)
        write_recipients(pl.concat([SCHEMA.to_frame(), *(each.recipients for each in written)]), building)
        wrong = [str(mistake) for mistake in found if isinstance(mistake, SettingsError)]
        warnings = [*masked.warnings, *wrong, *(warning for each in written for warning in each.warnings)]
        head = AuditLog(night.state).append(_events(night, masked, written))
        manifest = _manifest(night, edition, masked, written, head) | {"warnings": warnings, "mistakes": wrong}
        manifest["gate"] = gate_fingerprint(night, library)
        write_bytes(building / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    for each in written:
        log.info("list %s: %d of %d members", each.entry["export"], each.entry["exported"], each.entry["segment_size"])
    return Delivered(night.folder, tuple(warnings))


def gate_fingerprint(night: ExportNight, library: DestinationLibrary | None = None) -> str:
    """SHA-256 of what lies outside the snapshot and still decides the lists; when it changes they are written anew."""
    known = library or load_destinations(night.own_destinations)
    text = "\n".join([known.fingerprint(), fingerprint(night.state), night.who])
    return hashlib.sha256(text.encode()).hexdigest()


def is_up_to_date(night: ExportNight) -> bool:
    """Whether the published folder holds the lists of this night under today's stop lists and destinations."""
    try:
        told = json.loads((night.folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return bool(told.get("snapshot_id") == night.run and told.get("gate") == gate_fingerprint(night))


def _events(night: ExportNight, masked: WrittenLists, written: Sequence[WrittenList]) -> list[dict[str, Any]]:
    """One event for the masked lists together, one for each list that a tool takes."""
    files = [file for entry in masked.entries for file in entry["files"]]
    sealed = hashlib.sha256("\n".join(f"{file['name']} {file['sha256']}" for file in files).encode()).hexdigest()
    about = {"as_of": night.as_of.isoformat(), "run": night.run, "who": night.who}
    shown = {"export": "masked lists", "purpose": "own analysis", "files": len(files), "files_sha256": sealed}
    return [about | shown, *(dict(each.entry) for each in written)]


def _manifest(
    night: ExportNight, edition: Edition, masked: WrittenLists, written: Sequence[WrittenList], head: Head
) -> dict[str, Any]:
    return {
        "as_of": edition.as_of.isoformat(),
        "snapshot_id": edition.snapshot_id,
        "who": night.who,
        "missing_sources": edition.missing_sources,
        "stale_sources": edition.stale_sources,
        "personal_data": "masked in lists, raw or hashed in exports",
        "lists": masked.entries,
        "exports": [each.entry for each in written],
        "audit_log": head.to_json(),
    }
