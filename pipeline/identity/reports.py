"""Figures that watch over the identity layer where there is no truth: what strange persons would show first.

Rows are shaped like model_reports: model, trained_on, metric, value, baseline_value (last night's), sample_count.
Against a truth the layer is measured by `pipeline.identity.agreement`, in tests and benchmarks.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.identity.links import components, with_numbers
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.repair import LIKELY
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

IDENTITY = "identity"
MANY_NAMES, BIG_PERSON = 2, 20
WEAK_RULES = ("email", "receiver_phone", LIKELY)
"""Rules that alone should not hold two large parts of a person together."""
Figure = tuple[str, str, float, int]
"""model, metric, value, sample_count."""


def identity_reports(
    customers: Table,
    names: Table,
    links: Table,
    likely: Table,
    guards: Table,
    model: Table,
    history: Table,
    previous_reports: Table,
    *,
    night: IdentityNight,
    path: Path,
) -> Table:
    """One row per figure, with that of the night before."""
    owned = customers.scan().select(*PROFILE, "customer_id").collect()
    figures = [
        *_persons(owned, names),
        *_bridges(owned, links),
        *_links(links),
        *_guards(guards),
        *_likeness(likely, model),
        *_history(history, owned, night),
    ]
    schema = {"model": pl.String, "metric": pl.String, "value": pl.Float64, "sample_count": pl.Int64}
    frame = pl.DataFrame(figures, schema=schema, orient="row").with_columns(pl.col("value").round(6))
    before = previous_reports.read().select("model", "metric", baseline_value="value")
    told = frame.join(before, on=["model", "metric"], how="left").with_columns(trained_on=pl.lit(night.as_of))
    return write_table(TABLES["identity_reports"], told, path)


def _persons(owned: pl.DataFrame, names: Table) -> Iterator[Figure]:
    sizes = owned.group_by("customer_id").len("profiles")
    largest = sizes.select(pl.col("profiles").max().fill_null(0)).item()
    big = sizes.filter(pl.col("profiles") > BIG_PERSON).height
    full = names.scan().filter(pl.col("name_class") == "full").select(*PROFILE, "name_key").collect()
    told = owned.join(full, on=PROFILE).group_by("customer_id").agg(names=pl.col("name_key").n_unique())
    many = told.filter(pl.col("names") > MANY_NAMES).height
    persons = sizes.height
    yield IDENTITY, "customers", float(persons), owned.height
    yield IDENTITY, "profiles_per_customer_mean", _share(owned.height, persons), persons
    yield IDENTITY, "profiles_per_customer_max", float(largest), persons
    yield IDENTITY, "big_customer_share", _share(big, persons), persons
    yield IDENTITY, "many_names_share", _share(many, persons), persons


def _bridges(owned: pl.DataFrame, links: Table) -> Iterator[Figure]:
    """Persons of which two parts of two or more profiles each hang together by one weak join only.

    Parts are what stronger rules join; one weak join between two parts that no other weak join ties is a bridge.
    """
    people = owned.with_row_index("profile")
    accepted = with_numbers(links.scan().filter(pl.col("decision") == "accepted"), people)
    is_weak = pl.col("rule").is_in(WEAK_RULES)
    parts = people.with_columns(part=components(people.height, accepted.filter(~is_weak)))
    size = parts.group_by("part").len("size")
    number = parts["part"]
    weak = accepted.filter(is_weak)
    sides = pl.DataFrame({"one": number.gather(weak["left"]), "other": number.gather(weak["right"])})
    pairs = sides.select(pl.min_horizontal("one", "other").alias("a"), pl.max_horizontal("one", "other").alias("b"))
    single = pairs.filter(pl.col("a") != pl.col("b")).group_by("a", "b").len("joins").filter(pl.col("joins") == 1)
    large = single.join(size, left_on="a", right_on="part").join(size, left_on="b", right_on="part", suffix="_b")
    found = large.filter((pl.col("size") > 1) & (pl.col("size_b") > 1))
    persons = people["customer_id"].n_unique()
    yield IDENTITY, "bridge_share", _share(found.height, persons), persons


def _links(links: Table) -> Iterator[Figure]:
    counted = links.scan().group_by("rule", "decision").len("pairs").collect().sort("decision", "rule")
    total = int(counted["pairs"].sum())
    for rule, decision, pairs in counted.iter_rows():
        yield IDENTITY, f"{decision}_{rule}_count", float(pairs), total


def _guards(guards: Table) -> Iterator[Figure]:
    counted = (
        guards.scan().group_by("guard_reason").agg(keys=pl.len(), profiles=pl.col("profile_count").sum()).collect()
    )
    for reason, keys, profiles in counted.sort("guard_reason").iter_rows():
        yield IDENTITY, f"guard_{reason}_count", float(keys), int(profiles)


def _likeness(likely: Table, model: Table) -> Iterator[Figure]:
    known = model.read()
    yield LIKELY, "is_trained", float(known.height), int(known["training_count"].sum())
    pairs = likely.scan().select("probability", "decision").collect()
    joined = pairs.filter(pl.col("decision") == "accepted")["probability"]
    yield LIKELY, "pairs_scored", float(pairs.height), pairs.height
    yield LIKELY, "pairs_joined", float(len(joined)), pairs.height
    yield LIKELY, "expected_false_joins", float((1 - joined).sum()), len(joined)


def _history(history: Table, owned: pl.DataFrame, night: IdentityNight) -> Iterator[Figure]:
    tonight = history.scan().filter(pl.col("as_of") == night.as_of).group_by("event").len("ids").collect()
    persons = owned["customer_id"].n_unique()
    for event, ids in tonight.sort("event").iter_rows():
        yield IDENTITY, f"ids_{event}_share", _share(ids, persons), persons


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0
