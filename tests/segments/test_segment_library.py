"""The starting library, and how the retailer's own segments join it."""

import re
from pathlib import Path

import pytest
from customer_shop import shop_settings

from pipeline.errors import SettingsError
from pipeline.schemas.scores import RFM_CLASSES, RFRC_CLASSES
from pipeline.segments.conditions import compiled
from pipeline.segments.library import segments_of, starting_library


def test_every_condition_of_the_library_compiles_and_has_both_labels() -> None:
    assert len(segments_of(shop_settings())) == len(starting_library()) >= 25
    assert all(set(segment.labels) == {"zh-CN", "en"} for segment in starting_library())
    assert len({segment.name for segment in starting_library()}) == len(starting_library())


def test_the_library_covers_all_classes() -> None:
    assert {segment.name for segment in starting_library()} >= {*RFM_CLASSES, *RFRC_CLASSES}


@pytest.mark.parametrize(("locale", "label"), [("zh-CN", "一次性购买客户"), ("en", "One-time buyers")])
def test_labels_follow_the_locale(locale: str, label: str) -> None:
    labels = {segment.name: segment.label for segment in segments_of(shop_settings(locale=locale))}
    assert labels["one_time_buyers"] == label


def test_own_segments_join_and_take_the_place_of_their_namesakes() -> None:
    own = [
        {"name": "one_time_buyers", "where": "order_count = 1 and recency_days < 365", "label": "一次"},
        {"name": "in_shanghai", "where": " city = '上海' "},
    ]
    found = {segment.name: segment for segment in segments_of(shop_settings(segments=own))}
    assert list(found) == sorted(found)
    assert len(found) == len(starting_library()) + 1
    assert (found["one_time_buyers"].label, found["in_shanghai"].label) == ("一次", "in_shanghai")
    assert found["in_shanghai"].where == "city = '上海'"


def test_a_wrong_condition_names_its_segment() -> None:
    with pytest.raises(SettingsError, match=r"segment mine: names citty.*Did you mean city"):
        segments_of(shop_settings(segments=[{"name": "mine", "where": "citty = '上海'"}]))


def test_two_segments_of_one_name_are_refused() -> None:
    twice = [{"name": "mine", "where": "is_member"}] * 2
    with pytest.raises(SettingsError, match="segments named twice: mine"):
        shop_settings(segments=twice)


def test_the_examples_of_the_guide_compile() -> None:
    text = (Path(__file__).parents[2] / "docs/how-to-new-segment.md").read_text(encoding="utf-8")
    rows = text.split("| you may write |")[1].split("\n\n")[0].splitlines()[2:]
    conditions = [quoted for row in rows for quoted in re.findall(r"`([^`]*)`", row.split("|")[2])]
    assert len(conditions) >= 10
    for where in conditions:
        assert compiled(where, "guide").columns
