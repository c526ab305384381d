"""When the night runs by itself, and who hears when it fails."""

import hashlib
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.tags import WILL_RETRY_TAG

from assets.failures import TELLING, failure_of
from pipeline.deliver.alerts import alert_from_environment
from pipeline.deliveries import headline
from pipeline.ledger import discover
from pipeline.settings import Settings
from pipeline.workspace import Workspace

ALERTED = "huitou/alerts"
"""Tag of runs whose caller tells of a failure himself, as the command line does."""

Job = UnresolvedAssetJobDefinition


def night_config(as_of: str = "", *, publish: bool = False, begun_at: str = "") -> dict[str, Any]:
    """Run config of the night of one day."""
    return {"resources": {"night": {"config": {"as_of": as_of, "publish": publish, "begun_at": begun_at}}}}


def nightly_schedule(job: Job, settings: Settings) -> dg.ScheduleDefinition:
    """The night at the time of the settings, in the retailer's time zone.

    It is told its day, so a run that starts late is still the night that it was meant to be.
    """
    at = settings.schedule.run_at

    @dg.schedule(
        name="nightly_schedule",
        description="The night of the day before, unless the settings fix a day.",
        job=job,
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        tonight = context.scheduled_execution_time.astimezone(settings.zone).date()
        day = "" if settings.as_of else (tonight - timedelta(days=1)).isoformat()
        return dg.RunRequest(run_config=night_config(day))

    return schedule


def landing_sensor(job: Job, workspace: Workspace, settings: Settings) -> dg.SensorDefinition:
    """A night whenever landing/ has changed and come to rest; off until somebody turns it on.

    The cursor holds the listing of the last look and the listing that the last night was asked for.
    """

    @dg.sensor(
        name="landing_sensor",
        description="A night once landing/ has changed and stayed the same for a minute.",
        job=job,
        minimum_interval_seconds=60,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        last, _, done = (context.cursor or "").partition(" ")
        seen = listing(workspace, settings)
        if seen == done:
            return dg.SkipReason("landing/ is as it was")
        if seen != last:
            context.update_cursor(f"{seen} {done}")
            return dg.SkipReason("landing/ has changed; waits until it is at rest")
        context.update_cursor(f"{seen} {seen}")
        return dg.RunRequest()

    return sensor


def listing(workspace: Workspace, settings: Settings) -> str:
    """A hash of names, sizes and times of the files that the sources take from landing/."""
    digest = hashlib.sha256()
    for file in discover(workspace, settings.sources).files:
        state = file.path.lstat()
        digest.update(f"{file.name}|{state.st_size}|{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def failure_sensor(job: Job) -> dg.SensorDefinition:
    """A message to the webhook of the environment whenever a run of the job fails."""

    @dg.run_failure_sensor(
        name="alert_on_failure",
        description="A message to HUITOU_ALERT_URL that says what stopped the night.",
        monitored_jobs=[job],
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alert(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        if ALERTED in run.tags or run.tags.get(WILL_RETRY_TAG) == "true":
            return
        entries = context.instance.all_logs(run.run_id, of_type=set(TELLING))
        failure = failure_of(entry.get_dagster_event() for entry in entries)
        alert_from_environment(headline(f"run {run.run_id[:8]} of {run.job_name}", failure))

    return alert
