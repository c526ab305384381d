"""Tiers and points again in plain Python, slowly and day by day: the judge of the SQL."""

from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import floor
from typing import Any

from pipeline.membership_settings import PointSettings, TierSettings


@dataclass(frozen=True)
class Order:
    """An order of a customer."""

    on: date
    net: Decimal
    is_purchase: bool = True
    channel: str = "pos"


@dataclass(frozen=True)
class Member:
    """A customer with cards: their orders, and balance and movements (day, points, reason) of each card."""

    orders: tuple[Order, ...]
    balances: tuple[Decimal | None, ...]
    moves: tuple[tuple[date, Decimal, str], ...] = ()


def a_year_before(on: date) -> date:
    return date(on.year - 1, 2, 28) if (on.month, on.day) == (2, 29) else on.replace(year=on.year - 1)


def months_before(on: date, months: int) -> date:
    year, month = on.year, on.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    last = 29 if month == 2 and isleap(year) else 28 if month == 2 else 30 if month in {4, 6, 9, 11} else 31
    return date(year, month, min(on.day, last))


def spend(member: Member, on: date, tiers: TierSettings) -> Decimal:
    after = a_year_before(on) if tiers.period == "rolling_year" else date(on.year - 1, 12, 31)
    return sum((one.net for one in member.orders if one.is_purchase and after < one.on <= on), Decimal(0))


def rank(amount: Decimal, tiers: TierSettings) -> int:
    return max(place for place, rung in enumerate(tiers.rungs) if amount >= rung.from_amount)


def tier(member: Member, as_of: date, tiers: TierSettings) -> dict[str, Any]:
    """tier, earned_tier, tier_earned_on, spend_12m_amount, next_tier, amount_to_next_tier."""
    now = spend(member, as_of, tiers)
    days = [as_of]
    if tiers.keep_months is not None:
        since = months_before(as_of, tiers.keep_months)
        days = [as_of - timedelta(days=back) for back in range((as_of - since).days)]
    known = [one for one in member.orders if one.on <= as_of]
    ranks = {on: rank(spend(Member(tuple(known), ()), on, tiers), tiers) for on in days}
    best = max(ranks.values())
    above = tiers.rungs[best + 1] if best + 1 < len(tiers.rungs) else None
    return {
        "tier": tiers.rungs[best].name,
        "earned_tier": tiers.rungs[rank(now, tiers)].name,
        "tier_earned_on": max(on for on, reached in ranks.items() if reached == best),
        "spend_12m_amount": now,
        "next_tier": above.name if above else None,
        "amount_to_next_tier": above.from_amount - now if above else None,
    }


def points(member: Member, as_of: date, rules: PointSettings) -> dict[str, Any]:
    """points_balance, points_liability_amount, reported_points, ledger_points, ledger_difference."""
    earned = Decimal(0)
    for one in member.orders:
        if one.is_purchase and one.on <= as_of and (not rules.channels or one.channel in rules.channels):
            earned += floor(one.net) * rules.points_per_unit
    moves = [(amount, reason) for on, amount, reason in member.moves if on <= as_of]
    other = sum((amount for amount, reason in moves if not reason.startswith(rules.earning_reasons)), Decimal(0))
    moved = sum((amount for amount, _ in moves), Decimal(0))
    told = [balance for balance in member.balances if balance is not None]
    reported = sum(told, Decimal(0)) if told else moved if moves else None
    ledger = {"orders": earned, "orders_and_movements": earned + other, "movements": moved}[rules.ledger]
    balance = ledger if reported is None else reported
    return {
        "points_balance": balance,
        "points_liability_amount": _to_the_cent(balance * rules.value_amount),
        "reported_points": reported,
        "ledger_points": ledger,
        "ledger_difference": None if reported is None else reported - ledger,
    }


def _to_the_cent(amount: Decimal) -> Decimal:
    """Half away from zero."""
    cents = abs(amount) * 100
    whole = Decimal(floor(cents + Decimal("0.5"))) / 100
    return whole if amount >= 0 else -whole


def memberships(
    members: Mapping[str, Member], as_of: date, tiers: TierSettings, rules: PointSettings
) -> dict[str, dict[str, Any]]:
    """customer → every column of memberships that orders and balances decide."""
    return {who: {**tier(one, as_of, tiers), **points(one, as_of, rules)} for who, one in members.items()}


COLUMNS: Sequence[str] = (
    "tier", "earned_tier", "tier_earned_on", "spend_12m_amount", "next_tier", "amount_to_next_tier",
    "points_balance", "points_liability_amount", "reported_points", "ledger_points", "ledger_difference",
)  # fmt: skip
