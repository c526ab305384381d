"""Everything Dagster knows: assets by layer, the nightly job, its schedule and sensors. Nothing runs at import."""

from datetime import timedelta
from types import ModuleType
from typing import TypeVar

import dagster as dg
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.storage.tags import RETRY_STRATEGY_TAG

from assets import (
    acquisition,
    clean,
    deliverables,
    deliveries,
    facts,
    identity,
    kpis,
    memberships,
    night,
    predictions,
    raw,
    reports,
    retention,
    scores,
    segments,
    summaries,
    tags,
)
from assets.environment import workspace_of_environment
from assets.executor import side_by_side_executor
from assets.resources import NightResource
from assets.schedules import failure_sensor, landing_sensor, nightly_schedule
from pipeline.settings import ScheduleSettings, Settings, load_settings
from pipeline.workspace import Workspace

NIGHTLY = "nightly"
DAY = timedelta(days=1)
A = TypeVar("A")
MODULES: tuple[ModuleType, ...] = (
    raw,
    clean,
    identity,
    facts,
    scores,
    predictions,
    acquisition,
    segments,
    tags,
    memberships,
    kpis,
    night,
    deliverables,
    deliveries,
    reports,
    retention,
    summaries,
)


def settings_of(workspace: Workspace) -> Settings:
    """The settings, or defaults where there is no settings file yet, so that the pages can be opened."""
    if workspace.settings_file.exists():
        return load_settings(workspace.settings_file)
    return Settings(retailer="")


def freshness(settings: Settings) -> dg.FreshnessPolicy:
    """By the deadline of each day the warehouse must be that night's; once late, it is late until it is made."""
    deadline = settings.schedule.deadline
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"{deadline.minute} {deadline.hour} * * *",
        lower_bound_delta=length_of_night(settings.schedule),
        timezone=settings.timezone,
    )


def length_of_night(schedule: ScheduleSettings) -> timedelta:
    """From midnight to the deadline, or from the start of the run where that lies in the evening before."""
    deadline, start = (timedelta(hours=at.hour, minutes=at.minute) for at in (schedule.deadline, schedule.run_at))
    return max(deadline, (deadline - start) % DAY or DAY)


def timely(asset: A, settings: Settings) -> A | dg.AssetsDefinition:
    """The warehouse with its deadline; every other asset as it is."""
    if not isinstance(asset, dg.AssetsDefinition) or dg.AssetKey("warehouse") not in asset.keys:
        return asset
    policy = freshness(settings)
    return asset.map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, policy))


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, job, schedule and sensors of the workspace named by the environment."""
    workspace = workspace_of_environment()
    settings = settings_of(workspace)
    job = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        description="One night: landing/ to the published warehouse and lists.",
        tags={RETRY_STRATEGY_TAG: ReexecutionStrategy.ALL_STEPS.value},
    )
    return dg.Definitions(
        assets=[timely(asset, settings) for asset in dg.load_assets_from_modules(MODULES)],
        asset_checks=dg.load_asset_checks_from_modules(MODULES),
        jobs=[job],
        schedules=[nightly_schedule(job, settings), summaries.summary_schedule(settings)],
        sensors=[landing_sensor(job, workspace, settings), failure_sensor(job)],
        resources={"night": NightResource()},
        executor=side_by_side_executor,
    )
