"""The calendar of the sample: which days exist, how strongly people buy on them, and its months.

Weights follow weekdays and the festivals of Chinese retail. Who buys does not belong here.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np

from pipeline.samples.chance import Floats

SPRING_FESTIVALS = (
    date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25), date(2021, 2, 12), date(2022, 2, 1),
    date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6),
    date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3), date(2031, 1, 23), date(2032, 2, 11),
)  # fmt: skip
WEEKDAY_WEIGHTS = (0.90, 0.88, 0.90, 0.94, 1.05, 1.20, 1.13)
MONTH_WEIGHTS = (1.02, 0.88, 0.98, 0.97, 1.02, 1.04, 0.95, 0.96, 1.00, 1.03, 1.12, 1.08)
SHOPPING_DAYS = (
    (3, 8, 3, 1.35), (5, 20, 2, 1.25), (6, 18, 6, 2.6), (8, 8, 2, 1.15), (9, 9, 2, 1.25), (11, 11, 5, 3.2),
    (12, 12, 2, 1.8),
)  # fmt: skip
"""Month, day, days of run-up, and how much stronger the day itself is."""


@dataclass(frozen=True)
class Month:
    """A month of the sample: days first..last, counted from its first day."""

    number: int
    first: int
    last: int
    starts_on: date
    ends_on: date

    @property
    def stamp(self) -> str:
        """Its last day as file names write it."""
        return self.ends_on.strftime("%Y%m%d")


@dataclass(frozen=True)
class Calendar:
    """The days of the sample, the last of which is `until`."""

    until: date
    count: int

    @property
    def start(self) -> date:
        """The first day."""
        return self.until - timedelta(days=self.count - 1)

    def on(self, day: int) -> date:
        """A day by its number."""
        return self.start + timedelta(days=day)

    def months(self) -> tuple[Month, ...]:
        """Its calendar months; the first and the last may be cut."""
        return _months(self)

    def weights(self) -> Floats:
        """How strongly people buy on each day, 1 on average."""
        days = [self.on(day) for day in range(self.count)]
        weights = np.array([WEEKDAY_WEIGHTS[day.weekday()] * MONTH_WEIGHTS[day.month - 1] for day in days])
        weights *= np.array([festival_strength(day) * _spring_festival(day) for day in days])
        return np.asarray(weights / weights.mean(), dtype=np.float64)

    def festival_strengths(self) -> Floats:
        """1 on plain days, more on and before shopping days."""
        return _strengths(self)


@cache
def _months(calendar: Calendar) -> tuple[Month, ...]:
    days = [calendar.on(day) for day in range(calendar.count)]
    lasts = [day for day, on in enumerate(days) if day == len(days) - 1 or days[day + 1].day == 1]
    firsts = [0, *(day + 1 for day in lasts)]
    return tuple(
        Month(number, first, last, days[first], days[last])
        for number, (first, last) in enumerate(zip(firsts, lasts, strict=False))
    )


@cache
def _strengths(calendar: Calendar) -> Floats:
    return np.array([festival_strength(calendar.on(day)) for day in range(calendar.count)])


def festival_strength(day: date) -> float:
    """How much a shopping day, or its run-up, lifts the trade of the day."""
    strength = 1.0
    for month, number, run_up, peak in SHOPPING_DAYS:
        ahead = (date(day.year, month, number) - day).days
        if 0 <= ahead <= run_up:
            strength = max(strength, 1 + (peak - 1) * 0.5 ** (2 * ahead / run_up))
    return strength


def _spring_festival(day: date) -> float:
    """Much is bought in the two weeks before, little in the week after."""
    for festival in SPRING_FESTIVALS:
        ahead = (festival - day).days
        if 1 <= ahead <= 15:
            return 1.55
        if -6 <= ahead <= 0:
            return 0.55
    return 1.0
