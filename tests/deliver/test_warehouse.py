"""What stands in the published file, and that a file which is not right never takes the place of the old one."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.deliver import warehouse
from pipeline.deliver.digests import column_digests, table_digest
from pipeline.deliver.read_back import PERSONAL_COLUMNS
from pipeline.deliver.warehouse import EDITION, Edition, marts, publish
from pipeline.errors import HuitouError
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES, published_tables
from pipeline.schemas.wording import column_texts
from pipeline.settings import EngineSettings

ROOT = Path(__file__).parents[2]
MARCH = Edition("2026-03-31-abc", date(2026, 3, 31), "示例零售", "CNY", "Asia/Shanghai", stale_sources="web")
Publish = Callable[[dict[str, Table]], warehouse.Published]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "workspace" / "warehouse.duckdb"


@pytest.fixture
def publish_to(target: Path, engine: EngineSettings, scratch: Path) -> Publish:
    return lambda tables: publish(tables, target, MARCH, engine, scratch)


def rows(target: Path, query: str) -> list[Any]:
    with duckdb.connect(target, read_only=True) as connection:
        return connection.execute(query).fetchall()


def names_beside(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_the_file_holds_the_published_tables_the_views_and_nothing_else(
    target: Path, tables: dict[str, Table], publish_to: Publish
) -> None:
    published = publish_to(tables)
    found = {name for (name,) in rows(target, "select table_name from information_schema.tables")}
    assert found == {spec.name for spec in published_tables()} | {EDITION} | set(marts())
    assert published.warnings == ()
    assert published.digests == {
        name: table_digest(column_digests(TABLES[name], table)) for name, table in tables.items()
    }
    assert rows(target, "select customer_id, net_amount, city from customers order by 1 limit 1")[0][2] == "上海"
    assert rows(target, f"select snapshot_id, as_of, stale_sources from {EDITION}") == [
        ("2026-03-31-abc", date(2026, 3, 31), "web")
    ]


def test_every_table_view_and_column_carries_a_comment(
    target: Path, tables: dict[str, Table], publish_to: Publish
) -> None:
    publish_to(tables)
    silent = "select view_name from duckdb_views() where not internal and coalesce(comment, '') = ''"
    assert rows(target, silent) == []
    assert rows(target, "select table_name from duckdb_tables() where coalesce(comment, '') = ''") == []
    columns = "select table_name, column_name from duckdb_columns() where not internal and coalesce(comment, '') = ''"
    assert rows(target, columns) == []
    told = "select comment from duckdb_columns() where table_name = 'orders' and column_name = 'net_amount'"
    assert rows(target, told) == [(column_texts(TABLES["orders"], MARCH.locale)["net_amount"],)]


def test_nobody_may_write_and_only_the_file_is_left(
    target: Path, tables: dict[str, Table], publish_to: Publish
) -> None:
    publish_to(tables)
    publish_to(tables)
    assert target.stat().st_mode & 0o777 == 0o444
    assert names_beside(target) == ["warehouse.duckdb"]


def test_no_published_contract_has_a_personal_column() -> None:
    shown = {(spec.name, column.name) for spec in published_tables() for column in spec.columns}
    assert {(table, column) for table, column in shown if column in PERSONAL_COLUMNS} == set()


def test_restricted_tables_stay_out_even_when_given(
    target: Path, tables: dict[str, Table], publish_to: Publish
) -> None:
    publish_to({**tables, "contact_points": Table("contact_points", tables["orders"].paths)})
    assert rows(target, "select count(*) from information_schema.tables where table_name = 'contact_points'") == [(0,)]


def test_a_missing_table_is_refused_by_name(target: Path, tables: dict[str, Table], publish_to: Publish) -> None:
    del tables["orders"]
    with pytest.raises(HuitouError, match="cannot be published without orders"):
        publish_to(tables)
    assert not target.exists()


@pytest.mark.parametrize("step", ["_build", "_leave_cache", "read_back"])
def test_a_failure_at_any_step_leaves_the_old_file(
    step: str, target: Path, tables: dict[str, Table], publish_to: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tables)
    before = (target.read_bytes(), target.stat().st_ino)
    real = getattr(warehouse, step)

    def full(*arguments: Any) -> None:
        real(*arguments)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(warehouse, step, full)
    with pytest.raises(OSError, match="No space left"):
        publish_to(tables)
    assert (target.read_bytes(), target.stat().st_ino) == before
    assert names_beside(target) == ["warehouse.duckdb"]


def test_a_disk_that_lies_is_found_before_publishing(
    target: Path, tables: dict[str, Table], publish_to: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tables)
    before = target.read_bytes()

    def flipped(path: Path) -> None:
        content = bytearray(path.read_bytes())
        place = content.index("上海".encode())
        content[place] ^= 1
        path.write_bytes(content)

    monkeypatch.setattr(warehouse, "_leave_cache", flipped)
    with pytest.raises(HuitouError, match=r"not published: .*The old one stays"):
        publish_to(tables)
    assert target.read_bytes() == before


def test_other_rows_than_the_snapshot_are_named_by_table_and_column(
    target: Path, tables: dict[str, Table], publish_to: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = warehouse._snapshot_digests

    def other(*arguments: Any) -> dict[str, dict[str, str]]:
        told = real(*arguments)
        return told | {"customers": told["customers"] | {"city": "of another town"}}

    monkeypatch.setattr(warehouse, "_snapshot_digests", other)
    with pytest.raises(HuitouError, match="not published: customers: city differ"):
        publish_to(tables)
    assert not target.exists()


def test_a_disk_that_takes_no_more_is_told_and_leaves_the_old_one(
    target: Path, tables: dict[str, Table], publish_to: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to(tables)
    before = target.read_bytes()

    def full(*_: Any) -> None:
        raise duckdb.IOException("Could not write all required bytes to file")

    monkeypatch.setattr(warehouse, "_build", full)
    with pytest.raises(HuitouError, match=r"could not be written\. The old one stays"):
        publish_to(tables)
    assert target.read_bytes() == before
    assert not list(target.parent.glob(".*building*"))


def test_a_stale_log_is_moved_aside_and_told(target: Path, tables: dict[str, Table], publish_to: Publish) -> None:
    publish_to(tables)
    (target.parent / "warehouse.duckdb.wal").write_bytes(b"stale")
    published = publish_to(tables)
    assert names_beside(target) == ["warehouse.duckdb", "warehouse.duckdb.wal.aside"]
    assert len(published.warnings) == 1
    assert rows(target, "select count(*) from customers") == [(3,)]


def test_debris_of_a_killed_run_is_swept(target: Path, tables: dict[str, Table], publish_to: Publish) -> None:
    target.parent.mkdir()
    for name in (".warehouse.duckdb.building", ".warehouse.duckdb.building.wal"):
        (target.parent / name).write_bytes(b"half")
    publish_to(tables)
    assert names_beside(target) == ["warehouse.duckdb"]


def test_views_answer_from_another_database_too(target: Path, tables: dict[str, Table], publish_to: Publish) -> None:
    publish_to(tables)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{target}' as shop (read_only)")
        for name in marts():
            connection.execute(f"select * from shop.{name}").fetchall()


VIEWS: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("select customer_id, segments, sources from customer_360 order by 1",
     [("c1", "best", "pos, web"), ("c2", "quiet", "pos"), ("c3", "quiet", "pos")]),
    ("select count(*), sum(customer_count) from rfm_grid", [(25, 2)]),
    ("select customer_rate, monetary_amount from rfm_grid where r_score = 5 and f_score = 5", [(0.5, 150)]),
    ("select stage, customer_count, is_new from stage_entries order by 1",
     [("growing", 1, True), ("prospect", 1, False), ("regular", 1, False)]),
    (("select period, period_starts_on, from_stage, to_stage, is_move, customer_count, from_stage_rate"
     " from lifecycle_flow order by 1, 4"),
     [("month", date(2026, 3, 1), "none", "growing", False, 1, 1.0),
      ("week", date(2026, 3, 30), "regular", "growing", True, 1, 0.25),
      ("week", date(2026, 3, 30), "regular", "regular", False, 3, 0.75)]),
    ("select channel, order_count, customer_count, anonymous_order_count, net_amount from daily_sales order by 1, 2",
     [("pos", 1, 1, 0, 100), ("pos", 2, 1, 1, 37), ("web", 1, 1, 0, 50)]),
    (("select first_channel, last_channel, is_move, customer_count, repeat_customer_count, customer_rate, net_amount"
     " from channel_migration order by 1, 2"),
     [("pos", "pos", False, 1, 0, 0.5, 30), ("pos", "web", True, 1, 1, 0.5, 150)]),
    (("select channel, spend_amount, new_customer_count, cac_amount, ltv_amount, ltv_cac_ratio"
     " from channel_value order by 1"),
     [("ads", 50, 0, None, None, None), ("jd", 300, 30, 10, 45, 4.5), ("pos", 0, 5, 0, 20, None)]),
    (("select cohort_on, months_since, cohort_customer_count, active_customer_count, retention_rate"
     " from cohort_retention order by 1, 2"),
     [(date(2026, 1, 1), 0, 1, 1, 1.0), (date(2026, 2, 1), 0, 1, 1, 1.0), (date(2026, 2, 1), 1, 1, 1, 1.0)]),
    ("select segment, member_count, member_rate, net_amount from segment_sizes order by 1",
     [("best", 1, 0.333333, 150), ("nobody", 0, 0.0, 0), ("quiet", 2, 0.666667, 30)]),
    (("select stage, unexplained_rows, unexplained_file_rows, unexplained_amount, is_balanced from reconciliation"
     " order by 1"),
     [("files", 0, 0, 0, True), ("ledger", 0, 0, 0, True)]),
    ("select source, rejected_rate, main_rule, days_behind from data_quality", [("pos", 0.090909, "MONEY_FORMAT", 1)]),
]  # fmt: skip


def test_views_answer_what_a_person_counts(target: Path, tables: dict[str, Table], publish_to: Publish) -> None:
    publish_to(tables)
    assert [(query, rows(target, query)) for query, _ in VIEWS] == VIEWS


def test_views_answer_for_an_empty_retailer(
    target: Path, write_shop: Callable[..., dict[str, Table]], publish_to: Publish
) -> None:
    publish_to(write_shop({}))
    assert {name: len(rows(target, f"select * from {name}")) for name in marts() if name != "rfm_grid"} == {
        name: 0 for name in marts() if name != "rfm_grid"
    }


OLD_CLIENT = """
import sys
sys.path.insert(0, sys.argv[1])
import duckdb
assert duckdb.__version__ == sys.argv[3], duckdb.__version__
connection = duckdb.connect(sys.argv[2], read_only=True)
names = [name for name, in connection.execute("select table_name from information_schema.tables").fetchall()]
for name in names:
    connection.execute(f'select * from "{name}"').fetchall()
missing = "select count(*) from duckdb_columns() where not internal and coalesce(comment, '') = ''"
print(len(names), connection.execute(missing).fetchone()[0])
"""


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.2.2", "1.4.4"])
def test_older_clients_read_every_table_and_view(
    version: str, target: Path, tables: dict[str, Table], publish_to: Publish
) -> None:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "huitou-tests" / f"duckdb-{version}"
    if not (cache / "duckdb").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--target"]
        done = subprocess.run([*command, str(cache), f"duckdb=={version}"], capture_output=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"duckdb {version} cannot be installed here")
    publish_to(tables)
    command = [sys.executable, "-c", OLD_CLIENT, str(cache), str(target), version]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == [str(len(published_tables()) + 1 + len(marts())), "0"]
