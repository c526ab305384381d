"""Which proposed joins hold: the audit of who is linked with whom, by which rule, and since when.

Exact keys propose (`pipeline.identity.candidates`); any other table of candidates of the same shape may join in.
Persons and their ids belong to `pipeline.identity.customers`.
"""

from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pipeline.identity.names import read_names
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.repair import TRAITS, Decided, repaired
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

ENDS = ("left_source", "left_key", "right_source", "right_key")


def identity_links(
    candidates: Table, profiles: Table, previous_links: Table, *, night: IdentityNight, path: Path
) -> Table:
    """Accepted and refused joins with their evidence.

    `decided_on` of a row that stood in the previous night's table is kept.
    """
    people = _people(profiles)
    links = with_numbers(candidates.scan(), people)
    proposed = links.filter(pl.col("decision") == "accepted")
    groups = components(people.height, proposed)
    in_conflict = _in_conflict(people.with_columns(group=groups))
    is_doubtful = pl.col("left").is_in(in_conflict["profile"].implode())
    settled = _settled(repaired(proposed.filter(is_doubtful), in_conflict))
    kept = pl.concat([links.filter((pl.col("decision") == "refused") | ~is_doubtful).select(settled.columns), settled])
    distinct = kept.group_by("left", "right", "rule", "decision").agg(
        pl.col("evidence").min(), pl.col("probability").max()
    )
    return write_table(TABLES["identity_links"], _dated(_named(distinct, people), previous_links, night), path)


def components(count: int, links: pl.DataFrame) -> NDArray[np.int32]:
    """A number for every profile; profiles linked directly or through others get the same."""
    ends = (links["left"].to_numpy(), links["right"].to_numpy())
    graph = coo_array((np.ones(links.height, dtype=np.int8), ends), shape=(count, count))
    labels: NDArray[np.int32] = connected_components(graph.tocsr(), directed=False)[1]
    return labels


def with_numbers(links: pl.LazyFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Links with `left` and `right`, the numbers of their profiles in `people`."""
    numbers = people.lazy().select(*PROFILE, "profile")
    left = links.join(numbers.rename({"profile": "left"}), left_on=ENDS[:2], right_on=PROFILE)
    return left.join(numbers.rename({"profile": "right"}), left_on=ENDS[2:], right_on=PROFILE).collect()


def _people(profiles: Table) -> pl.DataFrame:
    frame = profiles.scan().select(*PROFILE, "name", pl.col("birth_date").cast(pl.String), "unionid").collect()
    numbered = read_names(frame.sort(PROFILE).with_row_index("profile"), "name")
    return numbered.select("profile", *PROFILE, "birth_date", "unionid", full_name="name_key")


def _in_conflict(people: pl.DataFrame) -> pl.DataFrame:
    """The profiles of groups in which a trait has two values."""
    several = [pl.col(trait).drop_nulls().n_unique() > 1 for trait in TRAITS]
    groups = people.filter(pl.len().over("group") > 1)
    bad = groups.group_by("group").agg(pl.any_horizontal(several).alias("bad")).filter("bad")
    return groups.join(bad, on="group", how="semi")


def _settled(decided: Sequence[Decided]) -> pl.DataFrame:
    types = (pl.UInt32, pl.UInt32, pl.String, pl.String, pl.Float64, pl.String)
    schema = dict(zip((field.name for field in fields(Decided)), types, strict=True))
    frame = pl.DataFrame([astuple(one) for one in decided], schema=schema, orient="row")
    is_refused = pl.col("verdict").is_not_null()
    return frame.select(
        "left",
        "right",
        pl.when(is_refused).then(pl.col("rule") + "_" + pl.col("verdict")).otherwise("rule").alias("rule"),
        "evidence",
        "probability",
        decision=pl.when(is_refused).then(pl.lit("refused")).otherwise(pl.lit("accepted")),
    )


def _named(links: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    columns = ("source", "profile_key", "source", "profile_key")
    ends = zip(ENDS, columns, ("left", "left", "right", "right"), strict=True)
    return links.with_columns(**{name: people[column].gather(links[side]) for name, column, side in ends})


def _dated(links: pl.DataFrame, previous: Table, night: IdentityNight) -> pl.LazyFrame:
    same = (*ENDS, "rule", "decision")
    before = previous.scan().select(*same, "decided_on")
    dated = links.lazy().join(before, on=same, how="left")
    return dated.with_columns(pl.min_horizontal("decided_on", pl.lit(night.as_of)))
