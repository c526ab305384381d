"""How often, where and in what style each person of the sample buys.

Purchase rates are gamma distributed and dropout probabilities beta distributed, as in the beta-geometric/NBD
model (Fader, Hardie & Lee 2005); spending levels are lognormal. The orders themselves do not belong here.
"""

import numpy as np
import polars as pl

from pipeline.samples.chance import Flags, Ints, picked, picked_by_row, stream
from pipeline.samples.days import Calendar
from pipeline.samples.goods import PERSONAS

CHANNELS = ("pos", "tmall", "jd", "pinduoduo", "douyin", "weixin_shop")
POS, TMALL, JD, PINDUODUO, DOUYIN, WEIXIN_SHOP = range(6)
FIRST_CHANNEL = np.array(
    [
        [0.36, 0.28, 0.05, 0.07, 0.16, 0.08],
        [0.44, 0.24, 0.09, 0.09, 0.08, 0.06],
        [0.52, 0.22, 0.06, 0.06, 0.08, 0.06],
        [0.38, 0.20, 0.20, 0.08, 0.11, 0.03],
        [0.50, 0.14, 0.20, 0.07, 0.06, 0.03],
        [0.74, 0.06, 0.03, 0.11, 0.04, 0.02],
        [0.42, 0.26, 0.12, 0.08, 0.08, 0.04],
    ]
)
"""One row per persona."""
SECOND_CHANNEL_SHARE = 0.55
RATE_SHAPE, ORDERS_PER_YEAR = 1.2, 8.6
DROPOUT_SHAPES = (0.9, 11.0)
KNOWN_BEFORE = 0.42
NEVER_BUYS = 0.05
SPEND_SPREAD = 0.9


def temperaments(seed: int, people: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """One row per person.

    persona, spend_level (0 on average), yearly_rate, dropout, known_before, never_buys, first_channel,
    second_channel, loyalty (share of orders in the first channel), responsiveness, coupon_fondness.
    """
    rng = stream(seed, "temperament")
    size = people.height
    persona = _personas(rng, people, calendar)
    near = people["home_store"].to_numpy() >= 0
    first, second = _channels(rng, persona, near)
    return pl.DataFrame(
        {
            "persona": persona,
            "spend_level": rng.normal(0, SPEND_SPREAD, size),
            "yearly_rate": rng.gamma(RATE_SHAPE, ORDERS_PER_YEAR / RATE_SHAPE, size),
            "dropout": rng.beta(*DROPOUT_SHAPES, size),
            "known_before": rng.random(size) < KNOWN_BEFORE,
            "never_buys": rng.random(size) < NEVER_BUYS,
            "first_channel": first,
            "second_channel": second,
            "loyalty": rng.beta(6, 2, size),
            "responsiveness": rng.beta(1.2, 8, size),
            "coupon_fondness": rng.beta(1.5, 3, size),
        }
    )


def _personas(rng: np.random.Generator, people: pl.DataFrame, calendar: Calendar) -> Ints:
    female = people["is_female"].to_numpy()
    age = calendar.until.year - people["birth_date"].dt.year().to_numpy()
    chance = rng.random(people.height)
    mother = (age >= 24) & (age <= 42) & (chance < 0.42)
    women = np.select([age >= 60, mother, age < 30], [5, 1, 0], default=2)
    men = np.select([age >= 60, age < 32], [5, 3], default=4)
    persona = np.where(female, women, men)
    persona[(chance > 0.92) & (age < 60)] = PERSONAS.index("pet_owner")
    return persona.astype(np.int64)


def _channels(rng: np.random.Generator, persona: Ints, near: Flags) -> tuple[Ints, Ints]:
    size = len(persona)
    online = FIRST_CHANNEL.copy()
    online[:, POS] = 0
    table = np.vstack([FIRST_CHANNEL, online])
    first = picked_by_row(rng, table, np.where(near, persona, persona + len(FIRST_CHANNEL)))
    other = picked(rng, np.array([0.0, 0.34, 0.2, 0.16, 0.18, 0.12]), size)
    visits = near & (first != POS) & (rng.random(size) < 0.4)
    second = np.where(visits, POS, other)
    return first, np.where(rng.random(size) < SECOND_CHANNEL_SHARE, second, first)
