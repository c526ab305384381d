"""The rule receiver_phone: whoever has parcels sent to a person's own phone and name is that person.

Marketplaces hide the buyer and show the receiver. So a buyer is joined with the owner of the receiver's phone
only if the order is no gift and the owner's name and the receiver's name show that they agree. A buyer without a
name must besides send most parcels to that name, and must not do so to several persons. Everything doubtful is
refused and recorded.
"""

import polars as pl

from pipeline.clean.masking import mask_name, mask_phone
from pipeline.identity.name_groups import with_name_groups
from pipeline.identity.names import SHOWN, are_compatible, read_names
from pipeline.identity.night import PROFILE
from pipeline.identity_settings import IdentitySettings
from pipeline.lake import Table

RULE = "receiver_phone"
OWNER = ("key", "key_hash", "owner", "group", *SHOWN)


def receiver_links(
    living: pl.DataFrame, people: pl.DataFrame, receivers: Table, limits: IdentitySettings
) -> pl.DataFrame:
    """Links between buyers and owners of their receivers' phones, accepted or refused."""
    parcels = _parcels(people, receivers, limits)
    meetings = parcels.join(_owners(living, parcels), left_on="receiver_phone", right_on="key", suffix="_owner")
    judged = _judged(meetings.filter(pl.col("buyer") != pl.col("owner")))
    return pl.concat([_accepted(judged), _refused(judged)])


def _parcels(people: pl.DataFrame, receivers: Table, limits: IdentitySettings) -> pl.DataFrame:
    """One row per buyer, receiver's phone and name, with what that name shows and whether it can be the buyer's.

    A name of the buyer's own that contradicts the receiver's makes the parcel somebody else's.
    """
    rows = receivers.scan().collect().join(people.rename({"profile": "buyer"}), on=PROFILE)
    buyer_names = {column: f"{column}_buyer" for column in SHOWN}
    is_named = pl.col("name_class_buyer").is_in(["full", "masked"]).fill_null(value=False)
    parcels = read_names(rows.rename(buyer_names), "receiver_name").with_columns(
        is_named=is_named,
        is_own=~is_named | are_compatible("", "_buyer"),
        is_reseller=pl.col("receiver_name").n_unique().over("buyer") > limits.max_profiles_per_key,
        is_common=pl.col("buyer").n_unique().over("receiver_phone") > limits.max_profiles_per_key,
    )
    columns = ["buyer", "receiver_phone", "receiver_name", "is_named", "is_own", "is_reseller", "is_common", *SHOWN]
    return (
        parcels.select(columns)
        .filter(pl.col("receiver_phone") != "")
        .join(main_names(parcels), on=["buyer", "receiver_name"], how="left", maintain_order="left")
    )


def main_names(parcels: pl.DataFrame) -> pl.DataFrame:
    """`is_main` by buyer and receiver_name: whether it, or a name that agrees, bears more than half of all parcels."""
    counted = (
        parcels.filter(~pl.col("is_reseller"))
        .group_by("buyer", "receiver_name", *SHOWN)
        .agg(pl.col("parcel_count").sum())
    )
    total = pl.col("parcel_count").sum().over("buyer")
    pairs = counted.with_columns(total=total).join(counted, on="buyer")
    agrees = are_compatible() | (pl.col("receiver_name") == pl.col("receiver_name_right"))
    same = pl.when(agrees).then("parcel_count_right").otherwise(0).sum()
    return pairs.group_by("buyer", "receiver_name").agg(is_main=2 * same > pl.col("total").first())


def _owners(living: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Profiles whose own phone is some parcel's phone, with their name groups on that phone."""
    wanted = parcels.select(key_value=pl.col("receiver_phone").unique())
    phones = living.filter(pl.col("key_type") == "phone").join(wanted, on="key_value", how="semi")
    rows = phones.lazy().with_columns(key=pl.col("key_value"))
    return with_name_groups(rows).rename({"profile": "owner"}).select(OWNER).collect()


def _judged(meetings: pl.DataFrame) -> pl.DataFrame:
    """Every meeting of a parcel and an owner with `reason`: null where the join is safe.

    Persons are told apart by full name where there is one, so two phones of one person are no ambiguity.
    """
    shown = meetings.with_columns(
        agrees=are_compatible("", "_owner") & pl.col("group").is_not_null(),
        is_main=pl.col("is_named") | pl.col("is_main").fill_null(value=False),
    )
    is_full = pl.col("group").str.starts_with("full:")
    person = pl.when(is_full).then("group").otherwise(pl.col("receiver_phone") + pl.col("group"))
    is_candidate = pl.col("agrees") & pl.col("is_own") & pl.col("is_main")
    persons = pl.when(is_candidate).then(person).drop_nulls().n_unique().over("buyer")
    is_shown = pl.col("name_class_owner").is_in(["full", "masked"]).fill_null(value=False)
    return shown.with_columns(
        reason=pl.when(~pl.col("agrees") & ~(is_shown & pl.col("group").is_not_null()))
        .then(pl.lit("name_unclear"))
        .when(~pl.col("agrees") | ~pl.col("is_own"))
        .then(pl.lit("names_differ"))
        .when(pl.col("is_reseller") | pl.col("is_common"))
        .then(pl.lit("too_common"))
        .when(~pl.col("is_main") | (persons > 1))
        .then(pl.lit("several_receivers"))
    )


def _accepted(judged: pl.DataFrame) -> pl.DataFrame:
    """One link per buyer, phone and name group, to the least owner."""
    safe = judged.filter(pl.col("reason").is_null())
    links = safe.group_by("buyer", "key_hash", "receiver_phone", "group").agg(
        pl.col("owner").min(), pl.col("receiver_name").min()
    )
    return _links(links, pl.lit(RULE), pl.lit("accepted")).unique()


def _refused(judged: pl.DataFrame) -> pl.DataFrame:
    """One refusal per buyer, phone and reason, where no other parcel to that phone was accepted."""
    safe = judged.filter(pl.col("reason").is_null()).select("buyer", "key_hash")
    links = (
        judged.join(safe, on=["buyer", "key_hash"], how="anti")
        .group_by("buyer", "key_hash", "receiver_phone", "reason")
        .agg(pl.col("owner").min(), pl.col("receiver_name").min())
    )
    return _links(links, pl.lit(f"{RULE}_") + pl.col("reason"), pl.lit("refused"))


def _links(rows: pl.DataFrame, rule: pl.Expr, decision: pl.Expr) -> pl.DataFrame:
    """Receiver and owner agree in accepted links, so the receiver's name alone is shown."""
    phone, name = mask_phone(pl.col("receiver_phone")), mask_name(pl.col("receiver_name"))
    return rows.select(
        left=pl.min_horizontal("buyer", "owner"),
        right=pl.max_horizontal("buyer", "owner"),
        rule=rule,
        key_hash="key_hash",
        evidence=pl.concat_str(pl.lit("receiver_phone "), phone, pl.lit(", receiver "), name),
        decision=decision,
    )
