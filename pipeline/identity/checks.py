"""When tonight's persons are too strange to publish: the night is held, yesterday's persons stay.

A new till that writes one number for everybody shows as one giant person, or as many ids retired at once.
"""

import polars as pl

from pipeline.identity.guards import KEY, SHARED_TYPES, dead_keys
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.lake import Table

LEAST_RETIRED = 20
"""So many retired ids are no sign of anything, however few customers there are."""
SHOWN_IDS = 3


BANDS = {
    "big_customer_share": (0.0, 0.001),
    "many_names_share": (0.0, 0.005),
    "bridge_share": (0.0, 0.01),
    "profiles_per_customer_mean": (1.0, 15.0),
    "expected_false_joins": (0.0, 500.0),
}
"""Lowest and highest sound value of a metric of identity_reports; outside of it people should look, no more."""
BANDS_IN_WORDS = ", ".join(f"{metric} {low:g} to {high:g}" for metric, (low, high) in BANDS.items())


def check_identity(
    customers: Table,
    history: Table,
    keys: Table,
    guards: Table,
    previous_profiles: Table,
    previous_guards: Table,
    *,
    night: IdentityNight,
) -> list[str]:
    """What holds the night, in words; empty where nothing does.

    On the first night nothing can be retired or newly put aside; a person of too many profiles is wrong on any night.
    """
    found = [*_giants(customers, night), *_mass_retirement(previous_profiles, history, night)]
    if previous_profiles.scan().select(pl.len()).collect().item():
        found += _dead_keys(keys, guards, previous_guards, night)
    return found


def outside_bands(reports: Table) -> list[str]:
    """Metrics of identity_reports that lie outside their BANDS, in words."""
    values = dict(reports.scan().select("metric", "value").collect().iter_rows())
    return [
        f"{metric} is {values[metric]:g}, not {low:g} to {high:g}"
        for metric, (low, high) in BANDS.items()
        if metric in values and not low <= values[metric] <= high
    ]


def _dead_keys(keys: Table, guards: Table, previous: Table, night: IdentityNight) -> list[str]:
    """Profiles whose phone or e-mail is put aside tonight and was not last night."""
    shared = keys.scan().filter(pl.col("is_trusted") & pl.col("key_type").is_in(SHARED_TYPES))
    fresh = dead_keys(guards.scan()).join(dead_keys(previous.scan()), on=KEY, how="anti")
    carriers = shared.select(PROFILE).unique().select(pl.len()).collect().item()
    struck = shared.join(fresh, on=KEY, how="semi").select(PROFILE).unique().select(pl.len()).collect().item()
    limit = night.settings.identity.max_dead_share
    if struck <= max(LEAST_RETIRED, limit * carriers):
        return []
    words = (
        f"phones or e-mails of {struck} of {carriers} profiles were put aside tonight and not before, more than"
        f" {limit:.1%}. Look for their guard_reason in key_guards: mend the export, add good values to"
        " identity.allowed_values, or raise identity.max_dead_share for this night."
    )
    return [words]


def _giants(customers: Table, night: IdentityNight) -> list[str]:
    limit = night.settings.identity.max_cluster_profiles
    sizes = customers.scan().group_by("customer_id").len("profiles").filter(pl.col("profiles") > limit).collect()
    if sizes.is_empty():
        return []
    worst = sizes.sort("profiles", "customer_id", descending=[True, False]).head(SHOWN_IDS)
    named = ", ".join(f"{row['customer_id']} ({row['profiles']} profiles)" for row in worst.iter_rows(named=True))
    words = (
        f"{sizes.height} customers are made of more than {limit} profiles: {named}. Look for the key they share in"
        " identity_links and add it to identity.blocked_values, or raise identity.max_cluster_profiles."
    )
    return [words]


def _mass_retirement(previous_profiles: Table, history: Table, night: IdentityNight) -> list[str]:
    merged = (pl.col("as_of") == night.as_of) & (pl.col("event") == "merged")
    retired = history.scan().filter(merged).select(pl.len()).collect().item()
    before = previous_profiles.scan().select(pl.col("customer_id").n_unique()).collect().item()
    limit = night.settings.identity.max_retired_share
    if retired <= max(LEAST_RETIRED, limit * before):
        return []
    words = (
        f"{retired} of {before} customers of the last night were merged into others tonight, more than"
        f" {limit:.1%}. Look for a new shared key in identity_links decided on {night.as_of}, or raise"
        " identity.max_retired_share for this night."
    )
    return [words]
