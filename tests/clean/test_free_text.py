"""Contacts that somebody typed into a free column are masked; everything else stays as it was."""

import polars as pl
import pytest

from pipeline.clean.free_text import has_contact, without_contacts

CASES = [
    ("补差价13812345678专拍", "补差价138****5678专拍"),
    ("138 1234 5678", "138****5678"),
    ("138-1234-5678", "138****5678"),
    ("13812345678 13987654321", "138****5678 139****4321"),
    ("联系 li.lei@example.cn 谢谢", "联系 l***@example.cn 谢谢"),
    ("call +44 7700 900123", "call +44****23"),
    ("条码6901234567892", "条码6901234567892"),
    ("12345678901", "12345678901"),
    ("满300减50", "满300减50"),
    ("A@B", "A@B"),
    ("2@3.5折", "2@3.5折"),
    ("杭州", "杭州"),
    (None, None),
]


@pytest.mark.parametrize(("typed", "shown"), CASES)
def test_contacts_are_masked_and_nothing_else(typed: str | None, shown: str | None) -> None:
    values = pl.Series([typed], dtype=pl.String)
    assert without_contacts(values).to_list() == [shown]


def test_masked_texts_hold_no_contact() -> None:
    shown = pl.Series([shown for _, shown in CASES], dtype=pl.String)
    assert not has_contact(shown).any()
