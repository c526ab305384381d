"""The identity layer: source profiles, the keys they share, and the persons they are joined into.

Its steps are data (`pipeline.identity.steps`); each becomes one asset here.
"""

import dagster as dg

from assets.tables import step_asset
from pipeline.identity.checks import check_identity
from pipeline.identity.night import IdentityNight
from pipeline.identity.steps import IDENTITY_STEPS, Step
from pipeline.lake import Table
from pipeline.night import PREVIOUS, Night


def identity_night(night: Night) -> IdentityNight:
    """What the steps of this layer are handed."""
    return IdentityNight(night.engine, night.settings, night.as_of, night.secret)


def input_table(night: Night, name: str) -> Table:
    """An input of a step: a table of tonight, or of the night that counts so far."""
    if name.startswith(PREVIOUS):
        return night.current_table(name.removeprefix(PREVIOUS), alias=name)
    return night.table(name)


def identity_asset(step: Step) -> dg.AssetsDefinition:
    """One step as an asset."""

    def make(night: Night) -> Table:
        tables = {name: input_table(night, name) for name in step.inputs}
        return step(tables, identity_night(night), night.path(step.table).parent)

    return step_asset(step.table, [name for name in step.inputs if not name.startswith(PREVIOUS)], make)


identity_assets = [identity_asset(step) for step in IDENTITY_STEPS]


@dg.asset_check(asset="customer_id_history", blocking=True)
def no_mass_merge(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """No person of too many profiles, and no night that retires too many ids."""
    found = check_identity(
        night.table("customer_profiles"),
        night.current_table("customer_profiles", alias="previous_customer_profiles"),
        night.table("customer_id_history"),
        night=identity_night(night),
    )
    return dg.AssetCheckResult(passed=not found, metadata={"violations": found})
