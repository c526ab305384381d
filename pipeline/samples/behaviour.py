"""When each person of the sample buys, and through which channel: the skeleton of all orders.

Three causes bring orders: the person's own rate until they drop out (beta-geometric/NBD, in a time that runs
faster on strong days), the habit of a category that is used up, and campaigns. What lies in the basket does not
belong here; see `pipeline.samples.baskets`.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.samples.campaigns import Campaigns
from pipeline.samples.chance import Floats, Ints, picked, ranks_within, stream
from pipeline.samples.days import Calendar
from pipeline.samples.goods import CATEGORIES
from pipeline.samples.population import Population
from pipeline.samples.temperament import DOUYIN, POS

NONE = -1
YEAR_DAYS = 365.0
HABIT_SHAPE = 9.0
HABIT_DROPOUT = 0.05
TASTE_SHARE = 0.12
HABIT_SHARE = 0.35
MOVED_ONLINE = 0.5
STORE_HOURS = np.array([0] * 9 + [2, 6, 8, 7, 5, 5, 6, 7, 9, 10, 9, 6, 2, 0, 0], dtype=np.float64)
ONLINE_HOURS = np.array([3, 2, 1, 1, 1, 1, 2, 3, 5, 7, 8, 7, 7, 6, 6, 6, 6, 6, 6, 8, 11, 12, 10, 6], dtype=np.float64)


@dataclass(frozen=True)
class Skeleton:
    """All orders by time: their person, day, second of the day, channel, habit category and campaign (-1 = none)."""

    person: Ints
    day: Ints
    second: Ints
    channel: Ints
    habit: Ints
    campaign: Ints

    def between(self, first: int, last: int) -> tuple[pl.DataFrame, int]:
        """The orders of days first..last, and the number of the earliest of them."""
        start, end = np.searchsorted(self.day, [first, last + 1])
        parts = {
            name: getattr(self, name)[start:end] for name in ("person", "day", "second", "channel", "habit", "campaign")
        }
        return pl.DataFrame(parts), int(start)


def build_skeleton(seed: int, population: Population, calendar: Calendar, campaigns: Campaigns) -> Skeleton:
    """Draw all orders of all persons."""
    own = _own_orders(seed, population, calendar)
    habit = _habit_orders(seed, population, calendar)
    person = np.concatenate([own[0], habit[0], campaigns.buyer])
    day = np.concatenate([own[1], habit[1], campaigns.buy_day])
    category = np.concatenate([np.full(len(own[0]), NONE), habit[2], np.full(len(campaigns.buyer), NONE)])
    campaign = np.full(len(person), NONE)
    campaign[len(person) - len(campaigns.buyer) :] = campaigns.buy_campaign
    channel = _channels(seed, population, calendar, person, day)
    second = _seconds(seed, channel)
    order = np.lexsort((person, second, day))
    columns = (person, day, second, channel, category, campaign)
    return Skeleton(*(column[order].astype(np.int64) for column in columns))


def _own_orders(seed: int, population: Population, calendar: Calendar) -> tuple[Ints, Ints]:
    """Person and day of the orders that come by themselves; a new person's first is the day they arrive."""
    rng = stream(seed, "own orders")
    people = population.people
    clock = np.concatenate([[0.0], np.cumsum(calendar.weights())])
    arrival = people["arrival_day"].to_numpy()
    began = clock[arrival]
    left = clock[-1] - began
    is_new = ~people["known_before"].to_numpy()
    buys = ~people["never_buys"].to_numpy()
    counts = np.where(buys, rng.poisson(people["yearly_rate"].to_numpy() / YEAR_DAYS * left), 0)
    alive = rng.geometric(np.maximum(people["dropout"].to_numpy(), 1e-4))
    person = np.repeat(np.arange(people.height, dtype=np.int64), counts)
    place = np.sort(person + rng.random(len(person)) * 0.999_999_9)
    kept = ranks_within(counts) < alive[person] - is_new[person]
    person, share = person[kept], (place - person)[kept]
    day = np.searchsorted(clock, began[person] + share * left[person], side="right") - 1
    firsts = np.flatnonzero(is_new & buys)
    return (
        np.concatenate([person, firsts]),
        np.clip(np.concatenate([day, arrival[firsts]]), 0, calendar.count - 1),
    )


def _habit_orders(seed: int, population: Population, calendar: Calendar) -> tuple[Ints, Ints, Ints]:
    """Person, day and category of the orders that come because a pack is used up."""
    people = population.people
    found: list[tuple[Ints, Ints, Ints]] = []
    tastes = np.array([kind.tastes for kind in CATEGORIES])
    liking = tastes / tastes.sum(axis=0)
    persona, arrival = people["persona"].to_numpy(), people["arrival_day"].to_numpy()
    buys = ~people["never_buys"].to_numpy()
    for number, kind in enumerate(CATEGORIES):
        rng = stream(seed, "habits", number)
        chance = kind.habit_rate * np.minimum(liking[number][persona] / TASTE_SHARE, 1.0)
        starters = np.flatnonzero(buys & (rng.random(people.height) < chance * HABIT_SHARE))
        days = _habit_days(rng, kind.cycle_days, arrival[starters], calendar)
        found.append((starters[days[0]], days[1], np.full(len(days[1]), number, dtype=np.int64)))
    return (
        np.concatenate([part[0] for part in found]),
        np.concatenate([part[1] for part in found]),
        np.concatenate([part[2] for part in found]),
    )


def _habit_days(rng: np.random.Generator, cycle: int, arrival: Ints, calendar: Calendar) -> tuple[Ints, Ints]:
    """For each habit (by position) the days on which it is fed, until it ends or the sample does."""
    if cycle == 0:
        nothing = np.zeros(0, dtype=np.int64)
        return nothing, nothing
    most = int(calendar.count / cycle * 1.6) + 1
    counts = np.minimum(rng.geometric(HABIT_DROPOUT, len(arrival)), most)
    habit = np.repeat(np.arange(len(arrival), dtype=np.int64), counts)
    own_cycle = cycle * np.exp(rng.normal(0, 0.2, len(arrival)))
    gaps: Floats = rng.gamma(HABIT_SHAPE, own_cycle[habit] / HABIT_SHAPE)
    running = np.cumsum(gaps)
    before = np.concatenate([[0.0], running])[np.cumsum(counts) - counts]
    starts = arrival + rng.exponential(90, len(arrival))
    day = np.rint(starts[habit] + running - before[habit]).astype(np.int64)
    kept = day < calendar.count
    return habit[kept], day[kept]


def _channels(seed: int, population: Population, calendar: Calendar, person: Ints, day: Ints) -> Ints:
    """The first channel as often as the person is loyal; on shopping days visits to a shop move online."""
    rng = stream(seed, "channels")
    people = population.people
    first = people["first_channel"].to_numpy()[person]
    second = people["second_channel"].to_numpy()[person]
    loyal = rng.random(len(person)) < people["loyalty"].to_numpy()[person]
    channel = np.where(loyal, first, second)
    festival = calendar.festival_strengths()[day] - 1
    moved = (channel == POS) & (second != POS) & (rng.random(len(person)) < festival * MOVED_ONLINE / 2)
    return np.where(moved, second, channel)


def _seconds(seed: int, channel: Ints) -> Ints:
    rng = stream(seed, "hours")
    size = len(channel)
    hour = np.where(channel == POS, picked(rng, STORE_HOURS, size), picked(rng, ONLINE_HOURS, size))
    late = np.where(channel == DOUYIN, rng.integers(0, 2, size), 0)
    return np.asarray(np.minimum(hour + late, 23) * 3_600 + rng.integers(0, 3_600, size))
