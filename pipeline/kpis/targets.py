"""Sales targets by day: those of a month shared out evenly, those of single days as they are given."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

import polars as pl

from pipeline.kpi_settings import TargetSettings

Place = tuple[str, str]
Target = tuple[date, Place, Decimal]
FEN = 100


def targets_frame(targets: Sequence[TargetSettings]) -> pl.DataFrame:
    """One row per day and scope with a target.

    What the days of their own leave of a month's amount is shared out evenly over its other days, the odd fen to the
    first ones. A day of the whole shop without a target of its own has the sum of those of the stores, else of the
    channels.
    """
    told = list(_by_place(targets))
    rows = [(on, *place, amount) for on, place, amount in [*told, *_totals(told)]]
    schema = {
        "target_on": pl.Date(),
        "scope": pl.String(),
        "scope_value": pl.String(),
        "target_amount": pl.Decimal(18, 2),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _by_place(targets: Sequence[TargetSettings]) -> Iterator[Target]:
    for place, group in groupby(sorted(targets, key=lambda target: target.place), key=lambda target: target.place):
        known = list(group)
        days = {target.day: target.amount for target in known if target.day is not None}
        yield from ((on, place, amount) for on, amount in sorted(days.items()))
        for target in known:
            if target.month is not None:
                yield from ((on, place, amount) for on, amount in _shared(target, days))


def _shared(target: TargetSettings, days: Mapping[date, Decimal]) -> Iterator[tuple[date, Decimal]]:
    """The month's amount over the days that have no target of their own."""
    year, month = (int(part) for part in str(target.month).split("-"))
    all_days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    others = [on for on in all_days if on not in days]
    rest = max(int(target.amount * FEN) - sum(int(days[on] * FEN) for on in all_days if on in days), 0)
    for place, on in enumerate(others):
        share, odd = divmod(rest, len(others))
        yield on, Decimal(share + (place < odd)) / FEN


def _totals(told: Sequence[Target]) -> Iterator[Target]:
    sums: dict[date, dict[str, Decimal]] = {}
    for on, (scope, _), amount in told:
        day = sums.setdefault(on, {})
        day[scope] = day.get(scope, Decimal(0)) + amount
    for on, day in sorted(sums.items()):
        if "total" not in day:
            yield on, ("total", "all"), day.get("store", day.get("channel", Decimal(0)))
