"""Seven people, counted by hand against the customers of a night."""

from pathlib import Path

import polars as pl

from pipeline.samples.people import People, counted_people

TRUTH = """source,profile_key,person_id
club,m1,ann
jd,a1,ann
tmall,t1,ann
club,m2,bob
pos,p2,bob
club,m3,cat
pos,m4,dan
pos,m4,eve
"""
CUSTOMERS = {"m1": "c1", "a1": "c2", "t1": "c3", "m2": "c4", "p2": "c5", "m3": "c6", "m4": "c7"}
SOURCES = {"m1": "club", "a1": "jd", "t1": "tmall", "m2": "club", "p2": "pos", "m3": "club", "m4": "pos"}
KEYS = [("m1", "member_no", "x"), ("a1", "platform_user_id", "x"), ("m2", "phone", "y"), ("p2", "phone", "y")]


def test_every_reason_is_counted(tmp_path: Path) -> None:
    (tmp_path / "persons.csv").write_text(TRUTH, encoding="utf-8")
    profiles = pl.DataFrame(
        [(SOURCES[key], key, customer) for key, customer in CUSTOMERS.items()],
        schema=["source", "profile_key", "customer_id"],
        orient="row",
    )
    keys = pl.DataFrame(
        [(SOURCES[key], key, kind, "*", digest) for key, kind, digest in KEYS],
        schema=["source", "profile_key", "key_type", "key_scope", "key_hash"],
        orient="row",
    )
    found = counted_people(7, tmp_path, profiles, keys)
    # ann is three customers without a common key, bob two with one phone; dan and eve share one; two left no key
    assert found == People(
        people=7, with_profile=5, customers=7, several=2, sharing_no_key=1, shared=1,
        alone_in=("club", "jd", "pos", "tmall"),
    )  # fmt: skip
    first, nobody, several, shared = found.lines()
    assert first == "Why 7 customers of 7 people:"
    assert nobody.startswith("  2 show no export")
    assert several.startswith("  2 of the other 5 are two customers or more, 1 of them because these share no key")
    assert shared.startswith("  1 customers hold more than one person")
