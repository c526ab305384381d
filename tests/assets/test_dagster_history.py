"""The history of runs: complete for whoever reads it, and for its owner's eyes only."""

import os
import stat
from pathlib import Path

import dagster as dg
import pytest

from assets.environment import CHECKOUT, use_workspace
from assets.history import KEPT, KeptEventLog
from pipeline.workspace import Workspace


@dg.op
def speak() -> None:
    """Anything that makes events."""


@dg.job(executor_def=dg.in_process_executor)
def talk() -> None:
    speak()


def event_types(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    return [event.get_dagster_event().event_type_value for event in instance.all_logs(run_id) if event.is_dagster_event]


def storage(instance: dg.DagsterInstance) -> KeptEventLog:
    assert isinstance(instance.event_log_storage, KeptEventLog)
    return instance.event_log_storage


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    use_workspace(workspace)
    return workspace


class TestHistory:
    def test_another_process_reads_what_this_one_writes(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as writer, dg.DagsterInstance.get() as reader:
            run_ids = [talk.execute_in_process(instance=writer).run_id for _ in range(3)]
            for run_id in run_ids:
                seen = event_types(reader, run_id)
                assert (seen[0], seen[-1]) == ("PIPELINE_START", "PIPELINE_SUCCESS")
                assert seen == event_types(writer, run_id)
        with dg.DagsterInstance.get() as later:
            assert [run.run_id for run in later.get_runs()] == run_ids[::-1]

    def test_few_databases_stay_open_and_none_after_the_end(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as instance:
            for _ in range(KEPT + 1):
                talk.execute_in_process(instance=instance)
            log = storage(instance)
            assert len(log._engines) == KEPT
        assert len(log._engines) == 0

    def test_an_event_touches_the_database_that_open_pages_watch(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as instance:
            run_id = talk.execute_in_process(instance=instance).run_id
            path = Path(storage(instance).path_for_shard(run_id))
            os.utime(path, (0, 0))
            instance.report_engine_event("a word", run_id=run_id, job_name="talk")
            assert path.stat().st_mtime > 0

    def test_while_a_run_is_at_work_the_newest_of_an_asset_is_known_all_the_same(self, shop: Workspace) -> None:
        key = dg.AssetKey("basket")

        def rows() -> list[object]:
            records = instance.get_asset_records([key])
            events = [record.asset_entry.last_materialization for record in records]
            return [
                event and event.asset_materialization and event.asset_materialization.metadata["rows"].value
                for event in events
            ]

        with dg.DagsterInstance.get() as instance, storage(instance).remembering():
            told = [rows()]
            for count in (1, 2):
                instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata={"rows": count}))
                told += [rows(), rows()]
        assert told == [[], [1], [1], [2], [2]]

    def test_what_steps_put_out_is_told_by_tables_and_checks_alone(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as instance:
            seen = event_types(instance, talk.execute_in_process(instance=instance).run_id)
        assert "STEP_OUTPUT" not in seen
        assert {"STEP_START", "STEP_SUCCESS"} <= set(seen)

    def test_forgotten_runs_leave_a_history_that_works(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as instance:
            first = talk.execute_in_process(instance=instance).run_id
            instance.event_log_storage.wipe()
            assert event_types(instance, first) == []
            assert event_types(instance, talk.execute_in_process(instance=instance).run_id)[-1] == "PIPELINE_SUCCESS"


class TestPrivacy:
    def test_it_lies_in_the_workspace_for_its_owner_alone(self, shop: Workspace) -> None:
        with dg.DagsterInstance.get() as instance:
            talk.execute_in_process(instance=instance)
            modes = {path: path.stat().st_mode for path in shop.dagster_home.rglob("*")}
        assert shop.dagster_home / "history" / "runs.db" in modes
        for path, mode in modes.items():
            assert stat.S_IMODE(mode) == (0o700 if stat.S_ISDIR(mode) else 0o600), path

    def test_nothing_is_asked_reported_or_written_elsewhere(self, shop: Workspace) -> None:
        before = set(CHECKOUT.iterdir())
        with dg.DagsterInstance.get() as instance:
            talk.execute_in_process(instance=instance)
            assert not instance.telemetry_enabled
            assert not instance.nux_enabled
        assert {path.name for path in set(CHECKOUT.iterdir()) - before} <= {".pytest_cache", ".hypothesis"}
