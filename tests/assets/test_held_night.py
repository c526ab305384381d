"""A whole night that a check holds: nothing after the broken table is made, and the last good night stays."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets import cli
from assets.definitions import definitions
from assets.nightly import run_night
from pipeline.engine import Engine, Slice
from pipeline.lake import Table
from pipeline.samples.write import write_sample
from pipeline.schemas.tables import TableSpec
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

BROKEN = "orders"
NOT_ASKED_FOR = {"postgres_delivery", "object_storage_delivery", "morning_summary"}
"""What the settings here name no destination for, so no night makes it."""
UNTIL = date(2026, 10, 31)


def downstream(name: str) -> set[str]:
    """All assets after one."""
    graph = definitions().resolve_asset_graph()
    found: set[str] = set()
    waiting = {dg.AssetKey(name)}
    while waiting:
        children = {child for key in waiting for child in graph.get(key).child_keys}
        waiting = {child for child in children if child.path[0] not in found}
        found |= {child.path[0] for child in children}
    return found


def made_by(run: dg.DagsterRun, instance: dg.DagsterInstance) -> set[str]:
    """The assets that a run materialized."""
    records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    keys = (record.event_log_entry.get_dagster_event().asset_key for record in records)
    return {key.path[0] for key in keys if key is not None}


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """`orders` loses the key of its first row."""
    run = Engine.run_in_slices

    def run_and_spoil(
        self: Engine,
        sql_file: str,
        slices: Sequence[Sequence[Slice]],
        parameters: Mapping[str, Any],
        spec: TableSpec,
        path: Path,
    ) -> Table:
        table = run(self, sql_file, slices, parameters, spec, path)
        if spec.name == BROKEN:
            first = pl.int_range(pl.len()) == 0
            table.read().with_columns(order_key=pl.when(~first).then("order_key")).write_parquet(path)
        return table

    monkeypatch.setattr(Engine, "run_in_slices", run_and_spoil)


def test_a_failed_check_stops_all_that_follows_and_leaves_the_last_good_night(
    workspace: Workspace,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
    chat_group: tuple[str, list[dict[str, object]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_sample(workspace.root, customers=50, seed=7, days=60, until=UNTIL)
    for folder in workspace.landing.iterdir():
        if folder.name != "pos":
            shutil.rmtree(folder)
    run_night(workspace, UNTIL, publish=False)
    store = SnapshotStore(workspace.snapshots)
    before = store.current(), workspace.warehouse.read_bytes(), sorted(workspace.exports.rglob("*"))

    request.getfixturevalue("planted")
    address, messages = chat_group
    monkeypatch.setenv("HUITOU_ALERT_URL", address)
    code = cli.guarded(lambda: run_night(workspace, UNTIL + timedelta(days=1), publish=False))

    assert code == 3
    assert "orders: check contract failed: " in capsys.readouterr().err
    assert (store.current(), workspace.warehouse.read_bytes(), sorted(workspace.exports.rglob("*"))) == before
    assert len(messages) == 1
    with dg.DagsterInstance.get() as instance:
        held, good = instance.get_runs()
        assert (held.status, good.status) == (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS)
        assert made_by(good, instance) - made_by(held, instance) == downstream(BROKEN) - NOT_ASKED_FOR
