"""Ids are handed on one to one, heaviest share first, and new ones are opaque and never used before."""

import base64
import hmac
from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.stable_ids import handed_on, minted

AS_OF = date(2026, 9, 30)
SHARES = st.dictionaries(
    st.tuples(st.sampled_from("ABCDE"), st.integers(0, 5)), st.integers(1, 6), max_size=20
)  # fmt: skip


def shares(weights: dict[tuple[str, int], int]) -> pl.DataFrame:
    rows = [(customer, group, weight) for (customer, group), weight in weights.items()]
    schema = {"customer_id": pl.String, "group": pl.UInt32, "weight": pl.Int32}
    return pl.DataFrame(rows, schema=schema, orient="row")


def born(**days: int) -> pl.DataFrame:
    rows = [(customer, date(2026, 1, day)) for customer, day in days.items()]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "born_on": pl.Date}, orient="row")


def given_to(weights: dict[tuple[str, int], int], **days: int) -> dict[str, int]:
    return dict(handed_on(shares(weights), born(**days)).rows())


def test_the_heaviest_share_wins() -> None:
    assert given_to({("A", 1): 1, ("A", 2): 4, ("B", 2): 3, ("B", 1): 2}) == {"A": 2, "B": 1}


def test_of_equal_shares_the_older_id_wins_then_the_lesser() -> None:
    assert given_to({("A", 1): 2, ("B", 1): 2}, A=9, B=3) == {"B": 1}
    assert given_to({("A", 1): 2, ("B", 1): 2}, A=3, B=3) == {"A": 1}
    assert given_to({("A", 1): 2, ("B", 1): 2}, B=3) == {"B": 1}


def test_an_id_in_two_groups_stays_with_the_lesser_of_equals() -> None:
    assert given_to({("A", 7): 1, ("A", 3): 1}) == {"A": 3}


@given(weights=SHARES, days=st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 28)))
def test_rounds_give_what_going_through_the_list_gives(
    weights: dict[tuple[str, int], int], days: dict[str, int]
) -> None:
    expected: dict[str, int] = {}
    ordered = sorted(weights, key=lambda pair: (-weights[pair], days.get(pair[0], 99), pair))
    for customer, group in ordered:
        if customer not in expected and group not in expected.values():
            expected[customer] = group
    assert given_to(weights, **days) == expected


def groups() -> pl.DataFrame:
    return pl.DataFrame({"group": [0, 1], "source": ["club", "pos"], "profile_key": ["M1", "M1"]})


def mint(used: list[str], as_of: date = AS_OF, secret: bytes = b"key") -> dict[int, str]:
    made = minted(groups(), pl.Series(used, dtype=pl.String), as_of, secret)
    return {row["group"]: row["customer_id"] for row in made.iter_rows(named=True)}


def test_new_ids_are_the_same_for_the_same_night_and_key_only() -> None:
    ids = mint([])
    assert ids == mint([])
    assert len({*ids.values(), *mint([], date(2026, 10, 1)).values(), *mint([], secret=b"other").values()}) == 6


def test_an_id_that_was_ever_used_is_not_made_again() -> None:
    first = mint([])
    second = mint([first[0]])
    assert second[1] == first[1]
    assert second[0] not in first.values()


@given(texts=st.lists(st.text(max_size=80), max_size=5), secret=st.binary(min_size=1, max_size=100))
def test_an_id_is_the_keyed_digest_in_base32(texts: list[str], secret: bytes) -> None:
    rows = pl.DataFrame({"group": range(len(texts)), "source": ["pos"] * len(texts), "profile_key": texts})
    made = minted(rows.cast({"profile_key": pl.String}), pl.Series([], dtype=pl.String), AS_OF, secret)
    parts = [f"customer\x1fpos\x1f{text}\x1f{AS_OF.isoformat()}\x1f0" for text in dict.fromkeys(texts)]
    plain = {"C" + base64.b32encode(hmac.digest(secret, text.encode(), "sha256")[:10]).decode() for text in parts}
    assert plain == set(made["customer_id"])
