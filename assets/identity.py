"""The identity layer: source profiles, the keys they share, and the persons they are joined into.

Its steps are data (`pipeline.identity.steps`); each becomes one asset here.
"""

import dagster as dg

from assets.tables import step_asset
from pipeline.identity.checks import BANDS_IN_WORDS, check_identity, outside_bands
from pipeline.identity.night import IdentityNight
from pipeline.identity.steps import IDENTITY_STEPS, Step
from pipeline.lake import Table
from pipeline.night import PREVIOUS, Night


def identity_night(night: Night) -> IdentityNight:
    """What the steps of this layer are handed."""
    return IdentityNight(night.engine, night.settings, night.as_of, night.secret, night.decisions, night.pinned_model)


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
    """No person of too many profiles, and no night that retires too many ids or puts too many keys aside."""
    tonight = [night.table(name) for name in ("customer_profiles", "customer_id_history", "profile_keys", "key_guards")]
    before = [night.current_table(name, alias=f"previous_{name}") for name in ("customer_profiles", "key_guards")]
    found = check_identity(*tonight, *before, night=identity_night(night))
    return dg.AssetCheckResult(passed=not found, metadata={"violations": found})


@dg.asset_check(asset="identity_reports", blocking=False)
def figures_within_bands(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """The figures that watch over persons lie where those of sound exports do."""
    found = outside_bands(night.table("identity_reports"))
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.WARN, metadata={"outside": found, "bands": BANDS_IN_WORDS}
    )
