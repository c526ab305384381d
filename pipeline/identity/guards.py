"""Keys that join nobody, or only profiles of compatible names: placeholders, shop phones, clerks, families.

Which values are no keys at all (masked, virtual, placeholder) is settled when the rows are cleaned; phones that
changed their owner are told apart in `pipeline.identity.lives`.
"""

from pathlib import Path

import polars as pl

from pipeline.clean.masking import mask_key
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity_settings import IdentitySettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import DEAD_GUARDS

KEY = ("key_type", "key_scope", "key_hash")
SHARED_TYPES = ("phone", "email")
"""Keys that a family may share; all others belong to one person."""
ROLES = (
    "admin|contact|customer|guest|hello|help|info|kefu|mail|marketing|no-?reply|none|office|orders?|root|sales|service|"
    "shop|support|test|user|webmaster"
)
"""Parts before the @ that name an office and no person."""
ROLE_ADDRESS = rf"^(?:{ROLES})\d{{0,3}}@"
COUNTING_PHONE = r"^1\d\d?(?:0?12345678?|23456789|98765432|87654321|76543210)$"
"""Digits typed in a row. Repeated digits are no numbers to begin with (`pipeline.clean.phone`)."""


def key_guards(
    keys: Table,
    names: Table,
    values: Table,
    previous_guards: Table,
    previous_keys: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per key that may not join freely, with the counts that say so.

    Keys of a profile that has too many are not counted: a clerk's card would spoil every phone it ever met.
    """
    counted = _counts(keys, names, values)
    counted = counted.join(_earlier_names(previous_guards, previous_keys), on=KEY, how="left")
    judged = counted.with_columns(guard_reason=_reason(night.settings.identity))
    guarded = judged.filter(pl.col("guard_reason").is_not_null()).collect()
    shown = guarded.with_columns(
        key_masked=mask_key("key_type", pl.col("key_value")), previous_name_count=pl.col("earlier_names")
    )
    return write_table(TABLES["key_guards"], shown, path)


def _reason(limits: IdentitySettings) -> pl.Expr:
    """The first guard that applies; the retailer's own lists win over all others."""
    value = pl.col("key_value").str.to_lowercase()
    grown = pl.col("name_count") - pl.col("earlier_names") > limits.max_new_names_per_key
    is_shared = pl.col("key_type").is_in(SHARED_TYPES)
    several = pl.when((pl.col("name_count") > 1) & is_shared).then(pl.lit("several_names"))
    return (
        pl.when(value.is_in(_folded(limits.blocked_values)))
        .then(pl.lit("blocked_value"))
        .when(value.is_in(_folded(limits.allowed_values)))
        .then(several)
        .when((pl.col("key_type") == "phone") & value.str.contains(COUNTING_PHONE))
        .then(pl.lit("counting_digits"))
        .when((pl.col("key_type") == "email") & value.str.contains(ROLE_ADDRESS))
        .then(pl.lit("role_address"))
        .when(pl.col("name_count") > limits.max_names_per_key)
        .then(pl.lit("too_many_names"))
        .when(pl.col("birthday_count") > limits.max_birthdays_per_key)
        .then(pl.lit("too_many_birthdays"))
        .when(pl.col("profile_count") > limits.max_profiles_per_key)
        .then(pl.lit("too_many_profiles"))
        .when(is_shared & grown)
        .then(pl.lit("sudden_growth"))
        .otherwise(several)
    )


def _folded(values: tuple[str, ...]) -> list[str]:
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


def _earlier_names(guards: Table, keys: Table) -> pl.LazyFrame:
    """`earlier_names`: full names of every key of last night; null on the first night, which grows from nothing.

    A key without a guard had one name at most.
    """
    known = keys.scan().select(KEY).unique()
    counted = guards.scan().select(*KEY, earlier_names="name_count")
    return known.join(counted, on=KEY, how="left").with_columns(pl.col("earlier_names").fill_null(1))


def dead_keys(guards: pl.LazyFrame) -> pl.LazyFrame:
    """The keys that join nobody."""
    return guards.filter(pl.col("guard_reason").is_in(DEAD_GUARDS)).select(KEY)


def living_keys(keys: Table, guards: Table, lives: Table) -> pl.LazyFrame:
    """The keys that may join, with `life`: carried by a profile that can be trusted with them, and not dead.

    A key is one key within one life only (`pipeline.identity.lives`); nearly all have but one, number 0.
    """
    life, dead = lives.scan().select(*KEY, *PROFILE, "life"), dead_keys(guards.scan())
    special = pl.concat([frame.select("key_hash") for frame in (life, dead)]).unique().collect()["key_hash"]
    is_special = pl.col("key_hash").is_in(special.implode())
    trusted = keys.scan().filter("is_trusted")
    few = trusted.filter(is_special).join(dead, on=KEY, how="anti").join(life, on=[*KEY, *PROFILE], how="left")
    most = trusted.filter(~is_special).with_columns(life=pl.lit(0, pl.Int64))
    return pl.concat([most, few.with_columns(pl.col("life").fill_null(0))])
