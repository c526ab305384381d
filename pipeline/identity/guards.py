"""Keys that join nobody, or only profiles of compatible names: placeholders, shop phones, clerks, families.

Which values are no keys at all (masked, virtual, placeholder) is settled when the rows are cleaned.
"""

from pathlib import Path

import polars as pl

from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import DEAD_GUARDS

KEY = ("key_type", "key_scope", "key_hash")
SHARED_TYPES = ("phone", "email")
"""Keys that a family may share; all others belong to one person."""


def key_guards(keys: Table, names: Table, values: Table, *, night: IdentityNight, path: Path) -> Table:
    """One row per key that may not join freely, with the counts that say so.

    Keys of a profile that has too many are not counted: a clerk's card would spoil every phone it ever met.
    """
    counted = _counts(keys, names, values)
    limits = night.settings.identity
    reason = (
        pl.when(pl.col("key_value").str.to_lowercase().is_in(_blocked(limits.blocked_values)))
        .then(pl.lit("blocked_value"))
        .when(pl.col("name_count") > limits.max_names_per_key)
        .then(pl.lit("too_many_names"))
        .when(pl.col("birthday_count") > limits.max_birthdays_per_key)
        .then(pl.lit("too_many_birthdays"))
        .when(pl.col("profile_count") > limits.max_profiles_per_key)
        .then(pl.lit("too_many_profiles"))
        .when((pl.col("name_count") > 1) & pl.col("key_type").is_in(SHARED_TYPES))
        .then(pl.lit("several_names"))
    )
    guarded = counted.with_columns(guard_reason=reason).filter(pl.col("guard_reason").is_not_null())
    return write_table(TABLES["key_guards"], guarded, path)


def _blocked(values: tuple[str, ...]) -> list[str]:
    return [value.strip().lower() for value in values]


def _counts(keys: Table, names: Table, values: Table) -> pl.LazyFrame:
    carried = keys.scan().filter("is_trusted").select(*PROFILE, *KEY, "key_value")
    profiles = carried.group_by(KEY).agg(profile_count=pl.len(), key_value=pl.col("key_value").min())
    full = names.scan().filter(pl.col("name_class") == "full").select(*PROFILE, said="name_key")
    birthdays = values.scan().filter(pl.col("attribute") == "birth_date").select(*PROFILE, said="attribute_value")
    return (
        profiles.join(_distinct(carried, full, "name_count"), on=KEY, how="left")
        .join(_distinct(carried, birthdays, "birthday_count"), on=KEY, how="left")
        .with_columns(pl.col("name_count", "birthday_count").fill_null(0))
    )


def _distinct(carried: pl.LazyFrame, said: pl.LazyFrame, name: str) -> pl.LazyFrame:
    pairs = carried.select(*PROFILE, *KEY).join(said, on=PROFILE, how="inner")
    return pairs.group_by(KEY).agg(pl.col("said").n_unique().alias(name))


def living_keys(keys: Table, guards: Table) -> pl.LazyFrame:
    """The keys that may join: carried by a profile that can be trusted with them, and not dead."""
    dead = guards.scan().filter(pl.col("guard_reason").is_in(DEAD_GUARDS)).select(KEY)
    return keys.scan().filter("is_trusted").join(dead, on=KEY, how="anti")
