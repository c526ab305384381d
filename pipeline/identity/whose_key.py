"""Whom a KEY of the command line means: the one place where `huitou explain` and `huitou forget` look somebody up.

Pure reading of a snapshot's tables. What is done with whoever was found belongs to the callers.
"""

from collections.abc import Callable

import polars as pl

from pipeline.clean.email import normalized_emails
from pipeline.clean.keys import keyed_hash
from pipeline.clean.phone import normalized_phones
from pipeline.identity.night import PROFILE
from pipeline.lake import Table

TableOf = Callable[[str], Table]
"""Gives a table of the snapshot by name."""


def customers_of(key: str, table_of: TableOf, secret: bytes, *, trusted_only: bool = False) -> set[str]:
    """The ids of all customers whom a key means; none where it is unknown.

    A key is a customer id (one that was merged away means its successor), a profile key, a member number, a phone, an
    e-mail or an account in any spelling, an order id or an order_key; tried in this order. `trusted_only` passes over
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
    return found or _ids(table_of("orders").scan().filter((pl.col("order_id") == key) | (pl.col("order_key") == key)))


def _ids(rows: pl.LazyFrame) -> set[str]:
    return set(rows.select(pl.col("customer_id").drop_nulls().unique()).collect()["customer_id"])


def _spellings(key: str) -> pl.Series:
    """The key as it is written, and as a phone and an e-mail are kept."""
    written = pl.Series([key], dtype=pl.String)
    return pl.concat([written, normalized_phones(written), normalized_emails(written)]).drop_nulls().unique().sort()


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
