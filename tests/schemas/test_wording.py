"""Everything published is told in Chinese, and no translation speaks of what no longer exists."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.deliver.sql_headers import header
from pipeline.deliver.warehouse import EDITION, EDITION_COLUMNS, EDITION_GRAIN, marts
from pipeline.engine import sql_text
from pipeline.errors import SettingsError
from pipeline.schemas import wording as wording_module
from pipeline.schemas.catalog import TABLES, published_tables
from pipeline.schemas.columns import COLUMNS
from pipeline.schemas.wording import (
    column_texts,
    meaning_of,
    own_words,
    table_text,
    view_column_texts,
    view_text,
    wording,
)

CHINESE = "zh-CN"
HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"(?:\b[A-Za-z]+\b[,;]? ){3}[A-Za-z]+")
SAME_AS = re.compile(r"取值同 ([a-z_0-9]+)\.([a-z_0-9]+)")
PUBLISHED = {meaning_of(column): column for spec in published_tables() for column in spec.columns}
HEADERS = {name: header(sql_text(f"marts/{name}.sql")) for name in marts()}
OWN = {name: own_words(head.columns) for name, head in HEADERS.items()} | {EDITION: own_words(EDITION_COLUMNS)}


def is_chinese(text: str) -> bool:
    """Han characters, and no run of four English words."""
    return HAN.search(text) is not None and SENTENCE.search(text) is None


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the file, by its place."""
    words = wording(CHINESE)
    yield from ((f"tables.{name}", text) for name, text in words.tables.items())
    yield from ((f"columns.{name}", text) for name, text in words.columns.items())
    for name, view in words.views.items():
        yield f"views.{name}.text", view.text
        yield from ((f"views.{name}.columns.{column}", text) for column, text in view.columns.items())


def explained(name: str) -> str:
    """The Chinese text of a column, and those of the columns that it points to."""
    text = wording(CHINESE).columns[name]
    return text + "".join(column_texts(TABLES[table], CHINESE)[column] for table, column in SAME_AS.findall(text))


def names(text: str, value: str) -> bool:
    """Whether a closed value stands in a text as a word, not as a part of another."""
    return re.search(rf"(?<![a-z0-9_-]){re.escape(value)}(?![a-z0-9_-])", text) is not None


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("客户数。", True),
        ("性别：female 女、male 男。", True),
        ("Customers.", False),
        ("截止日 the last day included in the night", False),
        ("按 Kaplan–Meier 法，见 raw + control + ignored + later。", True),
    ],
)
def test_what_counts_as_chinese(text: str, chinese: bool) -> None:
    assert is_chinese(text) is chinese


def test_every_text_is_chinese() -> None:
    assert [place for place, text in texts() if not is_chinese(text)] == []


def test_every_published_table_and_column_is_told_in_chinese() -> None:
    words = wording(CHINESE)
    assert sorted({spec.name for spec in published_tables()} - words.tables.keys()) == []
    assert sorted(PUBLISHED.keys() - words.columns.keys()) == []


def test_every_view_and_what_its_header_explains_is_told_in_chinese() -> None:
    views = wording(CHINESE).views
    told = {name: sorted(view.columns) for name, view in views.items()}
    assert told == {name: sorted(columns) for name, columns in OWN.items()}


def test_no_translation_is_of_something_that_no_longer_exists() -> None:
    words = wording(CHINESE)
    assert sorted(words.tables.keys() - {spec.name for spec in published_tables()}) == []
    assert sorted(words.columns.keys() - COLUMNS.keys()) == []


@pytest.mark.parametrize("name", sorted(name for name, column in PUBLISHED.items() if column.allowed))
def test_every_closed_value_is_explained(name: str) -> None:
    text = explained(name)
    assert [value for value in PUBLISHED[name].allowed if not names(text, value)] == []


def test_a_column_speaks_for_its_meaning_not_for_its_name() -> None:
    texts_of_tags = column_texts(TABLES["customer_tags"], CHINESE)
    assert texts_of_tags["value"] == wording(CHINESE).columns["tag_value"]
    assert list(texts_of_tags) == TABLES["customer_tags"].names


def test_english_is_what_the_contracts_say() -> None:
    orders = TABLES["orders"]
    assert table_text(orders, "en") == orders.grain
    assert column_texts(orders, "en") == {column.name: column.description for column in orders.columns}
    assert view_text("daily_sales", HEADERS["daily_sales"].text, "en") == HEADERS["daily_sales"].text


def test_what_nobody_has_translated_stays_english() -> None:
    unheard = replace(TABLES["orders"], name="unheard_of")
    assert table_text(unheard, CHINESE) == unheard.grain
    assert view_text("unheard_of", EDITION_GRAIN, CHINESE) == EDITION_GRAIN
    assert view_column_texts("unheard_of", ["new_thing"], {"new_thing": "A thing."}, (), CHINESE) == {
        "new_thing": "A thing."
    }


def test_a_view_says_what_its_header_says_else_what_its_tables_say() -> None:
    told = view_column_texts(
        "any",
        ["net_amount", "preferred_channel", "value", "unknown_to_all"],
        {"net_amount": "Net money of the members."},
        ["customers", "customer_tags"],
        "en",
    )
    assert told == {
        "net_amount": "Net money of the members.",
        "preferred_channel": COLUMNS["best_channel"].description,
        "value": COLUMNS["tag_value"].description,
    }


def test_where_two_tables_disagree_the_name_means_what_it_means_everywhere() -> None:
    assert meaning_of(TABLES["customers"].columns[TABLES["customers"].names.index("rfm_group")]) != "rfm_group"
    told = view_column_texts("any", ["rfm_group"], {}, ["customers", "rfm_groups"], CHINESE)
    assert told == {"rfm_group": wording(CHINESE).columns["rfm_group"]}


def test_a_misspelt_section_is_refused_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "xx.yaml"
    file.write_text("table:\n  orders: 订单\n", encoding="utf-8")
    monkeypatch.setattr(wording_module, "FILES", {"xx": file})
    with pytest.raises(SettingsError, match=r"unknown key table \(did you mean tables\?\)"):
        wording("xx")
