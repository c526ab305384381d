"""Kept snapshots without a person: rows that are theirs go, orders and events of theirs stay as nobody's.

Only the files that hold them are written again, and the manifest is sealed anew. Spool copies and parts belong to
`pipeline.erasure.spool_copy` and `pipeline.parts`; lists and warehouse are published again from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from pipeline.erasure.person import Person
from pipeline.lake import ROW_GROUP_SIZE, file_sha256, replacing, write_bytes, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.tables import TableSpec
from pipeline.snapshots import MANIFEST_FILE, FileSeal, Manifest, Snapshot

KEPT = frozenset({"customer_id_history", "source_files", "runs", "row_counts"})
"""Tables without personal data that must not forget: ids are never used again."""
DROPPED_KINDS = ("members", "points", "consents")
"""Kinds of source of which a row says nothing once its person is gone."""
OWN_COLUMNS = frozenset({
    "customer_id", "profile_key", "member_no", "phone", "phone_shown", "email", "unionid", "openid",
    "platform_user_id", "external_userid", "buyer_name", "receiver_name", "receiver_phone", "receiver_phone_shown",
    "province", "city", "district", "remark", "keyword", "referrer",
})  # fmt: skip
"""Columns that are emptied in rows that stay."""
PAIR = (("left_source", "left_key"), ("right_source", "right_key"))
PLACE = ("file_sha", "row_number")


@dataclass(frozen=True)
class Traces:
    """What names the person in tables: ids, profiles, key hashes, and rows of files (file_sha, row_number)."""

    person: Person
    rows: pl.DataFrame


def erase_from(snapshot: Snapshot, traces: Traces) -> list[str]:
    """Rewrite every file of the snapshot that holds the person, then its manifest; the names of those tables."""
    files = dict(snapshot.manifest.files)
    changed = set()
    for name in files:
        table = _table_of(name)
        if table in TABLES and table not in KEPT:
            path = snapshot.folder / name
            if _erase_file(path, TABLES[table], traces):
                files[name] = FileSeal(file_sha256(path), path.stat().st_size)
                changed.add(table)
    if changed:
        write_bytes(snapshot.folder / MANIFEST_FILE, replace(snapshot.manifest, files=files).to_json())
    return sorted(changed)


def note_erasure(snapshot: Snapshot, customer_id: str, reason: str) -> None:
    """Add the event `erased` to the history of ids, once."""
    spec = TABLES["customer_id_history"]
    history = snapshot.table(spec.name).read()
    event = pl.DataFrame(
        [{"as_of": snapshot.as_of, "event": "erased", "customer_id": customer_id, "reason": reason}],
        schema=spec.polars_schema,
    )
    fresh = event.join(history, on=["event", "customer_id"], how="anti")
    if fresh.is_empty():
        return
    (path,) = snapshot.table(spec.name).paths
    write_table(spec, pl.concat([history, fresh]), path, durable=True)
    name = path.relative_to(snapshot.folder).as_posix()
    manifest = Manifest.read(snapshot.folder)
    seal = FileSeal(file_sha256(path), path.stat().st_size)
    write_bytes(snapshot.folder / MANIFEST_FILE, replace(manifest, files={**manifest.files, name: seal}).to_json())


def _table_of(name: str) -> str:
    parts = Path(name).with_suffix("").parts
    return parts[1]


def _erase_file(path: Path, spec: TableSpec, traces: Traces) -> bool:
    columns = pl.read_parquet_schema(path)
    marks = [mark for mark in _marks(set(columns), traces) if mark is not None]
    if not marks:
        return False
    frame = pl.scan_parquet(path)
    hit = pl.any_horizontal(marks)
    if not frame.select(hit.any()).collect().item():
        return False
    kept = frame.filter(~hit) if _is_theirs(spec) else frame.with_columns(_emptied(set(columns), spec, hit))
    with replacing(path) as building:
        kept.sink_parquet(building, compression="zstd", compression_level=1, row_group_size=ROW_GROUP_SIZE)
    return True


def _marks(columns: set[str], traces: Traces) -> Iterator[pl.Expr]:
    """Rows of the person, by whatever the table has to name them."""
    person = traces.person
    ids = list(person.customer_ids)
    for name in ("customer_id", "other_customer_id"):
        if name in columns:
            yield pl.col(name).is_in(ids).fill_null(value=False)
    for source, key in (("source", "profile_key"), *PAIR):
        if {source, key} <= columns:
            yield _either(person.profiles, {source: "source", key: "profile_key"})
    if "key_hash" in columns:
        yield pl.col("key_hash").is_in(person.keys["key_hash"].to_list()).fill_null(value=False)
    if set(PLACE) <= columns:
        yield _either(traces.rows, {name: name for name in PLACE})


def _either(named: pl.DataFrame, columns: dict[str, str]) -> pl.Expr:
    """Rows whose cells are those of one row of `named`."""
    wanted = named.select(pl.struct(pl.col(theirs).alias(ours) for ours, theirs in columns.items()))
    return pl.struct(list(columns)).is_in(wanted.to_series().implode()).fill_null(value=False)


def _is_theirs(spec: TableSpec) -> bool:
    """Whether a row of the table says nothing without its person."""
    named = {"customer_id", "profile_key", "key_hash", "left_key"} & set(spec.names)
    if spec.name.removeprefix("raw_").removeprefix("clean_") in DROPPED_KINDS:
        return True
    return bool(named) and (bool(named & set(spec.key)) or not named <= spec.nullable)


def _emptied(columns: set[str], spec: TableSpec, hit: pl.Expr) -> list[pl.Expr]:
    personal = sorted(OWN_COLUMNS & columns & spec.nullable)
    return [pl.when(hit).then(None).otherwise(pl.col(name)).alias(name) for name in personal]
