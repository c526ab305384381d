"""Lists of the segments for people: `exports/<as_of>/<segment>.csv` and `.xlsx`.

Everything personal on them is masked; raw contacts for campaign tools need consent and belong to
`pipeline.exports`, which also publishes the folder. Who is in a segment is said by `segment_members`; whoever refused
profiling or is a minor stays off every list whatever that table says.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.deliver.labels import header_of, worded
from pipeline.deliver.sheets import write_spelt
from pipeline.deliver.spelt_rows import SpeltRows
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
LIST_COLUMNS = ("entered_on", "as_of", "stale_sources")
"""What a list says of a customer beside that."""
COLUMNS = CUSTOMER_COLUMNS + LIST_COLUMNS
PLACED = {"place": pl.UInt32(), "entered_on": pl.Date()}


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
    shown = _shown(tables, settings.locale)
    members = _members(tables, shown)
    booked = [listed["place"] for listed in members.values() if listed.height <= XLSX_ROWS]
    rows = SpeltRows(shown, [header_of(column, settings.locale) for column in COLUMNS], booked)
    nobody = pl.DataFrame(schema=PLACED)

    def write(definition: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        return _write_list(rows, members.get(definition["segment"], nobody), definition, edition, folder)

    with ThreadPoolExecutor(WORKERS) as workers:
        written = list(workers.map(write, definitions))
    return WrittenLists(tuple(entry for entry, _ in written), tuple(line for _, lines in written for line in lines))


def _shown(tables: Mapping[str, Table], locale: str) -> pl.DataFrame:
    """Everybody who may stand on a list, in the words of the locale, sorted by customer_id; read once."""
    allowed = tables["customers"].scan().filter(~pl.col("profiling_opt_out") & ~pl.col("is_minor"))
    return allowed.select(worded(column, locale) for column in CUSTOMER_COLUMNS).sort("customer_id").collect()


def _members(tables: Mapping[str, Table], shown: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Who stands on each list: `place` (a row of `shown`) and `entered_on`."""
    places = shown.lazy().select("customer_id").with_row_index("place")
    members = tables["segment_members"].scan().join(places, on="customer_id").select("segment", *PLACED)
    listed = members.collect().partition_by("segment", as_dict=True, include_key=False)
    return {str(segment): frame for (segment,), frame in listed.items()}


def _write_list(
    rows: SpeltRows, members: pl.DataFrame, definition: Mapping[str, str], edition: Edition, folder: Path
) -> tuple[dict[str, Any], list[str]]:
    """The files of one list, its entry in the manifest, and what a person should know."""
    segment, size, paths, warnings = definition["segment"], members.height, [], []
    listed = members.sort("place")
    late = ", ".join(filter(None, (edition.missing_sources, edition.stale_sources)))
    more = listed.select("entered_on", as_of=pl.lit(edition.as_of), stale_sources=pl.lit(late))
    if size:
        paths.append(folder / f"{segment}.csv")
        rows.write_csv(listed["place"], more, paths[0])
    if 0 < size <= XLSX_ROWS:
        paths.append(folder / f"{segment}.xlsx")
        cells = rows.cells(listed["place"], more)
        write_spelt(cells, rows.headers, _about(definition, edition, size), paths[1], edition.as_of)
    elif size:
        warnings.append(f"list {segment}: {size} rows are too many for a workbook; see {segment}.csv")
    entry = {**definition, "rows": size, "columns": list(COLUMNS), "files": [_sealed(path) for path in paths]}
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
    """Close a file to others and describe it."""
    path.chmod(0o600)
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
