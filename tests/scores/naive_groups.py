"""The three built-in groupings again, as conditions on scores instead of lists of cells."""

from collections.abc import Mapping

from naive import Person, profile_scores

from pipeline.score_settings import RfmSettings


def combined(f: int, m: int) -> int:
    """FM: the mean of F and M, halves up."""
    return (f + m + 1) // 2


def classic(r: int, f: int, m: int) -> str:
    fm = combined(f, m)
    if fm >= 4 and r >= 3:
        return "champions" if r == 5 else "loyal"
    if r >= 4:
        return "potential_loyalist" if fm >= 2 else {5: "new", 4: "promising"}[r]
    if r == 3:
        return "needs_attention" if fm == 3 else "about_to_sleep"
    if fm == 5:
        return "cannot_lose"
    if fm >= 3:
        return "at_risk"
    return "lost" if (r, fm) == (1, 1) else "hibernating"


SHOPIFY = {
    "potential_loyalist": "active",
    "about_to_sleep": "almost_lost",
    "cannot_lose": "previously_loyal",
    "hibernating": "dormant",
    "lost": "dormant",
}
"""Shopify's name for the same cells, where it differs."""


def shopify(r: int, f: int, m: int) -> str:
    name = classic(r, f, m)
    return SHOPIFY.get(name, name)


def klaviyo(r: int, f: int, m: int) -> str:
    """Scores 1..3."""
    if r == 3:
        return "recent" if f == 1 else "champions" if f + m >= 5 else "loyal"
    if r == 2:
        if f == 3 and m >= 2:
            return "loyal"
        return "at_risk" if f + m == 2 else "needs_attention"
    return "inactive" if f + m <= 3 else "at_risk"


def groups(people: Mapping[str, Person], rfm: RfmSettings) -> dict[tuple[str, str], str]:
    """(customer, grouping) → group."""
    fifths, thirds = profile_scores(people, rfm), profile_scores(people, rfm, "thirds")
    found = {(who, "classic_style"): classic(*scores[:3]) for who, scores in fifths.items()}
    found |= {(who, "shopify_style"): shopify(*scores[:3]) for who, scores in fifths.items()}
    found |= {(who, "klaviyo_style"): klaviyo(*scores[:3]) for who, scores in thirds.items()}
    return found | {(who, "shopify_style"): "prospects" for who, one in people.items() if not one.purchases}
