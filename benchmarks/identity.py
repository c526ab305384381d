"""Seconds and peak memory of the identity layer by stage, at a size of your choice, and its accuracy on public truth.

    python benchmarks/identity.py [--profiles 1000000] [--full] [--retrain] [--alone] [--febrl] [--keep FOLDER]

Writes clean tables of invented profiles (`identity_shop`), runs a first night, which trains the model, then a second
one with 2 % new profiles on the trained model, which scores only what is new; each night is a process of its own.
--full runs the second night again as if the first had scored nothing, and compares all tables byte by byte. --retrain
runs two more nights on the same profiles: a month later, when the model is trained anew, and with a model learned from
other persons altogether, once with hysteresis and once without. --alone runs one night on a model learned elsewhere:
for sizes at which two are too many. Goals: 20 s and 2.5 GB for 1M profiles after normalising with a trained model, 60 s
for training, at most 0.2 % of old profiles under a new id. Exact keys alone: benchmarks/identity_keys.py.
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from identity_oracle import with_oracle, with_oracle_of_blocks
from identity_shop import AS_OF, SECRET, apart, written

from pipeline.engine import Engine
from pipeline.identity.agreement import Agreement, agreement
from pipeline.identity.night import PROFILE, IdentityNight
from pipeline.identity.steps import IDENTITY_STEPS, PREVIOUS, PREVIOUS_TABLES, SCORED_BEFORE
from pipeline.lake import Table, write_table
from pipeline.measuring import peak_mib
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

NORMALISING = ("profile_values", "profile_names", "receiver_contacts", "profiles", "profile_keys")
"""Steps that read clean rows; all after them are the stages of the goal, but for training."""
TRAINING = "identity_model"
SEED, OTHER_SEED = 7, 8
ELSEWHERE = 200_000
"""Profiles of the other persons from whom a foreign model is learned."""
MONTH = timedelta(days=31)
Tables = dict[str, Table]


def night_of(
    clean: Tables,
    folder: Path,
    as_of: date,
    before: Tables,
    *,
    identity: dict[str, Any] | None = None,
    model: str | None = None,
    last: str | None = None,
) -> Tables:
    """Run the identity steps up to `last` and print what each took; `model` is the text of a pinned one."""
    settings = Settings.model_validate({"retailer": "示例零售", "identity": identity or {}})
    night = IdentityNight(Engine(settings.engine, folder / "scratch"), settings, as_of, SECRET, pinned_model=model)
    tables = dict(clean)
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
        print(f"  {step.table:22s}{seconds:8.2f} s {used:8.2f} s of processors {rows:12,} rows", flush=True)
        if step.table == last:
            return tables
    print(
        f"  stages after normalising, without training: {stages:.1f} s, {processor:.1f} s of processors;"
        f" {time.process_time():.1f} s of processors in all; peak {peak_mib():,} MiB",
        flush=True,
    )
    return tables


def learned_elsewhere(folder: Path) -> str:
    """The text of a model learned from other persons."""
    print(f"a model of {ELSEWHERE:,} profiles of other persons")
    clean, _ = apart(written, ELSEWHERE, OTHER_SEED, folder / "clean")
    tables = apart(night_of, clean, folder, AS_OF, {}, last=TRAINING)
    return str(tables[TRAINING].read()["model_text"].item())


def told(tables: Tables, truth: Path) -> None:
    """Print how the persons agree with the truth, and how far the oracle of the same evidence gets.

    Once for all profiles, once without those that show nothing but a phone: whose they are nothing can tell.
    """
    persons = pl.read_parquet(truth)
    most = Settings(retailer="示例零售").identity.likeness.max_block_profiles
    owner = tables["customer_profiles"].read().select(*PROFILE, found="customer_id")
    is_silent = pl.col("name").is_null() & (pl.col("key_types") == "phone")
    silent = tables["profiles"].scan().filter(is_silent).select(PROFILE).collect()
    sides = {
        "found": persons.join(owner, on=PROFILE),
        "oracle": with_oracle(tables, persons),
        "oracle of all blocks": with_oracle_of_blocks(tables, persons, most),
    }
    for title, left_out in (("all profiles", silent.clear()), ("without nameless phones", silent)):
        print(f" {title}")
        results = {name: agreement(frame.join(left_out, on=PROFILE, how="anti")) for name, frame in sides.items()}
        for name, result in results.items():
            _print(name, result)
        print(
            f"  {(results['found'].pair_f1 or 0) / (results['oracle'].pair_f1 or 1):.4f} of the oracle's F1", flush=True
        )


def _print(name: str, result: Agreement) -> None:
    print(
        f"  {name:21s}pairs P {result.pair_precision:.4f} R {result.pair_recall:.4f} F1 {result.pair_f1:.4f};"
        f" B-cubed P {result.cubed_precision:.4f} R {result.cubed_recall:.4f} F1 {result.cubed_f1:.4f}"
    )


def churn(before: Tables, after: Tables) -> None:
    """Print how many profiles of both nights bear another id."""
    both = before["customer_profiles"].read().join(after["customer_profiles"].read(), on=PROFILE)
    moved = both.filter(pl.col("customer_id") != pl.col("customer_id_right")).height
    print(f"  {moved:,} of {both.height:,} old profiles have a new id: {moved / both.height:.3%}")


def compared(one: Tables, other: Tables) -> None:
    """Print which tables of two nights differ."""
    names = [step.table for step in IDENTITY_STEPS]
    differ = [name for name in names if one[name].paths[0].read_bytes() != other[name].paths[0].read_bytes()]
    print(f"  tables that differ from those of the second night: {', '.join(differ) or 'none'}")


def retrained(clean: Tables, second: Tables, root: Path) -> None:
    """Run the nights of new models on the same profiles, and print how many ids each moves."""
    print("a month later: the model is trained anew")
    churn(second, apart(night_of, clean, root / "month", AS_OF + MONTH, second))
    model = learned_elsewhere(root / "elsewhere")
    standing = Settings(retailer="示例零售").identity.likeness
    for title, keep in (("", standing.keep_probability), (", without hysteresis", standing.link_probability)):
        print(f"next night with the model of other persons{title}")
        limits = {"likeness": {"keep_probability": keep}}
        night = apart(night_of, clean, root / f"model-{keep}", AS_OF + MONTH, second, identity=limits, model=model)
        churn(second, night)


def febrl() -> None:
    """Print the agreement with Febrl 1-4."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "identity"))
    from febrl import measured  # noqa: PLC0415 (beside the tests, only where asked for)

    for number in (1, 2, 3, 4):
        with tempfile.TemporaryDirectory() as scratch:
            started = time.perf_counter()
            found = measured(number, Path(scratch))
            seconds = time.perf_counter() - started
        print(f"  Febrl{number}: pairs F1 {found.pair_f1:.4f}, B-cubed F1 {found.cubed_f1:.4f}, {seconds:.1f} s")


def nights(options: argparse.Namespace, root: Path) -> None:
    """Run the nights that were asked for."""
    clean, truth = apart(written, options.profiles, SEED, root / "clean")
    if options.alone:
        model = learned_elsewhere(root / "elsewhere")
        print(f"one night, {options.profiles:,} profiles, model learned elsewhere")
        apart(told, apart(night_of, clean, root / "alone", AS_OF, {}, model=model), truth)
        return
    older, _ = apart(written, options.profiles, SEED, root / "older", new_only_later=True)
    print(f"first night, {options.profiles:,} profiles less 2 %")
    first = apart(night_of, older, root / "first", AS_OF - timedelta(days=1), {})
    print("second night, all profiles, trained model")
    second = apart(night_of, clean, root / "second", AS_OF, first)
    apart(told, second, truth)
    churn(first, second)
    if options.full:
        print("second night, all profiles compared again")
        forgetful = {name: table for name, table in first.items() if name not in SCORED_BEFORE}
        compared(second, apart(night_of, clean, root / "full", AS_OF, forgetful))
    if options.retrain:
        retrained(clean, second, root)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help="run the second night also without last night's scores")
    parser.add_argument("--retrain", action="store_true", help="run nights with new models on the same profiles")
    parser.add_argument("--alone", action="store_true", help="run one night only, on a model learned elsewhere")
    parser.add_argument("--febrl", action="store_true", help="measure accuracy on Febrl 1-4 as well")
    parser.add_argument("--keep", type=Path, help="keep the tables below this folder")
    options = parser.parse_args()
    root = options.keep or Path(tempfile.mkdtemp(prefix="huitou-identity-"))
    nights(options, root)
    if options.febrl:
        febrl()
    if options.keep is None:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
