"""Rows of one key are found by hashes, and the answer is that of comparing texts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity import shared_keys as module
from pipeline.identity.shared_keys import shared_keys, shared_places

KEY = ["kind", "value"]
ROWS = st.lists(st.tuples(st.sampled_from(["phone", "card"]), st.sampled_from("abcdef")), max_size=20)


def frame(rows: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"kind": pl.String, "value": pl.String}, orient="row").with_row_index("profile")


def groups(found: pl.DataFrame) -> set[tuple[int, ...]]:
    """The profiles of each key."""
    return {tuple(sorted(one["profile"])) for _, one in found.group_by("key")}


def expected(rows: list[tuple[str, str]]) -> set[tuple[int, ...]]:
    of_key: dict[tuple[str, str], list[int]] = {}
    for profile, key in enumerate(rows):
        of_key.setdefault(key, []).append(profile)
    return {tuple(profiles) for profiles in of_key.values() if len(profiles) > 1}


def test_a_phone_and_a_card_of_one_number_are_two_keys() -> None:
    rows = [("phone", "1"), ("card", "1"), ("phone", "1"), ("phone", "2"), ("card", "3"), ("card", "3")]
    found = shared_keys(frame(rows), KEY)
    assert groups(found) == {(0, 2), (4, 5)}
    assert found.columns == ["profile", "kind", "value", "key"]


@given(rows=ROWS)
def test_rows_of_a_key_go_together_and_lonely_ones_are_left_out(rows: list[tuple[str, str]]) -> None:
    found = shared_keys(frame(rows), KEY)
    assert groups(found) == expected(rows)
    assert found["key"].is_sorted()


@given(rows=ROWS)
def test_numbers_begin_at_0_and_leave_none_out(rows: list[tuple[str, str]]) -> None:
    keys = shared_places(frame(rows), KEY)["key"].unique().sort().to_list()
    assert keys == list(range(len(expected(rows))))


@given(rows=ROWS)
def test_keys_that_meet_in_one_hash_are_told_apart_by_text(rows: list[tuple[str, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "key_hash", lambda columns, seed: _poor_hash(seed))
        assert groups(shared_keys(frame(rows), KEY)) == expected(rows)


def _poor_hash(seed: int) -> pl.Expr:
    """Of two values at first, of all texts after that."""
    return pl.col("value").is_in(["a", "b"]).cast(pl.UInt64) if seed == 0 else pl.concat_str(KEY).hash()


def test_no_rows_share_nothing() -> None:
    assert shared_keys(frame([]), KEY).is_empty()
