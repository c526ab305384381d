"""Why profiles are one person, or why not: the profiles of a key, the joins between them, the refusals around them.

Pure reading of a snapshot's tables; nothing is decided here. Everything in the answer is masked. How it is printed
belongs to the command line; what is between two keys, to `pipeline.identity.explain_pair`.
"""

from dataclasses import dataclass

import polars as pl

from pipeline.identity.edges import Edge, Profile, edges_of, neighbours_of, strongest_path
from pipeline.identity.night import PROFILE
from pipeline.identity.whose_key import TableOf, customers_of


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
        return strongest_path(neighbours_of(self.accepted), one, other)


def explanations(key: str, table_of: TableOf, secret: bytes) -> list[Explanation]:
    """The persons whom a key means: a customer id, a member number, a phone, an e-mail, an order id, a profile key.

    Usually one; several for a phone that a family shares, or an order id that two sources use; none if unknown.
    An id that was merged away leads to the id that it was merged into.
    """
    ids = customers_of(key.strip(), table_of, secret)
    return [_explained(customer_id, table_of) for customer_id in sorted(ids)]


def _explained(customer_id: str, table_of: TableOf) -> Explanation:
    profiles = table_of("customer_profiles").scan().filter(pl.col("customer_id") == customer_id).collect().sort(PROFILE)
    edges = edges_of(profiles, table_of)
    history = table_of("customer_id_history").scan()
    told = history.filter((pl.col("customer_id") == customer_id) | (pl.col("other_customer_id") == customer_id))
    return Explanation(
        customer_id,
        profiles,
        tuple(edge for edge in edges if edge.decision == "accepted"),
        tuple(edge for edge in edges if edge.decision == "refused"),
        told.collect().sort("as_of", "event", "customer_id"),
    )
