"""The night in a real PostgreSQL: every value, once, and what other people built on it stays."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from postgres_server import PostgresServer
from sealed_night import ROWS, sealed_night

from pipeline.deliver import postgres, postgres_tables
from pipeline.deliver.outgoing import Outgoing, outgoing
from pipeline.deliver.postgres_connection import transaction
from pipeline.delivery_settings import PostgresSettings
from pipeline.errors import DeliveryError
from pipeline.schemas.catalog import TABLES
from pipeline.snapshots import Snapshot

Stored = Callable[[str], pl.DataFrame]


def night(snapshot: Snapshot, *more: str) -> Outgoing:
    return outgoing(snapshot, [*postgres.ALWAYS, *more], "zh-CN")


class TestWhatArrives:
    @pytest.mark.parametrize("name", postgres.ALWAYS)
    def test_every_value_is_that_of_the_file(
        self, name: str, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings, stored: Stored
    ) -> None:
        postgres.deliver(tonight, settings)
        (sent,) = [each.table.read() for each in tonight.tables if each.spec.name == name]
        assert stored(name).equals(sent)

    def test_money_stays_exact_where_a_float_would_not(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        rows = server.asked("select net_amount::text from huitou.customers order by customer_id")
        assert rows == [("1234567890123456.78",), ("-0.01",), ("10.10",)]

    def test_chinese_quotes_and_control_characters_arrive(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        rows = server.asked("select name_masked, city from huitou.customers order by customer_id")
        assert rows == [("张*", "呼和浩特"), ('O\'Neil\t\\N "x"\n;--', None), ("", None)]

    def test_types_are_the_database_s_own(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        wanted = ("net_amount", "order_count", "first_order_on", "is_member", "city")
        found = dict(
            server.asked(
                "select attname::text, format_type(atttypid, atttypmod) from pg_attribute "
                f"where attrelid = 'huitou.customers'::regclass and attname in {wanted}"
            )
        )
        assert [found[name] for name in wanted] == ["numeric(18,2)", "bigint", "date", "boolean", "text"]

    def test_a_timestamp_has_no_zone(self, server: PostgresServer, tmp_path: Path, settings: PostgresSettings) -> None:
        postgres.deliver(night(sealed_night(tmp_path), "runs"), settings)
        (row,) = server.asked("select started_at::text, pg_typeof(started_at)::text from huitou.runs")
        assert row == ("2026-04-01 02:30:00", "timestamp without time zone")

    @pytest.mark.parametrize("name", postgres.ALWAYS)
    def test_the_key_is_the_primary_key(
        self, name: str, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        with transaction(settings) as connection, connection.cursor() as cursor:
            keys = postgres_tables.relations(cursor, "huitou").keys
        assert keys[name][1] == TABLES[name].key

    def test_tables_and_columns_say_what_they_are(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        (row,) = server.asked(
            "select obj_description('huitou.customers'::regclass), col_description('huitou.customers'::regclass, 1), "
            "(select count(*) from pg_attribute where attrelid = 'huitou.customers'::regclass and attnum > 0 "
            "and col_description(attrelid, attnum) is null)"
        )
        assert "一" in row[0]
        assert row[1]
        assert row[2] == 0

    def test_the_run_names_night_rows_and_hashes(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        (row,) = server.asked("select as_of, snapshot_id, table_rows::text, table_hashes::text from huitou.huitou_runs")
        assert row[:2] == (date(2026, 3, 31), "2026-03-31-a")
        assert json.loads(row[2]) == {"customers": 3, "segment_changes": 0, "segment_members": 1}
        assert json.loads(row[3]) == tonight.hashes


class TestAgain:
    def test_the_same_night_is_not_written_twice(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        first, second = postgres.deliver(tonight, settings), postgres.deliver(tonight, settings)
        assert "3 tables, 4 rows" in first
        assert "already, nothing was written" in second
        assert server.asked("select count(*) from huitou.huitou_runs") == [(1,)]

    def test_the_same_night_with_other_bytes_is(
        self, server: PostgresServer, tonight: Outgoing, tmp_path: Path, settings: PostgresSettings
    ) -> None:
        """As after `huitou forget`, which writes a sealed night again."""
        postgres.deliver(tonight, settings)
        postgres.deliver(night(sealed_night(tmp_path / "x", {**ROWS, "customers": ROWS["customers"][1:]})), settings)
        assert server.asked("select customer_id from huitou.customers order by 1") == [("c2",), ("c3",)]

    def test_the_next_night_takes_its_place(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        postgres.deliver(tomorrow, settings)
        assert server.asked("select customer_id, city from huitou.customers order by 1") == [
            ("c1", "上海"),
            ("c3", "上海"),
        ]
        assert server.asked("select count(*) from huitou.segment_members") == [(0,)]
        assert server.asked("select snapshot_id from huitou.huitou_runs order by run_id") == [
            ("2026-03-31-a",),
            ("2026-04-01-b",),
        ]

    def test_going_back_to_an_earlier_night_writes_it_again(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        for each in (tonight, tomorrow, tonight):
            postgres.deliver(each, settings)
        assert server.asked("select count(*) from huitou.customers") == [(3,)]

    def test_a_table_that_is_no_longer_named_is_emptied(
        self, server: PostgresServer, tmp_path: Path, settings: PostgresSettings
    ) -> None:
        snapshot = sealed_night(tmp_path)
        postgres.deliver(night(snapshot, "runs"), settings)
        postgres.deliver(night(snapshot), settings)
        assert server.asked("select count(*), obj_description('huitou.runs'::regclass) from huitou.runs") == [
            (0, "Empty: no longer delivered.")
        ]

    def test_a_table_that_somebody_dropped_comes_back(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done("drop table huitou.segment_members")
        postgres.deliver(tonight, settings)
        assert server.asked("select count(*) from huitou.segment_members") == [(1,)]


class TestWhatOthersBuilt:
    def test_readers_views_and_indexes_stay(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done(
            "drop role if exists analyst",
            "create role analyst login password 'a'",
            "grant usage on schema huitou to analyst",
            "grant select on huitou.customers to analyst",
            "create schema reports",
            "create view reports.cities as select city from huitou.customers",
            "create index by_city on huitou.customers (city)",
        )
        postgres.deliver(tomorrow, settings)
        assert server.asked("select distinct city from huitou.customers", "analyst", "a") == [("上海",)]
        assert server.asked("select distinct city from reports.cities") == [("上海",)]
        assert server.asked("select relname::text from pg_class where relname = 'by_city'") == [("by_city",)]
        server.done("drop schema huitou cascade", "drop role analyst")

    def test_a_table_of_somebody_else_is_left_alone(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        server.done("create schema huitou", "create table huitou.customers (mine text)")
        with pytest.raises(DeliveryError, match="already has customers, which Huitou did not make"):
            postgres.deliver(tonight, settings)
        assert server.asked("select to_regclass('huitou.huitou_runs')::text") == [(None,)]

    def test_runs_of_somebody_else_are_left_alone(
        self, server: PostgresServer, tonight: Outgoing, settings: PostgresSettings
    ) -> None:
        server.done("create schema huitou", "create table huitou.huitou_runs (mine text)")
        with pytest.raises(DeliveryError, match="huitou_runs with other columns"):
            postgres.deliver(tonight, settings)


class TestAnotherRelease:
    def test_columns_follow_the_contract(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings, stored: Stored
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done(
            "alter table huitou.customers drop column city",
            "alter table huitou.customers alter column order_count type text using 'x'",
            "alter table huitou.customers add column of_old text",
            "grant select on huitou.customers to public",
        )
        postgres.deliver(tomorrow, settings)
        (sent,) = [each.table.read() for each in tomorrow.tables if each.spec.name == "customers"]
        assert stored("customers").equals(sent)
        assert server.asked("select count(*) from pg_attribute where attname = 'of_old'") == [(0,)]
        assert server.asked("select has_table_privilege('public', 'huitou.customers', 'select')") == [(True,)]

    def test_another_key_becomes_the_primary_key(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done(
            "alter table huitou.segment_members drop constraint segment_members_pkey",
            "alter table huitou.segment_members add primary key (customer_id)",
        )
        postgres.deliver(tomorrow, settings)
        with transaction(settings) as connection, connection.cursor() as cursor:
            keys = postgres_tables.relations(cursor, "huitou").keys
        assert keys["segment_members"][1] == TABLES["segment_members"].key

    def test_a_view_that_needs_a_column_that_went_is_told_of(
        self, server: PostgresServer, tonight: Outgoing, tomorrow: Outgoing, settings: PostgresSettings
    ) -> None:
        postgres.deliver(tonight, settings)
        server.done(
            "alter table huitou.customers add column of_old text",
            "create schema reports",
            "create view reports.old as select of_old from huitou.customers",
        )
        with pytest.raises(DeliveryError, match="views depend on columns"):
            postgres.deliver(tomorrow, settings)
        assert server.asked("select count(*) from huitou.customers") == [(3,)]
