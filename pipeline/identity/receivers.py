"""The rule receiver_phone: whoever has parcels sent to a person's own phone and name is that person.

Marketplaces hide the buyer and show the receiver. So a buyer is joined with the owner of the receiver's phone
only if the order is no gift, the owner's name and the receiver's name show that they agree, and all receivers
so found are one and the same person. Everything doubtful is refused and recorded.
"""

import polars as pl

from pipeline.deliver.masking import mask_name, mask_phone
from pipeline.identity.name_groups import with_name_groups
from pipeline.identity.names import SHOWN, are_compatible, read_names
from pipeline.identity.night import PROFILE
from pipeline.lake import Table
from pipeline.settings import IdentitySettings

RULE = "receiver_phone"
OWNER = ("key", "key_hash", "owner", "group", *SHOWN)


def receiver_links(
    living: pl.DataFrame, people: pl.DataFrame, receivers: Table, limits: IdentitySettings
) -> pl.DataFrame:
    """Links between buyers and owners of their receivers' phones, accepted or refused."""
    parcels = _parcels(people, receivers)
    meetings = parcels.join(_owners(living, parcels), left_on="receiver_phone", right_on="key", suffix="_owner")
    judged = _judged(meetings.filter(pl.col("buyer") != pl.col("owner")), limits)
    return pl.concat([_accepted(judged), _refused(judged)])


def _parcels(people: pl.DataFrame, receivers: Table) -> pl.DataFrame:
    """One row per buyer, receiver's phone and name, with what that name and the buyer's own name show.

    A name of the buyer's own that contradicts the receiver's makes the parcel somebody else's.
    """
    rows = receivers.scan().collect().join(people.rename({"profile": "buyer"}), on=PROFILE)
    buyer_names = {column: f"{column}_buyer" for column in SHOWN}
    parcels = read_names(rows.rename(buyer_names), "receiver_name")
    is_named = pl.col("name_class_buyer").is_in(["full", "masked"]).fill_null(value=False)
    return parcels.with_columns(
        is_own=~is_named | are_compatible("", "_buyer"),
        receivers=pl.col("receiver_name").n_unique().over("buyer"),
        buyers=pl.col("buyer").n_unique().over("receiver_phone"),
    ).select("buyer", "receiver_phone", "receiver_name", "is_own", "receivers", "buyers", *SHOWN)


def _owners(living: pl.DataFrame, parcels: pl.DataFrame) -> pl.DataFrame:
    """Profiles whose own phone is some parcel's phone, with their name groups on that phone."""
    wanted = parcels.select(key_value=pl.col("receiver_phone").unique())
    phones = living.filter(pl.col("key_type") == "phone").join(wanted, on="key_value", how="semi")
    rows = phones.lazy().with_columns(key=pl.col("key_value"))
    return with_name_groups(rows).rename({"profile": "owner"}).select(OWNER).collect()


def _judged(meetings: pl.DataFrame, limits: IdentitySettings) -> pl.DataFrame:
    """Every meeting of a parcel and an owner with `reason`: null where the join is safe.

    Persons are told apart by full name where there is one, so two phones of one person are no ambiguity.
    """
    shown = meetings.with_columns(agrees=are_compatible("", "_owner") & pl.col("group").is_not_null())
    named = (
        pl.when(pl.col("group").str.starts_with("full:"))
        .then("group")
        .otherwise(pl.col("receiver_phone") + pl.col("group"))
    )
    persons = pl.when(pl.col("agrees") & pl.col("is_own")).then(named).drop_nulls().n_unique().over("buyer")
    is_shown = (
        pl.col("name_class_owner").is_in(["full", "masked"]).fill_null(value=False) & pl.col("group").is_not_null()
    )
    too_many = (pl.col("receivers") > limits.max_names_per_key) | (pl.col("buyers") > limits.max_profiles_per_key)
    return shown.with_columns(
        reason=pl.when(~pl.col("agrees") & ~is_shown)
        .then(pl.lit("name_unclear"))
        .when(~pl.col("agrees") | ~pl.col("is_own"))
        .then(pl.lit("names_differ"))
        .when(too_many)
        .then(pl.lit("too_common"))
        .when(persons > 1)
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
