"""How the sample's persons can be reached: phones, e-mails and accounts on the platforms.

Every value is made up and unique to its person unless a household shares it. Which of them an export shows
does not belong here.
"""

import numpy as np
import polars as pl

from pipeline.samples.chance import FAR, Flags, Ints, random_text, stream
from pipeline.samples.days import Calendar
from pipeline.samples.names import NICK_ADJECTIVES, NICK_NOUNS
from pipeline.samples.traps import Traps

PREFIXES = [
    "130",
    "131",
    "132",
    "133",
    "134",
    "135",
    "136",
    "137",
    "138",
    "139",
    "150",
    "151",
    "152",
    "153",
    "155",
    "156",
    "157",
    "158",
    "159",
    "166",
    "173",
    "175",
    "176",
    "177",
    "178",
    "180",
    "181",
    "182",
    "183",
    "185",
    "186",
    "187",
    "188",
    "189",
    "191",
    "193",
    "195",
    "198",
    "199",
]
MAIL_HOSTS = ("qq.com", "163.com", "126.com", "sina.com", "outlook.com")
SUFFIXES = 10**8
STEP = 61_803_399
LEAST_DIGITS = 5
RUNS = (123_456, 234_567, 345_678, 456_789, 987_654, 876_543, 765_432, 654_321)
CLERKS = 500
"""The first numbers belong to the clerks of the shops."""
NO_OWN_PHONE_KNOWN = 0.02
WITH_EMAIL, WITH_UNIONID, WITH_WECOM = 0.32, 0.60, 0.38
PLACEHOLDER_PHONES = ("13800138000", "11111111111", "00000000000", "13800000000")


def phone_numbers(count: int) -> pl.Series:
    """The first `count` mobile numbers of the sample: all different, none that looks like a placeholder."""
    number = np.arange(int(count * 1.4) + 1_000, dtype=np.int64)
    suffix = (number * STEP + 20_260_101) % SUFFIXES
    suffix = suffix[_looks_real(suffix)][:count]
    prefix = pl.Series(PREFIXES).gather((np.arange(count) * 7 + suffix // 1000) % len(PREFIXES))
    return prefix + pl.Series(suffix).cast(pl.String).str.zfill(8)


def _looks_real(suffix: Ints) -> Flags:
    seen = np.zeros(len(suffix), dtype=np.int64)
    runs = np.zeros(len(suffix), dtype=np.bool_)
    for place in range(8):
        seen |= np.left_shift(1, suffix // 10**place % 10)
        if place <= 2:
            runs |= np.isin(suffix // 10**place % 10**6, RUNS)
    return np.asarray((np.bitwise_count(seen.astype(np.uint64)) >= LEAST_DIGITS) & ~runs)


def clerk_phones(stores: int) -> pl.Series:
    """One clerk's own number per store."""
    return phone_numbers(CLERKS).head(stores)


def brusher_phones(count: int) -> pl.Series:
    """Numbers of people who place orders that are none."""
    return phone_numbers(CLERKS).tail(count)


def contacts(seed: int, people: pl.DataFrame, calendar: Calendar, traps: Traps) -> pl.DataFrame:
    """One row per person.

    phone (null = none of their own), family_phone (theirs, else that of the head of the household),
    old_phone with phone_changed_day (FAR = never), email, unionid, external_userid, tmall_nick, jd_account.
    """
    rng = stream(seed, "contacts")
    size = people.height
    numbers = phone_numbers(CLERKS + 2 * size)
    shares = (people["place_in_household"].to_numpy() > 0) & (rng.random(size) < traps.shared_phone)
    changes = ~shares & (rng.random(size) < traps.changed_phone)
    changed_day = np.where(changes, rng.integers(0, calendar.count, size), FAR)
    heads = np.arange(size) - people["place_in_household"].to_numpy()
    current = numbers.slice(CLERKS, size)
    frame = pl.DataFrame(
        {
            "current": current,
            "family_phone": current.gather(np.where(shares, heads, np.arange(size))),
            "old": numbers.slice(CLERKS + size, size),
            "shares": shares,
            "changes": changes,
            "phone_changed_day": changed_day,
        }
    )
    return frame.select(
        pl.when(~pl.col("shares")).then("current").alias("phone"),
        "family_phone",
        pl.when("changes").then("old").alias("old_phone"),
        "phone_changed_day",
        _emails(rng, people),
        _some(rng, "unionid", "oU6" + random_text(rng, size, 25), WITH_UNIONID),
        _some(rng, "external_userid", "wm" + random_text(rng, size, 30), WITH_WECOM),
        _nicks(rng, people),
        _accounts(people),
    )


def _some(rng: np.random.Generator, name: str, values: pl.Series, share: float) -> pl.Series:
    has = pl.Series(rng.random(len(values)) < share)
    return pl.select(pl.when(has).then(values).alias(name)).to_series()


def _unique(size: int, step: int, digits: int) -> pl.Series:
    modulus = 999_999_937 if digits == 9 else 9_999_991
    return pl.Series((np.arange(size, dtype=np.int64) * step + 4_711) % modulus).cast(pl.String).str.zfill(digits)


def _emails(rng: np.random.Generator, people: pl.DataFrame) -> pl.Series:
    host = pl.Series(MAIL_HOSTS).gather(rng.integers(0, len(MAIL_HOSTS), people.height))
    address = people["surname_pinyin"] + "." + _unique(people.height, 7_919, 9) + "@" + host
    return _some(rng, "email", address, WITH_EMAIL)


def _nicks(rng: np.random.Generator, people: pl.DataFrame) -> pl.Series:
    size = people.height
    number = _unique(size, 48_271, 9)
    words = pl.Series([first + second for first in NICK_ADJECTIVES for second in NICK_NOUNS])
    kinds = pl.DataFrame(
        {
            "plain": "tb" + number,
            "words": words.gather(rng.integers(0, len(words), size)) + number.str.tail(7),
            "name": people["surname_pinyin"] + "_" + number,
            "kind": rng.integers(0, 3, size),
            "number": number,
        }
    ).with_columns(twice=pl.struct("words").is_duplicated())
    worded = pl.when("twice").then("plain").otherwise("words")
    choice = pl.when(pl.col("kind") == 0).then("plain").when(pl.col("kind") == 1).then(worded).otherwise("name")
    return kinds.select(choice.alias("tmall_nick"))["tmall_nick"]


def _accounts(people: pl.DataFrame) -> pl.Series:
    return ("jd_" + _unique(people.height, 104_729, 9) + "k").rename("jd_account")
