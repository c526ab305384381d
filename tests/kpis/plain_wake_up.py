"""The wake-up rate again in plain Python, person by person: the judge of the SQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

Contact = tuple[str, str, datetime, bool]
"""Campaign, customer, sent at, held out."""
Purchases = Mapping[str, Iterable[datetime]]


def wake_ups(
    contacts: Iterable[Contact], purchases: Purchases, as_of: date, dormant_days: int, wake_up_days: int
) -> dict[str, tuple[Any, ...]]:
    """Campaign → contacted, woken, rate; held out, woken, rate; difference; pending. `*` adds all up."""
    meant: dict[tuple[str, str], list[tuple[datetime, bool]]] = defaultdict(list)
    for campaign, who, sent_at, is_control in contacts:
        if sent_at.date() <= as_of:
            meant[campaign, who].append((sent_at, is_control))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for (campaign, who), told in meant.items():
        sent_at, is_control = min(told)
        before = [at for at in purchases.get(who, ()) if at <= sent_at]
        if len({held for _, held in told}) == 2 or not before:
            continue
        if (sent_at.date() - max(before).date()).days < dormant_days:
            continue
        after = [at for at in purchases[who] if at > sent_at and at.date() <= as_of]
        woken = any((at.date() - sent_at.date()).days < wake_up_days for at in after)
        for name in (campaign, "*"):
            if (as_of - sent_at.date()).days + 1 < wake_up_days:
                counts[name][4] += 1
            else:
                counts[name][2 * is_control] += 1
                counts[name][2 * is_control + 1] += woken
    return {name: _told(*row) for name, row in counts.items()}


def _told(sent: int, woken: int, held: int, by_themselves: int, pending: int) -> tuple[Any, ...]:
    rate, control = (_share(part, whole) for part, whole in ((woken, sent), (by_themselves, held)))
    lift = None
    if sent and held:
        lift = float(round(Fraction(woken, sent) - Fraction(by_themselves, held), 6))
    return sent, woken, rate, held, by_themselves, control, lift, pending


def _share(part: int, whole: int) -> float | None:
    return float(round(Fraction(part, whole), 6)) if whole else None
