"""Phones that changed their owner: a number silent for more than a year, and then under another name.

Carriers in China give a cancelled number to somebody else after a few months. Such a number is one key for each of
its owners: it joins only profiles seen with it in the same life, and only the last owner may be called.
"""

from pathlib import Path

import polars as pl

from pipeline.identity.guards import KEY
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

SEEN = ("first_seen_on", "last_seen_on")
PERSONAL_KEYS = ("member_no", "unionid")


def key_lives(keys: Table, names: Table, guards: Table, *, night: IdentityNight, path: Path) -> Table:
    """One row per recycled phone and profile that carries it, with the number of the life it was seen in.

    A phone has several lives if silences of more than `recycled_gap_days` part it, two of its lives have full names,
    and no full name is told in two of them. One profile without any day, and nothing can be said.
    """
    gap = night.settings.identity.recycled_gap_days
    suspects = guards.scan().filter((pl.col("key_type") == "phone") & (pl.col("guard_reason") == "several_names"))
    carried = keys.scan().filter("is_trusted").join(suspects.select(KEY), on=KEY, how="semi")
    lived = _numbered(_active(carried, keys), gap)
    told = lived.join(_full_names(names), on=PROFILE, how="inner").select(*KEY, "life", "name_key").unique()
    named = told.group_by(KEY).agg(
        named_lives=pl.col("life").n_unique(), is_apart=pl.col("name_key").n_unique() == pl.len()
    )
    recycled = named.filter((pl.col("named_lives") > 1) & pl.col("is_apart")).select(KEY)
    kept = lived.join(recycled, on=KEY, how="semi")
    last = kept.with_columns(is_last_life=pl.col("life") == pl.col("life").max().over(KEY))
    return write_table(TABLES["key_lives"], last, path)


def _active(carried: pl.LazyFrame, keys: Table) -> pl.LazyFrame:
    """Carriers with the first and last day on which they, or another profile of their card or unionid, were seen.

    A member file tells a phone once, on the day of registration; whether its owner lives on is told by the card.
    """
    own = keys.scan().filter("is_trusted").join(carried.select(PROFILE).unique(), on=PROFILE, how="semi")
    personal = own.filter(pl.col("key_type").is_in(PERSONAL_KEYS)).select(*PROFILE, *KEY)
    seen = keys.scan().join(personal.select(KEY).unique(), on=KEY, how="semi")
    windows = seen.group_by(KEY).agg(pl.col(SEEN[0]).min(), pl.col(SEEN[1]).max())
    of_cards = personal.join(windows, on=KEY).select(*PROFILE, *SEEN)
    spans = pl.concat([carried.select(*PROFILE, *SEEN), of_cards]).group_by(PROFILE)
    span = spans.agg(pl.col(SEEN[0]).min(), pl.col(SEEN[1]).max())
    return carried.select(*KEY, *PROFILE).join(span, on=PROFILE)


def _numbered(carried: pl.LazyFrame, gap_days: int) -> pl.LazyFrame:
    """Carriers with `life`, 0 for the first; keys with a carrier that was seen on no known day are left out."""
    first, last = (pl.col(name) for name in SEEN)
    dated = carried.filter(first.is_not_null().all().over(KEY) & last.is_not_null().all().over(KEY))
    ordered = dated.sort(*KEY, *SEEN, *PROFILE)
    silence = first - last.cum_max().over(KEY).shift(1).over(KEY)
    begins = (silence > pl.duration(days=gap_days)).fill_null(value=False)
    return ordered.with_columns(life=begins.cast(pl.Int64).cum_sum().over(KEY))


def _full_names(names: Table) -> pl.LazyFrame:
    return names.scan().filter(pl.col("name_class") == "full").select(*PROFILE, "name_key")
