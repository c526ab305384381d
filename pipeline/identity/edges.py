"""Joins and refusals between profiles as a snapshot keeps them, and the chain of joins that leads from one to another.

Pure reading: of a table only the rows of the profiles asked for are held. What they mean for a person or for two
belongs to `pipeline.identity.explain` and `pipeline.identity.explain_pair`.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

import polars as pl

from pipeline.identity.night import PROFILE
from pipeline.identity.repair import LIKELY, STRENGTH
from pipeline.identity.whose_key import TableOf
from pipeline.lake import Table
from pipeline.schemas.identity import ENDS
from pipeline.schemas.likeness import WEIGHTS

Profile = tuple[str, str]
"""source and profile_key."""
Strength = tuple[float, int]
PARTS = ("prior", *WEIGHTS)
"""What the bits of a waterfall belong to, in its order."""


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

    @property
    def ends(self) -> frozenset[Profile]:
        """Both profiles."""
        return frozenset((self.left, self.right))

    def beyond(self, here: Profile) -> Profile:
        """The other end."""
        return self.right if self.left == here else self.left


def rows_of(table: Table, profiles: pl.DataFrame, ends: Iterable[str] = PROFILE) -> pl.LazyFrame:
    """The rows of a table whose `ends` (source and key column) are among `profiles`."""
    source, key = ends
    near = table.scan().filter(pl.col(key).is_in(profiles["profile_key"].unique().implode()))
    return near.join(profiles.lazy().select(PROFILE).unique(), left_on=[source, key], right_on=PROFILE, how="semi")


def touching(table: Table, profiles: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table of pairs of which an end is among `profiles`."""
    sides = [rows_of(table, profiles, ends) for ends in (ENDS[:2], ENDS[2:])]
    return pl.concat(pl.collect_all(sides)).unique(maintain_order=True)


def edges_of(profiles: pl.DataFrame, table_of: TableOf) -> tuple[Edge, ...]:
    """Every join and refusal of which an end is among `profiles`."""
    links = touching(table_of("identity_links"), profiles)
    weights = _weights(links, table_of("likely_links"))
    return tuple(_edge(row, weights) for row in links.sort(*ENDS, "rule").iter_rows(named=True))


def _weights(links: pl.DataFrame, likely: Table) -> dict[tuple[str, ...], dict[str, float]]:
    """Bits by column of every pair that likeness scored."""
    pairs = links.lazy().filter(pl.col("rule").str.starts_with(LIKELY)).select(ENDS).unique()
    found = likely.scan().join(pairs, on=ENDS, how="semi").select(*ENDS, *(f"weight_{name}" for name in PARTS))
    return {row[:4]: dict(zip(PARTS, row[4:], strict=True)) for row in found.collect().iter_rows()}


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


def strength(edge: Edge) -> Strength:
    """How strong a join is: its probability, then its rule; greater is stronger."""
    rank = STRENGTH.index(edge.rule) if edge.rule in STRENGTH else len(STRENGTH)
    return edge.probability, -rank


Neighbours = Mapping[Profile, Mapping[Profile, Edge]]
"""By profile, its neighbours in order, each with the strongest join of the two."""


def neighbours_of(edges: Iterable[Edge]) -> Neighbours:
    """The joins as paths are sought in them."""
    found: dict[Profile, dict[Profile, Edge]] = {}
    for edge in sorted(edges, key=lambda edge: (strength(edge), edge.rule)):
        found.setdefault(edge.left, {})[edge.right] = edge
        found.setdefault(edge.right, {})[edge.left] = edge
    return {here: dict(sorted(there.items())) for here, there in found.items()}


def strongest_path(neighbours: Neighbours, one: Profile, other: Profile) -> tuple[Edge, ...]:
    """The chain of joins from one profile to another whose weakest join is as strong as can be.

    Of equal chains the shorter one, then the one over the lesser profiles, looked at from the lesser end: so it is the
    same chain from both ends. Empty for a profile and itself, or if none leads.
    """
    start, end = sorted((one, other))
    bound = _best_bound(neighbours, start, end)
    path = () if bound is None or start == end else _shortest(neighbours, start, end, bound)
    return path if one == start else path[::-1]


def _best_bound(neighbours: Neighbours, start: Profile, end: Profile) -> Strength | None:
    """The strength of the weakest join of the best chain; null where none leads."""
    waiting: list[tuple[tuple[float, float], Profile]] = [((-math.inf, -math.inf), start)]
    done: set[Profile] = set()
    while waiting:
        (weak, rank), here = heappop(waiting)
        if here == end:
            return -weak, -int(rank) if math.isfinite(rank) else 0
        if here in done:
            continue
        done.add(here)
        for there, edge in neighbours.get(here, {}).items():
            probability, standing = strength(edge)
            heappush(waiting, (max((weak, rank), (-probability, -standing)), there))
    return None


def _shortest(neighbours: Neighbours, start: Profile, end: Profile, bound: Strength) -> tuple[Edge, ...]:
    """The chain of fewest joins of which none is weaker than `bound`."""
    came: dict[Profile, tuple[Edge, ...]] = {start: ()}
    waiting = deque([start])
    while end not in came:
        here = waiting.popleft()
        for there, edge in neighbours[here].items():
            if there not in came and strength(edge) >= bound:
                came[there] = (*came[here], edge)
                waiting.append(there)
    return came[end]
