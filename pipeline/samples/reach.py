"""Whose name, phone and address stand on a parcel, and how much of them the platform shows.

The buyer's own keys do not belong here.
"""

import numpy as np
import polars as pl

from pipeline.samples.chance import Flags, Ints
from pipeline.samples.contacts import brusher_phones
from pipeline.samples.fates import BRUSHER_COUNT
from pipeline.samples.names import FEMALE_CHARACTERS, SURNAMES
from pipeline.samples.population import Population
from pipeline.samples.wording import masked_name, masked_phone

FRIEND_SHARE = 0.15
PLAIN, MASKED, VIRTUAL = 0, 1, 2


def phone_on(day: str = "day") -> pl.Expr:
    """The number under which a person is reached on a day: before a change the old one."""
    before = pl.col(day) < pl.col("phone_changed_day")
    return pl.when(before & pl.col("old_phone").is_not_null()).then("old_phone").otherwise("family_phone")


def receivers(
    rng: np.random.Generator, orders: pl.DataFrame, population: Population, sent_to_other: Flags
) -> pl.DataFrame:
    """Add receiver, receiver_name, receiver_phone, full_province, city, district, address to the orders.

    A parcel for somebody else goes to the household, or where there is none, or sometimes, to a friend.
    """
    person = orders["person"].to_numpy()
    receiver = np.where(sent_to_other, _others(rng, person, population), person)
    facts = population.of(
        pl.Series(receiver),
        "name", "family_phone", "old_phone", "phone_changed_day", "full_province", "city", "district", "address",
    )  # fmt: skip
    frame = orders.with_columns(receiver=pl.Series(receiver)).hstack(facts)
    frame = frame.with_columns(receiver_phone=phone_on(), receiver_name="name")
    return frame.drop("name", "family_phone", "old_phone", "phone_changed_day")


def _others(rng: np.random.Generator, person: Ints, population: Population) -> Ints:
    household = population.people["household"].to_numpy()
    last = len(household) - 1
    after, before = np.minimum(person + 1, last), np.maximum(person - 1, 0)
    friend = rng.integers(0, last + 1, len(person))
    home = np.where(household[after] == household[person], after, before)
    alone = (household[home] != household[person]) | (home == person)
    return np.where(alone | (rng.random(len(person)) < FRIEND_SHARE), friend, home)


def with_brushers(orders: pl.DataFrame) -> pl.DataFrame:
    """Orders that nobody placed carry the brusher's account, name and phone; adds is-brushing nick to buyers."""
    names = pl.Series([SURNAMES[place] + FEMALE_CHARACTERS[place * 3] for place in range(BRUSHER_COUNT)])
    turn = orders["brusher"]
    brusher = pl.DataFrame({"n": names.gather(turn), "p": brusher_phones(BRUSHER_COUNT).gather(turn)})
    fake = pl.col("is_brushing")
    return (
        orders.hstack(brusher)
        .with_columns(
            receiver_name=pl.when(fake).then("n").otherwise("receiver_name"),
            receiver_phone=pl.when(fake).then("p").otherwise("receiver_phone"),
            person_id=pl.when(fake)
            .then(pl.format("B{}", pl.col("brusher").cast(pl.String).str.zfill(7)))
            .otherwise("person_id"),
            tmall_nick=pl.when(fake).then(pl.format("sd{}", pl.col("brusher") + 70_001)).otherwise("tmall_nick"),
        )
        .drop("n", "p")
    )


def shown_name(style: str) -> pl.Expr:
    """The receiver's name as the platform shows it; `style` is a column of PLAIN, MASKED or VIRTUAL."""
    name = pl.col("receiver_name")
    return pl.when(pl.col(style) == PLAIN).then(name).otherwise(masked_name(name))


def shown_phone(style: str) -> pl.Expr:
    """The receiver's phone as the platform shows it; a virtual number differs from order to order."""
    phone, number = pl.col("receiver_phone"), pl.col("order")
    virtual = pl.format(
        "184{}-{}", (number * 611_953 % 100_000_000).cast(pl.String).str.zfill(8), number % 9_000 + 1_000
    )
    return (
        pl.when(pl.col(style) == PLAIN)
        .then(phone)
        .when(pl.col(style) == MASKED)
        .then(masked_phone(phone))
        .otherwise(virtual)
    )
