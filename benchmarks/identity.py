"""Seconds and peak memory of the identity layer by stage, at a size of your choice, and its accuracy on public truth.

    python benchmarks/identity.py [--profiles 1000000] [--full] [--febrl] [--keep FOLDER]

Writes clean tables of invented profiles (members, tills by card or phone, marketplaces with masked phones and names,
couples that share a phone, clerks' phones), runs a first night (which trains the model), then a second one with 2 % new
profiles on the trained model, which scores only what is new. --full runs that night again as if the first had scored
nothing, and compares all tables byte by byte. Goals: 20 s and 2.5 GB for 1M profiles after normalising with a trained
model, 60 s for training, at most 0.2 % of old profiles under a new id.
"""

import argparse
import resource
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "identity"))

from pipeline.clean.keys import with_profile_key
from pipeline.engine import Engine
from pipeline.identity.agreement import agreement
from pipeline.identity.night import IdentityNight
from pipeline.identity.steps import CLEAN_TABLES, IDENTITY_STEPS, PREVIOUS, PREVIOUS_TABLES, SCORED_BEFORE
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

SECRET = b"a key of thirty-two bytes length"
AS_OF = date(2026, 10, 31)
NORMALISING = ("profile_values", "profile_names", "receiver_contacts", "profiles", "profile_keys")
"""Steps that read clean rows; all after them are the stages of the goal, but for training."""
TRAINING = "identity_model"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉兰红建国志文晓小海燕云飞鹏宇浩然子轩梓涵欣怡雨佳琪思博"
CITIES = [f"城{number}" for number in range(120)]


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
    truth = [
        frame.select("source", "profile_key").with_columns(person=frames[name]["person"])
        for name, frame in done.items()
    ]
    return done, pl.concat(truth).unique(["source", "profile_key"], keep="first", maintain_order=True)


def _conformed(table: str, frame: pl.DataFrame) -> pl.DataFrame:
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


def night_of(frames: dict[str, pl.DataFrame], folder: Path, as_of: date, before: dict[str, Table]) -> dict[str, Table]:
    """Run all identity steps and print what each took."""
    settings = Settings(retailer="示例零售")
    night = IdentityNight(Engine(settings.engine, folder / "scratch"), settings, as_of, SECRET)
    tables = {
        name: write_table(TABLES[name], frames.get(name, TABLES[name].empty()), folder / f"{name}.parquet")
        for name in CLEAN_TABLES
    }
    for name in PREVIOUS_TABLES:
        empty = TABLES[name].empty()
        tables[PREVIOUS + name] = before.get(name) or write_table(TABLES[name], empty, folder / f"none-{name}.parquet")
    stages = processor = 0.0
    for step in IDENTITY_STEPS:
        started, used = time.perf_counter(), time.process_time()
        tables[step.table] = step(tables, night, folder)
        seconds, used = time.perf_counter() - started, time.process_time() - used
        if step.table not in (*NORMALISING, TRAINING):
            stages, processor = stages + seconds, processor + used
        rows = tables[step.table].scan().select(pl.len()).collect().item()
        print(f"  {step.table:22s}{seconds:8.2f} s {used:8.2f} s of processors {rows:12,} rows")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  stages after normalising, without training: {stages:.1f} s, {processor:.1f} s of processors;"
        f" peak so far {peak:,.0f} MiB"
    )
    return tables


def told(tables: dict[str, Table], truth: pl.DataFrame) -> None:
    found = tables["customer_profiles"].read().select("source", "profile_key", found="customer_id")
    result = agreement(truth.join(found, on=["source", "profile_key"]))
    print(
        f"  pairs P {result.pair_precision:.4f} R {result.pair_recall:.4f} F1 {result.pair_f1:.4f};"
        f" B-cubed P {result.cubed_precision:.4f} R {result.cubed_recall:.4f} F1 {result.cubed_f1:.4f}"
    )


def churn(before: dict[str, Table], after: dict[str, Table]) -> None:
    both = before["customer_profiles"].read().join(after["customer_profiles"].read(), on=["source", "profile_key"])
    moved = both.filter(pl.col("customer_id") != pl.col("customer_id_right")).height
    print(f"  {moved:,} of {both.height:,} old profiles have a new id: {moved / both.height:.3%}")


def compared(one: dict[str, Table], other: dict[str, Table]) -> None:
    names = [step.table for step in IDENTITY_STEPS]
    differ = [name for name in names if one[name].paths[0].read_bytes() != other[name].paths[0].read_bytes()]
    print(f"  tables that differ from those of the second night: {', '.join(differ) or 'none'}")


def febrl() -> None:
    from febrl import measured  # noqa: PLC0415 (beside the tests, only where asked for)

    for number in (1, 2, 3, 4):
        with tempfile.TemporaryDirectory() as scratch:
            started = time.perf_counter()
            found = measured(number, Path(scratch))
            seconds = time.perf_counter() - started
        print(f"  Febrl{number}: pairs F1 {found.pair_f1:.4f}, B-cubed F1 {found.cubed_f1:.4f}, {seconds:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help="run the second night also without last night's scores")
    parser.add_argument("--febrl", action="store_true", help="measure accuracy on Febrl 1-4 as well")
    parser.add_argument("--keep", type=Path, help="keep the tables below this folder")
    options = parser.parse_args()
    root = options.keep or Path(tempfile.mkdtemp(prefix="huitou-identity-"))
    frames, truth = clean_tables(options.profiles, seed=7)
    older = {name: frame.filter(pl.int_range(pl.len()) % 50 != 0) for name, frame in frames.items()}
    print(f"first night, {truth.height:,} profiles less 2 %")
    first = night_of(older, root / "first", AS_OF - timedelta(days=1), {})
    print("second night, all profiles, trained model")
    second = night_of(frames, root / "second", AS_OF, first)
    told(second, truth)
    churn(first, second)
    if options.full:
        print("second night, all profiles compared again")
        forgetful = {name: table for name, table in first.items() if name not in SCORED_BEFORE}
        compared(second, night_of(frames, root / "full", AS_OF, forgetful))
    if options.febrl:
        febrl()
    if options.keep is None:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
