"""When the night runs by itself, and who hears when it fails."""

import hashlib
from collections.abc import Sequence

import dagster as dg

from pipeline.deliver.alerts import alert_from_environment
from pipeline.ledger import discover
from pipeline.settings import Settings
from pipeline.workspace import Workspace


def nightly_schedule(job: dg.JobDefinition | object, settings: Settings) -> dg.ScheduleDefinition:
    """The night at the time of the settings, in the retailer's time zone."""
    at = settings.schedule.run_at
    return dg.ScheduleDefinition(
        name="nightly_schedule",
        job=job,  # type: ignore[arg-type]
        cron_schedule=f"{at.minute} {at.hour} * * *",
        execution_timezone=settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def landing_sensor(job: object, workspace: Workspace, settings: Settings) -> dg.SensorDefinition:
    """A night whenever landing/ has changed; off until somebody turns it on."""

    @dg.sensor(name="landing_sensor", job=job, minimum_interval_seconds=60)  # type: ignore[arg-type]
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        seen = _listing(workspace, settings)
        if seen == context.cursor:
            return dg.SkipReason("landing/ is as it was")
        context.update_cursor(seen)
        return dg.RunRequest(run_key=seen)

    return sensor


def _listing(workspace: Workspace, settings: Settings) -> str:
    digest = hashlib.sha256()
    for file in discover(workspace, settings.sources).files:
        state = file.path.lstat()
        digest.update(f"{file.name}|{state.st_size}|{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def failure_sensors(jobs: Sequence[object]) -> list[dg.SensorDefinition]:
    """A message to the webhook of the environment whenever a run of these jobs fails."""

    @dg.run_failure_sensor(
        name="alert_on_failure",
        monitored_jobs=list(jobs),  # type: ignore[arg-type]
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def alert(context: dg.RunFailureSensorContext) -> None:
        alert_from_environment(f"Huitou: run {context.dagster_run.run_id[:8]} failed. {context.failure_event.message}")

    return [alert]
