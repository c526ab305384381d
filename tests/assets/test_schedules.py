"""When a night is asked for, and what the chat group is told when it fails."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.storage.tags import WILL_RETRY_TAG

from assets.schedules import ALERTED, failure_sensor, landing_sensor, night_config, nightly_schedule
from pipeline.errors import HeldError
from pipeline.settings import Settings, SourceSettings
from pipeline.workspace import Workspace

JOB = dg.define_asset_job("nightly", selection=dg.AssetSelection.all())
POS = SourceSettings(name="pos", kind="orders", format="pos", path="pos/*.csv")
SETTINGS = Settings(retailer="x", sources=(POS,))
Chat = tuple[str, list[dict[str, object]]]


class TestSchedule:
    @pytest.mark.parametrize(
        ("zone", "tick", "day"),
        [
            ("Asia/Shanghai", "2026-11-01T02:30:00+08:00", "2026-10-31"),
            ("Asia/Shanghai", "2026-10-31T18:30:00+00:00", "2026-10-31"),  # the same moment, told by UTC
            ("America/New_York", "2026-11-01T02:30:00-05:00", "2026-10-31"),
        ],
    )
    def test_the_night_is_of_the_day_before_where_the_retailer_is(self, zone: str, tick: str, day: str) -> None:
        schedule = nightly_schedule(JOB, Settings(retailer="x", timezone=zone))
        context = dg.build_schedule_context(scheduled_execution_time=datetime.fromisoformat(tick))
        (request,) = schedule.evaluate_tick(context).run_requests or ()
        assert request.run_config == night_config(day)

    def test_a_day_fixed_by_the_settings_wins(self) -> None:
        schedule = nightly_schedule(JOB, Settings(retailer="x", as_of=date(2026, 10, 31)))
        tick = datetime(2026, 12, 24, 2, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
        (request,) = schedule.evaluate_tick(dg.build_schedule_context(scheduled_execution_time=tick)).run_requests or ()
        assert request.run_config == night_config("")


class TestLandingSensor:
    def test_a_night_once_landing_is_at_rest(self, workspace: Workspace) -> None:
        sensor = landing_sensor(JOB, workspace, SETTINGS)
        folder = workspace.landing / "pos"
        folder.mkdir()
        cursor: str | None = None
        asked = []
        steps = [
            ("", "skip"),  # the first look
            ("", "run"),  # at rest
            ("", "skip"),  # nothing new
            ("a.csv", "skip"),  # a file arrives,
            ("a.csv", "skip"),  # grows,
            ("", "run"),  # and rests
            ("", "skip"),
            ("a.csv.tmp", "skip"),  # no source takes it
        ]
        for name, _ in steps:
            if name:
                with (folder / name).open("a", encoding="utf-8") as file:
                    file.write("row\n")
            context = dg.build_sensor_context(cursor=cursor)
            answer = sensor(context)
            cursor = context.cursor
            asked.append("run" if isinstance(answer, dg.RunRequest) else "skip")
        assert asked == [wanted for _, wanted in steps]

    def test_it_is_off_until_somebody_turns_it_on(self, workspace: Workspace) -> None:
        sensor = landing_sensor(JOB, workspace, SETTINGS)
        assert sensor.default_status is dg.DefaultSensorStatus.STOPPED


def failed_run(error: Exception, instance: dg.DagsterInstance, tags: dict[str, str] | None = None) -> dg.DagsterRun:
    """A run of a job `nightly` that this error stopped."""

    @dg.asset
    def orders() -> None:
        raise error

    job = dg.Definitions(assets=[orders], jobs=[JOB]).resolve_job_def("nightly")
    job.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
    (run,) = instance.get_runs()
    return run


def alert(run: dg.DagsterRun, instance: dg.DagsterInstance) -> None:
    (record,) = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    event = record.event_log_entry.get_dagster_event()
    context = dg.build_run_status_sensor_context("alert_on_failure", event, instance, run).for_run_failure()
    failure_sensor(JOB)(context)


class TestFailureSensor:
    @pytest.mark.parametrize(
        ("kind", "shape"),
        [
            ("wecom", lambda text: {"msgtype": "text", "text": {"content": text}}),
            ("dingtalk", lambda text: {"msgtype": "text", "text": {"content": text}}),
            ("slack", lambda text: {"text": text}),
        ],
    )
    def test_what_stopped_the_night_is_told(
        self, kind: str, shape: object, chat_group: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, messages = chat_group
        monkeypatch.setenv("HUITOU_ALERT_URL", address)
        monkeypatch.setenv("HUITOU_ALERT_KIND", kind)
        with dg.DagsterInstance.ephemeral() as instance:
            run = failed_run(HeldError("says something new", where="jd/a.csv", remedy="Look."), instance)
            alert(run, instance)
        text = f"Huitou: run {run.run_id[:8]} of nightly was not published. jd/a.csv: says something new. Look."
        assert messages == [shape(text)]  # type: ignore[operator]

    def test_of_a_foreign_error_only_the_kind_is_told(self, chat_group: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        address, messages = chat_group
        monkeypatch.setenv("HUITOU_ALERT_URL", address)
        monkeypatch.setenv("HUITOU_ALERT_KIND", "slack")
        with dg.DagsterInstance.ephemeral() as instance:
            alert(failed_run(ValueError("could not read 王小明 13800138000"), instance), instance)
        (message,) = messages
        assert "step orders: failed with ValueError." in str(message["text"])
        assert "王小明" not in str(message)
        assert "138" not in str(message)

    @pytest.mark.parametrize("tag", [{ALERTED: "command line"}, {WILL_RETRY_TAG: "true"}])
    def test_not_where_another_tells_or_a_retry_follows(
        self, tag: dict[str, str], chat_group: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        address, messages = chat_group
        monkeypatch.setenv("HUITOU_ALERT_URL", address)
        with dg.DagsterInstance.ephemeral() as instance:
            alert(failed_run(HeldError("x"), instance, tag), instance)
        assert messages == []

    def test_without_an_address_nothing_happens(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("HUITOU_ALERT_URL", raising=False)
        with dg.DagsterInstance.ephemeral() as instance:
            alert(failed_run(HeldError("x"), instance), instance)
