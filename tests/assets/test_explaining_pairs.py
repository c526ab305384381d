"""The lines of `huitou explain KEY OTHER`: each answer as people read it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from assets.explaining_pairs import MOST_REFUSALS, _history, answer_lines
from assets.pair_words import BLOCKS, REASONS, SHARED, shared_text, why
from pipeline.identity.edges import Edge
from pipeline.identity.likely import objections
from pipeline.identity.likeness import COMPARED_BLOCKS
from pipeline.identity.pair_answers import Answer, KeptApart, NeverDecided, OneCustomer, Question, Weighed
from pipeline.identity.pair_evidence import SharedKey
from pipeline.identity.repair import SAID_DIFFERENT, TOO_LARGE, TOO_LOOSE, VERDICTS
from pipeline.identity_settings import LikenessSettings
from pipeline.lake import write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.identity import DEAD_GUARDS
from pipeline.snapshots import Manifest, Snapshot

CLUB, POS, JD = ("club", "M1"), ("pos", "M1"), ("jd", "7001")
BITS = {"prior": -16.0, "name": 12.0, "phone": 15.0, "birth_date": 0.0, "email": 0.0, "place": -0.04}
CARD = Edge(CLUB, POS, "member_no", "member_no M***", 1.0, "accepted", "2026-09-30", {})
ALIKE = Edge(CLUB, JD, "likeness", "name 张* / 张* (equal)", 0.9, "accepted", "2026-09-30", BITS)
REFUSED = Edge(CLUB, JD, "phone_names_differ", "phone 138****1001, names 张* / 李*", 1.0, "refused", "2026-09-30", {})
ASKED = Question(CLUB, JD, "R7", "held", None)
WEIGHED = Weighed(
    CLUB, JD, BITS, 10.96, {"name": "equal", "phone": "digits equal", "place": "differs"}, 0.9995, 0.9,
    ("names_differ", "two_buyers", "too_weak"), {}, "abc", "2026-09-30",
)  # fmt: skip
NEVER = NeverDecided(
    "CA", "CB", CLUB, JD, ({"name": "张*", "phone": "138****1001"}, {}), (), (), (), None, has_model=True
)  # fmt: skip


def lines(answer: Answer) -> list[str]:
    return list(answer_lines(answer, LikenessSettings()))


def test_a_chain_is_walked_from_the_first_key_to_the_second() -> None:
    answer = OneCustomer("CA", POS, JD, (CARD, ALIKE), (), ())
    assert lines(answer) == [
        "one customer: pos M1 and jd 7001",
        "held together by 2 joins",
        "  pos M1 – club M1",
        "    member_no since 2026-09-30: member_no M***",
        "    probability 1",
        "  club M1 – jd 7001",
        "    likeness since 2026-09-30: name 张* / 张* (equal)",
        "    prior        -16.0 bits   -16.0",
        "    name         +12.0 bits    -4.0",
        "    phone        +15.0 bits   +11.0",
        "    birth_date    +0.0 bits   +11.0",
        "    email         +0.0 bits   +11.0",
        "    place         +0.0 bits   +11.0",
        "    probability 0.9995",
        "    less what a mask may hide: 0.9",
        "the weakest of these: club M1 – jd 7001, likeness",
        "whoever knows better may add a line to reviews/identity.csv:",
        "  left_source jd, left_key 7001, right_source pos, right_key M1",
        "  decision different",
    ]
    assert lines(answer.turned())[2] == "  jd 7001 – club M1"


def test_one_profile_is_one_profile() -> None:
    assert lines(OneCustomer("CA", CLUB, CLUB, (), (), ())) == ["both mean the very same profile: club M1"]


def test_who_is_kept_apart_is_told_by_refusals_and_what_people_may_do() -> None:
    assert lines(KeptApart("CA", "CB", (REFUSED,), (), (ASKED,))) == [
        "two customers, kept apart",
        "refused between them",
        "  club M1 – jd 7001",
        "    phone_names_differ since 2026-09-30: phone 138****1001, names 张* / 李*",
        "    their full names are not one",
        "asked as R7 (held): write same or different there in reviews/identity.csv",
    ]


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (KeptApart("CA", "CB", (REFUSED,) * (MOST_REFUSALS + 2), (), ()), "  and 2 more"),
        (KeptApart("CA", "CB", (REFUSED,), (), ()), "  decision same"),
        (KeptApart("CA", "CB", (REFUSED,), (ALIKE,), ()), "  club M1 – jd 7001: likeness, probability 0.9"),
        (KeptApart("CA", "CB", (), (), (replace(ASKED, verdict="different"),)),
         "people said different of club M1 – jd 7001; a newer line in reviews/identity.csv undoes it"),
        (replace(NEVER, has_model=False),
         "not compared: no model was learned, so exact keys decide alone (likeness.enabled, likeness.min_profiles)"),
        (NEVER, "not comparable: jd 7001 shows no name, its own or a receiver's"),
        (NEVER, "  club M1 shows name 张*, phone 138****1001"),
        (NEVER, "  none, so no exact key could join them"),
        (replace(NEVER, weighed=replace(WEIGHED, blocks={"by_place": False})),
         "never proposed by full name and district: more than 200 profiles are equal there"),
        (replace(NEVER, weighed=replace(WEIGHED, blocks={"by_place": True})),
         "proposed by full name and district, and not kept: below 0.5"),
    ],
)  # fmt: skip
def test_what_else_there_is_to_tell(answer: Answer, line: str) -> None:
    assert line in lines(answer)


def test_whoever_was_never_compared_is_compared_now() -> None:
    shared = SharedKey("phone", "138****9999", "too_many_names", 41, 40)
    answer = replace(NEVER, shared=(shared,), contradictions=("names_differ",), weighed=WEIGHED)
    assert lines(answer)[3:] == [
        "keys in common",
        "  phone 138****9999: too_many_names (41 profiles, 40 names), it joins nobody",
        "the two persons contradict each other",
        "  names_differ: their full names are not one",
        "compared now, by the model abc of 2026-09-30",
        "  prior        -16.0 bits   -16.0",
        "  name         +12.0 bits    -4.0  equal",
        "  phone        +15.0 bits   +11.0  digits equal",
        "  birth_date    +0.0 bits   +11.0  unknown of one",
        "  email         +0.0 bits   +11.0  unknown of one",
        "  place         +0.0 bits   +11.0  differs",
        "  probability 0.9995",
        "  less what a mask may hide: 0.9",
        "  a join needs 0.99, a question to people 0.5",
        "  against it, two_buyers: both are known by their receivers only, who may be anybody's",
        "never proposed, for none of these is equal:",
        *(f"  {text}" for text in BLOCKS.values()),
        "whoever knows better may add a line to reviews/identity.csv:",
        "  left_source club, left_key M1, right_source jd, right_key 7001",
        "  decision same",
    ]


def test_the_ids_history_is_that_between_the_two(tmp_path: Path) -> None:
    rows = [
        ("2026-09-01", "created", "CA", None, "first seen"),
        ("2026-09-02", "merged", "COLD", "CA", "phone"),
        ("2026-09-02", "merged", "CELSE", "CA", "phone"),
        ("2026-09-03", "split", "CB", "CA", "review"),
    ]
    spec = TABLES["customer_id_history"]
    names = ["as_of", "event", "customer_id", "other_customer_id", "reason"]
    history = pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col("as_of").str.to_date())
    write_table(spec, history, tmp_path / "identity" / "customer_id_history.parquet")
    snapshot = Snapshot(tmp_path, Manifest("s", "2026-09-30", None, None, "", "", ""))
    assert list(_history({"CA", "CB", "COLD"}, snapshot)) == [
        "history of the ids",
        "  2026-09-02  COLD merged into CA: phone",
        "  2026-09-03  CB split from CA: review",
    ]
    assert list(_history({"CB", "COLD"}, snapshot)) == []


def test_every_reason_and_every_block_has_its_words() -> None:
    known = [*objections(LikenessSettings()), *VERDICTS.values(), SAID_DIFFERENT, TOO_LARGE, TOO_LOOSE]
    assert [word for word in known if not why(word)] == []
    assert set(BLOCKS) == set(COMPARED_BLOCKS)
    told = [shared_text(SharedKey("phone", "1****1", word, None, None)) for word in (*DEAD_GUARDS, *SHARED)]
    assert len(set(told)) == len(told)
    assert all(text for text in REASONS.values())
