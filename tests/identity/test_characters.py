"""Characters in one script and as sounds."""

import polars as pl
import pytest

from pipeline.clean.phone import partly_shown_phones
from pipeline.identity.characters import simplified, sounds


@pytest.mark.parametrize(
    ("written", "simple", "sound"),
    [
        ("張偉", "张伟", "zhang wei"),
        ("王小鸣", "王小鸣", "wang xiao ming"),
        ("王小明", "王小明", "wang xiao ming"),
        ("蕭薔", "萧蔷", "xiao qiang"),
        ("ann lee", "ann lee", "ann lee"),
        (None, None, None),
    ],
)
def test_names_in_one_script_and_as_sounds(written: str | None, simple: str | None, sound: str | None) -> None:
    texts = pl.Series([written], dtype=pl.String)
    assert simplified(texts).to_list() == [simple]
    assert sounds(simplified(texts)).to_list() == [sound]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("138****5678", "138****5678"),
        ("+86 138****5678", "138****5678"),
        ("138＊＊＊＊5678", "138****5678"),
        ("13812345678", None),
        ("138****567", None),
        ("010****5678", None),
        ("138******78", None),
        (None, None),
    ],
)
def test_what_a_masked_number_shows(written: str | None, shown: str | None) -> None:
    assert partly_shown_phones(pl.Series([written], dtype=pl.String)).to_list() == [shown]
