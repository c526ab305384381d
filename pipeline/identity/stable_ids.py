"""Which id a group of profiles bears: the one most of its profiles bore before, a former one, or a new one.

Pure frames. Every choice is a total order over values, so neither the order of rows nor of files matters.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from pipeline.clean.keys import keyed_digests
from pipeline.identity.night import PROFILE

MEMBER_WEIGHT = 4
"""How many other profiles a profile with a member card outweighs, less one: cards are what staff and till know."""
OTHER_WEIGHT = 1
ID_BYTES = 10
LETTERS = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)
"""Base32 (RFC 4648): five bits a letter."""
SEPARATOR = "\x1f"


def weight() -> pl.Expr:
    """Weight of a profile, from its key_types, when ids are handed on."""
    is_member = pl.col("key_types").str.split(",").list.contains("member_no")
    return pl.when(is_member).then(MEMBER_WEIGHT).otherwise(OTHER_WEIGHT)


def overlaps(groups: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """How heavily each group (`group`) and each earlier id (`customer_id`) share profiles."""
    shared = held.select(*PROFILE, "customer_id").join(groups, on=PROFILE)
    return shared.group_by("customer_id", "group").agg(weight=weight().sum())


def handed_on(shares: pl.DataFrame, born: pl.DataFrame) -> pl.DataFrame:
    """Ids and groups one to one: heaviest share first, then the older id, the lesser id, the lesser group.

    `born` says since when an id exists. In every round all pairs are taken that are the best of both their id
    and their group, which gives exactly what going through the sorted list one by one would.
    """
    by_rank = shares.join(born, on="customer_id", how="left").sort(
        "weight", "born_on", "customer_id", "group", descending=[True, False, False, False], nulls_last=True
    )
    waiting = by_rank.with_row_index("rank").select("rank", "customer_id", "group")
    taken = [waiting.clear()]
    while waiting.height:
        best_of_id = pl.col("rank").min().over("customer_id")
        best_of_group = pl.col("rank").min().over("group")
        round_taken = waiting.filter((pl.col("rank") == best_of_id) & (pl.col("rank") == best_of_group))
        taken.append(round_taken)
        waiting = waiting.join(round_taken, on="customer_id", how="anti").join(round_taken, on="group", how="anti")
    return pl.concat(taken).select("customer_id", "group")


def minted(groups: pl.DataFrame, used: pl.Series, as_of: date, secret: bytes) -> pl.DataFrame:
    """A new id for each group, made of its least profile and the night, so that a rerun makes the same.

    `groups` has group and the PROFILE of its least profile; `used` are all ids there ever were: none comes twice.
    """
    made = [groups.select(customer_id=pl.lit(None, pl.String), group="group").clear()]
    waiting, attempt = groups, 0
    while waiting.height:
        tried = waiting.with_columns(customer_id=_ids(waiting, as_of, attempt, secret))
        is_fresh = ~pl.col("customer_id").is_in(used.implode())
        made.append(tried.filter(is_fresh).select("customer_id", "group"))
        waiting, attempt = tried.filter(~is_fresh).drop("customer_id"), attempt + 1
    return pl.concat(made)


def _ids(groups: pl.DataFrame, as_of: date, attempt: int, secret: bytes) -> pl.Series:
    parts = [pl.lit("customer"), *PROFILE, pl.lit(as_of.isoformat()), pl.lit(str(attempt))]
    texts = groups.select(pl.concat_str(parts, separator=SEPARATOR)).to_series().to_list()
    return "C" + _base32(keyed_digests(texts, secret))


def _base32(digests: Sequence[bytes]) -> pl.Series:
    """The first ID_BYTES of each digest in letters, all at once."""
    bits = np.unpackbits(np.frombuffer(b"".join(one[:ID_BYTES] for one in digests), dtype=np.uint8))
    numbers = np.packbits(bits.reshape(-1, 5), axis=1) >> 3
    letters = LETTERS[numbers].tobytes().decode()
    width = ID_BYTES * 8 // 5
    return pl.Series([letters[at : at + width] for at in range(0, len(letters), width)], dtype=pl.String)
