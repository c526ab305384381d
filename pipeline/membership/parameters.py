"""How the settings of membership travel to SQL: as parameters, and as the small tables `tier_ladder`, `tier_words`."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from pipeline.engine import Parameter
from pipeline.membership_settings import CareSettings, CycleSettings, PointSettings, TierSettings

BUILT_IN_WORDS = {
    "standard": ("普通会员", "普通", "普卡", "普通卡", "普卡会员", "standard", "regular", "basic"),
    "silver": ("银卡会员", "银卡", "银牌会员", "白银会员", "silver"),
    "gold": ("金卡会员", "金卡", "金牌会员", "黄金会员", "gold"),
}
"""Words of member programs for the tiers that are built in."""


def ladder_frame(tiers: TierSettings) -> pl.DataFrame:
    """One row per tier: its place and the span of spend that earns it."""
    rungs = tiers.rungs
    ends = [*(rung.from_amount for rung in rungs[1:]), None]
    return pl.DataFrame(
        {
            "tier": [rung.name for rung in rungs],
            "tier_rank": range(len(rungs)),
            "tier_label": [rung.label or rung.name for rung in rungs],
            "from_amount": pl.Series([rung.from_amount for rung in rungs], dtype=pl.Decimal(18, 2)),
            "until_amount": pl.Series(ends, dtype=pl.Decimal(18, 2)),
        }
    )


def words_frame(tiers: TierSettings) -> pl.DataFrame:
    """One row per word: those of the settings go before names, labels and the built-in ones."""
    words: dict[str, str] = {}
    for word, tier in _tier_words(tiers):
        words.setdefault(word.strip().lower(), tier)
    return pl.DataFrame({"tier_word": list(words), "tier": list(words.values())}, schema_overrides={"tier": pl.String})


def _tier_words(tiers: TierSettings) -> Iterator[tuple[str, str]]:
    yield from tiers.reported_names.items()
    for rung in tiers.rungs:
        yield rung.name, rung.name
    for rung in tiers.rungs:
        if rung.label:
            yield rung.label, rung.name
    for rung in tiers.rungs:
        yield from ((word, rung.name) for word in BUILT_IN_WORDS.get(rung.name, ()))


def spend_parameters(tiers: TierSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of `member_spend`: the tier's year, and the first day whose spend may keep a tier."""
    return {"as_of": as_of, "period": tiers.period, "keep_from_on": _keep_from(tiers, as_of)}


def _keep_from(tiers: TierSettings, as_of: date) -> date:
    """The day after the same calendar day so many months before; as_of where no tier is kept."""
    return as_of if tiers.keep_months is None else months_before(as_of, tiers.keep_months) + timedelta(days=1)


def months_before(on: date, months: int) -> date:
    """The same calendar day so many months before; where that month is shorter, its last day."""
    year, place = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, place + 1, min(on.day, monthrange(year, place + 1)[1]))


def point_parameters(points: PointSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of everything about points. Lists of channels travel as `,pos,web,`."""
    return {
        "as_of": as_of,
        "points_per_unit": points.points_per_unit,
        "value_amount": points.value_amount,
        "ledger": points.ledger,
        "channels": f",{','.join(points.channels)}," if points.channels else "",
        "earning_pattern": _beginnings(points.earning_reasons),
        "implied_rebate_rate": points.points_per_unit * points.value_amount,
        "warning_rebate_rate": points.warning_rebate_rate,
    }


def _beginnings(words: tuple[str, ...]) -> str:
    """A pattern that finds texts in lower case that begin with one of the words; with none it finds nothing."""
    told = [re.escape(word.strip().lower()) for word in words if word.strip()]
    return f"^\\s*({'|'.join(told)})" if told else "^$a"


def care_parameters(care: CareSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of `care_dates`."""
    return {
        "as_of": as_of,
        "wake_up_profile": care.wake_up_profile,
        "wake_up_days": care.wake_up_days,
        "cart_days": care.cart_days,
    }


def cycle_parameters(cycles: CycleSettings, as_of: date) -> dict[str, Parameter]:
    """Parameters of repurchase cycles."""
    return {
        "as_of": as_of,
        "quantity_aware": cycles.quantity_aware,
        "own_purchases": cycles.own_purchases,
        "due_ahead_days": cycles.due_ahead_days,
        "overdue_days": cycles.overdue_days,
        "furthest_days": cycles.furthest_days,
    }
