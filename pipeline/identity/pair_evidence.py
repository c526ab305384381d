"""What two persons show, share and contradict each other in: why nothing ever made them one.

Pure reading, masked. How alike two profiles are in bits belongs to `pipeline.identity.pair_likeness`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.clean.masking import mask_key, mask_name
from pipeline.identity.edges import Profile, rows_of
from pipeline.identity.guards import KEY
from pipeline.identity.names import read_names
from pipeline.identity.night import PROFILE
from pipeline.identity.profiles import EVERYWHERE
from pipeline.identity.repair import TRAITS, VERDICTS
from pipeline.identity.whose_key import TableOf
from pipeline.schemas.identity import DEAD_GUARDS

UNTRUSTED, RECYCLED, PARCELS = "too_many_keys_of_the_profile", "recycled", "parcels_only"
"""Why a shared key joined nobody, beside the guards."""
UNGUARDED = "joins_by_its_least_profile"
"""Nothing speaks against the key itself: but each of its profiles was only compared with the least one."""


@dataclass(frozen=True)
class SharedKey:
    """A key of both persons, masked, and why it did not join them: a guard, or one of the words above."""

    key_type: str
    key_masked: str
    reason: str
    profile_count: int | None
    name_count: int | None


def shown_by(profile: Profile, table_of: TableOf) -> Mapping[str, str]:
    """What a profile shows beside its keys, masked, by name; nothing if it shows no name and so is not compared."""
    one = pl.DataFrame([profile], schema=list(PROFILE), orient="row")
    shown = rows_of(table_of("profile_features"), one).select(
        name=mask_name(pl.col("name_head")),
        whose=pl.when(~pl.col("is_own_name")).then(pl.lit("of its main receiver")),
        phone="phone_shape",
        birth_date=pl.when(pl.col("birth_date").is_not_null()).then(pl.lit("on record")),
        email=pl.when(pl.col("email_address").is_not_null()).then(pl.lit("on record")),
        # a district is kept as people typed it, and they type names there; a city is masked and published
        place="city",
    )
    rows = shown.collect().rows(named=True)
    return {name: value for row in rows for name, value in row.items() if value is not None}


def contradictions(one: pl.DataFrame, other: pl.DataFrame, table_of: TableOf) -> tuple[str, ...]:
    """In what two persons (their profiles) cannot be one: traits of which both have a value and none in common."""
    mine, theirs = (_traits(profiles, table_of) for profiles in (one, other))
    return tuple(
        VERDICTS[name] for name in TRAITS if mine[name] and theirs[name] and mine[name].isdisjoint(theirs[name])
    )


def _traits(profiles: pl.DataFrame, table_of: TableOf) -> dict[str, set[str]]:
    rows = rows_of(table_of("profiles"), profiles).select("name", "unionid", "member_no", "birth_date").collect()
    read = read_names(rows.with_columns(pl.col("birth_date").cast(pl.String)), "name")
    named = read.rename({"name_key": "full_name"})
    return {name: set(named[name].drop_nulls()) for name in TRAITS}


def shared_keys(one: pl.DataFrame, other: pl.DataFrame, table_of: TableOf) -> tuple[SharedKey, ...]:
    """Every key that both carry, or one carries and the other's parcels go to, with why it did not join them."""
    mine, theirs = (_carried(profiles, table_of) for profiles in (one, other))
    both = mine.join(theirs, on=[*KEY, "place"], suffix="_other").with_columns(reason=_reason())
    columns = (*KEY, "key_masked", "reason")
    sent = [_sent_to(theirs, one, table_of), _sent_to(mine, other, table_of)]
    found = pl.concat(frame.select(columns) for frame in (both, *sent)).unique()
    hashes = found["key_hash"].unique().implode()
    guards = table_of("key_guards").scan().filter(pl.col("key_hash").is_in(hashes)).drop("key_masked").collect()
    guard = pl.col("guard_reason")
    is_first = guard.is_in(DEAD_GUARDS) | pl.col("reason").is_null()
    told = found.join(guards, on=KEY, how="left").with_columns(
        key_type=pl.when(pl.col("reason") == PARCELS).then(pl.lit("receiver_phone")).otherwise("key_type"),
        reason=pl.when(is_first).then(guard).otherwise(pl.coalesce("reason", guard)).fill_null(UNGUARDED),
    )
    rows = told.select("key_type", "key_masked", "reason", "profile_count", "name_count").sort(pl.all())
    return tuple(SharedKey(*row) for row in rows.iter_rows())


def _sent_to(owned: pl.DataFrame, buyer: pl.DataFrame, table_of: TableOf) -> pl.DataFrame:
    """The phones of one person to which the other has parcels sent."""
    parcels = rows_of(table_of("receiver_contacts"), buyer).select(key_value="receiver_phone").unique().collect()
    phones = owned.filter(pl.col("key_type") == "phone").join(parcels, on="key_value", how="semi")
    return phones.with_columns(reason=pl.lit(PARCELS))


def _carried(profiles: pl.DataFrame, table_of: TableOf) -> pl.DataFrame:
    """The keys of a person, each once, with whether any profile may be trusted with it, and its lives there."""
    keys = rows_of(table_of("profile_keys"), profiles)
    lives = rows_of(table_of("key_lives"), profiles).select(*KEY, *PROFILE, "life")
    place = pl.when(pl.col("key_scope") != EVERYWHERE).then("source").otherwise(pl.lit(EVERYWHERE))
    found = keys.join(lives, on=[*KEY, *PROFILE], how="left").with_columns(place=place)
    carried = found.group_by(*KEY, "place").agg(
        pl.col("key_value").min(), pl.col("is_trusted").any(), lives=pl.col("life").drop_nulls().unique().sort()
    )
    return carried.with_columns(key_masked=mask_key("key_type", pl.col("key_value"))).collect()


def _reason() -> pl.Expr:
    """What parts a key of both beside its guards; null where nothing does."""
    lives, others = pl.col("lives"), pl.col("lives_other")
    is_apart = (lives.list.len() > 0) & (others.list.len() > 0) & (lives.list.set_intersection(others).list.len() == 0)
    is_untrusted = ~pl.col("is_trusted") | ~pl.col("is_trusted_other")
    return pl.when(is_untrusted).then(pl.lit(UNTRUSTED)).when(is_apart).then(pl.lit(RECYCLED))
