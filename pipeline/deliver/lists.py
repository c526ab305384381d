"""Lists of the segments for people: `exports/<as_of>/<segment>.csv`, `.xlsx` and a manifest.

Everything personal on them is masked; raw contacts for campaign tools need consent and are no business of this
module. Who is in a segment is said by `segment_members`; whoever refused profiling or is a minor stays off every
list whatever that table says.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.folders import replacing_folder
from pipeline.deliver.labels import header_of, worded
from pipeline.deliver.sheets import write_csv, write_xlsx
from pipeline.deliver.warehouse import Edition
from pipeline.lake import Table, file_sha256, write_bytes
from pipeline.settings import ExportSettings, Settings

XLSX_ROWS = 5_000
"""Longer lists are CSV alone: nobody reads them, and a workbook of them takes minutes."""
MANIFEST = "manifest.json"
CUSTOMER_COLUMNS = (
    "customer_id", "name_masked", "phone_masked", "email_masked", "gender", "age_band", "province", "city",
    "is_member", "home_store_id", "preferred_channel", "lifecycle_stage", "rfm_class", "rfrc_class",
    "recency_days", "last_order_on", "order_count", "net_amount",
)  # fmt: skip


@dataclass(frozen=True)
class Lists:
    """Where the lists of a night lie, and what a person should look at."""

    folder: Path
    warnings: tuple[str, ...]


def write_lists(tables: Mapping[str, Table], settings: Settings, edition: Edition, exports: Path) -> Lists:
    """Write one list per segment and put the folder in place of an earlier one of the same day.

    Reads customers, segment_definitions and segment_members. The same night gives the same bytes, and then the
    folder stays untouched. Exports to destinations that this version does not serve become warnings.
    """
    folder = exports / edition.as_of.isoformat()
    definitions = tables["segment_definitions"].scan().sort("segment").collect()
    written, warnings = [], []
    with replacing_folder(folder) as building:
        for definition in definitions.iter_rows(named=True):
            frame = _members(tables, definition["segment"], edition, settings.locale)
            entry, warning = _write_list(frame, definition, settings.locale, edition, building)
            written.append(entry)
            warnings += warning
        warnings += _unserved(settings.exports, definitions["segment"].to_list(), folder)
        write_bytes(building / MANIFEST, _manifest(edition, written, warnings))
    return Lists(folder, tuple(warnings))


def _manifest(edition: Edition, written: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> bytes:
    content = {
        "as_of": edition.as_of.isoformat(),
        "snapshot_id": edition.snapshot_id,
        "missing_sources": edition.missing_sources,
        "stale_sources": edition.stale_sources,
        "personal_data": "masked",
        "lists": written,
        "warnings": warnings,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _members(tables: Mapping[str, Table], segment: str, edition: Edition, locale: str) -> pl.DataFrame:
    """Who stands on the list, in the words of the locale, sorted by customer_id."""
    members = tables["segment_members"].scan().filter(pl.col("segment") == segment).select("customer_id", "entered_on")
    allowed = tables["customers"].scan().filter(~pl.col("profiling_opt_out") & ~pl.col("is_minor"))
    late = ", ".join(filter(None, (edition.missing_sources, edition.stale_sources)))
    return (
        allowed.join(members, on="customer_id")
        .select(
            *(worded(column, locale) for column in CUSTOMER_COLUMNS),
            "entered_on",
            pl.lit(edition.as_of).alias("as_of"),
            pl.lit(late).alias("stale_sources"),
        )
        .sort("customer_id")
        .collect()
    )


def _write_list(
    frame: pl.DataFrame, definition: Mapping[str, str], locale: str, edition: Edition, folder: Path
) -> tuple[dict[str, Any], list[str]]:
    """The files of one list, its entry in the manifest, and what a person should know."""
    segment = definition["segment"]
    headers = [header_of(column, locale) for column in frame.columns]
    paths, warnings = [folder / f"{segment}.csv"], []
    write_csv(frame, headers, paths[0])
    if frame.height <= XLSX_ROWS:
        paths.append(folder / f"{segment}.xlsx")
        write_xlsx(frame, headers, _about(definition, edition, frame.height), paths[1], edition.as_of)
    else:
        warnings.append(f"list {segment}: {frame.height} rows are too many for a workbook; see {segment}.csv")
    entry = {**definition, "rows": frame.height, "columns": frame.columns, "files": [_sealed(path) for path in paths]}
    return entry, warnings


def _about(definition: Mapping[str, str], edition: Edition, rows: int) -> list[tuple[str, str]]:
    return [
        ("segment", definition["segment"]),
        ("label", definition["label"]),
        ("definition", definition["definition"]),
        ("rows", str(rows)),
        ("retailer", edition.retailer),
        ("currency", edition.currency),
        ("as_of", edition.as_of.isoformat()),
        ("snapshot_id", edition.snapshot_id),
        ("missing_sources", edition.missing_sources),
        ("stale_sources", edition.stale_sources),
    ]


def _sealed(path: Path) -> dict[str, str | int]:
    """Close a file to others, bring it to the disk and describe it."""
    path.chmod(0o600)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}


def _unserved(wanted: Sequence[ExportSettings], segments: Sequence[str], folder: Path) -> list[str]:
    """Exports of the settings that cannot be made, each with what there is instead."""
    lines = []
    for export in wanted:
        place = f"export of {export.segment} to {export.destination}"
        if export.segment not in segments:
            lines.append(f"{place}: no segment has this name")
        else:
            masked = f"{folder.parent.name}/{folder.name}/{export.segment}.csv"
            lines.append(f"{place}: this version has no such destination; a masked list lies in {masked}")
    return lines
