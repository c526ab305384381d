"""When the summary goes: at the end of a night that was run by hand, else at the hour of the settings."""

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets import summaries
from assets.schedules import ALERTED
from pipeline.deliver.summaries import Outcome
from pipeline.errors import LockedError
from pipeline.settings import Settings
from pipeline.workspace import Workspace

MAIL = {"host": "localhost", "sender": "a@shop.example", "to": ("b@shop.example",)}
SHANGHAI = ZoneInfo("Asia/Shanghai")


def night(tmp_path: Path, *, is_publishable: bool = True, **delivery: Any) -> Any:
    settings = Settings(retailer="x", delivery=delivery)
    return SimpleNamespace(
        sealed="snapshot", is_publishable=is_publishable, workspace=Workspace(tmp_path), as_of=date(2026, 10, 31),
        settings=settings,
    )  # fmt: skip


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The nights that were sent; everything goes well."""
    nights: list[object] = []

    def publish(_night: Any, snapshot: object, **_: object) -> Outcome:
        nights.append(snapshot)
        return Outcome(sent=1)

    monkeypatch.setattr(summaries, "publish_summary", publish)
    return nights


class TestEndOfTheNight:
    @pytest.mark.parametrize(
        ("by_hand", "is_late", "is_publishable", "goes"),
        [
            (True, False, True, True),
            (False, False, True, False),  # waits for the schedule
            (False, True, True, True),  # the schedule has been and gone
            (True, True, False, False),  # built, not published
        ],
    )
    def test_who_ran_it_and_when(
        self, by_hand: bool, is_late: bool, is_publishable: bool, goes: bool, tmp_path: Path, sent: list[object],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(summaries, "is_due", lambda _night, _now: is_late)
        result = dg.materialize(
            [summaries.morning_summary],
            resources={"night": night(tmp_path, is_publishable=is_publishable)},
            tags={ALERTED: "command line"} if by_hand else {},
        )
        assert result.success
        assert sent == (["snapshot"] if goes else [])
        told = [made.metadata["sent"].value for made in result.asset_materializations_for_node("morning_summary")]
        assert told == ([1] if goes else [])

    @pytest.mark.parametrize(
        ("now", "due"),
        [
            (datetime(2026, 11, 1, 7, 59, tzinfo=SHANGHAI), False),
            (datetime(2026, 11, 1, 8, 0, tzinfo=SHANGHAI), True),
            (datetime(2026, 10, 31, 23, 59, tzinfo=ZoneInfo("UTC")), False),  # 07:59 of the next day in Shanghai
            (datetime(2026, 11, 1, 0, 0, tzinfo=ZoneInfo("UTC")), True),
        ],
    )
    def test_the_hour_is_that_of_the_retailer(self, now: datetime, due: bool, tmp_path: Path) -> None:
        assert summaries.is_due(night(tmp_path), now) == due


class TestSchedule:
    @pytest.mark.parametrize(
        ("delivery", "status"),
        [
            ({}, dg.DefaultScheduleStatus.STOPPED),
            ({"mail": MAIL}, dg.DefaultScheduleStatus.RUNNING),
            ({"webhook": [{}]}, dg.DefaultScheduleStatus.RUNNING),
        ],
    )
    def test_it_runs_where_somebody_is_to_hear(self, delivery: Any, status: dg.DefaultScheduleStatus) -> None:
        given = {"summary": {"send_at": "07:45"}, **delivery}
        schedule = summaries.summary_schedule(Settings(retailer="x", timezone="Asia/Tokyo", delivery=given))
        assert (schedule.cron_schedule, schedule.execution_timezone) == ("45 7 * * *", "Asia/Tokyo")
        assert schedule.default_status is status
        assert schedule.job_name == "summary"


class TestTheJob:
    @pytest.fixture
    def open_with(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
        def use(outcome: Outcome | Exception) -> None:
            class Opened:
                def __enter__(self) -> Any:
                    if isinstance(outcome, Exception):
                        raise outcome
                    return SimpleNamespace(current="snapshot")

                def __exit__(self, *_: object) -> None: ...

            monkeypatch.setattr(summaries, "open_night", lambda _workspace, _day: Opened())
            monkeypatch.setattr(summaries, "publish_summary", lambda *_, **__: outcome)

        monkeypatch.setattr(summaries, "MINUTES_BETWEEN", 0)
        monkeypatch.setenv("HUITOU_WORKSPACE", str(tmp_path))
        return use

    def test_all_well(self, open_with: Any) -> None:
        open_with(Outcome(sent=2))
        assert summaries.summary.execute_in_process().success

    @pytest.mark.parametrize("outcome", [Outcome(failures=("the server hung up",)), LockedError("another run works")])
    def test_after_three_tries_the_run_has_failed(self, outcome: Any, open_with: Any) -> None:
        open_with(outcome)
        result = summaries.summary.execute_in_process(raise_on_error=False)
        assert not result.success
        kinds = [event.event_type_value for event in result.events_for_node("send_summary")]
        assert kinds.count("STEP_UP_FOR_RETRY") == summaries.TRIES - 1
