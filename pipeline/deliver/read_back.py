"""The warehouse that was just built, read whole before anybody else may: every column against the snapshot.

Counts and sums would pass over a write that the disk lost; a digest of every decoded column does not. It has a database
of its own and no session of the night's engine: the file is attached to be read anew from the disk, and attaching is
for all sessions of a database. Building and publishing belong to `pipeline.deliver.warehouse`.
"""

from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import duckdb

from pipeline.deliver.digests import stored_digests, table_digest
from pipeline.engine import connected, quoted
from pipeline.errors import HuitouError
from pipeline.schemas.tables import TableSpec
from pipeline.settings import EngineSettings

TABLES_AT_ONCE = 2
PERSONAL_COLUMNS = frozenset(
    {
        "address", "birth_date", "buyer_name", "contact_value", "district", "email", "external_userid", "member_no",
        "name", "openid", "phone", "platform_user_id", "receiver_name", "receiver_phone", "remark", "unionid",
    }
)  # fmt: skip
"""What may never stand in a published file, under whatever table."""


def read_back(
    specs: Collection[TableSpec],
    told: Future[dict[str, dict[str, str]]],
    others: Collection[str],
    built: Path,
    settings: EngineSettings,
    scratch: Path,
) -> dict[str, str]:
    """A digest of the rows of every table of `specs`, equal in the built file and in the snapshot.

    `told` are the digests of the columns of the snapshot's tables (`pipeline.deliver.digests`), as soon as they are
    known; the file is read meanwhile.

    The file must hold these tables and the relations named in `others`, which must bind, and nothing else.
    Raises HuitouError at any difference, at a personal column, and where the file cannot be decoded.
    """
    try:
        with connected(settings, scratch) as connection:
            connection.execute(f"attach {quoted(str(built))} as built (read_only)")
            connection.execute("use built")
            _check_inventory(connection, {spec.name for spec in specs} | set(others))
            for name in others:
                connection.execute(f'select * from "{name}" limit 0').fetchall()  # noqa: S608
            stored = _stored(connection, specs)
    except duckdb.Error as error:
        raise _refused("it cannot be read") from error
    known = told.result()
    return {spec.name: _compared(spec, known[spec.name], stored[spec.name]) for spec in specs}


def _stored(connection: duckdb.DuckDBPyConnection, specs: Collection[TableSpec]) -> dict[str, dict[str, str]]:
    """The digests of the columns of every table of the file; two tables at a time, the largest first."""
    sizes = dict(
        connection.execute(
            "select table_name, estimated_size from duckdb_tables() where database_name = 'built'"
        ).fetchall()
    )
    by_size = sorted(specs, key=lambda spec: (-sizes[spec.name], spec.name))

    def digests(spec: TableSpec) -> dict[str, str]:
        with connection.cursor() as session:
            return stored_digests(spec, session, f'built.main."{spec.name}"')

    with ThreadPoolExecutor(TABLES_AT_ONCE) as workers:
        return {spec.name: found for spec, found in zip(by_size, workers.map(digests, by_size), strict=True)}


def _compared(spec: TableSpec, told: Mapping[str, str], stored: Mapping[str, str]) -> str:
    differing = [name for name in spec.names if told[name] != stored[name]]
    if differing:
        raise _refused(f"{spec.name}: {', '.join(differing)} differ from the snapshot")
    return table_digest(told)


def _check_inventory(connection: duckdb.DuckDBPyConnection, expected: set[str]) -> None:
    found = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = 'built'"
    ).fetchall()
    if {table for table, _ in found} != expected:
        raise _refused("it holds other tables than it should")
    personal = sorted({f"{table}.{column}" for table, column in found if column in PERSONAL_COLUMNS})
    if personal:
        raise _refused(f"it would show personal data in {', '.join(personal)}")


def _refused(why: str) -> HuitouError:
    return HuitouError(
        f"the new file was not published: {why}",
        where="warehouse.duckdb",
        remedy="The old one stays. Check the disk, then run again.",
    )
