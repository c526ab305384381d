"""What a profile shows of its person beside exact keys: a name, seven digits of a phone, a birth date, a place.

The input of the probabilistic stage. A profile without a name of its own is read by the name and phone of whoever
receives most of its parcels (gifts left out), for marketplaces hide the buyer and show the receiver. Guarded keys
show nothing: a clerk's phone tells of nobody. Comparing profiles belongs to `pipeline.identity.likeness`.
"""

from pathlib import Path

import polars as pl

from pipeline.identity.characters import sounds
from pipeline.identity.guards import dead_keys, living_keys
from pipeline.identity.names import SHOWN, are_compatible, read_names
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.receivers import main_names
from pipeline.identity.surnames import COMPOUND
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

TELLING = ("full", "masked")
OWN = ("member_no", "unionid", "birth_date", "province", "city")


def profile_features(
    profiles: Table,
    values: Table,
    keys: Table,
    guards: Table,
    lives: Table,
    receivers: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per profile that shows a name, its own or its main receiver's."""
    own = read_names(profiles.scan().select(*PROFILE, "name", *OWN).collect(), "name")
    parcels = _own_parcels(own, receivers, keys, guards, night.settings.identity.max_profiles_per_key)
    named = _with_names(own, parcels)
    contacts = _own_contacts(living_keys(keys, guards, lives))
    shown = (
        named.join(contacts, on=PROFILE, how="left")
        .join(_latest(values, "phone_shown"), on=PROFILE, how="left")
        .join(_latest(values, "district"), on=PROFILE, how="left")
        .join(_main_phones(parcels), on=PROFILE, how="left")
    )
    return write_table(TABLES["profile_features"], _features(shown), path)


def _features(shown: pl.DataFrame) -> pl.DataFrame:
    number = pl.coalesce("phone", pl.when(pl.col("phone_shown").is_null()).then("receiver_phone"))
    partly = pl.coalesce("phone_shown", pl.when(pl.col("phone").is_null()).then("receiver_phone_shown"))
    surname = pl.when(pl.col("name_head").str.head(2).is_in(COMPOUND)).then(pl.col("name_head").str.head(2))
    sounded = shown.with_columns(
        name_sound=sounds(shown["name_key"]),
        phone_number=number,
        name_surname=surname.otherwise(pl.col("name_head").str.head(1).replace("", None)),
        email_address="email",
        email_local=pl.col("email").str.extract(r"^(.+)@"),
    )
    whole = pl.concat_str(pl.col("phone_number").str.head(3), pl.lit("****"), pl.col("phone_number").str.tail(4))
    return sounded.with_columns(phone_shape=pl.coalesce(whole, partly))


def _own_parcels(own: pl.DataFrame, receivers: Table, keys: Table, guards: Table, most_names: int) -> pl.DataFrame:
    """Parcels to whom the buyer may be, with what the receiver's name shows; `is_main` marks where most go.

    Parcels to a name that contradicts the buyer's own are somebody else's.
    """
    buyer = own.select(*PROFILE, *(pl.col(name).alias(f"{name}_buyer") for name in SHOWN))
    rows = receivers.scan().collect().join(buyer.with_row_index("buyer"), on=PROFILE)
    shown = read_names(rows, "receiver_name").with_columns(
        is_reseller=pl.col("receiver_name").n_unique().over("buyer") > most_names,
        is_named=pl.col("name_class_buyer").is_in(TELLING).fill_null(value=False),
    )
    mine = shown.filter(~pl.col("is_reseller") & (~pl.col("is_named") | are_compatible("", "_buyer")))
    counted = mine.join(main_names(mine), on=["buyer", "receiver_name"], how="left")
    dead = keys.scan().join(dead_keys(guards.scan()), on=["key_type", "key_scope", "key_hash"], how="semi")
    numbers = dead.filter(pl.col("key_type") == "phone").select(receiver_phone="key_value", is_dead=True).unique()
    return counted.join(numbers.collect(), on="receiver_phone", how="left").filter(
        pl.col("is_main").fill_null(value=False) & pl.col("name_class").is_in(TELLING)
    )


def _with_names(own: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Profiles with the name they go by: their own, else the most telling one of their main receiver."""
    is_full = pl.col("name_class") == "full"
    best = (
        parcels.group_by(*PROFILE, "receiver_name", *SHOWN)
        .agg(pl.col("parcel_count").sum())
        .sort(*PROFILE, is_full, "parcel_count", "receiver_name", descending=[False, False, True, True, False])
        .unique(PROFILE, keep="first", maintain_order=True)
        .select(*PROFILE, *(pl.col(name).alias(f"{name}_parcel") for name in SHOWN))
    )
    is_own = pl.col("name_class").is_in(TELLING).fill_null(value=False)
    named = own.join(best, on=PROFILE, how="left").with_columns(is_own_name=is_own)
    chosen = [pl.when(is_own).then(name).otherwise(f"{name}_parcel").alias(name) for name in SHOWN]
    return named.with_columns(chosen).filter(pl.col("name_class").is_in(TELLING))


def _main_phones(parcels: pl.DataFrame) -> pl.DataFrame:
    """The phone of the main receiver that most parcels bear, whole and as shown; dead ones show nothing."""
    living = parcels.filter(pl.col("is_dead").is_null())
    found = parcels.select(PROFILE).unique()
    for name in ("receiver_phone", "receiver_phone_shown"):
        counted = living.filter(pl.col(name) != "").group_by(*PROFILE, name).agg(pl.col("parcel_count").sum())
        most = counted.sort(*PROFILE, "parcel_count", name, descending=[False, False, True, False])
        found = found.join(
            most.unique(PROFILE, keep="first", maintain_order=True).drop("parcel_count"), on=PROFILE, how="left"
        )
    return found


def _own_contacts(living: pl.LazyFrame) -> pl.DataFrame:
    """The phone and the e-mail that each profile itself tells: most trusted, then latest."""
    rows = living.filter(pl.col("key_type").is_in(["phone", "email"])).collect()
    latest = rows.sort(
        *PROFILE,
        "trust_rank",
        "last_seen_on",
        "key_value",
        descending=[False, False, False, True, False],
        nulls_last=True,
    )
    first = latest.unique([*PROFILE, "key_type"], keep="first", maintain_order=True)
    told = [
        first.filter(pl.col("key_type") == kind).select(*PROFILE, pl.col("key_value").alias(kind))
        for kind in ("phone", "email")
    ]
    return told[0].join(told[1], on=PROFILE, how="full", coalesce=True)


def _latest(values: Table, attribute: str) -> pl.DataFrame:
    rows = values.scan().filter(pl.col("attribute") == attribute).collect()
    latest = rows.sort(
        *PROFILE, "last_seen_on", "attribute_value", descending=[False, False, True, False], nulls_last=True
    )
    first = latest.unique(PROFILE, keep="first", maintain_order=True)
    return first.select(*PROFILE, pl.col("attribute_value").alias(attribute))
