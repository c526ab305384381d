"""The published night in PostgreSQL: every row of the tables replaced in one transaction, or nothing at all.

Rows are deleted and copied into tables that stay, so whoever reads sees the old night to the last row until the
commit and the new one after it, also inside a long transaction (docs/adr/postgres-tables-stay.md). Columns, keys
and comments belong to `pipeline.deliver.postgres_tables`, errors to `pipeline.deliver.postgres_connection`.
"""

import json
import logging
from collections.abc import Collection, Iterator
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import tenacity
from adbc_driver_manager.dbapi import Cursor

from pipeline.deliver.outgoing import Outgoing, OutgoingTable
from pipeline.deliver.postgres_connection import WHERE, PassingError, transaction
from pipeline.deliver.postgres_tables import comment, ensure_schema, refuse_strangers, relations, shape
from pipeline.delivery_settings import PostgresSettings
from pipeline.engine import quoted
from pipeline.errors import DeliveryError

log = logging.getLogger("huitou.publish")

ALWAYS = ("customers", "segment_changes", "segment_members")
RUNS = "huitou_runs"
RUN_COLUMNS = {
    "run_id": "Number of the delivery; the greatest is the night that the tables hold.",
    "as_of": "Last day included.",
    "snapshot_id": "Name of the night's snapshot.",
    "table_rows": "Rows by table.",
    "table_hashes": "SHA-256 of the Parquet file by table.",
    "delivered_at": "When the transaction began.",
}
BATCH_ROWS = 20_000
ATTEMPTS = 3
WAIT_SECONDS = 1.0


def tables_of(settings: PostgresSettings) -> list[str]:
    """The tables that go to the database."""
    return sorted({*ALWAYS, *settings.tables})


def deliver(night: Outgoing, settings: PostgresSettings) -> str:
    """Put a night into the database, unless it is there; what was done, in a sentence.

    Raises DeliveryError; then the database holds what it held before.
    """
    again = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(PassingError),
        stop=tenacity.stop_after_attempt(ATTEMPTS),
        wait=tenacity.wait_exponential(multiplier=WAIT_SECONDS),
        reraise=True,
    )
    return again(_deliver, night, settings)


def _deliver(night: Outgoing, settings: PostgresSettings) -> str:
    schema = settings.schema_name
    with transaction(settings) as connection, connection.cursor() as cursor:
        _limit(cursor, settings)
        ensure_schema(cursor, schema)
        _ensure_runs(cursor, schema)
        ours = _delivered_tables(cursor, schema)
        refuse_strangers(cursor, schema, list(night.rows), ours)
        if _holds(cursor, schema, night):
            return f"PostgreSQL: schema {schema} holds the night of {night.as_of} already, nothing was written."
        _retire(cursor, schema, set(ours) - set(night.rows))
        _replace(cursor, schema, night)
        comment(cursor, schema, night)
        _note(cursor, schema, night)
    _tidy(night, settings)
    rows = sum(night.rows.values())
    return f"PostgreSQL: schema {schema} holds the night of {night.as_of}, {len(night.tables)} tables, {rows:,} rows."


def _limit(cursor: Cursor, settings: PostgresSettings) -> None:
    """Bounds of this transaction, and one delivery at a time into a schema."""
    limits = {
        "client_encoding": "UTF8",
        "standard_conforming_strings": "on",
        "lock_timeout": f"{settings.lock_timeout_seconds}s",
        "statement_timeout": f"{settings.statement_timeout_seconds}s",
    }
    for name, value in limits.items():
        cursor.execute(f"set local {name} = {quoted(value)}")
    cursor.execute("select pg_advisory_xact_lock(hashtext($1))::text", [f"huitou {settings.schema_name}"])
    cursor.fetchall()


def _ensure_runs(cursor: Cursor, schema: str) -> None:
    """The table of deliveries: made with its comments, and refused where somebody else's has its name."""
    there = relations(cursor, schema).columns
    if RUNS in there:
        if list(there[RUNS]) != list(RUN_COLUMNS):
            raise DeliveryError(
                f"the schema {schema} has a table {RUNS} with other columns", where=WHERE, remedy="Rename that table."
            )
        return
    place = f'"{schema}".{RUNS}'
    cursor.execute(
        f"create table {place} (run_id bigint generated always as identity primary key, as_of date not null, "
        "snapshot_id text not null, table_rows jsonb not null, table_hashes jsonb not null, "
        "delivered_at timestamp with time zone not null default now())"
    )
    cursor.execute(f"comment on table {place} is 'One row per delivery of a night by Huitou.'")
    for name, text in RUN_COLUMNS.items():
        cursor.execute(f"comment on column {place}.{name} is {quoted(text)}")


def _delivered_tables(cursor: Cursor, schema: str) -> list[str]:
    """Every table that a delivery ever made in the schema."""
    cursor.execute(f'select distinct jsonb_object_keys(table_rows) from "{schema}".{RUNS}')  # noqa: S608 (identifiers)
    return [str(name) for (name,) in cursor.fetchall()]


def _holds(cursor: Cursor, schema: str, night: Outgoing) -> bool:
    """Whether the last delivery was of this night, with the same bytes, and its tables are all there."""
    cursor.execute(
        f'select snapshot_id, table_hashes::text from "{schema}".{RUNS} order by run_id desc limit 1'  # noqa: S608
    )
    last = cursor.fetchall()
    is_last = bool(last) and last[0][0] == night.snapshot_id and json.loads(last[0][1]) == night.hashes
    return is_last and set(night.rows) <= set(relations(cursor, schema).columns)


def _retire(cursor: Cursor, schema: str, names: Collection[str]) -> None:
    """Tables that the settings no longer name are emptied: they would tell of a night long past."""
    for name in sorted(set(names) & set(relations(cursor, schema).columns)):
        cursor.execute(f'delete from "{schema}"."{name}"')  # noqa: S608 (identifiers of ours)
        cursor.execute(f"""comment on table "{schema}"."{name}" is 'Empty: no longer delivered.'""")


def _replace(cursor: Cursor, schema: str, night: Outgoing) -> None:
    there = relations(cursor, schema)
    for each in night.tables:
        name = each.spec.name
        if name in there.columns:
            cursor.execute(f'delete from "{schema}"."{name}"')  # noqa: S608 (identifiers of ours)
        shape(cursor, schema, each.spec, there)
        cursor.adbc_ingest(name, _batches(each), mode="append", db_schema_name=schema)
        _check(cursor, schema, each)
        log.info("PostgreSQL: %s, %s rows copied", name, f"{each.rows:,}")


def _batches(each: OutgoingTable) -> pa.RecordBatchReader:
    """The rows of a table as a stream in the order of its files, never all in memory."""
    schema = each.spec.empty().to_arrow().schema

    def read() -> Iterator[pa.RecordBatch]:
        for path in each.table.paths:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BATCH_ROWS, columns=each.spec.names):
                    yield batch.select(each.spec.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, read())


def _check(cursor: Cursor, schema: str, each: OutgoingTable) -> None:
    """Rows, values that are there and sums of money as the database sees them, against the files of the night."""
    place = f'"{schema}"."{each.spec.name}"'
    counts = ", ".join(f'count("{name}")' for name in each.spec.names)
    money = [column.name for column in each.spec.columns if isinstance(column.dtype, pl.Decimal)]
    sums = "".join(f', coalesce(sum("{name}"), 0)::text' for name in money)
    cursor.execute(f"select count(*), {counts}{sums} from {place}")  # noqa: S608 (identifiers of ours)
    found = cursor.fetchall()[0]
    frame = each.table.scan()
    told = frame.select(pl.len(), pl.col(each.spec.names).count().name.suffix(" count")).collect().row(0)
    owed = frame.select(pl.col(money).sum()).collect().row(0) if money else ()
    if found[: len(told)] != told or [Decimal(text) for text in found[len(told) :]] != list(owed):
        raise DeliveryError(
            f"the rows of {each.spec.name} do not read back as they were sent",
            where=WHERE,
            remedy="Look for triggers or rules on that table; the night before stays.",
        )


def _note(cursor: Cursor, schema: str, night: Outgoing) -> None:
    rows, hashes = (json.dumps(told, sort_keys=True) for told in (night.rows, night.hashes))
    cursor.execute(
        f'insert into "{schema}".{RUNS} (as_of, snapshot_id, table_rows, table_hashes) '  # noqa: S608 (identifiers)
        f"values (date {quoted(night.as_of.isoformat())}, {quoted(night.snapshot_id)}, "
        f"jsonb {quoted(rows)}, jsonb {quoted(hashes)})"
    )


def _tidy(night: Outgoing, settings: PostgresSettings) -> None:
    """Give the space of last night's rows back to the tables, and tell the planner; the night stands without it."""
    try:
        with transaction(settings, autocommit=True) as connection, connection.cursor() as cursor:
            for name in (*night.rows, RUNS):
                cursor.execute(f'vacuum (analyze) "{settings.schema_name}"."{name}"')
    except DeliveryError as error:
        log.warning("%s (vacuum; the night is in the database)", error)
