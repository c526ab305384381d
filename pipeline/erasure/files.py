"""Which landing files hold a person, and their spool copies and parts without them."""

import polars as pl

from pipeline.erasure.person import Person
from pipeline.erasure.tombstones import PERSON_COLUMNS
from pipeline.schemas.raw import RAW_TABLES
from pipeline.snapshots import Snapshot

ROW = ("source", "file_sha", "row_number")


def rows_of(snapshot: Snapshot, person: Person) -> pl.DataFrame:
    """source, file_sha, row_number of every accepted record that names the person, in any raw table."""
    found = [_named_in(snapshot, f"raw_{kind}", person) for kind in RAW_TABLES]
    return pl.concat(found).unique().sort(ROW)


def _named_in(snapshot: Snapshot, table: str, person: Person) -> pl.DataFrame:
    frame = snapshot.table(table).scan()
    columns = frame.collect_schema().names()
    values = person.keys["key_value"].to_list()
    marks = [pl.col(name).is_in(values) for name in PERSON_COLUMNS if name in columns]
    for name, named in (("profile_key", person.profiles), ("order_id", person.orders)):
        if name in columns:
            wanted = named.select(pl.struct("source", name)).to_series().implode()
            marks.append(pl.struct("source", name).is_in(wanted))
    if not marks:
        return pl.DataFrame(schema={"source": pl.String, "file_sha": pl.String, "row_number": pl.Int64})
    hit = pl.any_horizontal(mark.fill_null(value=False) for mark in marks)
    return frame.filter(hit).select(ROW).collect()


def files_of(snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """source, path, sha256 of the files that hold these rows, or may: those with refused or ignored records.

    Every path that ever delivered such a file is named, sorted.
    """
    ledger = snapshot.table("source_files").read()
    held = rows.select("source", sha256="file_sha").unique()
    unclear = ledger.filter((pl.col("ignored_rows") > 0) | (pl.col("rejected_rows") > 0)).select("source", "sha256")
    wanted = pl.concat([held, unclear]).unique()
    files = ledger.select("source", "path", "sha256").unique()
    return files.join(wanted, on=["source", "sha256"], how="semi").sort("source", "path", "sha256")
