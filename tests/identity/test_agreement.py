"""Pairwise and B-cubed figures on partitions that can be counted by hand."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.agreement import agreement, by_class, f1

LABELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=20)


def frame(found: str, person: str) -> pl.DataFrame:
    """One record per letter."""
    return pl.DataFrame({"found": list(found), "person": list(person)})


def test_one_found_group_of_two_persons() -> None:
    # found: aaa (3 pairs), true: xx + y + z alone; the pair xx is right
    result = agreement(frame("aaab", "xxyy"))
    assert (result.pair_precision, result.pair_recall) == (1 / 3, 1 / 2)
    assert result.pair_f1 == pytest.approx(0.4)
    # B-cubed precision: 2/3, 2/3, 1/3, 1; recall: 1, 1, 1/2, 1/2
    assert result.cubed_precision == pytest.approx(2 / 3)
    assert result.cubed_recall == pytest.approx(3 / 4)


def test_everybody_alone_has_no_precision_of_pairs() -> None:
    result = agreement(frame("abc", "xxy"))
    assert result.pair_precision is None
    assert result.pair_recall == 0
    assert result.pair_f1 is None
    assert f1(0.0, 0.0) == 0


def test_a_class_counts_pairs_with_an_end_in_it() -> None:
    records = frame("aabb", "xyzz")
    classes = pl.DataFrame({"person": ["x", "z"], "trap": ["one", "other"]})
    found = by_class(records, classes)
    assert found["one"].records == 1
    assert (found["one"].pair_precision, found["one"].pair_recall) == (0, None)
    assert (found["other"].pair_precision, found["other"].pair_recall) == (1, 1)
    assert found["everybody"].records == 4


@given(labels=LABELS)
def test_the_truth_agrees_with_itself_and_every_share_is_one(labels: list[tuple[int, int]]) -> None:
    records = pl.DataFrame({"found": [one for one, _ in labels], "person": [one for one, _ in labels]})
    result = agreement(records)
    assert {result.pair_precision, result.pair_recall} <= {1, None}
    assert (result.cubed_precision, result.cubed_recall) == (1, 1)


@given(labels=LABELS)
def test_turned_round_precision_is_recall(labels: list[tuple[int, int]]) -> None:
    records = pl.DataFrame({"found": [one for one, _ in labels], "person": [two for _, two in labels]})
    turned = records.rename({"found": "person", "person": "found"})
    one, other = agreement(records), agreement(turned)
    assert (one.pair_precision, one.pair_recall) == (other.pair_recall, other.pair_precision)
    assert one.cubed_precision == pytest.approx(other.cubed_recall)
