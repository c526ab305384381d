"""An invented retailer for the benchmarks of identity: clean tables of any number of profiles, and whose they are.

Members, tills by card or phone, a marketplace with masked phones and names, a web shop; a tenth of the persons have the
phone of somebody else, one per cent that of a clerk. Hostile rather than like a shop: its ambiguities are drawn at
random. What is done with the tables does not belong here.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl

from pipeline.clean.keys import with_profile_key
from pipeline.identity.night import PROFILE
from pipeline.identity.steps import CLEAN_TABLES
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

SECRET = b"a key of thirty-two bytes length"
AS_OF = date(2026, 10, 31)
NEW = 50
"""Every so manieth row is new on the second night."""
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国志文晓小海燕云飞鹏宇浩然子轩梓涵欣怡雨佳琪思博"
CITIES = [f"城{number}" for number in range(120)]

Result = TypeVar("Result")


def apart(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """What the function gives in a process of its own, so that its peak of memory is its own too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **named).result()


def people(count: int, seed: int) -> pl.DataFrame:
    """Invented persons; a tenth have the phone of somebody else, one per cent that of a clerk."""
    rng = np.random.default_rng(seed)
    surname = rng.choice(list(SURNAMES), count, p=_zipf(len(SURNAMES)))
    given = [rng.choice(list(GIVEN), count) for _ in range(2)]
    numbers = 13_000_000_000 + rng.choice(6_999_999_999, count, replace=False)
    shares = rng.random(count) < 0.1
    numbers[shares] = numbers[np.maximum(np.flatnonzero(shares) - 1, 0)]
    clerks = rng.random(count) < 0.01
    numbers[clerks] = 18_900_000_000 + rng.integers(0, max(1, count // 5_000), clerks.sum())
    short = rng.random(count) < 0.2
    return pl.DataFrame(
        {
            "person": np.arange(count),
            "name": [s + a + ("" if one else b) for s, a, b, one in zip(surname, *given, short, strict=True)],
            "phone": numbers.astype(str),
            "birth": rng.integers(0, 20_000, count),
            "city": rng.choice(CITIES, count, p=_zipf(len(CITIES))),
            "chance": rng.random(count),
        }
    )


def _zipf(count: int) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1) ** 0.7
    return weights / weights.sum()


def clean_tables(profiles: int, seed: int) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Clean tables that make about so many profiles, and their persons (source, profile_key, person)."""
    persons = people(int(profiles / 2.25), seed)
    chance, shown = (
        pl.col("chance"),
        pl.concat_str(pl.col("phone").str.head(3), pl.lit("****"), pl.col("phone").str.tail(4)),
    )
    card = pl.concat_str(pl.lit("M"), pl.col("person"))
    members = persons.filter(chance < 0.7).with_columns(
        source=pl.lit("club"),
        member_no=card,
        birth_date=pl.when(chance * 1e4 % 1 < 0.4).then(pl.date(1950, 1, 1) + pl.duration(days="birth")),
    )
    account = pl.concat_str(pl.lit("7"), pl.col("person"))
    orders = [
        persons.filter(chance < 0.45).with_columns(source=pl.lit("pos"), member_no=card).drop("phone", "name"),
        persons.filter(chance > 0.6).with_columns(source=pl.lit("till")).drop("name"),
        persons.filter((chance * 7 % 1) < 0.45)
        .with_columns(
            source=pl.lit("jd"),
            platform_user_id=account,
            receiver_name=pl.when(chance * 1e3 % 1 < 0.5).then(pl.col("name").str.head(1) + "**").otherwise("name"),
            receiver_phone_shown=pl.when(chance * 1e2 % 1 < 0.75).then(shown),
            receiver_phone=pl.when(chance * 1e2 % 1 >= 0.75).then("phone"),
        )
        .drop("phone", "name"),
        persons.filter((chance * 11 % 1) < 0.35).with_columns(
            source=pl.lit("web"), openid=account, name=pl.when(chance * 1e3 % 1 < 0.5).then("name")
        ),
    ]
    lines = pl.concat(orders, how="diagonal").rename({"name": "buyer_name"})
    frames = {"clean_members": members, "clean_order_lines": lines}
    done = {name: _conformed(name, frame) for name, frame in frames.items()}
    truth = [frame.select(PROFILE).with_columns(person=frames[name]["person"]) for name, frame in done.items()]
    return done, pl.concat(truth).unique(PROFILE, keep="first", maintain_order=True)


def _conformed(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with all columns of the contract; what nobody said is null, or nothing of its kind."""
    blank = {pl.String(): "x", pl.Boolean(): False, pl.Int64(): 0}
    spec = TABLES[table]
    absent = [
        pl.lit(None if column.name in spec.nullable else blank.get(column.dtype), column.dtype).alias(column.name)
        for column in spec.columns
        if column.name not in frame.columns
    ]
    whole = frame.with_columns(absent).with_columns(
        pl.lit(AS_OF - timedelta(days=30)).alias("event_on"), pl.int_range(pl.len()).cast(pl.String).alias("row_key")
    )
    return with_profile_key(whole.drop("profile_key", strict=False), SECRET).select(spec.names)


def written(profiles: int, seed: int, folder: Path, *, new_only_later: bool = False) -> tuple[dict[str, Table], Path]:
    """The clean tables of a shop and its truth as files; `new_only_later` leaves every NEW-th row for another night."""
    frames, truth = clean_tables(profiles, seed)
    kept = pl.int_range(pl.len()) % NEW != 0 if new_only_later else pl.lit(value=True)
    tables = {
        name: write_table(TABLES[name], frames.get(name, TABLES[name].empty()).filter(kept), folder / f"{name}.parquet")
        for name in CLEAN_TABLES
    }
    truth.write_parquet(folder / "truth.parquet")
    return tables, folder / "truth.parquet"
