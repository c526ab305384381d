"""Run one file of `sql/` over Parquet tables and write its result as a Parquet table.

The SQL is written in the DuckDB dialect and kept to what other engines share, so that a second engine is a
second class with the same `run`. No business rule belongs here.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock

import duckdb
import polars as pl

from pipeline.errors import HuitouError
from pipeline.lake import Table, replacing
from pipeline.ranges import KeyRange, key_ranges
from pipeline.schemas.tables import TableSpec
from pipeline.settings import EngineSettings

SQL_ROOT = Path(__file__).resolve().parents[1] / "sql"
FUNCTIONS = ("rounded_product", "rounded_quotient", "exchanged", "paid_or_priced")
"""In this order, for the later ones call the earlier."""
SESSION = ("set enable_progress_bar = false", "set TimeZone = 'UTC'")
"""What holds for one connection only, so every one is told."""
Parameter = str | int | float | bool | Decimal | date | datetime | None

_NAMED_TYPES: dict[pl.DataType, str] = {
    pl.String(): "varchar",
    pl.Int64(): "bigint",
    pl.Boolean(): "boolean",
    pl.Date(): "date",
    pl.Datetime("us"): "timestamp",
    pl.Float64(): "double",
}


def sql_type(dtype: pl.DataType) -> str:
    """The SQL name of a column type of the contracts."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    return _NAMED_TYPES[dtype]


def quoted(text: str) -> str:
    """A string literal for paths, which SQL cannot take as parameters in a view."""
    return "'" + text.replace("'", "''") + "'"


def within(column: str, values: KeyRange) -> str:
    """The condition that a text column lies in a range."""
    limits = ((">=", values.begin), ("<", values.end))
    told = [f"{column} {sign} {quoted(limit)}" for sign, limit in limits if limit is not None]
    return " and ".join(told) or "true"


def settled(connection: duckdb.DuckDBPyConnection, settings: EngineSettings, spill: Path) -> duckdb.DuckDBPyConnection:
    """Set the limits of a connection: bounded memory, a private spill folder, no network, no progress bar."""
    for statement in (
        f"set memory_limit = {quoted(settings.memory_limit)}",
        f"set threads = {settings.threads}",
        f"set temp_directory = {quoted(str(spill))}",
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
        "set preserve_insertion_order = true",
        # What a step has read is not kept: the memory belongs to the next one.
        "set enable_external_file_cache = false",
        *SESSION,
    ):
        connection.execute(statement)
    return connection


@contextmanager
def connected(
    settings: EngineSettings, scratch: Path, database: str = ":memory:"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with limits whose spilled data (plain text!) vanish with it."""
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    spill = Path(tempfile.mkdtemp(prefix="spill-", dir=scratch))
    connection = duckdb.connect(database)
    try:
        yield settled(connection, settings, spill)
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def with_functions(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Let queries call the functions of `sql/functions`: formulas that several of them share, each told once."""
    for name in FUNCTIONS:
        connection.execute(sql_text(f"functions/{name}.sql"))
    return connection


def register(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], where: str = "true") -> None:
    """Let SQL read each table by its name, or those of its rows that a condition fits."""
    for table in tables:
        files = ", ".join(quoted(str(path)) for path in table.paths)
        rows = f"select * from read_parquet([{files}]) where {where}"  # noqa: S608
        connection.execute(f'create or replace temp view "{table.name}" as {rows}')


@dataclass(frozen=True)
class Slice:
    """Those rows of a table that a condition fits."""

    table: Table
    where: str = "true"


class Engine:
    """DuckDB on one machine. Results are typed by the contract of the table that they become.

    All steps share one database in memory, and with it its limits; steps side by side have a session each.
    """

    def __init__(self, settings: EngineSettings, scratch: Path) -> None:
        self.settings, self._scratch = settings, scratch
        self._opened, self._opening = ExitStack(), Lock()
        self._database: duckdb.DuckDBPyConnection | None = None

    @property
    def scratch(self) -> Path:
        """A new private folder for what a step writes for itself: steps side by side may choose the same names."""
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="step-", dir=self._scratch))

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of its own, whose views and temporary tables nobody else sees and that vanish with it."""
        with self._opening:
            if self._database is None:
                self._database = with_functions(self._opened.enter_context(connected(self.settings, self._scratch)))
            session = self._database.cursor()
        try:
            for statement in SESSION:
                session.execute(statement)
            yield session
        finally:
            session.close()

    def close(self) -> None:
        """Give back the memory and what was spilled; the next session opens the database anew."""
        with self._opening:
            self._opened.close()
            self._database = None

    def run(
        self, sql_file: str, tables: Sequence[Table], parameters: Mapping[str, Parameter], spec: TableSpec, path: Path
    ) -> Table:
        """Run `sql/<sql_file>` over `tables` (each readable by its name) and write the rows of `spec` to `path`.

        Rows are sorted by the key of the table, so the file needs no `order by`. Errors name the file.
        """
        query = sql_text(sql_file)
        return self.run_text(query, tables, parameters, spec, path, where=f"sql/{sql_file}")

    def run_text(
        self,
        query: str,
        tables: Sequence[Table],
        parameters: Mapping[str, Parameter],
        spec: TableSpec,
        path: Path,
        *,
        where: str,
    ) -> Table:
        """As `run`, for a query that is put together from files and compiled conditions; errors name `where`."""
        with self.session() as connection:
            register(connection, tables)
            _copy(connection, query, parameters, spec, path, where)
        return Table(spec.name, (path,))

    def run_in_ranges(
        self,
        sql_file: str,
        tables: Sequence[Table],
        parameters: Mapping[str, Parameter],
        spec: TableSpec,
        path: Path,
        *,
        ranged: Sequence[str],
    ) -> Table:
        """As `run`, in ranges of the first key column, so that no more than one of them has to be held and sorted.

        `ranged` names those of the `tables` that are sorted by that column and whose rows only meet rows with its
        same value; the others are read whole for every range. A large table becomes a folder of one file a range.
        """
        column = spec.key[0]
        ranges = key_ranges(next(table for table in tables if table.name == ranged[0]), column)
        slices = [
            [Slice(table, within(column, values) if table.name in ranged else "true") for table in tables]
            for values in ranges
        ]
        return self.run_in_slices(sql_file, slices, parameters, spec, path)

    def run_in_slices(
        self,
        sql_file: str,
        slices: Sequence[Sequence[Slice]],
        parameters: Mapping[str, Parameter],
        spec: TableSpec,
        path: Path,
    ) -> Table:
        """As `run`, once for each of the `slices`: what is read of every table. Their results follow each other by key.

        A table of several slices becomes a folder of one file each, in their order.
        """
        paths = [path.with_suffix("") / f"{number:03}.parquet" for number in range(len(slices))]
        if len(slices) == 1:
            paths = [path]
        for place, parts in zip(paths, slices, strict=True):
            with self.session() as connection:
                for part in parts:
                    register(connection, [part.table], part.where)
                _copy(connection, sql_text(sql_file), parameters, spec, place, f"sql/{sql_file}")
        return Table(spec.name, tuple(paths))


def _copy(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Mapping[str, Parameter],
    spec: TableSpec,
    path: Path,
    where: str,
) -> None:
    """Write what a query finds, typed by the contract and sorted by its key."""
    columns = ", ".join(
        f'cast("{column.name}" as {sql_type(column.dtype)}) as "{column.name}"' for column in spec.columns
    )
    rows = f"select {columns} from ({query}\n) order by {', '.join(spec.key)}"  # noqa: S608
    with replacing(path, durable=False) as building:
        copy = f"copy ({rows}) to {quoted(str(building))} (format parquet, compression zstd, compression_level 1)"
        try:
            connection.execute(copy, used(query, parameters))
        except duckdb.Error as error:
            raise HuitouError(_first_line(error), where=where) from error


def sql_text(sql_file: str) -> str:
    """The one `select` of a file below `sql/`, without its closing semicolon."""
    return (SQL_ROOT / sql_file).read_text(encoding="utf-8").rstrip().rstrip(";")


def used(query: str, parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Those parameters that the query names as `$name`."""
    named = set(re.findall(r"\$([a-z_][a-z0-9_]*)", query))
    return {name: value for name, value in parameters.items() if name in named}


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
