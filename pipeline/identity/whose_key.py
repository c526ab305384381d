"""Whom a KEY of the command line means: the one place where `huitou explain` and `huitou forget` look somebody up.

Pure reading of a snapshot's tables. What is done with whoever was found belongs to the callers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipeline.clean.email import normalized_emails
from pipeline.clean.ids import member_numbers
from pipeline.clean.keys import keyed_hash
from pipeline.clean.masking import mask_account, mask_email, mask_phone
from pipeline.clean.phone import normalized_phones
from pipeline.identity.night import PROFILE
from pipeline.lake import Table

TableOf = Callable[[str], Table]
"""Gives a table of the snapshot by name."""
OWNED = (*PROFILE, "customer_id")
NOBODY = "no customer has this id, member number, phone, e-mail, account, profile key or order (nor source:key)"
OPEN = re.compile(r"C[A-Z2-7]{16}|[0-9a-f]{32}|\d{1,6}")
"""Ids that name nobody outside this house, and numbers too short for a phone."""
SCOPED = re.compile(r"([a-z_][a-z0-9_]*):(.+)")
"""source:order_id or source:profile_key."""
E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().-]{7,20}")
MOST_DIGITS = 15
"""Of a phone with its country code (E.164); an order id has more."""


@dataclass(frozen=True)
class Meant:
    """What a key means: `profiles` (source, profile_key, customer_id) that it names, in the order of their names.

    `former_ids` are the retired ids that led there: the key itself and those that it was merged into on the way.
    """

    profiles: pl.DataFrame
    former_ids: tuple[str, ...] = ()

    @property
    def customer_ids(self) -> set[str]:
        """Whose the profiles are."""
        return set(self.profiles["customer_id"])


def customers_of(key: str, table_of: TableOf, secret: bytes, *, trusted_only: bool = False) -> set[str]:
    """The ids of all customers whom a key means; none where it is unknown. See `meant_by`."""
    return meant_by(key, table_of, secret, trusted_only=trusted_only).customer_ids


def meant_by(key: str, table_of: TableOf, secret: bytes, *, trusted_only: bool = False) -> Meant:
    """The profiles which a key names; none where it is unknown.

    A key is a customer id (one that was merged away means its successor: the profiles that bore it), a profile key, a
    member number, a phone, an e-mail or an account in any spelling; then an order id (all profiles of its customer in
    its source), or with its source before it (`source:…`) an order id or a profile key; tried in this order.
    `trusted_only` passes over phones and accounts that do not tell their owner: those of clerks and crowds, and of
    receivers of other people's orders. Whoever is only named by such a key must not be erased by it.
    """
    profiles = table_of("customer_profiles").scan().select(OWNED)
    named = profiles.filter((pl.col("customer_id") == key) | (pl.col("profile_key") == key)).collect()
    if named.height:
        return Meant(named.sort(OWNED))
    if former_ids := _former_ids(key, table_of):
        return _formerly(former_ids, profiles, table_of)
    hashes = keyed_hash(_spellings(key), secret)
    carriers = table_of("profile_keys").scan().filter(pl.col("key_hash").is_in(hashes.implode()))
    if trusted_only:
        carriers = carriers.filter("is_trusted")
    named = profiles.join(carriers.select(PROFILE), on=PROFILE, how="semi").collect()
    return Meant((named if named.height else _scoped(key, profiles, table_of("orders").scan())).sort(OWNED))


def shown_key(key: str) -> str:
    """A key as messages may repeat it: what could be a phone, an e-mail or an account of a person is masked.

    Ids of this house stay as they are, and so does a source before its colon.
    """
    key = key.strip()
    if scoped := SCOPED.fullmatch(key):
        return f"{scoped[1]}:{shown_key(scoped[2])}"
    if OPEN.fullmatch(key):
        return key
    mask: Callable[[pl.Expr], pl.Expr] = mask_account
    if E_MAIL.fullmatch(key):
        mask = mask_email
    elif PHONE.fullmatch(key) and sum(letter.isdigit() for letter in key) <= MOST_DIGITS:
        mask = mask_phone
    return str(pl.select(mask(pl.lit(key))).item())


def _scoped(key: str, profiles: pl.LazyFrame, orders: pl.LazyFrame) -> pl.DataFrame:
    """Whoever has this order, and whoever has the profile that is told by its source; both where one id is both."""
    asked = orders.filter((pl.col("order_id") == key) | (pl.col("order_key") == key))
    buyers = asked.filter(pl.col("customer_id").is_not_null()).select("source", "customer_id").unique().collect()
    source, _, profile_key = key.partition(":")
    is_named = (pl.col("source") == source) & (pl.col("profile_key") == profile_key)
    is_buyer = pl.col("customer_id").is_in(buyers["customer_id"].unique().implode())
    found = profiles.filter(is_named | is_buyer).with_columns(is_named=is_named, is_buyer=is_buyer).collect()
    there = found.join(buyers.with_columns(is_there=True), on=["source", "customer_id"], how="left")
    is_there = pl.col("is_there").fill_null(value=False)
    # An order may come from a source that tells nothing else of its buyer: then all that is known of them is meant.
    is_meant = is_there | (pl.col("is_buyer") & ~is_there.any().over("customer_id"))
    return there.filter(pl.col("is_named") | is_meant).select(OWNED)


def _spellings(key: str) -> pl.Series:
    """The key as it is written, and as a member number, a phone and an e-mail are kept."""
    written = pl.Series([key], dtype=pl.String)
    kept = [normalize(written) for normalize in (member_numbers, normalized_phones, normalized_emails)]
    return pl.concat([written, *kept]).drop_nulls().unique().sort()


def _former_ids(key: str, table_of: TableOf) -> tuple[str, ...]:
    """A retired id and those that it was merged into, however often, down to the last."""
    merged = table_of("customer_id_history").scan().filter(pl.col("event") == "merged").sort("as_of").collect()
    into = dict(zip(merged["customer_id"], merged["other_customer_id"], strict=True))
    walked: list[str] = []
    while key in into and key not in walked:
        walked.append(key)
        key = into[key]
    return (*walked, key) if walked else ()


def _formerly(ids: tuple[str, ...], profiles: pl.LazyFrame, table_of: TableOf) -> Meant:
    """The living successor's profiles that once bore the retired id; all of them where nobody remembers."""
    living = profiles.filter(pl.col("customer_id").is_in(ids)).collect()
    successor = next((one for one in ids if one in set(living["customer_id"])), None)
    owned = living.filter(pl.col("customer_id") == successor)
    bore = table_of("former_profiles").scan().filter(pl.col("customer_id") == ids[0]).select(PROFILE).collect()
    then = owned.join(bore, on=PROFILE, how="semi")
    former = ids[: ids.index(successor)] if successor else ids
    return Meant((then if then.height else owned).sort(OWNED), former)
