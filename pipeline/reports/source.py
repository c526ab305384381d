"""The tables of a sealed night as the report reads them: the one place where it queries.

Only whole tables of the contracts and the files of `sql/reports` and `sql/marts`; a table that an older night does not
hold reads as empty.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipeline.deliver.sql_headers import header
from pipeline.engine import Engine, Parameter, quoted, sql_text, sql_type, used
from pipeline.errors import HuitouError
from pipeline.exports.audit_log import MANIFEST
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.snapshots import Snapshot

Row = dict[str, Any]
YEAR_DAYS = 364
"""52 weeks: the same weekday a year ago."""


@dataclass(frozen=True)
class Source:
    """A sealed night: rows of its tables and of queries over them, sorted by all columns."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    as_of: date
    snapshot_id: str
    lists: Mapping[str, Any]
    """The manifest of the lists of this night; empty where there is none."""

    @property
    def days(self) -> dict[str, Parameter]:
        """The days that queries compare."""
        return {
            "as_of": self.as_of,
            "week_before": self.before(7),
            "year_before": self.before(YEAR_DAYS),
            "window_from": self.before(30),
            "before_from": self.before(60),
        }

    def before(self, days: int) -> date:
        """So many days before as_of."""
        return self.as_of - timedelta(days=days)

    def table(self, name: str) -> list[Row]:
        """All rows of a small table, in the order of its key."""
        return self._rows(f'select * from "{name}" order by {", ".join(TABLES[name].key)}', {})  # noqa: S608

    def query(self, sql_file: str, **parameters: Parameter) -> list[Row]:
        """The rows of a file below sql/."""
        query = sql_text(sql_file)
        known = self.days | parameters
        try:
            return self._rows(f"select * from ({query}\n) as told order by all", used(query, known))  # noqa: S608
        except duckdb.Error as error:
            raise HuitouError(
                str(error).splitlines()[0], where=f"sql/{sql_file}", remedy="Read the message; mend the query."
            ) from error

    def keep(self, name: str, sql_file: str) -> None:
        """Work out the rows of a file below sql/ once, for the queries that read them under `name`."""
        self.connection.execute(f'create or replace temp table "{name}" as {sql_text(sql_file)}')

    def _rows(self, query: str, parameters: Mapping[str, Parameter]) -> list[Row]:
        told = self.connection.execute(query, dict(parameters))
        names = [column[0] for column in told.description or ()]
        return [dict(zip(names, row, strict=True)) for row in told.fetchall()]


@contextmanager
def opened(snapshot: Snapshot, settings: Settings, exports: Path, engine: Engine) -> Iterator[Source]:
    """The tables of a snapshot by name, for as long as the block lasts."""
    with engine.session() as connection:
        for name in READ:
            table = snapshot.table(name)
            is_there = bool(table.paths) and all(path.exists() for path in table.paths)
            _enter(connection, table, is_there=is_there)
        snapshot_id = snapshot.manifest.snapshot_id
        meta = "create or replace temp view huitou_meta as select cast({} as date) as as_of, {} as snapshot_id"
        connection.execute(meta.format(quoted(snapshot.as_of.isoformat()), quoted(snapshot_id)))
        lists = lists_of(exports / snapshot.as_of.isoformat(), snapshot_id)
        yield Source(connection, settings, snapshot.as_of, snapshot_id, lists)


def _enter(connection: duckdb.DuckDBPyConnection, table: Table, *, is_there: bool) -> None:
    """A table under its name, with null for the columns that an older release did not write."""
    files = ", ".join(quoted(str(path)) for path in table.paths)
    rows = f"read_parquet([{files}])" if is_there else "(select 1) where false"
    there = set()
    if is_there:
        there = {row[0] for row in connection.execute(f"describe select * from {rows}").fetchall()}  # noqa: S608
    columns = ", ".join(
        f'"{each.name}"' if each.name in there else f'cast(null as {sql_type(each.dtype)}) as "{each.name}"'
        for each in TABLES[table.name].columns
    )
    connection.execute(f'create or replace temp view "{table.name}" as select {columns} from {rows}')  # noqa: S608


def lists_of(folder: Path, snapshot_id: str) -> Mapping[str, Any]:
    """The manifest of the lists made from this very snapshot."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return manifest if manifest.get("snapshot_id") == snapshot_id else {}


WHOLE = (
    "campaign_results", "churn_reliability", "kpi_summary", "lifetime_cohorts", "model_reports", "runs",
    "segment_definitions", "segment_reach",
)  # fmt: skip
"""Small tables that the report reads as they are."""
QUERIES = (
    "marts/data_quality.sql", "marts/rfm_grid.sql",
    *(f"reports/{name}.sql" for name in (
        "accounted_rows", "channel_costs", "churn_levels", "compared_days", "lifetime_totals", "people",
        "portrait_categories", "portrait_groups", "portrait_needs", "portrait_traits", "portraits", "rejection_rules",
        "sales_by_channel", "sales_by_day", "sales_by_store", "segment_moves", "stage_moves", "stage_sizes",
    )),
    *(f"reports/stores/{name}.sql" for name in (
        "churn_levels", "compared_days", "lifetime_totals", "list_rows", "list_segments", "members", "month_figures",
        "people", "reach", "rfm_grid", "sales_by_day", "stage_moves", "stores",
    )),
)  # fmt: skip


def _read() -> tuple[str, ...]:
    told = {name for query in QUERIES for name in header(sql_text(query)).reads}
    return tuple(sorted((told & set(TABLES)) | set(WHOLE)))


READ = _read()
"""Every table that the report opens."""
