"""Why a night counts other customers than the sample has people: the truth beside what the night found.

How good identity is belongs to `benchmarks/identity.py`; here the numbers of one demo are told, and nothing is judged.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.identity.night import PROFILE

MOST_SOURCES = 4


@dataclass(frozen=True)
class People:
    """One number per reason; `alone_in` are the sources that alone make up a customer, most customers first."""

    people: int
    with_profile: int
    customers: int
    several: int
    sharing_no_key: int
    shared: int
    alone_in: tuple[str, ...]

    def lines(self) -> list[str]:
        """Why there are so many customers, in words."""
        silent, places = self.people - self.with_profile, ", ".join(self.alone_in)
        mostly = f" (mostly alone in {places})" if places else ""
        alone = f"{self.sharing_no_key:,} of them because these share no key{mostly}"
        return [
            f"Why {self.customers:,} customers of {self.people:,} people:",
            f"  {silent:,} show no export a number, phone or account: no card at the till, masked phones, no purchase",
            f"  {self.several:,} of the other {self.with_profile:,} are two customers or more, {alone}",
            f"  {self.shared:,} customers hold more than one person: shared phones, or a wrong join",
        ]


def counted_people(people: int, truth: Path, customer_profiles: pl.DataFrame, profile_keys: pl.DataFrame) -> People:
    """Count `people` of the sample against the customers of a night.

    `truth` is the folder with persons.csv; a profile of several persons counts for each. Keys are compared as the
    night compares them: type, scope and hash.
    """
    persons = pl.read_csv(truth / "persons.csv", infer_schema=False)
    known = customer_profiles.select(*PROFILE, "customer_id").join(persons, on=PROFILE)
    spread = known.group_by("person_id").agg(customers=pl.col("customer_id").n_unique()).filter(pl.col("customers") > 1)
    split = known.join(spread, on="person_id", how="semi")
    keyed = split.join(profile_keys.select(*PROFILE, "key_type", "key_scope", "key_hash"), on=PROFILE)
    both = keyed.group_by("person_id", "key_type", "key_scope", "key_hash").agg(pl.col("customer_id").n_unique())
    sharing = both.filter(pl.col("customer_id") > 1)["person_id"].n_unique()
    return People(
        people=people,
        with_profile=persons["person_id"].n_unique(),
        customers=customer_profiles["customer_id"].n_unique(),
        several=spread.height,
        sharing_no_key=spread.height - sharing,
        shared=known.group_by("customer_id").agg(n=pl.col("person_id").n_unique()).filter(pl.col("n") > 1).height,
        alone_in=_alone_in(split),
    )


def _alone_in(split: pl.DataFrame) -> tuple[str, ...]:
    """Sources whose profiles alone are a customer of a person who is several, by how many such customers."""
    held = split.group_by("customer_id").agg(pl.col("source").unique()).filter(pl.col("source").list.len() == 1)
    counts = held.explode("source", empty_as_null=True).group_by("source").len()
    ranked = counts.sort("len", "source", descending=[True, False])
    return tuple(ranked["source"].head(MOST_SOURCES))
