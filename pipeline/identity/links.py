"""Which proposed joins hold: the audit of who is linked with whom, by which rule, and since when.

Exact keys propose (`pipeline.identity.candidates`), then likeness (`pipeline.identity.likely`), and people have the
last word (`pipeline.identity.decisions`). Persons and their ids belong to `pipeline.identity.customers`.
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
from pipeline.identity.repair import LIKELY, SAID_DIFFERENT, SAID_SAME, TRAITS, Decided, repaired
from pipeline.identity_settings import IdentitySettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS

LINK = ("left", "right", "rule", "key_hash", "evidence", "probability", "decision")
BY_PEOPLE = "decided by people"


def identity_links(
    candidates: Table,
    likely: Table,
    profiles: Table,
    decisions: Table,
    previous_links: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """Accepted and refused joins with their evidence.

    `decided_on` of a row that stood in the previous night's table is kept.
    """
    people = people_of(profiles)
    alike = likely.scan().with_columns(rule=_likely_rule(), key_hash=pl.lit(""))
    links = pl.concat([_proposed(candidates), with_numbers(alike, people).select(LINK)])
    kept = settled(links, people, with_numbers(decisions.scan(), people), night.settings.identity)
    return write_table(TABLES["identity_links"], _dated(_named(kept, people), previous_links, night), path)


def exact_groups(candidates: Table, people: pl.DataFrame, decisions: Table, night: IdentityNight) -> NDArray[np.int32]:
    """The group of every profile by exact keys and people alone, before likeness is asked."""
    kept = settled(_proposed(candidates), people, with_numbers(decisions.scan(), people), night.settings.identity)
    return components(people.height, kept.filter(pl.col("decision") == "accepted"))


def _proposed(candidates: Table) -> pl.DataFrame:
    """What exact keys propose, by the numbers of people_of."""
    numbers = {side: pl.col(f"{side}_profile").cast(pl.UInt32) for side in ("left", "right")}
    return candidates.scan().with_columns(**numbers).select(LINK).collect()


def settled(links: pl.DataFrame, people: pl.DataFrame, said: pl.DataFrame, limits: IdentitySettings) -> pl.DataFrame:
    """What becomes of all links: those of groups that contradict themselves are judged one by one.

    `said` has left, right and verdict of people's decisions.
    """
    links = pl.concat([links, _by_people(said)])
    proposed = links.filter(pl.col("decision") == "accepted")
    grouped = people.with_columns(group=components(people.height, proposed))
    enemies = said.filter(pl.col("verdict") == "different").select("left", "right")
    in_conflict = _in_conflict(grouped, proposed, enemies, limits)
    is_doubtful = pl.col("left").is_in(in_conflict["profile"].implode())
    doubtful, cap = proposed.filter(is_doubtful), limits.max_cluster_profiles
    judged = _settled(repaired(doubtful, in_conflict, enemies.rows(), cap, limits.likeness))
    certain = links.filter((pl.col("decision") == "refused") | ~is_doubtful).select(judged.columns)
    return (
        pl.concat([certain, judged])
        .group_by("left", "right", "rule", "decision")
        .agg(pl.col("evidence").min(), pl.col("probability").max())
    )


def components(count: int, links: pl.DataFrame) -> NDArray[np.int32]:
    """A number for every profile; profiles linked directly or through others get the same.

    SciPy counts nodes in 32 bits with a sign; other numbers it would turn into those by a long way.
    """
    ends = tuple(links[side].cast(pl.Int32).to_numpy() for side in ("left", "right"))
    graph = coo_array((np.ones(links.height, dtype=np.int8), ends), shape=(count, count))
    labels: NDArray[np.int32] = connected_components(graph.tocsr(), directed=False)[1]
    return labels


def with_numbers(links: pl.LazyFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Links with `left` and `right`, the numbers of their profiles in `people`; others are left out."""
    numbers = people.lazy().select(*PROFILE, "profile")
    left = links.join(numbers.rename({"profile": "left"}), left_on=ENDS[:2], right_on=PROFILE)
    return left.join(numbers.rename({"profile": "right"}), left_on=ENDS[2:], right_on=PROFILE).collect()


def people_of(profiles: Table) -> pl.DataFrame:
    """Profiles by number in the order of their key, with the TRAITS that may contradict each other."""
    columns = (*PROFILE, "name", "unionid", "member_no")
    frame = profiles.scan().select(*columns, pl.col("birth_date").cast(pl.String)).collect()
    numbered = read_names(frame.with_row_index("profile"), "name")
    return numbered.select("profile", *PROFILE, "birth_date", "unionid", "member_no", full_name="name_key")


def _likely_rule() -> pl.Expr:
    return pl.concat_str(pl.lit(LIKELY), pl.lit("_") + pl.col("likeness_reason"), ignore_nulls=True)


def _by_people(said: pl.DataFrame) -> pl.DataFrame:
    is_same = pl.col("verdict") == "same"
    return said.select(
        "left",
        "right",
        rule=pl.when(is_same).then(pl.lit(SAID_SAME)).otherwise(pl.lit(SAID_DIFFERENT)),
        key_hash=pl.lit(""),
        evidence=pl.lit(BY_PEOPLE),
        probability=pl.when(is_same).then(1.0).otherwise(0.0),
        decision=pl.when(is_same).then(pl.lit("accepted")).otherwise(pl.lit("refused")),
    )


def _in_conflict(
    people: pl.DataFrame, links: pl.DataFrame, enemies: pl.DataFrame, limits: IdentitySettings
) -> pl.DataFrame:
    """The profiles of groups in which a trait has two values, or enemies meet, or that are large or a long chain."""
    several = [pl.col(trait).drop_nulls().n_unique() > 1 for trait in TRAITS[:3]]
    cards_differ = pl.col("member_no").drop_nulls().n_unique() > 1
    label, alike = people["group"], limits.likeness
    by_likeness = label.gather(links.filter(pl.col("rule") == LIKELY)["left"]).alias("group").to_frame()
    chains = by_likeness.group_by("group").agg(joins=pl.len())
    meeting = label.gather(enemies["left"]).filter(label.gather(enemies["left"]) == label.gather(enemies["right"]))
    groups = people.filter(pl.len().over("group") > 1)
    size = pl.col("size")
    found = groups.group_by("group").agg(
        traits=pl.any_horizontal(*several, pl.len() > limits.max_cluster_profiles), cards=cards_differ, size=pl.len()
    )
    bad = found.join(chains, on="group", how="left").filter(
        pl.col("traits")
        | (pl.col("joins").is_not_null() & (pl.col("cards") | (size > alike.large_profiles)))
        | (pl.col("joins") >= alike.loose_parts - 1).fill_null(value=False)
        | pl.col("group").is_in(meeting.implode())
    )
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
