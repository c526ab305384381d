"""The night that a run is handed: of its day, under the lock, and whole."""

import fcntl
from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.resources import NightResource
from pipeline.errors import LockedError, SettingsError
from pipeline.night import Night
from pipeline.schemas.catalog import TABLES
from pipeline.workspace import Workspace


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    workspace.settings_file.write_text("retailer: x\nas_of: 2026-10-31\n", encoding="utf-8")
    return workspace


def opened(run: dg.DagsterRun | None = None, **config: object) -> date:
    context = dg.build_init_resource_context()
    context._dagster_run = run
    with NightResource(**config).yield_for_execution(context) as night:  # type: ignore[arg-type]
        return night.as_of


class TestDay:
    @pytest.mark.parametrize(("as_of", "day"), [("", date(2026, 10, 31)), ("2026-11-05", date(2026, 11, 5))])
    def test_the_day_of_the_config_else_of_the_settings(self, as_of: str, day: date, shop: Workspace) -> None:
        assert opened(as_of=as_of) == day

    def test_a_mistyped_day_is_told(self, shop: Workspace) -> None:
        with pytest.raises(SettingsError, match="as_of: must be a day"):
            opened(as_of="31.10.2026")

    def test_config_may_name_the_day_alone(self, shop: Workspace) -> None:
        @dg.asset
        def day(night: dg.ResourceParam[Night]) -> str:
            return night.as_of.isoformat()

        config = {"resources": {"night": {"config": {"as_of": "2026-11-07"}}}}
        result = dg.materialize([day], resources={"night": NightResource()}, run_config=config)
        assert result.output_for_node("day") == "2026-11-07"


class TestStart:
    @pytest.mark.parametrize(
        ("parent", "is_told"), [(None, True), ("00000000-0000-0000-0000-000000000001", False)], ids=["new", "repeated"]
    )
    def test_the_night_begins_when_its_caller_began_to_read(
        self, parent: str | None, is_told: bool, shop: Workspace
    ) -> None:
        context = dg.build_init_resource_context()
        context._dagster_run = dg.DagsterRun("nightly", parent_run_id=parent, root_run_id=parent)
        begun = datetime.fromisoformat("2026-11-01 02:30:05")
        with NightResource(begun_at=begun.isoformat()).yield_for_execution(context) as night:
            assert (night.started_at == begun) is is_told

    def test_else_it_begins_now(self, shop: Workspace) -> None:
        before = datetime.now(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None, microsecond=0)
        with NightResource().yield_for_execution(dg.build_init_resource_context()) as night:
            assert night.started_at >= before


class TestLock:
    def test_a_night_that_runs_elsewhere_keeps_this_one_out(self, shop: Workspace) -> None:
        with (shop.state / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(LockedError):
                opened()


class TestWhole:
    @pytest.mark.parametrize(
        ("selection", "parent", "steps", "whole"),
        [
            (None, None, None, True),
            (set(TABLES), None, None, True),  # "Materialize all"
            ({"customers"}, None, None, False),
            (None, "earlier", ["customers"], False),  # "Re-execute from failure"
            (None, "earlier", None, True),  # the retry of a run that died
        ],
    )
    def test_parts_of_a_night_are_refused(
        self, selection: set[str] | None, parent: str | None, steps: list[str] | None, whole: bool, shop: Workspace
    ) -> None:
        run = dg.DagsterRun(
            job_name="nightly",
            asset_selection=frozenset(map(dg.AssetKey, selection)) if selection else None,
            root_run_id=parent,
            parent_run_id=parent,
            step_keys_to_execute=steps,
        )
        if whole:
            assert opened(run) == date(2026, 10, 31)
        else:
            with pytest.raises(SettingsError, match="made whole"):
                opened(run)
