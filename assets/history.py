"""Dagster's history of runs in SQLite, with the databases that a run writes kept open.

Dagster's own storage opens and closes a database for each of the several hundred events of a night, and every close
brings it to the disk. The history tells people what happened and no night reads it, so losing its last moments in a
power cut costs nothing; SQLite's log keeps it whole all the same.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dagster import AssetKey, DagsterEventType, EventLogRecord
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.base import AssetRecord
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, _event_logs_directory
from dagster._serdes import ConfigurableClassData
from dagster_shared.record import copy
from sqlalchemy import Connection, Engine, create_engine, event

KEPT = 2
"""The index of all runs, and the one run that is being written or read."""


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's event log, one database per run and one index, without opening them anew for every event."""

    def __init__(self, base_dir: str) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._remembered: dict[AssetKey, AssetRecord] | None = None
        self._present: set[tuple[str, str]] = set()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.pop(shard, None) or _opened(self.conn_string_for_shard(shard))
        self._engines[shard] = engine
        while len(self._engines) > KEPT:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def store_event(self, event: EventLogEntry) -> None:
        """Write one event; the time stamp of its run's database tells open web pages to read again.

        That a step has put something out is not written: steps hand nothing on, and tables and checks have events of
        their own, which say the same and more.
        """
        if event.dagster_event_type == DagsterEventType.STEP_OUTPUT:
            return
        super().store_event(event)
        os.utime(self.path_for_shard(event.run_id))

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        super()._store_asset_event(conn, event, event_id)
        if self._remembered is None or event.dagster_event is None or event.dagster_event.asset_key is None:
            return
        known = self._remembered.pop(event.dagster_event.asset_key, None)
        if known and event.dagster_event.is_step_materialization:
            made = copy(
                known.asset_entry,
                last_materialization_record=EventLogRecord(event_id, event),
                last_run_id=event.run_id,
            )
            self._remembered[made.asset_key] = copy(known, asset_entry=made)

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Know by heart what is known of the assets while a run of this process is at work, which alone tells more.

        Dagster asks for every input of every step, and for every check.
        """
        self._remembered = {record.asset_entry.asset_key: record for record in super().get_asset_records()}
        try:
            yield
        finally:
            self._remembered = None

    def get_asset_records(self, asset_keys: Sequence[AssetKey] | None = None) -> Sequence[AssetRecord]:
        """What is known of some assets, or of all."""
        known = self._remembered
        if known is None or asset_keys is None:
            return super().get_asset_records(asset_keys)
        unknown = [key for key in asset_keys if key not in known]
        if unknown:
            known.update((record.asset_entry.asset_key, record) for record in super().get_asset_records(unknown))
        return [known[key] for key in asset_keys if key in known]

    def has_table(self, table_name: str) -> bool:
        """Whether the databases have a table. What is there stays there: it is looked up until it is found."""
        return self._is_present("table", table_name, super().has_table)

    def has_secondary_index(self, name: str) -> bool:
        """Whether an index of Dagster's own has been built; likewise."""
        return self._is_present("index", name, super().has_secondary_index)

    def has_asset_key_col(self, column_name: str) -> bool:
        """Whether what is known of assets has a column; likewise."""
        return self._is_present("column", column_name, super().has_asset_key_col)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        look = super()._has_asset_key_col_on_connection
        return self._is_present("column", column_name, lambda name: look(conn, name))

    def _is_present(self, kind: str, name: str, look: Callable[[str], bool]) -> bool:
        if (kind, name) not in self._present and look(name):
            self._present.add((kind, name))
        return (kind, name) in self._present

    def wipe(self) -> None:
        """Forget all runs."""
        self._close()
        self._present.clear()
        super().wipe()

    def dispose(self) -> None:
        """Close the databases."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


class History(DagsterSqliteStorage):
    """Runs, events and schedules of one workspace; named by dagster.yaml."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = KeptEventLog(_event_logs_directory(base_dir))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> "History":
        """Where dagster.yaml says."""
        return cls.from_local(inst_data=inst_data, **config_value)


def _opened(address: str) -> Engine:
    engine = create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _without_flush)
    return engine


def _without_flush(connection: object, _record: object) -> None:
    """With the log that Dagster switches on, NORMAL may lose the last events in a power cut, but not the database."""
    connection.execute("pragma synchronous = normal")  # type: ignore[attr-defined]
