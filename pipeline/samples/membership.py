"""Who of the sample's persons joined the club, when, and with which cards.

The rows of the members export, with all that clerks get wrong in them, do not belong here.
"""

import numpy as np
import polars as pl

from pipeline.samples.catalogue import Catalogue
from pipeline.samples.chance import FAR, Ints, stream
from pipeline.samples.days import Calendar
from pipeline.samples.temperament import POS, WEIXIN_SHOP
from pipeline.samples.traps import Traps

SHOP_MEMBERS, OTHER_MEMBERS = 0.66, 0.26
LONGEST_BEFORE_DAYS = 1_400


def memberships(
    seed: int, people: pl.DataFrame, calendar: Calendar, catalogue: Catalogue, traps: Traps
) -> pl.DataFrame:
    """One row per person.

    member_no (null = no member), joined_day (negative = before the sample, FAR = never), arrival_day (first day
    on which they may buy), second_no with second_day (FAR = none), second_replaces (the first card was lost),
    joined_store (its number; -1 = online).
    """
    rng = stream(seed, "membership")
    size = people.height
    days = calendar.count
    arrival = np.where(people["known_before"].to_numpy(), 0, rng.integers(0, days, size))
    in_shops = (people["first_channel"].to_numpy() == POS) | (people["second_channel"].to_numpy() == POS)
    talks = in_shops | (people["first_channel"].to_numpy() == WEIXIN_SHOP)
    wants = rng.random(size) < np.where(talks, SHOP_MEMBERS, OTHER_MEMBERS)
    before = people["known_before"].to_numpy() & (rng.random(size) < 0.8)
    delay = np.where(rng.random(size) < 0.6, 0, rng.exponential(50, size)).astype(np.int64)
    joined = np.where(before, -rng.integers(1, LONGEST_BEFORE_DAYS, size), arrival + delay)
    is_member = people["never_buys"].to_numpy() | wants
    is_member &= joined < days
    lost = is_member & (rng.random(size) < traps.reissued_card)
    again = is_member & ~lost & (rng.random(size) < traps.double_registration)
    second_day = np.maximum(joined, 0) + 1 + (rng.random(size) * days).astype(np.int64)
    second_day = np.where((lost | again) & (second_day < days), second_day, FAR)
    number = np.arange(size, dtype=np.int64)
    store = np.where(in_shops, people["home_store"].to_numpy(), -1)
    return pl.DataFrame(
        {
            "member_no": _cards(6_000_000 * 10 + number * 7 % 10_000_000),
            "second_no": _cards(80_000_000 + number),
            "is_member": is_member,
            "arrival_day": arrival,
            "joined_day": np.where(is_member, joined, FAR),
            "second_day": second_day,
            "second_replaces": lost,
            "joined_store": np.where(store < catalogue.store_count, store, -1),
        }
    ).with_columns(
        pl.when("is_member").then("member_no").alias("member_no"),
        pl.when(pl.col("second_day") < FAR).then("second_no").alias("second_no"),
    )


def _cards(numbers: Ints) -> pl.Series:
    """Cards as the tills print them: ten digits that begin with zeros."""
    return pl.Series(numbers).cast(pl.String).str.zfill(10)
