"""The best that any use of the same evidence could do: an oracle that joins the true ones of all pairs looked at.

Looked at are profiles with one living key in common, buyers and the owners of their receivers' phones, and pairs that
scored as likely as not. The oracle knows the truth, makes no false join, and joins what its true joins tie; what it
misses no rule or threshold finds among those pairs. A second oracle may join all pairs that share a block, as if a name
and a town, or the digits of a masked phone, told who is who: what it gains, nobody can have without the truth.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline.identity.guards import KEY, living_keys
from pipeline.identity.likeness import COMPARED_BLOCKS, records
from pipeline.identity.links import components, with_numbers
from pipeline.identity.night import PROFILE
from pipeline.lake import Table


def with_oracle(tables: Mapping[str, Table], truth: pl.DataFrame) -> pl.DataFrame:
    """The truth (source, profile_key and person, one row per profile) with `found`, the oracle's persons."""
    people = truth.sort(PROFILE).with_row_index("profile")
    person = people["person"]
    likely = with_numbers(tables["scored_pairs"].scan(), people).select("left", "right")
    is_true = person.gather(likely["left"]) == person.gather(likely["right"])
    return _joined(people, [_true_edges(_exact(tables), people), likely.filter(is_true)])


def with_oracle_of_blocks(tables: Mapping[str, Table], truth: pl.DataFrame, most: int) -> pl.DataFrame:
    """As `with_oracle` for all pairs that share a block.

    `most` is `likeness.max_block_profiles`: a block of more profiles proposes no pairs.
    """
    people = truth.sort(PROFILE).with_row_index("profile")
    shown = records(tables["profile_features"].read().with_row_index("profile"), most)
    met = [
        _exact(tables),
        *(shown.filter(pl.col(block).is_not_null()).select(*PROFILE, value=block) for block in COMPARED_BLOCKS),
    ]
    return _joined(people, [_true_edges(frame, people) for frame in met])


def _joined(people: pl.DataFrame, edges: Sequence[pl.DataFrame]) -> pl.DataFrame:
    found = pl.Series(components(people.height, pl.concat(edges)))
    return people.select(*PROFILE, "person", found=found)


def _exact(tables: Mapping[str, Table]) -> pl.DataFrame:
    """Profiles by the living keys that they carry or have parcels sent to (`value`)."""
    living = living_keys(tables["profile_keys"], tables["key_guards"], tables["key_lives"]).collect()
    return pl.concat([living.select(*PROFILE, value=_value()), _receivers(tables["receiver_contacts"].read(), living)])


def _value() -> pl.Expr:
    return pl.concat_str(*KEY, "life", separator="\x1f")


def _receivers(parcels: pl.DataFrame, living: pl.DataFrame) -> pl.DataFrame:
    """Buyers by the living phones to which they have parcels sent."""
    phones = living.filter(pl.col("key_type") == "phone").select("key_value", *KEY, "life").unique()
    return parcels.join(phones, left_on="receiver_phone", right_on="key_value").select(*PROFILE, value=_value())


def _true_edges(met: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """From the least profile of a value and a person to each other one of them."""
    known = met.join(people, on=PROFILE).select("value", "person", right="profile")
    stars = known.with_columns(left=pl.col("right").min().over("value", "person"))
    return stars.filter(pl.col("left") < pl.col("right")).select("left", "right").unique()
