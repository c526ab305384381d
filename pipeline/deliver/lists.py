"""Lists of the segments for people: `exports/<as_of>/<segment>.csv` and `.xlsx`.

Everything personal on them is masked; raw contacts for campaign tools need consent and belong to
`pipeline.exports`, which also publishes the folder. Who is in a segment is said by `segment_members`; whoever refused
profiling or is a minor stays off every list whatever that table says.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.labels import header_of, worded
from pipeline.deliver.sheets import write_csv, write_xlsx
from pipeline.deliver.warehouse import Edition
from pipeline.lake import Table, file_sha256
from pipeline.settings import Settings

XLSX_ROWS = 100_000
"""Longer lists are CSV alone: a workbook of them takes a minute to open, and nobody reads it."""
WORKERS = 2
CUSTOMER_COLUMNS = (
    "customer_id", "name_masked", "phone_masked", "email_masked", "gender", "age_band", "province", "city",
    "is_member", "home_store_id", "preferred_channel", "lifecycle_stage", "rfm_class", "rfrc_class",
    "recency_days", "last_order_on", "order_count", "net_amount",
)  # fmt: skip


@dataclass(frozen=True)
class WrittenLists:
    """What the manifest says of each segment, and what a person should look at."""

    entries: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


def write_lists(tables: Mapping[str, Table], settings: Settings, edition: Edition, folder: Path) -> WrittenLists:
    """Write one masked list per segment that has members into `folder`; one without is an entry without files.

    Reads customers, segment_definitions and segment_members. The same night gives the same bytes.
    """
    definitions = list(tables["segment_definitions"].scan().sort("segment").collect().iter_rows(named=True))
    members = tables["segment_members"].scan().select("segment", "customer_id", "entered_on").collect()
    listed = members.partition_by("segment", as_dict=True, include_key=False)
    shown = _shown(tables, edition, settings.locale)

    def write(definition: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        frame = _members(shown, listed.get((definition["segment"],)), edition)
        return _write_list(frame, definition, settings.locale, edition, folder)

    with ThreadPoolExecutor(WORKERS) as workers:
        written = list(workers.map(write, definitions))
    return WrittenLists(tuple(entry for entry, _ in written), tuple(line for _, lines in written for line in lines))


def _shown(tables: Mapping[str, Table], edition: Edition, locale: str) -> pl.DataFrame:
    """Everybody who may stand on a list, in the words of the locale, sorted by customer_id; read once."""
    allowed = tables["customers"].scan().filter(~pl.col("profiling_opt_out") & ~pl.col("is_minor"))
    return allowed.select(worded(column, locale) for column in CUSTOMER_COLUMNS).sort("customer_id").collect()


def _members(shown: pl.DataFrame, members: pl.DataFrame | None, edition: Edition) -> pl.DataFrame:
    """Who stands on one list, sorted by customer_id."""
    nobody = pl.DataFrame(schema={"customer_id": pl.String, "entered_on": pl.Date})
    late = ", ".join(filter(None, (edition.missing_sources, edition.stale_sources)))
    told = shown.join(nobody if members is None else members, on="customer_id", maintain_order="left")
    return told.with_columns(as_of=pl.lit(edition.as_of), stale_sources=pl.lit(late))


def _write_list(
    frame: pl.DataFrame, definition: Mapping[str, str], locale: str, edition: Edition, folder: Path
) -> tuple[dict[str, Any], list[str]]:
    """The files of one list, its entry in the manifest, and what a person should know."""
    segment, paths, warnings = definition["segment"], [], []
    headers = [header_of(column, locale) for column in frame.columns]
    if frame.height:
        paths.append(folder / f"{segment}.csv")
        write_csv(frame, headers, paths[0])
    if 0 < frame.height <= XLSX_ROWS:
        paths.append(folder / f"{segment}.xlsx")
        write_xlsx(frame, headers, _about(definition, edition, frame.height), paths[1], edition.as_of)
    elif frame.height:
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
