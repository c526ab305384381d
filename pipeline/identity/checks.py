"""When tonight's persons are too strange to publish: the night is held, yesterday's persons stay.

A new till that writes one number for everybody shows as one giant person, or as many ids retired at once.
"""

import polars as pl

from pipeline.identity.night import IdentityNight
from pipeline.lake import Table

LEAST_RETIRED = 20
"""So many retired ids are no sign of anything, however few customers there are."""
SHOWN_IDS = 3


def check_identity(customers: Table, previous_profiles: Table, history: Table, *, night: IdentityNight) -> list[str]:
    """What holds the night, in words; empty where nothing does.

    On the first night nothing can be retired; a person of too many profiles is wrong on any night.
    """
    return [*_giants(customers, night), *_mass_retirement(previous_profiles, history, night)]


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
