"""Groups that contradict themselves, joined again: strongest key first, and no join that breaks a rule.

Two people cannot be one if their birth dates, unionids or (behind a phone or an e-mail) full names differ. Single
keys never join such people, but a chain of keys may: A and B by phone, B and C by e-mail. Only the few groups where
that happened come here, so plain Python serves. A shared card joins whatever it says, for it is one account.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

STRENGTH = (
    "member_no", "unionid", "external_userid", "openid", "platform_user_id", "phone", "email", "receiver_phone",
)  # fmt: skip
"""Rules from strongest to weakest; any other rule is weaker than all of these."""
ABSOLUTE = frozenset({"member_no"})
PERSONAL = frozenset({"unionid", "external_userid", "openid", "platform_user_id"})
"""Accounts of one person: names do not count against them, for people are called differently everywhere."""
TRAITS = ("birth_date", "unionid", "full_name")
VERDICTS = {"birth_date": "birth_dates_differ", "unionid": "unionids_differ", "full_name": "names_differ"}

Member = tuple[int, int, str, str, str, float]
"""left, right, rule, key_hash, evidence, probability."""


@dataclass(frozen=True)
class Decided:
    """One join that was made, or refused for `verdict`."""

    left: int
    right: int
    rule: str
    evidence: str
    probability: float
    verdict: str | None


class Groups:
    """Disjoint groups of profiles with the traits that their members have."""

    def __init__(self, traits: dict[int, tuple[str | None, ...]]) -> None:
        self._parent = {profile: profile for profile in traits}
        self._traits = {
            profile: [set() if value is None else {value} for value in values] for profile, values in traits.items()
        }

    def root(self, profile: int) -> int:
        """The profile that stands for the group."""
        parent = self._parent
        while parent[profile] != profile:
            parent[profile] = parent[parent[profile]]
            profile = parent[profile]
        return profile

    def conflict(self, left: int, right: int, rule: str) -> str | None:
        """The verdict that keeps two groups apart under `rule`, null if nothing does."""
        if rule in ABSOLUTE or (one := self.root(left)) == (other := self.root(right)):
            return None
        checked = TRAITS[:2] if rule in PERSONAL else TRAITS
        for index, trait in enumerate(checked):
            mine, theirs = self._traits[one][index], self._traits[other][index]
            if mine and theirs and mine.isdisjoint(theirs):
                return VERDICTS[trait]
        return None

    def unite(self, left: int, right: int) -> None:
        """Make one group of two."""
        one, other = sorted((self.root(left), self.root(right)))
        if one == other:
            return
        self._parent[other] = one
        pairs = zip(self._traits[one], self._traits.pop(other), strict=True)
        self._traits[one] = [mine | theirs for mine, theirs in pairs]


def repaired(links: pl.DataFrame, people: pl.DataFrame) -> list[Decided]:
    """Join the links of contradictory groups again.

    `links` has left, right, rule, key_hash, evidence and probability; all links of one key share left, rule and
    key_hash. `people` has profile and the TRAITS. The result does not depend on the order of the rows.
    """
    groups = Groups({row[0]: row[1:] for row in people.select("profile", *TRAITS).iter_rows()})
    strength = pl.col("rule").replace_strict(list(STRENGTH), range(len(STRENGTH)), default=len(STRENGTH))
    rows = links.sort(strength, -pl.col("probability"), "left", "rule", "key_hash", "right")
    ordered = rows.select("left", "right", "rule", "key_hash", "evidence", "probability").iter_rows()
    decided: list[Decided] = []
    for _, members in groupby(ordered, key=lambda row: (row[0], row[2], row[3])):
        decided.extend(_joined(list(members), groups))
    return decided


def _joined(members: Sequence[Member], groups: Groups) -> Iterator[Decided]:
    """The profiles of one key, each joined with the first one before it that it may be joined with.

    So the others of a key still find each other where its least profile is refused.
    """
    first = members[0][0]
    standing = [first]
    for _, profile, rule, _, evidence, probability in members:
        partner = next((one for one in standing if groups.conflict(one, profile, rule) is None), None)
        if partner is None:
            verdict = groups.conflict(first, profile, rule)
            standing.append(profile)
            yield Decided(first, profile, rule, evidence, probability, verdict)
        else:
            groups.unite(partner, profile)
            left, right = sorted((partner, profile))
            yield Decided(left, right, rule, evidence, probability, None)
