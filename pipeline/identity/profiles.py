"""Source profiles: what the clean rows of one source say of one buyer key, and the keys that may join them.

A profile is never split: whoever used the same key in the same source is one. Joining profiles into persons
belongs to `pipeline.identity.candidates` and what follows it.
"""

from pathlib import Path

import polars as pl

from pipeline.clean.keys import keyed_hash
from pipeline.identity.names import read_names
from pipeline.identity.night import IdentityNight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import KEY_TYPES

EVERYWHERE = "*"
SCOPED_TYPES = ("openid", "platform_user_id")
"""Keys that are unique within their source only."""


def profile_values(*clean: Table, night: IdentityNight, path: Path) -> Table:
    """Every value a profile was seen with, from all clean tables with buyer keys."""
    spec = TABLES["profile_values"]
    return night.engine.run("identity/profile_values.sql", clean, {"as_of": night.as_of}, spec, path)


def receiver_contacts(heads: Table, lines: Table, *, night: IdentityNight, path: Path) -> Table:
    """To whom a profile had its parcels sent, gifts left out."""
    return night.engine.run("identity/receiver_contacts.sql", [heads, lines], {}, TABLES["receiver_contacts"], path)


def profile_names(values: Table, *, night: IdentityNight, path: Path) -> Table:
    """Every name of a profile, read as what it shows (`pipeline.identity.names`)."""
    named = values.scan().filter(pl.col("attribute") == "name").rename({"attribute_value": "name_text"})
    return write_table(TABLES["profile_names"], read_names(named.collect(), "name_text"), path)


def profiles(values: Table, names: Table, *, night: IdentityNight, path: Path) -> Table:
    """One row per profile with its surviving values."""
    return night.engine.run("identity/profiles.sql", [values, names], {}, TABLES["profiles"], path)


def profile_keys(values: Table, *, night: IdentityNight, path: Path) -> Table:
    """All keys of all profiles, each with its scope and keyed hash."""
    keys = values.scan().filter(pl.col("attribute").is_in(KEY_TYPES)).collect()
    is_scoped = pl.col("attribute").is_in(SCOPED_TYPES)
    frame = keys.with_columns(
        key_hash=keyed_hash(keys["attribute_value"], night.secret),
        key_scope=pl.when(is_scoped).then("source").otherwise(pl.lit(EVERYWHERE)),
        is_trusted=pl.len().over("source", "profile_key", "attribute") <= night.settings.identity.max_keys_per_profile,
    )
    return write_table(
        TABLES["profile_keys"], frame.rename({"attribute": "key_type", "attribute_value": "key_value"}), path
    )
