"""Everything Dagster knows: assets by layer, the nightly job, its schedule and sensors. Nothing runs at import."""

import os
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import dagster as dg

from assets import clean, deliverables, facts, identity, night, raw, scores, segments
from assets.resources import NightResource
from assets.schedules import failure_sensors, landing_sensor, nightly_schedule
from pipeline.settings import Settings, load_settings
from pipeline.workspace import Workspace

NIGHTLY = "nightly"
A = TypeVar("A")
MODULES: tuple[ModuleType, ...] = (raw, clean, identity, facts, scores, segments, night, deliverables)


def workspace_of_environment() -> Workspace:
    """The workspace that this process works on."""
    default = Path(__file__).resolve().parents[1] / "data"
    return Workspace(Path(os.environ.get("HUITOU_WORKSPACE", default)).resolve())


def settings_of(workspace: Workspace) -> Settings:
    """The settings, or defaults where there is no settings file yet, so that the pages can be opened."""
    if workspace.settings_file.exists():
        return load_settings(workspace.settings_file)
    return Settings(retailer="")


def timely(asset: A, settings: Settings) -> A | dg.AssetsDefinition:
    """The warehouse with its deadline; every other asset as it is."""
    if not isinstance(asset, dg.AssetsDefinition) or dg.AssetKey("warehouse") not in asset.keys:
        return asset
    deadline = settings.schedule.deadline
    freshness = dg.FreshnessPolicy.cron(
        deadline_cron=f"{deadline.minute} {deadline.hour} * * *",
        lower_bound_delta=timedelta(hours=8),
        timezone=settings.timezone,
    )
    return asset.map_asset_specs(lambda spec: dg.apply_freshness_policy(spec, freshness))


@dg.definitions
def definitions() -> dg.Definitions:
    """Assets, job, schedule and sensors of the workspace named by the environment."""
    workspace = workspace_of_environment()
    settings = settings_of(workspace)
    assets = [timely(asset, settings) for asset in dg.load_assets_from_modules(MODULES)]
    job = dg.define_asset_job(NIGHTLY, selection="*", executor_def=dg.in_process_executor)
    return dg.Definitions(
        assets=assets,
        asset_checks=dg.load_asset_checks_from_modules(MODULES),
        jobs=[job],
        schedules=[nightly_schedule(job, settings)],
        sensors=[landing_sensor(job, workspace, settings), *failure_sensors([job])],
        resources={"night": NightResource(workspace=str(workspace.root))},
    )
