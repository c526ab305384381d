"""Headers as they are compared: folded, without units; and which of several that look alike is the one that is meant.

What a header means belongs to `pipeline.formats.detect`. NFKC makes of `（元）` and `￥` what `(元)` and `¥` are.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

SIGNS: Mapping[str, frozenset[str]] = {
    "¥": frozenset({"CNY", "JPY"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "$": frozenset({"USD", "HKD", "TWD", "SGD", "CAD", "AUD", "NZD", "MXN", "MOP"}),
}
"""Signs of money and the currencies that use them."""
_SIGN = f"[{''.join(map(re.escape, SIGNS))}]"
_WORDS = "|".join(
    ("元", "块", "圆", "件", "个", "rmb", "cny", "人民币", "人民币元", _SIGN, f"{_SIGN}?元", f"元?{_SIGN}")
)
_IN_BRACKETS = rf"(?:单位:?)?(?:{_WORDS})"
UNIT = re.compile(rf"\({_IN_BRACKETS}\)$|\[{_IN_BRACKETS}\]$|【{_IN_BRACKETS}】$|[/,]元$|^{_SIGN}|{_SIGN}$")
"""One unit of a header: in brackets or behind a slash at its end, or a bare sign at either end. None that scales the
cells (千元, 万元), for those are other numbers."""
BLANKS = re.compile(r"[\s_]+")


@lru_cache(maxsize=16_384)
def plain(header: str) -> str:
    """A header without case, blanks and full-width forms, its unit still there."""
    return BLANKS.sub("", unicodedata.normalize("NFKC", header)).casefold().rstrip(":")


@lru_cache(maxsize=16_384)
def fold(header: str) -> str:
    """A header as it is compared: `plain` without a unit. A unit alone stays what it is."""
    written = plain(header)
    return UNIT.sub("", written, count=1).rstrip(":") or written


def sign_of(header: str) -> str | None:
    """The sign of money that is the unit of a header."""
    units = UNIT.findall(plain(header))
    return next((sign for sign in SIGNS if any(sign in unit for unit in units)), None)


def chosen(alike: Sequence[str], listed: Iterable[str]) -> str | None:
    """Which of several headers with one fold is meant by the headers that a format lists; None: nobody can tell.

    One that is listed as it is written, else one that is listed but for case and blanks; so a listed `实付` is never
    taken for `实付(元)` that stands beside it.
    """
    names = list(dict.fromkeys(listed))
    if len(alike) == 1:
        return alike[0]
    for form in (str, plain):
        fitting = [cell for name in names for cell in alike if form(cell) == form(name)]
        if len(set(fitting)) == 1 or (fitting and form is str):  # of several listed ones the best, which stands first
            return fitting[0]
        if fitting:
            return None
    return None
