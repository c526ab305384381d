"""`reports/<as_of>/stores/<store>/`: page, workbook and masked list of each store that the settings name.

`stores/manifest.json`, for head office alone, says which folder is whose, and seals every file; the log of exports
holds one line for the list of each store. Names of folders and who may open them belong to `store_folders`, what stands
on the page to `store_page`.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.labels import header_of, worded
from pipeline.deliver.lists import XLSX_ROWS
from pipeline.deliver.safe_csv import write_csv
from pipeline.deliver.sheets import write_xlsx
from pipeline.exports.audit_log import MANIFEST, AuditLog
from pipeline.lake import file_sha256, write_bytes
from pipeline.reports.page import page
from pipeline.reports.quality import alarms
from pipeline.reports.source import Source
from pipeline.reports.store_folders import Access, folder_names, grant, group_of, is_granted, usable_groups
from pipeline.reports.store_page import LIST_FILES, store_report
from pipeline.reports.store_source import LABELS, Store, stores_of
from pipeline.reports.wording import Words, words_of
from pipeline.reports.workbook import workbook
from pipeline.settings import Settings

log = logging.getLogger("huitou.reports")

STORES = "stores"
PAGE, WORKBOOK = "index.html", "index.xlsx"


def write_stores(source: Source, folder: Path, audit: AuditLog, who: str) -> None:
    """Write the folders of all wanted stores below `folder`, each closed to everybody but the owner.

    Every query runs once over all stores. The same night gives the same bytes. `who` answers for the lists.
    """
    settings = source.settings
    wanted = settings.reports.stores
    if wanted == "none":
        return
    words = words_of(settings.locale, settings.currency, settings.privacy.small_cell, settings.reports.store_rounded_to)
    late = alarms(source, words)
    stores = list(stores_of(source, wanted))
    names = folder_names(store.store_id for store in stores)
    (folder / STORES).mkdir(mode=0o700)
    entries = [_write_store(store, late, words, folder / STORES / names[store.store_id]) for store in stores]
    if wanted != "all":
        for store_id in sorted(set(wanted) - set(names)):
            log.warning("reports.stores: no customers and no sales of store %r are known, so it has no page", store_id)
    head = audit.append([_event(entry, source, who) for entry in entries if entry["customers"]])
    manifest = {
        "snapshot_id": source.snapshot_id,
        "who": who,
        "personal_data": "masked",
        "stores": entries,
        "audit_log": head.to_json(),
    }
    write_bytes(folder / STORES / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())


def _write_store(store: Store, late: Sequence[str], words: Words, folder: Path) -> dict[str, Any]:
    """The files of one store, and its entry in the manifest."""
    folder.mkdir(mode=0o700)
    report = store_report(store, late, words)
    write_bytes(folder / PAGE, page(report, words, store.snapshot_id))
    write_bytes(folder / WORKBOOK, workbook(report, words))
    if store.listed.height:
        _write_list(store, late, words, folder)
    files = [{"name": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)} for path in _files(folder)]
    return {
        "store_id": store.store_id,
        "store_name": store.name,
        "folder": folder.name,
        "group": group_of(store.store_id, store.settings.reports),
        "customers": store.listed.height,
        "files": files,
    }


def _event(entry: Mapping[str, Any], source: Source, who: str) -> dict[str, Any]:
    """The list of one store as the log of exports tells it."""
    return {
        "export": "masked list of a store",
        "store_id": entry["store_id"],
        "group": entry["group"],
        "purpose": "own analysis",
        "who": who,
        "as_of": source.as_of.isoformat(),
        "run": source.snapshot_id,
        "rows": entry["customers"],
        "files": [file for file in entry["files"] if file["name"] in LIST_FILES],
    }


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def _write_list(store: Store, late: Sequence[str], words: Words, folder: Path) -> None:
    """One row per customer of the store, masked, with the segments that each is in."""
    locale = store.settings.locale
    told = store.listed.select(worded(name, locale) for name in store.listed.columns)
    frame = told.with_columns(as_of=pl.lit(store.as_of), stale_sources=pl.lit(" ".join(late)))
    headers = [words("store.segment_labels") if name == LABELS else header_of(name, locale) for name in frame.columns]
    csv, xlsx = (folder / name for name in LIST_FILES)
    write_csv(frame, headers, csv)
    if frame.height <= XLSX_ROWS:
        write_xlsx(frame, headers, list(_about(store, late, frame.height)), xlsx, store.as_of)
    for path in (csv, xlsx):
        if path.exists():
            path.chmod(0o600)


def _about(store: Store, late: Sequence[str], rows: int) -> Iterator[tuple[str, str]]:
    yield "store_id", store.store_id
    yield "store", store.name
    yield "rows", str(rows)
    yield "retailer", store.settings.retailer
    yield "currency", store.settings.currency
    yield "as_of", store.as_of.isoformat()
    yield "snapshot_id", store.snapshot_id
    yield from (("!", line) for line in late)


def share_stores(night_folder: Path, settings: Settings) -> None:
    """Open the folders of stores to their groups, and the folders above to those who walk through.

    A group that is missing leaves its store's folder closed, with a warning.
    """
    access, wrong = _access(night_folder, settings)
    for line in wrong:
        log.warning("%s", line)
    grant(access, _above(night_folder), is_shared=settings.reports.is_shared)


def is_shared_right(night_folder: Path, settings: Settings) -> bool:
    """Whether all folders of stores have the modes and groups that the settings give them."""
    access, _ = _access(night_folder, settings)
    return is_granted(access, _above(night_folder), is_shared=settings.reports.is_shared)


def _access(night_folder: Path, settings: Settings) -> tuple[list[Access], list[str]]:
    folders = _folders(night_folder)
    groups, wrong = usable_groups({store_id: group_of(store_id, settings.reports) for store_id in folders})
    return [Access(path, groups.get(store_id)) for store_id, path in folders.items()], wrong


def _above(night_folder: Path) -> list[Path]:
    """The folders over those of stores, the innermost first."""
    return [path for path in (night_folder / STORES, night_folder, night_folder.parent) if path.is_dir()]


def _folders(night_folder: Path) -> Mapping[str, Path]:
    """The folder of each store by id, as the manifest tells; none where no stores were written."""
    try:
        told = json.loads((night_folder / STORES / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {each["store_id"]: night_folder / STORES / each["folder"] for each in told["stores"]}


def remove_store_lists(reports: Path, *, keep: date) -> int:
    """Delete the lists of stores of every night but `keep`, which is written again; how many were deleted.

    Pages hold figures of people in steps and nobody's row, so they stay; manifests go on telling what there was.
    """
    found = sorted(path for path in reports.glob(f"*/{STORES}/*/*") if path.name in LIST_FILES)
    old = [path for path in found if path.parents[2].name != keep.isoformat()]
    for path in old:
        path.unlink()
    return len(old)
