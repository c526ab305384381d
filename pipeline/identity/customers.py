"""Persons: linked profiles under one id that stays theirs from night to night, and what became of each id.

Surviving values of a person belong to `pipeline.identity.attributes`.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.identity.links import components, with_numbers
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.stable_ids import handed_on, minted, overlaps, weight
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import ENDS

GIVEN = ("source", "profile_key", "key_types", "first_seen_on", "last_seen_on")


def customer_profiles(
    profiles: Table,
    links: Table,
    previous_profiles: Table,
    previous_former: Table,
    previous_history: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """The person of every profile.

    First ids go to the groups that hold most of their profiles, then groups without one take back an id that
    is out of use and that their profiles once bore, then the rest get new ids.
    """
    groups = _groups(profiles, links)
    held, history = previous_profiles.read(), previous_history.read()
    former = previous_former.read()
    born = history.filter(pl.col("event") == "created").group_by("customer_id").agg(born_on=pl.col("as_of").min())
    erased = history.filter(pl.col("event") == "erased")
    kept = handed_on(overlaps(groups, held), born)
    out_of_use = former.join(held, on="customer_id", how="anti").join(erased, on="customer_id", how="anti")
    waiting = groups.join(kept, on="group", how="anti")
    back = handed_on(overlaps(waiting, out_of_use), born)
    nameless = waiting.join(back, on="group", how="anti")
    used = pl.concat([frame["customer_id"] for frame in (held, former, history)]).unique()
    new = minted(nameless.filter(pl.col("profile") == pl.col("group")), used, night.as_of, night.secret)
    named = groups.join(pl.concat([kept, back, new]), on="group")
    return write_table(TABLES["customer_profiles"], named, path)


def _groups(profiles: Table, links: Table) -> pl.DataFrame:
    """Profiles with `group`, the number of the least profile they are linked with."""
    people = profiles.scan().select(GIVEN).collect().with_row_index("profile")
    accepted = links.scan().filter(pl.col("decision") == "accepted").select(ENDS)
    labels = pl.Series("label", components(people.height, with_numbers(accepted, people)))
    return people.with_columns(labels).with_columns(group=pl.col("profile").min().over("label")).drop("label")


def former_profiles(
    customers: Table, previous_profiles: Table, previous_former: Table, *, night: IdentityNight, path: Path
) -> Table:
    """Which ids each profile once bore: the previous night's memory, and what was lost tonight."""
    bore = [*PROFILE, "customer_id"]
    lost_tonight = previous_profiles.scan().select(bore).with_columns(lost_on=pl.lit(night.as_of))
    ever = pl.concat([previous_former.scan(), lost_tonight]).group_by(bore).agg(pl.col("lost_on").min())
    return write_table(TABLES["former_profiles"], ever.join(customers.scan(), on=bore, how="anti"), path)


def customer_id_history(
    customers: Table,
    links: Table,
    previous_profiles: Table,
    previous_former: Table,
    previous_history: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """All changes of ids so far and those of tonight: created, merged into another, split from another."""
    now, before, history = customers.read(), previous_profiles.read(), previous_history.read()
    known = pl.concat([frame["customer_id"] for frame in (before, previous_former.read(), history)]).unique()
    moves = _moves(before, now)
    events = [
        _created(now, known),
        _merged(moves, now, _joining_rules(links, before, night.as_of)),
        _split(moves, before, now),
    ]
    columns = ["event", "customer_id", "other_customer_id", "reason"]
    tonight = pl.concat([event.select(columns) for event in events]).with_columns(as_of=pl.lit(night.as_of))
    spec = TABLES["customer_id_history"]
    told = pl.concat([history.select(spec.names), tonight.select(spec.names)])
    return write_table(spec, told.unique(spec.key, keep="first", maintain_order=True), path)


def _moves(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Ids between which profiles moved tonight, with the weight of what moved."""
    changed = before.select(*PROFILE, old="customer_id").join(now, on=PROFILE)
    moved = changed.filter(pl.col("old") != pl.col("customer_id"))
    return moved.group_by("old", new="customer_id").agg(weight=weight().sum())


def _created(now: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    fresh = now.select(pl.col("customer_id").unique()).filter(~pl.col("customer_id").is_in(known.implode()))
    return fresh.with_columns(
        event=pl.lit("created"), other_customer_id=pl.lit(None, pl.String), reason=pl.lit("first seen")
    )


def _merged(moves: pl.DataFrame, now: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Ids whose profiles all went elsewhere: into the id that took most of them."""
    gone = moves.join(now, left_on="old", right_on="customer_id", how="anti")
    into = gone.sort("old", "weight", "new", descending=[False, True, False]).unique("old", keep="first")
    told = into.join(rules, on=["old", "new"], how="left")
    reason = pl.lit("linked by ") + pl.col("rule")
    return told.select(
        event=pl.lit("merged"),
        customer_id="old",
        other_customer_id="new",
        reason=reason.fill_null("linked through other profiles"),
    )


def _split(moves: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Ids that came to life tonight with profiles of an id that lives on."""
    alive = moves.join(before, left_on="new", right_on="customer_id", how="anti")
    alive = alive.join(now, left_on="old", right_on="customer_id", how="semi")
    parts = alive.sort("new", "weight", "old", descending=[False, True, False]).unique("new", keep="first")
    return parts.select(
        event=pl.lit("split"), customer_id="new", other_customer_id="old", reason=pl.lit("no longer linked")
    )


def _joining_rules(links: Table, before: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The least rule that linked profiles of two ids (`old`, `new`) tonight, in both directions."""
    tonight = links.scan().filter((pl.col("decision") == "accepted") & (pl.col("decided_on") == as_of))
    held = before.lazy().select(*PROFILE, "customer_id")
    pairs = (
        tonight.join(held.rename({"customer_id": "old"}), left_on=ENDS[:2], right_on=PROFILE)
        .join(held.rename({"customer_id": "new"}), left_on=ENDS[2:], right_on=PROFILE)
        .filter(pl.col("old") != pl.col("new"))
        .select("old", "new", "rule")
    )
    both = pl.concat([pairs, pairs.select(old="new", new="old", rule="rule")])
    return both.group_by("old", "new").agg(pl.col("rule").min()).collect()
