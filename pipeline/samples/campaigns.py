"""The sample's campaigns: who was written to, who was held out, who answered and bought because of it.

Control contacts are planned and never sent, so a difference between them and the others is the true effect.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.samples.chance import Flags, Ints, stream
from pipeline.samples.days import Calendar, Month
from pipeline.samples.population import Population

CHANNELS = ("sms", "wecom", "email")
THEMES = ("会员日", "新品尝鲜", "换季焕新", "沉睡唤醒", "满减券", "生日礼")
TARGET_SHARE, CONTROL_SHARE = 0.15, 0.12
DELIVERED, OPENS, CLICK_TO_ORDER = 0.965, 0.38, 0.55
STRENGTH = {"sms": 0.8, "wecom": 1.6, "email": 0.6}
COST_FEN = {"sms": 5, "wecom": 1, "email": 1}
FIXED_COST_FEN = 300_000
LONGEST_WAIT_DAYS = 5
SEND_SECOND = 10 * 3_600


@dataclass(frozen=True)
class Campaigns:
    """`campaigns` and `contacts` as written, and the orders that the campaigns caused."""

    campaigns: pl.DataFrame
    contacts: pl.DataFrame
    buyer: Ints
    buy_day: Ints
    buy_campaign: Ints


def build_campaigns(seed: int, population: Population, calendar: Calendar) -> Campaigns:
    """One campaign a month, its contacts and its effect."""
    heads: list[dict[str, object]] = []
    parts: list[pl.DataFrame] = []
    for month in calendar.months():
        day = min(month.first + 9, month.last - LONGEST_WAIT_DAYS - 2)
        if day >= month.first:
            contacts = _contacts(seed, population, calendar, month, day)
            parts.append(contacts)
            heads.append(_head(calendar, month, day, contacts.height))
    contacts = pl.concat(parts) if parts else _contacts(seed, population, calendar, calendar.months()[0], 0).clear()
    bought = contacts.filter("buys")
    return Campaigns(
        pl.DataFrame(heads, infer_schema_length=None),
        contacts,
        bought["person"].to_numpy(),
        bought["buy_day"].to_numpy(),
        bought["campaign"].to_numpy(),
    )


def campaign_id(number: int) -> str:
    """The code of a campaign by the number of its month."""
    return f"C{number + 1:04d}"


def campaign_codes() -> pl.Expr:
    """The codes of a column `campaign` of numbers."""
    return pl.format("C{}", (pl.col("campaign") + 1).cast(pl.String).str.zfill(4))


def channel_of(number: int) -> str:
    """The channel of a campaign by the number of its month."""
    return CHANNELS[number % len(CHANNELS)]


def _head(calendar: Calendar, month: Month, day: int, contacts: int) -> dict[str, object]:
    channel = channel_of(month.number)
    return {
        "campaign_id": campaign_id(month.number),
        "name": f"{month.starts_on:%Y}年{month.starts_on.month}月{THEMES[month.number % len(THEMES)]}",
        "channel": channel,
        "started_on": calendar.on(day),
        "ended_on": calendar.on(min(day + LONGEST_WAIT_DAYS + 2, calendar.count - 1)),
        "cost_fen": FIXED_COST_FEN + contacts * COST_FEN[channel],
    }


def _reachable(population: Population, channel: str, day: int) -> Flags:
    people = population.people
    reachable = (people["joined_day"].to_numpy() < day) & people["is_member"].to_numpy()
    if channel == "wecom":
        reachable &= people["external_userid"].is_not_null().to_numpy()
    if channel == "email":
        reachable &= people["email"].is_not_null().to_numpy()
    return np.asarray(reachable)


def _contacts(seed: int, population: Population, calendar: Calendar, month: Month, day: int) -> pl.DataFrame:
    """One row per person aimed at, times in seconds from the first day of the sample."""
    rng = stream(seed, "campaign", month.number)
    channel = channel_of(month.number)
    aimed = _reachable(population, channel, day) & (rng.random(population.people.height) < TARGET_SHARE)
    person = np.flatnonzero(aimed)
    size = len(person)
    liking = population.people["responsiveness"].to_numpy()[person] * STRENGTH[channel]
    control = rng.random(size) < CONTROL_SHARE
    delivered = ~control & (rng.random(size) < DELIVERED)
    clicked = delivered & (rng.random(size) < np.minimum(liking, 0.9))
    opened = (clicked | (delivered & (rng.random(size) < OPENS))) & (channel != "sms")
    buys = clicked & (rng.random(size) < CLICK_TO_ORDER)
    sent = day * 86_400 + SEND_SECOND + rng.integers(0, 1_800, size)
    click_at = sent + 60 + rng.exponential(14_400, size).astype(np.int64)
    wait = np.minimum(rng.geometric(0.45, size), LONGEST_WAIT_DAYS)
    return pl.DataFrame(
        {
            "campaign": np.full(size, month.number, dtype=np.int64),
            "person": person.astype(np.int64),
            "is_control": control,
            "sent": sent,
            "delivered": np.where(delivered, sent + rng.integers(1, 60, size), -1),
            "opened": np.where(opened, click_at - rng.integers(5, 50, size), -1),
            "clicked": np.where(clicked, click_at, -1),
            "responded": np.where(buys, click_at + rng.integers(60, 900, size), -1),
            "buys": buys,
            "buy_day": np.minimum(day + wait, calendar.count - 1),
        }
    )
