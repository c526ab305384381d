"""Who is who behind a shared phone or e-mail: the profiles of one key, divided by the names they show.

Pure column work on (key, profile) rows. Which keys are shared and what becomes of the groups belongs to
`pipeline.identity.candidates`.
"""

import polars as pl

from pipeline.identity.names import SHOWN, are_compatible

MINE = ["key", "profile"]


def with_name_groups(carried: pl.LazyFrame) -> pl.LazyFrame:
    """Add `group` to rows of `key`, `profile` and what the profile's name shows; null = stands alone.

    Equal full names are one group. A masked name goes with the one full name of the key that it agrees with;
    with several it stands alone, with none the masked names of the key are a group if they do not contradict
    each other. A profile without a name goes with the others only if all others are one group.
    """
    named = carried.join(_mask_groups(carried), on=MINE, how="left").with_columns(
        group=pl.when(pl.col("name_class") == "full").then("full:" + pl.col("name_key")).otherwise("mask_group")
    )
    several = pl.col("group").drop_nulls().n_unique().over("key") > 1
    is_silent = ~pl.col("name_class").is_in(["full", "masked"]).fill_null(value=False)
    only = pl.col("group").max().over("key").fill_null("nobody named")
    return named.with_columns(
        group=pl.when(is_silent & ~several).then(only).otherwise("group"),
    ).drop("mask_group")


def _mask_groups(carried: pl.LazyFrame) -> pl.LazyFrame:
    """`mask_group` of every row with a masked name: the full name it agrees with, or what it shows."""
    masked = carried.filter(pl.col("name_class") == "masked").select(*MINE, *SHOWN)
    full = carried.filter(pl.col("name_class") == "full").select("key", *SHOWN).unique()
    agreeing = masked.join(full, on="key").filter(are_compatible())
    found = agreeing.group_by(MINE).agg(agreeing=pl.len(), full=pl.col("name_key_right").min())
    counted = masked.join(found, on=MINE, how="left").with_columns(pl.col("agreeing").fill_null(0))
    loose = pl.col("agreeing") == 0
    return counted.select(
        *MINE,
        mask_group=pl.when(pl.col("agreeing") == 1)
        .then("full:" + pl.col("full"))
        .when(loose & ~_contradicted(loose))
        .then(pl.lit("mask:"))
        .when(loose)
        .then(
            pl.concat_str(
                pl.lit("mask:"), pl.col("name_head").str.head(1), pl.lit("*"), pl.col("name_tail").str.tail(1)
            )
        ),
    )


def _contradicted(loose: pl.Expr) -> pl.Expr:
    """Whether the masked names of a key that agree with no full name show different first or last letters."""
    head = pl.when(loose & (pl.col("name_head") != "")).then(pl.col("name_head").str.head(1))
    tail = pl.when(loose & (pl.col("name_tail") != "")).then(pl.col("name_tail").str.tail(1))
    return ((head.drop_nulls().n_unique() > 1) | (tail.drop_nulls().n_unique() > 1)).over("key")
