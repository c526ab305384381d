"""Why profiles are one person, or why not: the profiles of a key, the joins between them, the refusals around them.

Pure reading of a snapshot's tables; nothing is decided here. Everything in the answer is masked. How it is printed
belongs to the command line.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import polars as pl

from pipeline.identity.night import PROFILE
from pipeline.identity.repair import LIKELY, STRENGTH
from pipeline.identity.whose_key import TableOf, customers_of
from pipeline.lake import Table
from pipeline.schemas.identity import ENDS
from pipeline.schemas.likeness import WEIGHTS

Profile = tuple[str, str]
"""source and profile_key."""


@dataclass(frozen=True)
class Edge:
    """One join or refusal of two profiles; `waterfall` is bits by column where likeness decided, prior first."""

    left: Profile
    right: Profile
    rule: str
    evidence: str
    probability: float
    decision: str
    decided_on: str
    waterfall: Mapping[str, float]


@dataclass(frozen=True)
class Explanation:
    """One person: profiles with their key types and days, the joins that hold them together, refusals around them."""

    customer_id: str
    profiles: pl.DataFrame
    accepted: tuple[Edge, ...]
    refused: tuple[Edge, ...]
    history: pl.DataFrame

    def path(self, one: Profile, other: Profile) -> tuple[Edge, ...]:
        """The joins that lead from one profile to another, over the chain whose weakest join is strongest.

        Of equal chains the shorter one, then the lesser profiles. Empty for a profile and itself, or if none leads.
        """
        return strongest_path(self.accepted, one, other)


def explanations(key: str, table_of: TableOf, secret: bytes) -> list[Explanation]:
    """The persons whom a key means: a customer id, a member number, a phone, an e-mail, an order id, a profile key.

    Usually one; several for a phone that a family shares, or an order id that two sources use; none if unknown.
    An id that was merged away leads to the id that it was merged into.
    """
    ids = customers_of(key.strip(), table_of, secret)
    return [_explained(customer_id, table_of) for customer_id in sorted(ids)]


def _explained(customer_id: str, table_of: TableOf) -> Explanation:
    profiles = table_of("customer_profiles").scan().filter(pl.col("customer_id") == customer_id).collect().sort(PROFILE)
    mine = profiles.select(PROFILE)
    links = table_of("identity_links").scan().collect()
    touching = pl.concat(
        [
            links.join(mine, left_on=ENDS[:2], right_on=PROFILE, how="semi"),
            links.join(mine, left_on=ENDS[2:], right_on=PROFILE, how="semi"),
        ]
    ).unique(maintain_order=True)
    weights = _weights(touching, table_of("likely_links"))
    edges = [_edge(row, weights) for row in touching.sort(*ENDS, "rule").iter_rows(named=True)]
    history = table_of("customer_id_history").scan()
    told = history.filter((pl.col("customer_id") == customer_id) | (pl.col("other_customer_id") == customer_id))
    return Explanation(
        customer_id,
        profiles,
        tuple(edge for edge in edges if edge.decision == "accepted"),
        tuple(edge for edge in edges if edge.decision == "refused"),
        told.collect().sort("as_of", "event", "customer_id"),
    )


def _weights(touching: pl.DataFrame, likely: Table) -> dict[tuple[str, ...], dict[str, float]]:
    """Bits by column of every pair that likeness scored."""
    names = ["prior", *WEIGHTS]
    found = likely.scan().join(touching.lazy().select(ENDS).unique(), on=ENDS, how="semi")
    rows = found.select(*ENDS, *(f"weight_{name}" for name in names)).collect()
    return {row[:4]: dict(zip(names, row[4:], strict=True)) for row in rows.iter_rows()}


def _edge(row: Mapping[str, object], weights: Mapping[tuple[str, ...], dict[str, float]]) -> Edge:
    ends = tuple(str(row[end]) for end in ENDS)
    is_likely = str(row["rule"]).startswith(LIKELY)
    return Edge(
        (ends[0], ends[1]),
        (ends[2], ends[3]),
        str(row["rule"]),
        str(row["evidence"]),
        float(str(row["probability"])),
        str(row["decision"]),
        str(row["decided_on"]),
        weights.get(ends, {}) if is_likely else {},
    )


def strength(edge: Edge) -> tuple[float, int]:
    """How strong a join is: its probability, then its rule; greater is stronger."""
    rank = STRENGTH.index(edge.rule) if edge.rule in STRENGTH else len(STRENGTH)
    return edge.probability, -rank


def strongest_path(edges: tuple[Edge, ...], one: Profile, other: Profile) -> tuple[Edge, ...]:
    """The chain of joins from one profile to another whose weakest join is strongest; see Explanation.path."""
    neighbours: dict[Profile, list[tuple[Profile, Edge]]] = {}
    for edge in edges:
        neighbours.setdefault(edge.left, []).append((edge.right, edge))
        neighbours.setdefault(edge.right, []).append((edge.left, edge))
    turns = count()
    waiting: list[tuple[tuple[float, float], int, list[Profile], int, tuple[Edge, ...]]]
    waiting = [((-math.inf, -math.inf), 0, [one], next(turns), ())]
    done: set[Profile] = set()
    while waiting:
        weakness, steps, walked, _, path = heappop(waiting)
        here = walked[-1]
        if here == other:
            return path
        if here in done:
            continue
        done.add(here)
        for there, edge in sorted(neighbours.get(here, []), key=lambda pair: (pair[0], pair[1].rule)):
            if there not in done:
                probability, rank = strength(edge)
                worst = max(weakness, (-probability, -float(rank)))
                heappush(waiting, (worst, steps + 1, [*walked, there], next(turns), (*path, edge)))
    return ()
