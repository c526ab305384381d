"""The whole night, as a user runs it: what comes out, that it repeats to the byte, and what survives a crash."""

import fcntl
import json
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.schemas.catalog import published_tables
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

Huitou = Callable[..., subprocess.CompletedProcess[str]]


def asked(workspace: Workspace, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def current(workspace: Workspace) -> Snapshot:
    snapshot = SnapshotStore(workspace.snapshots).current()
    assert snapshot is not None
    return snapshot


def table_bytes(snapshot: Snapshot) -> dict[str, str]:
    """SHA-256 by file, of every table but `runs`, which holds the clock."""
    files = snapshot.manifest.files
    return {name: seal.sha256 for name, seal in files.items() if name != "night/runs.parquet"}


def next_day(workspace: Workspace) -> str:
    return (current(workspace).as_of + timedelta(days=1)).isoformat()


class TestWhatComesOut:
    def test_every_published_table_answers(self, published_sample: Workspace) -> None:
        for spec in published_tables():
            (found,) = asked(published_sample, f"select count(*) from {spec.name}")
            assert int(str(found[0])) >= 0

    @pytest.mark.parametrize(
        ("what", "query"),
        [
            ("rows add up", "raw_rows <> clean_rows + rejected_rows + duplicate_rows"),
            ("money adds up", "raw_amount <> clean_amount + rejected_amount + duplicate_amount"),
            ("files add up", "file_rows <> raw_rows + control_rows + ignored_rows + later_rows"),
        ],
    )
    def test_reconciled(self, published_sample: Workspace, what: str, query: str) -> None:
        assert asked(published_sample, f"select * from row_counts where {query}") == [], what

    def test_all_channels_arrive(self, published_sample: Workspace) -> None:
        found = asked(published_sample, "select distinct source from orders where is_purchase order by source")
        assert {row[0] for row in found} == {"pos", "tmall", "jd", "pinduoduo", "douyin", "weixin_shop"}

    def test_some_rows_are_told_twice(self, published_sample: Workspace) -> None:
        ((twice,),) = asked(published_sample, "select sum(duplicate_rows) from row_counts where source = 'pos'")
        assert int(str(twice)) > 0

    def test_test_store_never_counts(self, published_sample: Workspace) -> None:
        query = "select count(*), count(*) filter (where is_purchase) from orders where store_id = 'T999'"
        ((orders, purchases),) = asked(published_sample, query)
        assert int(str(orders)) > 0
        assert purchases == 0

    def test_exactly_one_stage_per_profile(self, published_sample: Workspace) -> None:
        query = """
        select count(*) from customers
        where (select count(*) from lifecycle_stages as s where s.customer_id = customers.customer_id
               and s.profile = 'guide') <> 1
        """
        assert asked(published_sample, query) == [(0,)]

    def test_modes(self, published_sample: Workspace) -> None:
        root = published_sample.root
        assert stat.S_IMODE(root.stat().st_mode) == 0o711
        assert stat.S_IMODE(published_sample.warehouse.stat().st_mode) == 0o444
        for folder in ("landing", "spool", "state", "snapshots", "exports"):
            for path in (root / folder).rglob("*"):
                wanted = {0o700} if path.is_dir() else {0o600, 0o400}
                assert stat.S_IMODE(path.stat().st_mode) in wanted, path

    def test_no_raw_phone_or_email_is_published(self, published_sample: Workspace) -> None:
        contacts = current(published_sample).table("contact_points").read()
        values = set(contacts.filter(pl.col("contact_type").is_in(["phone", "email"]))["contact_value"])
        assert values
        with duckdb.connect(published_sample.warehouse, read_only=True) as connection:
            for spec in published_tables():
                for column in (column.name for column in spec.columns if column.dtype == pl.String):
                    rows = connection.execute(f'select distinct "{column}" from {spec.name}').fetchall()
                    leaked = values & {row[0] for row in rows}
                    assert not leaked, (spec.name, column, len(leaked))


class TestIdempotence:
    def test_the_same_night_again_changes_nothing_and_says_so(self, copied: Workspace, run_huitou: Huitou) -> None:
        before = (copied.warehouse.stat().st_mtime_ns, table_bytes(current(copied)))
        again = run_huitou(copied.root, "run")
        assert again.returncode == 0, again.stderr
        assert "Nothing has changed" in again.stdout
        assert (copied.warehouse.stat().st_mtime_ns, table_bytes(current(copied))) == before

    def test_elsewhere_the_same_bytes(self, published_sample: Workspace, tmp_path: Path, run_huitou: Huitou) -> None:
        twin = Workspace(tmp_path / "twin")
        for name in ("landing", "truth"):
            shutil.copytree(published_sample.root / name, twin.root / name)
        (twin.root / "state").mkdir()
        shutil.copy(published_sample.state / "key", twin.state / "key")
        shutil.copy(published_sample.settings_file, twin.settings_file)
        done = run_huitou(twin.root, "run")
        assert done.returncode == 0, done.stderr
        assert table_bytes(current(twin)) == table_bytes(current(published_sample))

    def test_a_next_night_reads_no_file_again_and_keeps_every_id(self, copied: Workspace, run_huitou: Huitou) -> None:
        before = current(copied).table("customer_profiles").read()
        done = run_huitou(copied.root, "run", "--as-of", next_day(copied))
        assert done.returncode == 0, done.stderr
        assert "read pos/" not in done.stderr
        after = current(copied).table("customer_profiles").read()
        assert before.join(after, on=["source", "profile_key", "customer_id"], how="anti").is_empty()
        assert asked(copied, "select max(as_of) from runs") == [(current(copied).as_of,)]

    def test_an_earlier_night_is_built_but_not_published(self, copied: Workspace, run_huitou: Huitou) -> None:
        published = current(copied).manifest.snapshot_id
        earlier = (current(copied).as_of - timedelta(days=30)).isoformat()
        done = run_huitou(copied.root, "run", "--as-of", earlier)
        assert done.returncode == 0, done.stderr
        assert current(copied).manifest.snapshot_id == published
        assert list(copied.snapshots.glob(f"{earlier}-*"))


class TestCrash:
    def test_a_killed_night_leaves_the_last_good_one_and_the_next_run_heals(
        self, copied: Workspace, tmp_path: Path, run_huitou: Huitou
    ) -> None:
        day = next_day(copied)
        published = current(copied).manifest.snapshot_id
        command = [sys.executable, "-m", "assets", "--workspace", str(copied.root), "run", "--as-of", day]
        luck = random.Random(7)
        for _ in range(3):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(luck.uniform(3, 7))
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert asked(copied, "select count(*) > 0 from customers") == [(True,)]
        assert current(copied).manifest.snapshot_id == published or current(copied).as_of == date.fromisoformat(day)
        healed = run_huitou(copied.root, "run", "--as-of", day)
        assert healed.returncode == 0, healed.stderr
        assert current(copied).as_of == date.fromisoformat(day)
        assert current(copied).damage() == []
        assert not list(copied.snapshots.glob(".building-*"))

    def test_a_second_run_at_the_same_time_is_turned_away(self, copied: Workspace, run_huitou: Huitou) -> None:
        with (copied.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = run_huitou(copied.root, "run", "--as-of", next_day(copied))
        assert done.returncode == 75
        assert "another run" in done.stderr

    def test_an_unknown_status_word_holds_the_night(self, copied: Workspace, run_huitou: Huitou) -> None:
        published = current(copied).manifest.snapshot_id
        before = copied.warehouse.stat().st_mtime_ns
        jd = min((copied.landing / "jd").glob("*.csv"))
        strange = jd.read_bytes().decode("gb18030").replace("完成", "外星状态").encode("gb18030")
        (copied.landing / "jd" / "strange_202610.csv").write_bytes(strange)
        done = run_huitou(copied.root, "run", "--as-of", next_day(copied))
        assert done.returncode == 3, done.stderr
        assert "外星状态" in done.stderr
        assert "strange_202610.csv" in done.stderr
        assert current(copied).manifest.snapshot_id == published
        assert copied.warehouse.stat().st_mtime_ns == before


class TestUsage:
    def test_init_writes_settings_and_check_accepts_them(self, tmp_path: Path, run_huitou: Huitou) -> None:
        assert run_huitou(tmp_path / "new", "init").returncode == 0
        assert run_huitou(tmp_path / "new", "check").returncode == 0
        assert run_huitou(tmp_path / "new", "init").returncode == 2

    def test_a_mistyped_setting_is_named_with_its_neighbour(self, tmp_path: Path, run_huitou: Huitou) -> None:
        (tmp_path / "settings.yaml").write_text("retailer: x\ntimezon: Asia/Shanghai\n", encoding="utf-8")
        done = run_huitou(tmp_path, "run")
        assert done.returncode == 2
        assert "did you mean timezone?" in done.stderr

    def test_demo_refuses_settings_that_it_did_not_write(self, tmp_path: Path, run_huitou: Huitou) -> None:
        run_huitou(tmp_path, "init")
        assert run_huitou(tmp_path, "demo", "--customers", "10").returncode == 2

    def test_check_finds_the_sample_good(self, published_sample: Workspace, run_huitou: Huitou) -> None:
        before = sorted(path for path in published_sample.root.rglob("*"))
        done = run_huitou(published_sample.root, "check")
        assert done.returncode == 0, done.stdout + done.stderr
        assert sorted(path for path in published_sample.root.rglob("*")) == before

    def test_manifest_names_its_inputs(self, published_sample: Workspace) -> None:
        manifest = json.loads((current(published_sample).folder / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["parent_id"] is None
        assert len(manifest["input_hash"]) == 64
        assert current(published_sample).folder.name == manifest["snapshot_id"]

    @pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "yesterday"])
    def test_a_mistyped_day_is_refused(self, copied: Workspace, run_huitou: Huitou, day: str) -> None:
        assert run_huitou(copied.root, "run", "--as-of", day).returncode == 2

    def test_a_night_without_sources_is_refused(self, tmp_path: Path, run_huitou: Huitou) -> None:
        run_huitou(tmp_path, "init")
        assert run_huitou(tmp_path, "run").returncode == 2

    @pytest.mark.parametrize("text", ["as_of: 2026-02-30", "? [a]\n: b", "x: !!int abc", "x: " + "[" * 3000])
    def test_settings_that_cannot_be_read_are_no_traceback(self, tmp_path: Path, run_huitou: Huitou, text: str) -> None:
        (tmp_path / "settings.yaml").write_text(f"retailer: x\n{text}\n", encoding="utf-8")
        done = run_huitou(tmp_path, "check")
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
