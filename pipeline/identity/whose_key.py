"""Whom a KEY of the command line means: the one place where `huitou explain` and `huitou forget` look somebody up.

Pure reading of a snapshot's tables. What is done with whoever was found belongs to the callers.
"""

import re
from collections.abc import Callable

import polars as pl

from pipeline.clean.email import normalized_emails
from pipeline.clean.ids import member_numbers
from pipeline.clean.keys import keyed_hash
from pipeline.clean.phone import normalized_phones
from pipeline.deliver.masking import mask_account, mask_email, mask_phone
from pipeline.identity.night import PROFILE
from pipeline.lake import Table

TableOf = Callable[[str], Table]
"""Gives a table of the snapshot by name."""
NOBODY = "no customer has this id, member number, phone, e-mail, account, profile key or order (nor source:key)"
OPEN = re.compile(r"C[A-Z2-7]{16}|[0-9a-f]{32}|\d{1,6}")
"""Ids that name nobody outside this house, and numbers too short for a phone."""
SCOPED = re.compile(r"([a-z_][a-z0-9_]*):(.+)")
"""source:order_id or source:profile_key."""
E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().-]{7,20}")
MOST_DIGITS = 15
"""Of a phone with its country code (E.164); an order id has more."""


def customers_of(key: str, table_of: TableOf, secret: bytes, *, trusted_only: bool = False) -> set[str]:
    """The ids of all customers whom a key means; none where it is unknown.

    A key is a customer id (one that was merged away means its successor), a profile key, a member number, a phone, an
    e-mail or an account in any spelling; then an order id, or with its source before it (`source:…`) an order id or a
    profile key; tried in this order. `trusted_only` passes over
    phones and accounts that do not tell their owner: those of clerks and crowds, and of receivers of other people's
    orders. Whoever is only named by such a key must not be erased by it.
    """
    profiles = table_of("customer_profiles").scan()
    found = _ids(profiles.filter((pl.col("customer_id") == key) | (pl.col("profile_key") == key)))
    if found:
        return found
    if successor := _successor(key, table_of):
        return {successor}
    hashes = keyed_hash(_spellings(key), secret)
    carriers = table_of("profile_keys").scan().filter(pl.col("key_hash").is_in(hashes.implode()))
    if trusted_only:
        carriers = carriers.filter("is_trusted")
    found = _ids(profiles.join(carriers.select(PROFILE), on=PROFILE, how="semi"))
    return found or _scoped(key, profiles, table_of("orders").scan())


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


def _scoped(key: str, profiles: pl.LazyFrame, orders: pl.LazyFrame) -> set[str]:
    """Whoever has this order, and whoever has the profile that is told by its source; both where one id is both."""
    named = _ids(orders.filter((pl.col("order_id") == key) | (pl.col("order_key") == key)))
    source, _, profile_key = key.partition(":")
    return named | _ids(profiles.filter((pl.col("source") == source) & (pl.col("profile_key") == profile_key)))


def _ids(rows: pl.LazyFrame) -> set[str]:
    return set(rows.select(pl.col("customer_id").drop_nulls().unique()).collect()["customer_id"])


def _spellings(key: str) -> pl.Series:
    """The key as it is written, and as a member number, a phone and an e-mail are kept."""
    written = pl.Series([key], dtype=pl.String)
    kept = [normalize(written) for normalize in (member_numbers, normalized_phones, normalized_emails)]
    return pl.concat([written, *kept]).drop_nulls().unique().sort()


def _successor(key: str, table_of: TableOf) -> str | None:
    """The living id that a retired one was merged into, however often."""
    merged = table_of("customer_id_history").scan().filter(pl.col("event") == "merged").sort("as_of").collect()
    into = dict(zip(merged["customer_id"], merged["other_customer_id"], strict=True))
    living = _ids(table_of("customer_profiles").scan())
    seen: set[str] = set()
    while key in into and key not in living and key not in seen:
        seen.add(key)
        key = into[key]
    return key if seen and key in living else None
