"""One person in a snapshot: every id, profile, key and order by which the tables know them. Raw values: restricted."""

from dataclasses import dataclass

import polars as pl

from pipeline.clean.keys import keyed_hash
from pipeline.erasure.tombstones import ORDER, PROFILE, scoped
from pipeline.errors import HuitouError
from pipeline.identity.whose_key import NOBODY, customers_of, shown_key
from pipeline.snapshots import Snapshot

FOLLOWED = 8
"""How often an id is followed to the one that it was merged into."""


@dataclass(frozen=True)
class Person:
    """Whoever a key names. `customer_ids` holds the id of today and those that were merged into it."""

    customer_id: str
    customer_ids: frozenset[str]
    profiles: pl.DataFrame
    """source, profile_key."""
    keys: pl.DataFrame
    """key_type, key_hash, key_value (raw): the keys that no other person carries."""
    orders: pl.DataFrame
    """source, order_id of every order of theirs."""

    def tombstone_keys(self, secret: bytes) -> pl.DataFrame:
        """key_type and key_hash of all keys, profiles and orders, as tombstones name them."""
        orders = self.orders.select(key_type=pl.lit(ORDER), named=scoped("order_id"))
        profiles = self.profiles.select(key_type=pl.lit(PROFILE), named=scoped("profile_key"))
        named = pl.concat([orders, profiles])
        hashed = named.select("key_type", key_hash=keyed_hash(named["named"], secret))
        return pl.concat([self.keys.select("key_type", "key_hash"), hashed]).unique().sort("key_type", "key_hash")


def find_person(snapshot: Snapshot, key: str, secret: bytes) -> Person:
    """The person named by a customer id, member number, phone, e-mail, profile key or order id (or source:key).

    Raises HuitouError where nobody or more than one person is meant; it repeats the key masked where it may be
    personal.
    """
    found = sorted(customers_of(key.strip(), snapshot.table, secret, trusted_only=True))
    if not found:
        raise HuitouError(
            NOBODY, where=shown_key(key), remedy="Anonymous orders have no customer; write phones as digits."
        )
    if len(found) > 1:
        raise HuitouError(
            f"means {len(found)} customers: {', '.join(found)}", where=shown_key(key), remedy="Name one customer id."
        )
    return _person(snapshot, found[0])


def _person(snapshot: Snapshot, customer_id: str) -> Person:
    profiles = snapshot.table("customer_profiles").scan().filter(pl.col("customer_id") == customer_id)
    names = profiles.select("source", "profile_key").sort("source", "profile_key")
    carried = snapshot.table("profile_keys").scan()
    keys = carried.join(names, on=["source", "profile_key"])
    shared = carried.join(keys, on="key_hash", how="semi").join(names, on=["source", "profile_key"], how="anti")
    orders = snapshot.table("orders").scan().filter(pl.col("customer_id") == customer_id)
    return Person(
        customer_id=customer_id,
        customer_ids=frozenset(_all_ids(snapshot, customer_id)),
        profiles=names.collect(),
        keys=keys.join(shared, on="key_hash", how="anti")
        .select("key_type", "key_hash", "key_value")
        .unique()
        .sort(pl.all())
        .collect(),
        orders=orders.select("source", "order_id").sort("source", "order_id").collect(),
    )


def _all_ids(snapshot: Snapshot, customer_id: str) -> set[str]:
    merged = snapshot.table("customer_id_history").read().filter(pl.col("event") == "merged")
    ids = {customer_id}
    for _ in range(FOLLOWED):
        more = set(merged.filter(pl.col("other_customer_id").is_in(list(ids)))["customer_id"])
        if more <= ids:
            break
        ids |= more
    return ids
