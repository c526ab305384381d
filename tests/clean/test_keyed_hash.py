"""A keyed hash is HMAC-SHA256 of the value, cut; nothing stays nothing, and rows stay where they are."""

import hmac

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.keys import keyed_hash


@given(values=st.lists(st.none() | st.text(max_size=70), max_size=8), secret=st.binary(min_size=1, max_size=100))
def test_every_value_has_the_hash_of_the_standard_library(values: list[str | None], secret: bytes) -> None:
    plain = [None if one is None else hmac.digest(secret, one.encode(), "sha256").hex()[:32] for one in values]
    assert keyed_hash(pl.Series("phone", values, dtype=pl.String), secret).to_list() == plain


def test_the_name_of_the_column_is_kept() -> None:
    assert keyed_hash(pl.Series("phone", ["1", "1", None]), b"key").name == "phone"


def test_no_value_at_all() -> None:
    assert keyed_hash(pl.Series("phone", [None, None]), b"key").to_list() == [None, None]
