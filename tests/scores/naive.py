"""The same definitions again in plain Python, slowly and with fractions: the judge of the SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline.score_settings import LifecycleSettings, RfmSettings


@dataclass(frozen=True)
class Person:
    """Purchases as (age in days, fen); age of the registration, None without; response rate, None if never asked."""

    purchases: tuple[tuple[int, int], ...]
    registered: int | None
    rate: float | None

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


def share_score(value: Any, values: Sequence[Any]) -> int:
    return 1 + int(Fraction(5 * sum(other < value for other in values), len(values)))


def mean_score(value: Any, values: Sequence[Any]) -> int:
    return 5 if Fraction(value) > sum(map(Fraction, values)) / len(values) else 1


def cut_score(value: Any, cuts: Sequence[Any]) -> int:
    return 1 + sum(value >= cut for cut in cuts)


def scored(rfm: RfmSettings, cuts: Sequence[Any]) -> Callable[[Any, Sequence[Any]], int]:
    if rfm.method == "quantile":
        return share_score
    if rfm.method == "mean":
        return mean_score
    return lambda value, _: cut_score(value, cuts)


def rfm_scores(people: Mapping[str, Person], rfm: RfmSettings) -> dict[str, tuple[Any, ...]]:
    """customer → r, f, m, c, rfm_class, rfrc_class."""
    buyers = {who: person for who, person in people.items() if person.purchases}
    asked = [Fraction(str(person.rate)) for person in buyers.values() if person.rate is not None]
    recency = scored(rfm, [-days for days in rfm.recency_cuts_days])
    frequency = scored(rfm, rfm.frequency_cuts)
    monetary = scored(rfm, [100 * amount for amount in rfm.monetary_cuts_amount])
    response = scored(rfm, [Fraction(str(rate)) for rate in rfm.response_cuts_rate])
    found = {}
    for who, person in buyers.items():
        r = recency(-person.recency, [-other.recency for other in buyers.values()])
        f = frequency(len(person.purchases), [len(other.purchases) for other in buyers.values()])
        m = monetary(person.money, [other.money for other in buyers.values()])
        c = None if person.rate is None else response(Fraction(str(person.rate)), asked)
        found[who] = (r, f, m, c, rfm_class(r, f, m, rfm.high_score), rfrc_class(r, f, m, c))
    return found


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
