"""Groups that contradict themselves, joined again: strongest key first, and no join that breaks a rule.

Two people cannot be one if people said so, if their birth dates, unionids or (behind a phone or an e-mail) full
names differ, or (where they only look alike) their cards. Single keys never join such people, but a chain of keys
may: A and B by phone, B and C by e-mail. Nor may a group outgrow what one person can be, and a large one that only
looks alike must do so on average (`pipeline.identity.linkage`). Only the few groups where that happened come here, so
plain Python serves. A shared card joins whatever it says, for it is one account.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from pipeline.identity.linkage import AverageLinkage
from pipeline.identity_settings import LikenessSettings

LIKELY, SAID_SAME, SAID_DIFFERENT = "likeness", "review_same", "review_different"
STRENGTH = (
    SAID_SAME, "member_no", "unionid", "external_userid", "openid", "platform_user_id", "phone", "email",
    "receiver_phone", LIKELY,
)  # fmt: skip
"""Rules from strongest to weakest; any other rule is weaker than all of these."""
ABSOLUTE = frozenset({SAID_SAME, "member_no"})
PERSONAL = frozenset({"unionid", "external_userid", "openid", "platform_user_id"})
"""Accounts of one person: names do not count against them, for people are called differently everywhere."""
TRAITS = ("birth_date", "unionid", "full_name", "member_no")
VERDICTS = {
    "birth_date": "birth_dates_differ",
    "unionid": "unionids_differ",
    "full_name": "names_differ",
    "member_no": "cards_differ",
}
TOO_LARGE, TOO_LOOSE = "group_too_large", "group_too_loose"

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
    """Disjoint groups of profiles with the traits that their members have and those they must not meet."""

    def __init__(
        self,
        traits: dict[int, tuple[str | None, ...]],
        enemies: Iterable[tuple[int, int]],
        cap: int,
        linkage: AverageLinkage,
    ) -> None:
        self._cap = cap
        self._linkage = linkage
        self._parent = {profile: profile for profile in traits}
        self._names = {profile: values[TRAITS.index("full_name")] for profile, values in traits.items()}
        self._size = dict.fromkeys(traits, 1)
        self._traits = {
            profile: [set() if value is None else {value} for value in values] for profile, values in traits.items()
        }
        self._enemies: dict[int, set[int]] = {profile: set() for profile in traits}
        for one, other in enemies:
            if one in traits and other in traits:
                self._enemies[one].add(other)
                self._enemies[other].add(one)

    def root(self, profile: int) -> int:
        """The profile that stands for the group."""
        parent = self._parent
        while parent[profile] != profile:
            parent[profile] = parent[parent[profile]]
            profile = parent[profile]
        return profile

    def conflict(self, left: int, right: int, rule: str) -> str | None:
        """The verdict that keeps two groups apart under `rule`, null if nothing does."""
        one, other = self.root(left), self.root(right)
        if one == other:
            return None
        if any(self.root(enemy) == other for enemy in self._enemies[one]):
            return SAID_DIFFERENT
        if rule in ABSOLUTE:
            return None
        for index in _checked(rule):
            mine, theirs = self._traits[one][index], self._traits[other][index]
            if mine and theirs and mine.isdisjoint(theirs) and not self._is_vetted(left, right, rule, index):
                return VERDICTS[TRAITS[index]]
        size = self._size[one] + self._size[other]
        if size > self._cap:
            return TOO_LARGE
        return TOO_LOOSE if rule == LIKELY and self._linkage.is_loose(one, other, size) else None

    def _is_vetted(self, left: int, right: int, rule: str, index: int) -> bool:
        """Whether likeness has already compared the only names of both groups: 王小鸣 and 王小明 sound alike."""
        if rule != LIKELY or TRAITS[index] != "full_name":
            return False
        sides = ((self.root(left), left), (self.root(right), right))
        return all(self._traits[root][index] == {self._names[profile]} for root, profile in sides)

    def unite(self, left: int, right: int, rule: str) -> None:
        """Make one group of two."""
        one, other = sorted((self.root(left), self.root(right)))
        if one == other:
            return
        if rule == LIKELY:
            self._linkage.unite(one, other)
        self._parent[other] = one
        self._size[one] += self._size.pop(other)
        self._enemies[one] |= self._enemies.pop(other)
        pairs = zip(self._traits[one], self._traits.pop(other), strict=True)
        self._traits[one] = [mine | theirs for mine, theirs in pairs]


def _checked(rule: str) -> range:
    """Which TRAITS count against a rule."""
    if rule in PERSONAL:
        return range(2)
    return range(4 if rule == LIKELY else 3)


def repaired(
    links: pl.DataFrame,
    people: pl.DataFrame,
    enemies: Iterable[tuple[int, int]] = (),
    cap: int = 2**31,
    settings: LikenessSettings | None = None,
) -> list[Decided]:
    """Join the links of contradictory groups again.

    `links` has left, right, rule, key_hash, evidence and probability; all links of one key share left, rule and
    key_hash. `people` has profile and the TRAITS; `enemies` are pairs that people keep apart, `cap` is the size that
    no group outgrows but through cards and people. The result does not depend on the order of the rows.
    """
    alike = links.filter(pl.col("rule") == LIKELY).select("left", "right", "probability").iter_rows()
    linkage = AverageLinkage(alike, settings or LikenessSettings())
    traits = {row[0]: row[1:] for row in people.select("profile", *TRAITS).iter_rows()}
    groups = Groups(traits, enemies, cap, linkage)
    strength = pl.col("rule").replace_strict(list(STRENGTH), range(len(STRENGTH)), default=len(STRENGTH))
    rows = links.sort(strength, -pl.col("probability"), "left", "rule", "key_hash", "right")
    ordered = rows.select("left", "right", "rule", "key_hash", "evidence", "probability").iter_rows()
    decided: list[Decided] = []
    has_begun = False
    for (_, rule, _), members in groupby(ordered, key=lambda row: (row[0], row[2], row[3])):
        if rule == LIKELY and not has_begun:
            linkage.begin(groups.root)
            has_begun = True
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
            groups.unite(partner, profile, rule)
            left, right = sorted((partner, profile))
            yield Decided(left, right, rule, evidence, probability, None)
