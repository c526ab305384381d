"""The same definitions again in plain Python, slowly and with fractions: the judge of the SQL."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

from pipeline.lifecycle_settings import LifecycleSettings
from pipeline.score_settings import RfmSettings

Scores = tuple[Any, ...]
"""r, f, m, c; c is None for the never contacted."""


@dataclass(frozen=True)
class Person:
    """Purchases as (age in days, fen); age of the registration, None without; response rate, None if never asked.

    Ages in days of the last complaint, return and visit or click; None without.
    """

    purchases: tuple[tuple[int, int], ...]
    registered: int | None
    rate: float | None
    complaint: int | None = None
    returned: int | None = None
    visit: int | None = None

    @property
    def recency(self) -> int:
        return min(age for age, _ in self.purchases)

    @property
    def first(self) -> int:
        return max(age for age, _ in self.purchases)

    @property
    def money(self) -> int:
        return sum(fen for _, fen in self.purchases)

    def bought(self, newest: int, before: int) -> int:
        """Purchases with an age from `newest` to just under `before`."""
        return sum(newest <= age < before for age, _ in self.purchases)


def share_score(value: Any, values: Sequence[Any], levels: int = 5) -> int:
    """`values` must be sorted."""
    return 1 + int(Fraction(levels * bisect_left(values, value), len(values)))


def mean_score(value: Any, values: Sequence[Any]) -> int:
    return 5 if Fraction(value) * len(values) > sum(values) else 1


def cut_score(value: Any, cuts: Sequence[Any]) -> int:
    return 1 + sum(value >= cut for cut in cuts)


def scored(method: str, cuts: Sequence[Any], levels: int) -> Callable[[Any, Sequence[Any]], int]:
    if method == "quantile":
        return lambda value, values: share_score(value, values, levels)
    if method == "mean":
        return mean_score
    return lambda value, _: cut_score(value, cuts)


def profile_scores(people: Mapping[str, Person], rfm: RfmSettings, profile: str = "default") -> dict[str, Scores]:
    """customer → r, f, m, c under one RFM profile, of those with a purchase in its window."""
    rule = rfm.all_profiles[profile]
    last = rule.window_days or 10**6
    bought = {who: [fen for age, fen in one.purchases if age < last] for who, one in people.items()}
    buyers = {who: people[who] for who, fens in bought.items() if fens}
    values = {
        who: (-one.recency, len(bought[who]), sum(bought[who]), None if one.rate is None else Fraction(str(one.rate)))
        for who, one in buyers.items()
    }
    cuts = (
        [-days for days in rule.recency_cuts_days or ()],
        rule.frequency_cuts or (),
        [100 * amount for amount in rule.monetary_cuts_amount or ()],
        [Fraction(str(rate)) for rate in rule.response_cuts_rate or ()],
    )
    rules = [scored(str(rule.method), cut, rule.levels) for cut in cuts]
    columns = [sorted(value for value in column if value is not None) for column in zip(*values.values(), strict=True)]
    return {
        who: tuple(
            None if value is None else score(value, column)
            for value, score, column in zip(row, rules, columns, strict=True)
        )
        for who, row in values.items()
    }


def rfm_scores(people: Mapping[str, Person], rfm: RfmSettings) -> dict[str, tuple[Any, ...]]:
    """customer → r, f, m, c, rfm_class, rfrc_class."""
    return {
        who: (*scores, rfm_class(*scores[:3], rfm.high_score), rfrc_class(*scores))
        for who, scores in profile_scores(people, rfm).items()
    }


def rfm_class(r: int, f: int, m: int, high: int = 4) -> str:
    name = {(True, True): "value", (True, False): "develop", (False, True): "keep", (False, False): "win_back"}
    return f"{'important' if m >= high else 'general'}_{name[r >= high, f >= high]}"


def rfrc_class(r: int, f: int, m: int, c: int | None) -> str:
    if min(r, f, m) >= 4:
        return "loyal_high_value"
    if r <= 2 and max(f, m) >= 3:
        return "at_risk"
    if max(f, m) <= 2 and (r <= 2 or (c is not None and c <= 2)):
        return "low_value"
    return "potential"


def guide(person: Person, lifecycle: LifecycleSettings) -> str:
    """matched_stages of the profile guide."""
    if not person.purchases:
        matched = ["new"] if person.registered is not None and person.registered < lifecycle.new_days else []
        return ",".join(matched or ["prospect"])
    known_for = person.first if person.registered is None else person.registered
    holds = {
        "churned": person.recency >= lifecycle.churned_days,
        "dormant": person.recency >= lifecycle.dormant_days,
        "new": known_for < lifecycle.new_days,
        "mature": is_steady(person, lifecycle),
        "growing": person.bought(0, lifecycle.growing_window_days) >= lifecycle.growing_orders,
    }
    return ",".join([stage for stage in lifecycle.buyer_order if holds.get(stage)] or ["regular"])


def is_steady(person: Person, lifecycle: LifecycleSettings) -> bool:
    days, number = lifecycle.mature_window_days, lifecycle.mature_windows
    windows = [[fen for age, fen in person.purchases if age // days == window] for window in range(number)]
    if not all(windows):
        return False
    mean = Fraction(sum(map(sum, windows)), number)
    variance = sum((sum(window) - mean) ** 2 for window in windows) / number
    return variance <= (Fraction(lifecycle.mature_variation) * mean) ** 2


def active(person: Person, lifecycle: LifecycleSettings) -> str:
    """matched_stages of the profile active."""
    if not person.purchases:
        return "prospect"
    profile = lifecycle.active
    window = profile.warning_window_days
    now, earlier = person.bought(0, window), person.bought(window, 10**6)
    holds = {
        "new": person.first < profile.new_days,
        "dormant": person.recency >= profile.dormant_days,
        "churn_warning": earlier >= profile.warning_earlier_orders
        and now * (person.first - window) <= Fraction(profile.warning_pace) * earlier * window,
        "active": person.bought(0, profile.active_window_days) >= profile.active_orders,
    }
    return ",".join([stage for stage in profile.order if holds.get(stage)] or ["regular"])


def funnel(person: Person, lifecycle: LifecycleSettings) -> str:
    """matched_stages of the profile funnel."""
    profile = lifecycle.funnel
    holds = {
        "win_back": is_open(person, person.complaint, profile.complaint_days)
        or is_open(person, person.returned, profile.return_days),
        "wake_up": bool(person.purchases) and person.recency >= profile.wake_up_days,
        "repeat": len(person.purchases) >= profile.repeat_orders,
        "activated": person.visit is not None and person.visit < profile.activation_days,
    }
    order = profile.buyer_order if person.purchases else profile.prospect_order
    return ",".join([stage for stage in order if holds.get(stage)] or [order[-1]])


def is_open(person: Person, age: int | None, days: int) -> bool:
    """Lately, and no purchase on a later day."""
    return age is not None and age < days and all(bought >= age for bought, _ in person.purchases)


def own_cycles(people: Mapping[str, Person], lifecycle: LifecycleSettings) -> dict[str, str]:
    """customer → matched_stages of the profile own_cycle, which needs to know everybody."""
    profile = lifecycle.own_cycle
    gaps = {who: gaps_of(one) for who, one in people.items()}
    medians = {who: median(map(Fraction, own)) for who, own in gaps.items() if own}
    shared = median(medians.values()) if medians else Fraction(profile.fallback_cycle_days)
    found = {}
    for who, one in people.items():
        if not one.purchases:
            found[who] = "prospect"
            continue
        cycle = medians[who] if len(gaps[who]) >= profile.min_gaps else shared
        holds = {
            "dormant": one.recency > Fraction(profile.dormant_cycles) * cycle,
            "overdue": one.recency > Fraction(profile.overdue_cycles) * cycle,
        }
        found[who] = ",".join([stage for stage in profile.buyer_order if holds.get(stage)] or ["in_cycle"])
    return found


def gaps_of(person: Person) -> list[int]:
    ages = sorted({age for age, _ in person.purchases})
    return [older - newer for newer, older in pairwise(ages)]


def stages(people: Mapping[str, Person], lifecycle: LifecycleSettings) -> dict[tuple[str, str], str]:
    """(customer, profile) → matched stages, of all four profiles."""
    rules = {"guide": guide, "active": active, "funnel": funnel}
    found = {(who, profile): rule(one, lifecycle) for who, one in people.items() for profile, rule in rules.items()}
    return found | {(who, "own_cycle"): matched for who, matched in own_cycles(people, lifecycle).items()}
