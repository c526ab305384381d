"""Contradictory groups are joined again without breaking a rule, whatever the order of the rows."""

import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.repair import ABSOLUTE, STRENGTH, TRAITS, repaired

LINKS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(5, 9), st.sampled_from([*STRENGTH, "other"])), unique=True, max_size=25
)
SOME = st.sampled_from([None, "x", "y"])
PEOPLE = st.lists(st.tuples(SOME, SOME, SOME, SOME), min_size=10, max_size=10)
Link = tuple[int, int, str]
Traits = tuple[str | None, ...]
"""birth date, unionid, full name and card; what is left out is unknown."""


def decided(
    links: list[Link], people: list[Traits], enemies: list[tuple[int, int]] | None = None, cap: int = 99
) -> list[tuple[int, int, str, str | None]]:
    """left, right, rule and verdict of every link; links of one rule and left share a key."""
    rows = [(left, right, rule, f"{rule}{left}", "", 1.0) for left, right, rule in links]
    schema = ["left", "right", "rule", "key_hash", "evidence", "probability"]
    types = dict(zip(schema, [pl.UInt32, pl.UInt32, pl.String, pl.String, pl.String, pl.Float64], strict=True))
    traits = dict.fromkeys(("profile", *TRAITS), pl.String) | {"profile": pl.UInt32}
    filled = [(number, *row, *[None] * (len(TRAITS) - len(row))) for number, row in enumerate(people)]
    told = pl.DataFrame(filled, schema=traits, orient="row")
    found = repaired(pl.DataFrame(rows, schema=types, orient="row"), told, enemies or [], cap)
    return [(one.left, one.right, one.rule, one.verdict) for one in found]


NOBODY: Traits = ()


@pytest.mark.parametrize(
    ("rule", "one", "other", "verdict"),
    [
        ("phone", ("1980", None, None), ("1990", None, None), "birth_dates_differ"),
        ("phone", (None, "u1", None), (None, "u2", None), "unionids_differ"),
        ("phone", (None, None, "张伟"), (None, None, "李梅"), "names_differ"),
        ("phone", ("1980", "u1", "张伟"), ("1980", "u1", "张伟"), None),
        ("phone", ("1980", "u1", "张伟"), NOBODY, None),
        ("unionid", (None, None, "张伟"), (None, None, "李梅"), None),
        ("unionid", ("1980", None, None), ("1990", None, None), "birth_dates_differ"),
        ("member_no", ("1980", "u1", "张伟"), ("1990", "u2", "李梅"), None),
        ("phone", (None, None, None, "M1"), (None, None, None, "M2"), None),
        ("likeness", (None, None, None, "M1"), (None, None, None, "M2"), "cards_differ"),
        ("likeness", ("1980", None, None), ("1990", None, None), "birth_dates_differ"),
        ("review_same", ("1980", "u1", "张伟"), ("1990", "u2", "李梅"), None),
    ],
)
def test_what_keeps_two_profiles_apart(rule: str, one: Traits, other: Traits, verdict: str | None) -> None:
    assert decided([(0, 1, rule)], [one, other]) == [(0, 1, rule, verdict)]


def test_the_stronger_key_is_joined_first() -> None:
    people: list[Traits] = [(None, None, "张伟"), (None, None, "李梅"), NOBODY]
    links = [(0, 2, "email"), (1, 2, "phone")]
    assert decided(links, people) == [(1, 2, "phone", None), (0, 2, "email", "names_differ")]


def test_the_others_of_a_key_find_each_other() -> None:
    people: list[Traits] = [("1960", None, None), ("1990", None, None), ("1990", None, None)]
    links = [(0, 1, "phone"), (0, 2, "phone")]
    assert decided(links, people) == [(0, 1, "phone", "birth_dates_differ"), (1, 2, "phone", None)]


@given(links=LINKS, people=PEOPLE, seed=st.integers(0, 9))
def test_order_of_rows_changes_nothing(links: list[Link], people: list[Traits], seed: int) -> None:
    shuffled = random.Random(seed).sample(links, len(links))
    assert decided(links, people) == decided(shuffled, people)


@given(links=LINKS.filter(lambda links: all(rule not in ABSOLUTE for *_, rule in links)), people=PEOPLE)
def test_no_group_has_two_birth_dates_or_unionids(links: list[Link], people: list[Traits]) -> None:
    group = list(range(10))
    for left, right, _, verdict in decided(links, people):
        if verdict is None:
            group = [group[left] if one == group[right] else one for one in group]
    for trait in (0, 1):
        values = {(group[number], row[trait]) for number, row in enumerate(people) if row[trait]}
        assert len(values) == len({found for found, _ in values})


def test_what_people_keep_apart_no_card_and_no_chain_joins() -> None:
    links = [(0, 5, "member_no"), (1, 5, "phone")]
    assert decided(links, [NOBODY] * 10, enemies=[(0, 1)]) == [
        (0, 5, "member_no", None),
        (1, 5, "phone", "review_different"),
    ]


def test_a_group_outgrows_the_cap_by_card_only() -> None:
    links = [(0, 5, "phone"), (0, 6, "phone"), (0, 7, "member_no")]
    assert decided(links, [NOBODY] * 10, cap=2) == [
        (0, 7, "member_no", None),
        (0, 5, "phone", "group_too_large"),
        (5, 6, "phone", None),
    ]
