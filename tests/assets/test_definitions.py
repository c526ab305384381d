"""What Dagster is told: one asset per table with its contract, the job of all of them, schedule and deadline."""

from datetime import time, timedelta

import dagster as dg
import pytest

from assets.definitions import NIGHTLY, definitions, length_of_night
from assets.tables import CONTRACT_CHECK
from pipeline.errors import SettingsError
from pipeline.samples.write import write_sample
from pipeline.schemas.catalog import TABLES
from pipeline.settings import ScheduleSettings
from pipeline.workspace import Workspace

DELIVERABLES = {
    "snapshot", "warehouse", "segment_lists", "morning_report", "retention", "morning_summary", "postgres_delivery",
    "object_storage_delivery",
}  # fmt: skip
SETTINGS = "retailer: x\ntimezone: Asia/Tokyo\nschedule: {run_at: '23:15', deadline: '07:30'}\n"


@pytest.fixture
def defs(workspace: Workspace) -> dg.Definitions:
    return definitions()


class TestAssets:
    def test_every_table_is_one_asset_and_nothing_else_is(self, defs: dg.Definitions) -> None:
        keys = [key.path for spec in defs.resolve_all_asset_specs() for key in [spec.key]]
        assert sorted(keys) == sorted([name] for name in {*TABLES, *DELIVERABLES})

    def test_an_asset_says_what_its_contract_says(self, defs: dg.Definitions) -> None:
        told = {spec.key.path[0]: spec for spec in defs.resolve_all_asset_specs()}
        for name, table in TABLES.items():
            spec = told[name]
            assert (spec.group_name, spec.description) == (table.layer, table.grain), name
            columns = spec.metadata["dagster/column_schema"].columns
            assert [column.name for column in columns] == [column.name for column in table.columns], name
            assert all(column.description for column in columns), name

    def test_every_table_has_a_blocking_contract_check(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        checks = {(key.asset_key.path[0], key.name): graph.get(key) for key in graph.asset_check_keys}
        assert {table for table, name in checks if name == CONTRACT_CHECK} == set(TABLES)
        assert all(check.blocking for (_, name), check in checks.items() if name == CONTRACT_CHECK)

    def test_the_job_makes_everything_in_one_process(self, defs: dg.Definitions) -> None:
        job = defs.resolve_job_def(NIGHTLY)
        assert {key.path[0] for key in job.asset_layer.executable_asset_keys} == {*TABLES, *DELIVERABLES}
        assert job.executor_def.name == "side_by_side"

    def test_lineage_ends_in_the_deliverables(self, defs: dg.Definitions) -> None:
        graph = defs.resolve_asset_graph()
        ends = {key.path[0] for key in graph.executable_asset_keys if not graph.get(key).child_keys}
        assert ends == {"retention", "morning_summary", "postgres_delivery", "object_storage_delivery"}


class TestSettings:
    def test_without_settings_the_pages_open_on_defaults(self, defs: dg.Definitions) -> None:
        schedule = defs.resolve_schedule_def("nightly_schedule")
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 2 * * *", "Asia/Shanghai")

    def test_with_the_settings_of_the_sample(self, workspace: Workspace) -> None:
        write_sample(workspace.root, customers=50, seed=7, days=60)
        dg.Definitions.validate_loadable(definitions())

    def test_schedule_and_deadline_follow_the_settings(self, workspace: Workspace) -> None:
        workspace.settings_file.write_text(SETTINGS, encoding="utf-8")
        defs = definitions()
        schedule = defs.resolve_schedule_def("nightly_schedule")
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("15 23 * * *", "Asia/Tokyo")
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
        (policy,) = {spec.freshness_policy for spec in defs.resolve_all_asset_specs()} - {None}
        assert policy == dg.FreshnessPolicy.cron("30 7 * * *", timedelta(hours=8, minutes=15), "Asia/Tokyo")

    def test_only_the_warehouse_has_a_deadline(self, defs: dg.Definitions) -> None:
        due = [spec.key.path for spec in defs.resolve_all_asset_specs() if spec.freshness_policy]
        assert due == [["warehouse"]]

    def test_wrong_settings_are_told_at_once(self, workspace: Workspace) -> None:
        workspace.settings_file.write_text("retailer: x\ntimezon: Asia/Tokyo\n", encoding="utf-8")
        with pytest.raises(SettingsError, match="did you mean timezone"):
            definitions()


@pytest.mark.parametrize(
    ("run_at", "deadline", "hours"),
    [
        ("02:30", "08:00", 8),  # a night begins at midnight,
        ("23:30", "08:00", 8.5),  # or when the run begins in the evening before
        ("08:00", "08:00", 24),
        ("09:00", "08:00", 23),
        ("22:00", "00:00", 2),
    ],
)
def test_length_of_a_night(run_at: str, deadline: str, hours: float) -> None:
    schedule = ScheduleSettings(run_at=time.fromisoformat(run_at), deadline=time.fromisoformat(deadline))
    assert length_of_night(schedule) == timedelta(hours=hours)
