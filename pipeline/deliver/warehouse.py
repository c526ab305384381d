"""The published warehouse: one DuckDB file, built beside the old one, read back whole, then put in its place.

Readers hold no lock on us nor we on them: a reader keeps the file it opened and sees the new one when it opens
again. Nobody ever writes into a published file. Which tables are published is said by their contracts; which
views stand beside them by the files of `sql/marts`.
"""

import contextlib
import os
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from pipeline.deliver.digests import column_digests
from pipeline.deliver.read_back import read_back
from pipeline.deliver.sql_headers import header
from pipeline.engine import SQL_ROOT, connected, quoted, sql_text
from pipeline.errors import HuitouError
from pipeline.lake import Table, replacing
from pipeline.schemas.catalog import published_tables
from pipeline.schemas.columns import COLUMNS
from pipeline.schemas.tables import TableSpec
from pipeline.schemas.wording import column_texts, table_text, view_column_texts, view_text
from pipeline.settings import EngineSettings

MODE = 0o444
STORAGE_VERSION = "v1.2.0"
"""The oldest file layout with everything we use, so that clients since DuckDB 1.2 can read it."""
MARTS = "marts"
EDITION = "huitou_meta"
EDITION_GRAIN = "One row: which night this file holds."
EDITION_COLUMNS: Mapping[str, str] = {
    "snapshot_id": COLUMNS["snapshot_id"].description,
    "as_of": COLUMNS["as_of"].description,
    "retailer": "Name of the retailer.",
    "currency": "Currency of every amount.",
    "timezone": "Time zone of every timestamp and date.",
    "missing_sources": COLUMNS["missing_sources"].description,
    "stale_sources": COLUMNS["stale_sources"].description,
}


@dataclass(frozen=True)
class Edition:
    """Which night a warehouse holds; its one row stands in the table `huitou_meta`."""

    snapshot_id: str
    as_of: date
    retailer: str
    currency: str
    timezone: str
    missing_sources: str = ""
    stale_sources: str = ""
    locale: str = "zh-CN"
    """The language of the comments."""


@dataclass(frozen=True)
class Published:
    """A digest of the rows of every published table, and what a person should look at."""

    digests: Mapping[str, str]
    warnings: tuple[str, ...]


def publish(
    tables: Mapping[str, Table], target: Path, edition: Edition, settings: EngineSettings, scratch: Path
) -> Published:
    """Replace `target` by a warehouse of the published tables among `tables`, or leave it as it was.

    Call under the run lock. Raises HuitouError when a published table is not given, or when what was written
    does not read back as what the Parquet files hold, column by column.
    """
    specs = _specs(tables)
    _sweep(target)
    warnings = _move_wal_aside(target)
    try:
        with replacing(target, MODE) as building, ThreadPoolExecutor(1) as aside:
            told = _build(specs, tables, building, edition, settings, scratch, aside)
            _leave_cache(building)
            digests = read_back(specs, told, {EDITION, *marts()}, building, settings, scratch)
            warnings += _move_wal_aside(target)
    except duckdb.IOException as error:
        remedy = "The old one stays. Is the disk full? Then run again."
        raise HuitouError("the new file could not be written", where=target.name, remedy=remedy) from error
    finally:
        _sweep(target)
    return Published(digests, warnings)


def _snapshot_digests(specs: list[TableSpec], tables: Mapping[str, Table]) -> dict[str, dict[str, str]]:
    return {spec.name: column_digests(spec, tables[spec.name]) for spec in specs}


def marts() -> list[str]:
    """The views of the warehouse, by name."""
    return sorted(path.stem for path in (SQL_ROOT / MARTS).glob("*.sql"))


def _specs(tables: Mapping[str, Table]) -> list[TableSpec]:
    specs = published_tables()
    absent = [spec.name for spec in specs if spec.name not in tables]
    if absent:
        raise HuitouError(f"cannot be published without {', '.join(absent)}", where="warehouse")
    return specs


def _sweep(target: Path) -> None:
    """Remove what a killed run left behind."""
    for debris in target.parent.glob(f".{target.name}.building*"):
        debris.unlink()


def _move_wal_aside(target: Path) -> tuple[str, ...]:
    """A write-ahead log beside the published name makes any file under that name unopenable: out of the way."""
    log = target.with_name(f"{target.name}.wal")
    if not log.exists():
        return ()
    aside = log.with_name(f"{log.name}.aside")
    log.replace(aside)
    return (f"{log.name}: somebody opened the warehouse for writing; what they wrote now lies in {aside.name}",)


def _build(
    specs: list[TableSpec],
    tables: Mapping[str, Table],
    building: Path,
    edition: Edition,
    settings: EngineSettings,
    scratch: Path,
    aside: Executor,
) -> Future[dict[str, dict[str, str]]]:
    """Write the file; the digests of the snapshot, which are begun where writing needs one core only."""
    with connected(settings, scratch) as connection:
        connection.execute(f"attach {quoted(str(building))} as building (storage_version '{STORAGE_VERSION}')")
        connection.execute("use building")
        connection.execute("begin transaction")  # one log record for all, not a synced one per comment
        for spec in specs:
            _add_table(connection, spec, tables[spec.name])
        told = aside.submit(_snapshot_digests, specs, tables)
        for spec in specs:
            _comment(
                connection, "table", spec.name, table_text(spec, edition.locale), column_texts(spec, edition.locale)
            )
        _add_edition(connection, edition)
        for name in marts():
            _add_view(connection, name, edition.locale)
        connection.execute("commit")
        connection.execute("checkpoint building")
        connection.execute("use memory")
        connection.execute("detach building")
    if building.with_name(f"{building.name}.wal").exists():
        raise HuitouError("the log of the new warehouse was not merged", where=building.name, remedy="Run again.")
    return told


def _add_table(connection: duckdb.DuckDBPyConnection, spec: TableSpec, table: Table) -> None:
    files = ", ".join(quoted(str(path)) for path in table.paths)
    names = ", ".join(f'"{name}"' for name in spec.names)
    connection.execute(f'create table "{spec.name}" as select {names} from read_parquet([{files}])')  # noqa: S608


def _add_edition(connection: duckdb.DuckDBPyConnection, edition: Edition) -> None:
    values = ", ".join(f"? as {name}" for name in EDITION_COLUMNS)
    connection.execute(
        f"create table {EDITION} as select {values}", [getattr(edition, name) for name in EDITION_COLUMNS]
    )
    told = view_column_texts(EDITION, list(EDITION_COLUMNS), EDITION_COLUMNS, (), edition.locale)
    _comment(connection, "table", EDITION, view_text(EDITION, EDITION_GRAIN, edition.locale), told)


def _add_view(connection: duckdb.DuckDBPyConnection, name: str, locale: str) -> None:
    """A file of sql/marts as a view; a column means what its header says, else what it means in the tables it reads."""
    query = sql_text(f"{MARTS}/{name}.sql")
    head = header(query)
    connection.execute(f'create view "{name}" as {query}')
    columns = [str(row[0]) for row in connection.execute(f'describe "{name}"').fetchall()]
    told = view_column_texts(name, columns, head.columns, head.reads, locale)
    unknown = [column for column in columns if column not in told]
    if unknown:
        raise HuitouError(f"does not say what {', '.join(unknown)} means", where=f"sql/{MARTS}/{name}.sql")
    _comment(connection, "view", name, view_text(name, head.text, locale), told)


def _comment(
    connection: duckdb.DuckDBPyConnection, kind: str, name: str, grain: str, columns: Mapping[str, str]
) -> None:
    told = [f'comment on {kind} "{name}" is {quoted(grain)}']
    told += [f'comment on column "{name}"."{column}" is {quoted(text)}' for column, text in columns.items()]
    connection.execute(";\n".join(told))


def _leave_cache(path: Path) -> None:
    """Sync the file and let the system forget it, so that reading it back reads the disk where that is possible."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        with contextlib.suppress(AttributeError, OSError):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
