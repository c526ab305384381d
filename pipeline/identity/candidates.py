"""Joins that keys propose: from the least profile of a key to each of the others, never between all of them.

A card, a unionid or a platform account belongs to one person and joins whoever shares it. A phone or an e-mail
joins profiles of compatible names. Conflicts between joins of different keys belong to `pipeline.identity.links`.
"""

from pathlib import Path

import polars as pl

from pipeline.clean.masking import mask_key, mask_name
from pipeline.identity.guards import KEY, SHARED_TYPES, living_keys
from pipeline.identity.name_groups import with_name_groups
from pipeline.identity.names import read_names
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.receivers import receiver_links
from pipeline.identity.shared_keys import shared_keys
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

CERTAIN = 1.0
LINK = ("left", "right", "rule", "key_hash", "evidence", "decision")


def candidate_links(
    profiles: Table, keys: Table, guards: Table, lives: Table, receivers: Table, *, night: IdentityNight, path: Path
) -> Table:
    """Joins proposed or refused by exact keys, with masked evidence."""
    people = numbered(profiles)
    living = living_keys(keys, guards, lives).join(people.lazy(), on=PROFILE).collect()
    links = [star_links(living), between_lives(living)]
    if night.settings.identity.receiver_phone:
        links.append(receiver_links(living, people, receivers, night.settings.identity))
    found = pl.concat([link.select(LINK) for link in links])
    named = found.rename({"left": "left_profile", "right": "right_profile"})
    return write_table(TABLES["candidate_links"], named.with_columns(probability=pl.lit(CERTAIN)), path)


def numbered(profiles: Table) -> pl.DataFrame:
    """Profiles by number in the order of their key, with what their surviving name shows."""
    frame = profiles.scan().select(*PROFILE, "name").collect()
    return read_names(frame.with_row_index("profile"), "name")


def star_links(living: pl.DataFrame) -> pl.DataFrame:
    """Links of every key that several profiles carry: accepted within a name group, else refused."""
    shared = shared_keys(living, [*KEY, "life"])
    is_shared = pl.col("key_type").is_in(SHARED_TYPES)
    named = with_name_groups(shared.filter(is_shared).lazy()).collect()
    rows = pl.concat(
        [
            _with_own_phones(named, living),
            shared.filter(~is_shared).with_columns(group=pl.lit("owner")),
        ]
    )
    hubs = rows.with_columns(
        hub=pl.col("profile").min().over("key"),
        centre=pl.when(pl.col("group").is_not_null()).then(pl.col("profile").min().over("key", "group")),
    )
    return pl.concat([_accepted(hubs), _refused(hubs)])


def _with_own_phones(rows: pl.DataFrame, living: pl.DataFrame) -> pl.DataFrame:
    """Rows of phones and e-mails, where an e-mail alone joins no nameless profile with a phone of its own to another.

    Whoever takes a new phone under the old e-mail is shown to be the same by the name; without one it may as well be
    somebody else of the household.
    """
    phones = living.filter(pl.col("key_type") == "phone").group_by("profile").agg(phone=pl.col("key_value").min())
    known = rows.join(phones, on="profile", how="left", maintain_order="left")
    several = pl.col("phone").drop_nulls().n_unique().over("key") > 1
    is_silent = ~pl.col("name_class").is_in(["full", "masked"]).fill_null(value=False)
    is_apart = (pl.col("key_type") == "email") & several & is_silent & pl.col("phone").is_not_null()
    return known.with_columns(group=pl.when(~is_apart).then("group")).drop("phone")


def between_lives(living: pl.DataFrame) -> pl.DataFrame:
    """Refused: from the least profile of the first life of a recycled phone to that of each later one."""
    recycled = living.join(living.filter(pl.col("life") > 0).select(KEY).unique(), on=KEY, how="semi")
    least = recycled.group_by(*KEY, "life").agg(pl.col("profile", "key_value", "name").sort_by("profile").first())
    first = least.filter(pl.col("life") == pl.col("life").min().over(KEY)).select(*KEY, before="profile")
    later = least.join(first, on=KEY).filter(pl.col("before") != pl.col("profile"))
    return later.select(
        left=pl.min_horizontal("before", "profile"),
        right=pl.max_horizontal("before", "profile"),
        rule=pl.col("key_type") + "_recycled",
        key_hash="key_hash",
        evidence=pl.concat_str(_key_text(), pl.lit(", silent for long and then under another name")),
        decision=pl.lit("refused"),
    )


def _accepted(hubs: pl.DataFrame) -> pl.DataFrame:
    return hubs.filter(pl.col("centre") < pl.col("profile")).select(
        left="centre",
        right="profile",
        rule="key_type",
        key_hash="key_hash",
        evidence=_key_text(),
        decision=pl.lit("accepted"),
    )


def _refused(hubs: pl.DataFrame) -> pl.DataFrame:
    """From the least profile of a key to those that its name keeps apart from it."""
    first = hubs.filter(pl.col("hub") == pl.col("profile")).select("key", first="group", first_name="name")
    rows = hubs.filter(pl.col("hub") != pl.coalesce("centre", "profile")).join(first, on="key")
    is_unknown = pl.col("group").is_null() | pl.col("first").is_null()
    suffix = pl.when(is_unknown).then(pl.lit("_name_unclear")).otherwise(pl.lit("_names_differ"))
    names = [mask_name(pl.col(name)).fill_null("?") for name in ("first_name", "name")]
    return rows.select(
        left="hub",
        right="profile",
        rule=pl.col("key_type") + suffix,
        key_hash="key_hash",
        evidence=pl.concat_str(_key_text(), pl.lit(", names "), names[0], pl.lit(" / "), names[1]),
        decision=pl.lit("refused"),
    )


def _key_text() -> pl.Expr:
    return pl.concat_str(pl.col("key_type"), pl.lit(" "), mask_key("key_type", pl.col("key_value")))
