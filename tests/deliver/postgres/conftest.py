"""One server for all tests of a module, two nights to deliver, and what the database then holds."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from postgres_server import PostgresServer, running_server
from sealed_night import ROWS, sealed_night

from pipeline.deliver import postgres
from pipeline.deliver.outgoing import Outgoing, outgoing
from pipeline.delivery_settings import PostgresSettings
from pipeline.schemas.catalog import TABLES


@pytest.fixture(scope="session")
def started() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def server(started: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostgresServer]:
    """The server without anything of an earlier test, named by the environment."""
    monkeypatch.setenv("HUITOU_POSTGRES_URL", started.url())
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.0)
    yield started
    started.done("drop schema if exists huitou cascade", "drop schema if exists reports cascade")


@pytest.fixture
def settings() -> PostgresSettings:
    """Impatient ones."""
    return PostgresSettings(lock_timeout_seconds=1, connect_timeout_seconds=3)


@pytest.fixture
def tonight(tmp_path: Path) -> Outgoing:
    return outgoing(sealed_night(tmp_path), postgres.ALWAYS, "zh-CN")


@pytest.fixture
def tomorrow(tmp_path: Path) -> Outgoing:
    """The next night: c2 is gone, one member less, a change more."""
    rows = {
        **ROWS,
        "customers": [dict(row, city="上海") for row in ROWS["customers"] if row["customer_id"] != "c2"],
        "segment_members": [],
        "segment_changes": [
            {"as_of": date(2026, 4, 1), "segment": "best", "customer_id": "c1", "change": "left", "reason": "x"}
        ],
    }
    return outgoing(sealed_night(tmp_path, rows, date(2026, 4, 1), "b"), postgres.ALWAYS, "zh-CN")


@pytest.fixture
def stored(server: PostgresServer) -> Callable[[str], pl.DataFrame]:
    """A table as the database tells it, in the types of the contract."""

    def read(name: str) -> pl.DataFrame:
        spec = TABLES[name]
        columns = ", ".join(f'"{each}"' for each in spec.names)
        rows = server.asked(f"select {columns} from huitou.{name} order by {', '.join(spec.key)}")
        decimals = {column.name: column.dtype for column in spec.columns if isinstance(column.dtype, pl.Decimal)}
        schema = {column.name: pl.String if column.name in decimals else column.dtype for column in spec.columns}
        return pl.DataFrame(rows, schema=schema, orient="row").cast(decimals)  # type: ignore[arg-type]

    return read
