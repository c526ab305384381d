"""Why two profiles are one person, or why not: the chain between them, what refused them, or how they would compare.

Pure reading of a snapshot's tables; nothing is decided here, and everything in an answer is masked. What is read of
one person is `pipeline.identity.explain`; how an answer is printed belongs to the command line.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import polars as pl

from pipeline.identity.edges import (
    Edge,
    Profile,
    edges_of,
    neighbours_of,
    rows_of,
    strength,
    strongest_path,
    touching,
)
from pipeline.identity.night import PROFILE
from pipeline.identity.pair_answers import Answer, KeptApart, NeverDecided, OneCustomer, Question, Weighed
from pipeline.identity.pair_evidence import contradictions, shared_keys, shown_by
from pipeline.identity.repair import LIKELY
from pipeline.identity.whose_key import Meant, TableOf
from pipeline.schemas.identity import ENDS
from pipeline.settings import Settings

MOST_PROFILES = 20
"""So many profiles of each side are looked at for the chain that tells most: more hardly anybody has."""


@dataclass(frozen=True)
class PublishedNight:
    """What answers are read from: a table by name, the workspace's key, the settings, a folder for spilled rows."""

    table_of: TableOf
    secret: bytes
    settings: Settings
    scratch: Path


@dataclass(frozen=True)
class Persons:
    """Whom two keys mean: the two customers, and the profiles (as in Meant) of each that are asked about."""

    left_id: str
    right_id: str
    left: pl.DataFrame
    right: pl.DataFrame

    def turned(self) -> "Persons":
        """The same, asked the other way round."""
        return Persons(self.right_id, self.left_id, self.right, self.left)


def persons_between(one: Meant, other: Meant) -> list[Persons]:
    """Every two customers whom two keys mean, in the order of their ids; each two once.

    One customer meant by both is told where two different sets of their profiles are meant, or where nothing else is.
    """
    found: dict[tuple[str, str], Persons] = {}
    for left_id, right_id in product(sorted(one.customer_ids), sorted(other.customer_ids)):
        left = one.profiles.filter(pl.col("customer_id") == left_id)
        right = other.profiles.filter(pl.col("customer_id") == right_id)
        pair = (min(left_id, right_id), max(left_id, right_id))
        asked = Persons(left_id, right_id, left, right)
        found[pair] = _both_ways(found[pair], asked) if pair in found else asked
    rows = [found[pair] for pair in sorted(found)]
    telling = [row for row in rows if row.left_id != row.right_id or not row.left.equals(row.right)]
    return telling or rows


def _both_ways(one: Persons, other: Persons) -> Persons:
    """Two customers of whom each key means both: all the profiles that either key means."""
    again = other.turned()
    sides = ((one.left, again.left), (one.right, again.right))
    left, right = (pl.concat(frames).unique().sort(PROFILE) for frames in sides)
    return replace(one, left=left, right=right)


def explained_pair(persons: Persons, night: PublishedNight) -> Answer:
    """Why the two are one, why they are not, or what nobody ever decided. The same from both ends, ends exchanged."""
    if persons.left_id == persons.right_id:
        return _one_customer(persons, night)
    is_turned = persons.left_id > persons.right_id
    asked = persons.turned() if is_turned else persons
    answer = _two_customers(asked, night)
    return answer.turned() if is_turned else answer


def _one_customer(persons: Persons, night: PublishedNight) -> OneCustomer:
    profiles = _of_customer(persons.left_id, night)
    edges = edges_of(profiles, night.table_of)
    accepted = [edge for edge in edges if edge.decision == "accepted"]
    left, right, chain = _telling_chain(persons, accepted)
    ends = frozenset((left, right))
    refused = tuple(edge for edge in edges if edge.decision == "refused" and edge.ends == ends)
    asked = tuple(one for one in _questions(profiles, profiles, night) if {one.left, one.right} == ends)
    return OneCustomer(persons.left_id, left, right, chain, refused, asked)


def _telling_chain(persons: Persons, accepted: list[Edge]) -> tuple[Profile, Profile, tuple[Edge, ...]]:
    """The pair that tells most: whose weakest join is weakest, then the most direct, then the least by name."""
    sides = [_names(profiles)[:MOST_PROFILES] for profiles in (persons.left, persons.right)]
    pairs = sorted((one, other) for one, other in product(*sides) if one != other)
    if not pairs:
        return sides[0][0], sides[1][0], ()
    joins = neighbours_of(accepted)
    chains = [(one, other, strongest_path(joins, one, other)) for one, other in pairs]
    return min(chains, key=lambda row: (_weakness(row[2]), len(row[2]), sorted(row[:2])))


def _weakness(chain: tuple[Edge, ...]) -> tuple[float, int]:
    return min(map(strength, chain))


def _names(profiles: pl.DataFrame) -> list[Profile]:
    return [(source, key) for source, key in profiles.sort(PROFILE).select(PROFILE).iter_rows()]


def _of_customer(customer_id: str, night: PublishedNight) -> pl.DataFrame:
    return night.table_of("customer_profiles").scan().filter(pl.col("customer_id") == customer_id).collect()


def _two_customers(persons: Persons, night: PublishedNight) -> KeptApart | NeverDecided:
    one, other = (_of_customer(customer_id, night) for customer_id in (persons.left_id, persons.right_id))
    questions = tuple(_questions(one, other, night))
    edges = edges_of(pl.concat([one, other]), night.table_of)
    mine, theirs = set(_names(one)), set(_names(other))
    between = [edge for edge in edges if len(edge.ends & mine) == len(edge.ends & theirs) == 1]
    if not between and not questions:
        return _never_decided(persons, one, other, edges, night)
    meant = {*_names(persons.left), *_names(persons.right)}
    ranked = sorted(between, key=lambda edge: (-len(edge.ends & meant), -edge.probability))
    rivals = tuple(_rivals(ranked, edges, mine | theirs))
    return KeptApart(persons.left_id, persons.right_id, tuple(ranked), rivals, questions)


def _rivals(between: list[Edge], edges: tuple[Edge, ...], both: set[Profile]) -> list[Edge]:
    """The likely joins of the two with somebody else, strongest first, if a join was refused because several fit."""
    if not any(edge.rule.endswith("several_fit") for edge in between):
        return []
    others = [edge for edge in edges if edge.rule.startswith(LIKELY) and not edge.ends <= both]
    return sorted(others, key=lambda edge: -edge.probability)


def _never_decided(
    persons: Persons, one: pl.DataFrame, other: pl.DataFrame, edges: tuple[Edge, ...], night: PublishedNight
) -> NeverDecided:
    from pipeline.identity.pair_likeness import weighed  # noqa: PLC0415 (Splink takes a second to load)

    meant = pl.concat([persons.left, persons.right])
    told = weighed(one, other, meant, night.table_of, night.secret, night.settings, night.scratch)
    shared = shared_keys(one, other, night.table_of)
    left, right = _compared(told, one) if told else (_first(persons.left, night), _first(persons.right, night))
    by_shared = tuple(f"{key.key_type} {key.key_masked}" for key in shared)
    return NeverDecided(
        persons.left_id,
        persons.right_id,
        left,
        right,
        (shown_by(left, night.table_of), shown_by(right, night.table_of)),
        shared,
        tuple(edge for edge in edges if edge.decision == "refused" and edge.evidence.startswith(by_shared)),
        contradictions(one, other, night.table_of),
        told,
        not night.table_of("identity_model").read().is_empty(),
    )


def _compared(told: Weighed, one: pl.DataFrame) -> tuple[Profile, Profile]:
    """The two profiles that were compared, that of the first person first."""
    return (told.left, told.right) if told.left in set(_names(one)) else (told.right, told.left)


def _first(profiles: pl.DataFrame, night: PublishedNight) -> Profile:
    """The first profile that shows anything, or the first of all."""
    telling = rows_of(night.table_of("profile_features"), profiles).select(PROFILE).collect()
    return _names(telling if telling.height else profiles)[0]


def _questions(one: pl.DataFrame, other: pl.DataFrame, night: PublishedNight) -> Iterator[Question]:
    """The lines of the review file between the profiles of two persons, or within one."""
    rows = touching(night.table_of("identity_reviews"), one)
    mine, theirs = set(_names(one)), set(_names(other))
    for row in rows.sort(ENDS).iter_rows(named=True):
        left, right = (row["left_source"], row["left_key"]), (row["right_source"], row["right_key"])
        if (left in mine and right in theirs) or (right in mine and left in theirs):
            yield Question(left, right, row["review_id"], row["review_kind"], row["verdict"])
