"""The starting library, and how the retailer's own segments join it."""

import re
from pathlib import Path

import pytest
from customer_shop import shop_settings

from pipeline.errors import SettingsError
from pipeline.schemas.scores import RFM_CLASSES, RFRC_CLASSES
from pipeline.segments.conditions import compiled
from pipeline.segments.library import LibrarySegment, segments_of, starting_library
from pipeline.tags.library import tags_of


def test_every_condition_of_the_library_compiles_and_has_both_labels() -> None:
    assert len(segments_of(shop_settings())) == len(starting_library()) >= 25
    assert all(set(segment.labels) == {"zh-CN", "en"} for segment in starting_library())
    for words in ([each.name for each in starting_library()], *zip(*map(labels_of, starting_library()), strict=True)):
        assert len(set(words)) == len(words)


def labels_of(segment: LibrarySegment) -> tuple[str, str]:
    return segment.labels["zh-CN"], segment.labels["en"]


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


def test_a_tier_that_the_ladder_lacks_is_refused_in_own_segments() -> None:
    own = {"segments": [{"name": "mine", "where": "tier = 'Gold'"}]}
    with pytest.raises(SettingsError, match=r"compares tier with a value it never has.*Did you mean gold"):
        segments_of(shop_settings(**own))
    ladder = [{"name": "basic", "from_amount": 0}, {"name": "gold_card", "from_amount": 9}]
    with pytest.raises(SettingsError, match=r"tier with a value it never has"):
        segments_of(shop_settings(**own, tiers={"ladder": ladder}))


def test_no_threshold_of_the_library_is_hidden_in_it() -> None:
    """Numbers in conditions are 0 (nothing), 1 and 2 (one, a few), or the top score; all others are settings."""
    for segment in starting_library():
        assert set(re.findall(r"\b\d+\b", segment.where)) <= {"0", "1", "2", "5"}, segment.name


def test_settings_in_braces_are_filled_in() -> None:
    settings = shop_settings(
        lifecycle={"active": {"dormant_days": 45}}, segmenting={"first_tier_cities": ["成都", "O'Fallon"]}
    )
    found = {segment.name: segment for segment in segments_of(settings)}
    assert found["sleeping_customers"].label_zh == "沉睡客户(45天未消费)"
    assert found["sleeping_customers"].label_en == "No purchase for 45 days or more"
    assert "city in ('成都', 'O''Fallon')" in found["young_women_in_first_tier_cities"].where
    assert "{" not in "".join(segment.label + segment.where for segment in found.values())


def test_one_word_has_one_definition() -> None:
    """High, frequent with low spend, slipping away: the segment, the tag and the classes say the same."""
    tags = {tag.name: tag.where for tag in tags_of(shop_settings())}
    found = {segment.name: segment.where for segment in segments_of(shop_settings())}
    assert (found["high_value"], found["frequent_low_spend"], found["churn_risk"]) == (
        tags["high_value"], tags["promising"], tags["slipping_away"],
    )  # fmt: skip


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
