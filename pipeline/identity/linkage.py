"""Large groups that only look alike: joined by how well they fit on average, not by their best link alone.

Average linkage (Sokal and Michener 1958) between the parts that exact keys have made, so that no chain of good links
makes one person of a crowd. Which joins are looked at, and in which order, belongs to `pipeline.identity.repair`.
"""

import math
from collections.abc import Callable, Iterable
from itertools import product

from pipeline.identity_settings import LikenessSettings

NO_DOUBT = 1e-9
"""A probability is at least this far from 1, so that its bits are finite."""


class AverageLinkage:
    """How well the parts of groups fit each other: a part is what all stronger rules have made of its profiles.

    Rules are gone through from strongest to weakest, so parts are whole when the first likeness is looked at.
    """

    def __init__(self, links: Iterable[tuple[int, int, float]], settings: LikenessSettings) -> None:
        self._links = list(links)
        self._settings = settings
        self._bits: dict[tuple[int, int], float] = {}
        self._parts: dict[int, list[int]] = {}

    def begin(self, part_of: Callable[[int], int]) -> None:
        """Weigh every two parts by their best link; `part_of` gives the part of a profile."""
        for left, right, probability in self._links:
            ends = sorted((part_of(left), part_of(right)))
            pair, doubt = (ends[0], ends[1]), max(1 - probability, NO_DOUBT)
            bits = math.log2(max(probability, NO_DOUBT) / doubt)
            self._bits[pair] = max(self._bits.get(pair, bits), bits)

    def is_loose(self, one: int, other: int, size: int) -> bool:
        """Whether two groups would be a large one, or one of many parts, and fit too badly on average."""
        mine, theirs = self._parts.get(one, [one]), self._parts.get(other, [other])
        is_large = size > self._settings.large_profiles or len(mine) + len(theirs) >= self._settings.loose_parts
        if not is_large:
            return False
        pairs = [(min(pair), max(pair)) for pair in product(mine, theirs)]
        total = math.fsum(self._bits.get(pair, self._settings.unscored_bits) for pair in pairs)
        return total / len(pairs) < self._settings.average_bits

    def unite(self, one: int, other: int) -> None:
        """Put the parts of `other` to those of `one`."""
        self._parts[one] = [*self._parts.get(one, [one]), *self._parts.pop(other, [other])]
