"""A night that does not get into PostgreSQL: the one before stays, readers notice nothing, and no secret is told."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as driver
import polars as pl
import pytest
from postgres_server import PASSWORD, PostgresServer
from sealed_night import ROWS, sealed_night

from pipeline.deliver import postgres
from pipeline.deliver.outgoing import Outgoing, outgoing
from pipeline.deliver.postgres_connection import transaction
from pipeline.delivery_settings import PostgresSettings
from pipeline.errors import DeliveryError

Stored = Callable[[str], pl.DataFrame]
KILLED = Path(__file__).with_name("postgres_killed.py")


class TestFailures:
    def test_a_failed_night_leaves_the_one_before(
        self,
        server: PostgresServer,
        tonight: Outgoing,
        tomorrow: Outgoing,
        monkeypatch: pytest.MonkeyPatch,
        settings: PostgresSettings,
        stored: Stored,
    ) -> None:
        postgres.deliver(tonight, settings)
        monkeypatch.setattr(postgres, "_note", lambda *_: (_ for _ in ()).throw(DeliveryError("stop")))
        with pytest.raises(DeliveryError, match="stop"):
            postgres.deliver(tomorrow, settings)
        assert stored("customers").equals(tonight.tables[0].table.read())
        assert server.asked("select snapshot_id from huitou.huitou_runs") == [("2026-03-31-a",)]

    def test_a_delivery_killed_on_the_way_leaves_the_one_before(
        self,
        server: PostgresServer,
        tonight: Outgoing,
        tmp_path: Path,
        tomorrow: Outgoing,
        settings: PostgresSettings,
        stored: Stored,
    ) -> None:
        postgres.deliver(tonight, settings)
        halted = tmp_path / "halted"
        patient = settings.model_copy(update={"lock_timeout_seconds": 30})  # the server takes a moment to notice
        child = subprocess.Popen([sys.executable, str(KILLED), str(tmp_path / tomorrow.snapshot_id), str(halted)])
        until = time.monotonic() + 60
        while not halted.exists() and time.monotonic() < until and child.poll() is None:
            time.sleep(0.05)
        assert halted.exists()
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert stored("customers").equals(tonight.tables[0].table.read())
        postgres.deliver(tomorrow, patient)
        assert server.asked("select count(*) from huitou.customers") == [(2,)]

    def test_a_reader_s_lock_is_waited_for_and_then_told(
        self,
        server: PostgresServer,
        tonight: Outgoing,
        tomorrow: Outgoing,
        monkeypatch: pytest.MonkeyPatch,
        settings: PostgresSettings,
    ) -> None:
        postgres.deliver(tonight, settings)
        with driver.connect(server.url()) as other, other.cursor() as cursor:
            cursor.execute("lock table huitou.customers in share mode")
            with pytest.raises(DeliveryError, match="held a lock on the tables"):
                postgres.deliver(tomorrow, settings)
        assert server.asked("select count(*) from huitou.customers") == [(3,)]

    def test_a_nul_is_told_and_not_shown(
        self, server: PostgresServer, tmp_path: Path, settings: PostgresSettings
    ) -> None:
        rows = {**ROWS, "customers": [{"customer_id": "c9", "city": "secret\x00place"}]}
        with pytest.raises(DeliveryError, match="a character that the database cannot keep") as caught:
            postgres.deliver(outgoing(sealed_night(tmp_path, rows), postgres.ALWAYS, "zh-CN"), settings)
        assert "secret" not in str(caught.value)

    def test_a_trigger_that_eats_rows_is_noticed(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done(
            "create function huitou.eat() returns trigger language plpgsql as "
            "$$ begin if new.customer_id = 'c3' then return null; end if; return new; end $$",
            "create trigger eat before insert on huitou.customers for each row execute function huitou.eat()",
        )
        with pytest.raises(DeliveryError, match="do not read back"):
            postgres.deliver(tomorrow, settings)
        assert server.asked("select count(*) from huitou.customers") == [(3,)]

    def test_a_user_without_rights_is_told_so(
        self, server: PostgresServer, tonight: Outgoing, monkeypatch: pytest.MonkeyPatch, settings: PostgresSettings
    ) -> None:
        server.done("drop role if exists poor", "create role poor login password 'p'")
        monkeypatch.setenv("HUITOU_POSTGRES_URL", server.url("poor", "p"))
        with pytest.raises(DeliveryError, match=r"docs/how-to-postgres\.md"):
            postgres.deliver(tonight, settings)


class TestSecrets:
    @pytest.mark.parametrize(
        ("url", "told"),
        [
            ("postgresql://huitou:{wrong}@/postgres?host={socket}", "refused user or password"),
            ("postgresql://huitou:{right}@/nowhere?host={socket}", "no such database"),
            ("postgresql://huitou:{right}@localhost:1/postgres", "cannot be reached"),
            ("postgresql://huitou:{right}@no-such-host.invalid/postgres", "cannot be reached"),
            ("postgresql://huitou:{right}@[bad/postgres", "holds no connection string"),
            ("postgresql://huitou:Hunter2@#/x@/postgres?nonsense=1", "cannot be used"),
            ("host=localhost password=Hunter2", "holds no connection string"),
            ("postgresql://huitou:%zzHunter2@localhost/x", "cannot be used"),
            ("", "is not set"),
        ],
    )
    def test_no_error_shows_the_password(
        self,
        url: str,
        told: str,
        server: PostgresServer,
        tonight: Outgoing,
        monkeypatch: pytest.MonkeyPatch,
        settings: PostgresSettings,
    ) -> None:
        place = quote(str(server.socket), safe="")
        monkeypatch.setenv(
            "HUITOU_POSTGRES_URL", url.format(wrong="Hunter2", right=quote(PASSWORD, safe=""), socket=place)
        )
        with pytest.raises(DeliveryError, match=told) as caught:
            postgres.deliver(tonight, settings)
        shown = repr(caught.value) + str(caught.value)
        assert not any(secret in shown for secret in ("Hunter2", PASSWORD, quote(PASSWORD, safe=""), "huitou:"))
        assert caught.value.__suppress_context__ or caught.value.__context__ is None

    def test_what_may_pass_is_tried_again(
        self, server: PostgresServer, tonight: Outgoing, monkeypatch: pytest.MonkeyPatch, settings: PostgresSettings
    ) -> None:
        tries: list[Any] = []
        real = postgres._limit

        def limit(cursor: Any, settings: PostgresSettings) -> None:
            tries.append(1)
            if len(tries) == 1:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())::text")
                cursor.fetchall()
            real(cursor, settings)

        monkeypatch.setattr(postgres, "_limit", limit)
        postgres.deliver(tonight, settings)
        assert len(tries) == 2
        assert server.asked("select count(*) from huitou.customers") == [(3,)]


class TestReaders:
    @pytest.mark.parametrize("level", ["read committed", "repeatable read"])
    def test_a_reader_sees_one_night_whole(
        self, level: str, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        """Two nights by turns under a reader that never pauses: (rows, cities) is always that of one of them."""
        postgres.deliver(tonight, settings)
        stop = threading.Event()
        seen: set[tuple[Any, ...]] = set()

        def read() -> None:
            with driver.connect(server.url()) as connection, connection.cursor() as cursor:
                while not stop.is_set():
                    cursor.execute(f"set transaction isolation level {level}")
                    cursor.execute(
                        "select (select count(*) from huitou.customers), "
                        "(select count(*) from huitou.customers where city = '上海'), "
                        "(select count(*) from huitou.segment_members), "
                        "(select snapshot_id from huitou.huitou_runs order by run_id desc limit 1)"
                    )
                    seen.update(cursor.fetchall())
                    connection.commit()

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(4):
            postgres.deliver(tomorrow, settings)
            postgres.deliver(tonight, settings)
        stop.set()
        reader.join()
        assert seen == {(3, 0, 1, "2026-03-31-a"), (2, 2, 0, "2026-04-01-b")}

    def test_a_long_transaction_keeps_the_night_that_it_began_with(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        """Tables swapped by name would show this reader an empty table: neither night."""
        postgres.deliver(tonight, settings)
        with driver.connect(server.url()) as connection, connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read")
            cursor.execute("select count(*) from huitou.segment_members")
            assert cursor.fetchall() == [(1,)]
            postgres.deliver(tomorrow, settings)
            cursor.execute("select count(*), count(city) from huitou.customers")
            assert cursor.fetchall() == [(3, 1)]
        assert server.asked("select count(*), count(city) from huitou.customers") == [(2, 2)]


def test_a_night_without_room_to_tidy_stands(
    server: PostgresServer,
    tonight: Outgoing,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: PostgresSettings,
) -> None:
    real = postgres.transaction

    def refusing(settings: PostgresSettings, *, autocommit: bool = False) -> Any:
        if autocommit:
            raise DeliveryError("no vacuum today")
        return real(settings)

    monkeypatch.setattr(postgres, "transaction", refusing)
    with caplog.at_level(logging.WARNING, "huitou.publish"):
        postgres.deliver(tonight, settings)
    assert "no vacuum today" in caplog.text
    assert server.asked("select count(*) from huitou.customers") == [(3,)]


def test_money_is_compared_to_the_cent(server: PostgresServer, tonight: Outgoing, settings: PostgresSettings) -> None:
    """A database that rounds would pass counts of rows."""
    postgres.deliver(tonight, settings)
    server.done("update huitou.customers set net_amount = net_amount + 0.01 where customer_id = 'c3'")
    with (
        transaction(settings) as connection,
        connection.cursor() as cursor,
        pytest.raises(DeliveryError, match="do not read back"),
    ):
        postgres._check(cursor, "huitou", tonight.tables[0])
