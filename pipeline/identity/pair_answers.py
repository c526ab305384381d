"""What may be answered about two profiles: one customer, kept apart, or never decided. All of it is masked.

Data only; how an answer is found is `pipeline.identity.explain_pair`, how it is printed belongs to the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.identity.edges import Edge, Profile, strength
from pipeline.identity.pair_evidence import SharedKey


@dataclass(frozen=True)
class Weighed:
    """One pair of profiles as the model weighs it: bits by column, prior first; their sum; and what comes of it.

    `levels` says how the two compare by each column that both show. `probability` is `model_probability` less what a
    mask may hide. `objections` are all vetoes and doubts that hold. `blocks` are the kinds of values which both have in
    common and by which pairs are proposed, each with whether it was open for both: False if too many share the value.
    """

    left: Profile
    right: Profile
    waterfall: Mapping[str, float]
    match_weight: float
    levels: Mapping[str, str]
    model_probability: float
    probability: float
    objections: tuple[str, ...]
    blocks: Mapping[str, bool]
    model_version: str
    model_trained_on: str


@dataclass(frozen=True)
class Question:
    """One line of the review file between two profiles: open where `verdict` is none."""

    left: Profile
    right: Profile
    review_id: str
    review_kind: str
    verdict: str | None


@dataclass(frozen=True)
class OneCustomer:
    """Two profiles of one customer: the chain of joins from left to right, none where both are the same profile.

    `refused` and `questions` are what was decided against or asked about these two all the same.
    """

    customer_id: str
    left: Profile
    right: Profile
    chain: tuple[Edge, ...]
    refused: tuple[Edge, ...]
    questions: tuple[Question, ...]

    @property
    def weakest(self) -> Edge | None:
        """The join that falls first."""
        return min(self.chain, key=strength, default=None)

    def turned(self) -> "OneCustomer":
        """The same, told from the other end."""
        return replace(self, left=self.right, right=self.left, chain=self.chain[::-1])


@dataclass(frozen=True)
class KeptApart:
    """Two customers between whom a join was refused, or is asked about: those of the profiles asked about first.

    `rivals` are the likely joins with somebody else, strongest first, where those are why: several fit.
    """

    left_id: str
    right_id: str
    refused: tuple[Edge, ...]
    rivals: tuple[Edge, ...]
    questions: tuple[Question, ...]

    def turned(self) -> "KeptApart":
        """The same, told from the other end."""
        return replace(self, left_id=self.right_id, right_id=self.left_id)


@dataclass(frozen=True)
class NeverDecided:
    """Two customers between whom nothing was decided: the two profiles taken, and why nothing ever proposed them.

    `shown` is what each shows by column, masked; `around` are refusals by a shared key at one of the two, in favour or
    disfavour of somebody else; `weighed` is how the two compare, null where there is no model or nothing to compare.
    """

    left_id: str
    right_id: str
    left: Profile
    right: Profile
    shown: tuple[Mapping[str, str], ...]
    shared: tuple[SharedKey, ...]
    around: tuple[Edge, ...]
    contradictions: tuple[str, ...]
    weighed: Weighed | None
    has_model: bool

    def turned(self) -> "NeverDecided":
        """The same, told from the other end."""
        ids = replace(self, left_id=self.right_id, right_id=self.left_id)
        return replace(ids, left=self.right, right=self.left, shown=self.shown[::-1])


Answer = OneCustomer | KeptApart | NeverDecided
