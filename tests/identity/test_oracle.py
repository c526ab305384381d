"""The oracle of the benchmarks joins the true ones of all pairs that are looked at, and no others."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES

ROOT = Path(__file__).resolve().parents[2]


def tables(folder: Path, keys: list[tuple[str, str]], parcels: list[tuple[str, str]]) -> dict[str, Table]:
    """Living phones (profile, phone) and parcels (buyer, receiver's phone); nothing is compared."""
    phones = pl.DataFrame(keys, schema=["profile_key", "key_value"], orient="row").with_columns(
        source=pl.lit("pos"),
        key_type=pl.lit("phone"),
        key_scope=pl.lit("*"),
        key_hash=pl.lit("h") + pl.col("key_value"),
        is_trusted=True,
        trust_rank=1,
        first_seen_on=None,
        last_seen_on=None,
    )
    received = pl.DataFrame(parcels, schema=["profile_key", "receiver_phone"], orient="row").with_columns(
        source=pl.lit("jd"),
        receiver_phone_shown=pl.lit(""),
        receiver_name=pl.lit("张伟"),
        parcel_count=1,
        first_seen_on=None,
        last_seen_on=None,
    )
    frames = {"profile_keys": phones, "receiver_contacts": received}
    names = ("profile_keys", "key_guards", "key_lives", "receiver_contacts", "profile_features", "scored_pairs")
    return {
        name: write_table(TABLES[name], frames.get(name, TABLES[name].empty()), folder / f"{name}.parquet")
        for name in names
    }


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Profiles of each of the oracle's persons; a and b share a phone, as do c and d, e sends parcels to a's phone."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from identity_oracle import with_oracle  # noqa: PLC0415

    evidence = tables(tmp_path, [("a", "1"), ("b", "1"), ("c", "2"), ("d", "2"), ("f", "3")], [("e", "1"), ("g", "2")])
    persons = [
        ("pos", "a", "P"),
        ("pos", "b", "P"),
        ("pos", "c", "P"),
        ("pos", "d", "Q"),
        ("jd", "e", "P"),
        ("pos", "f", "P"),
        ("jd", "g", "Q"),
    ]
    truth = pl.DataFrame(persons, schema=["source", "profile_key", "person"], orient="row")
    frame = with_oracle(evidence, truth)
    return {"".join(sorted(one["profile_key"])): set(one["person"]) for _, one in frame.group_by("found")}


def test_what_shares_a_phone_and_is_one_person_is_joined(found: dict[str, set[str]]) -> None:
    # c is P too, but only d has its phone; f shares its phone with nobody
    assert sorted(found) == ["abe", "c", "dg", "f"]


def test_nobody_else_is_joined(found: dict[str, set[str]]) -> None:
    assert all(len(persons) == 1 for persons in found.values())
