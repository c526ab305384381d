"""Phones, e-mails, names, regions, ids: what may become a key, and in which spelling."""

# ruff: noqa: E501 (tables are read across)

import polars as pl
import pytest

from pipeline.clean.email import normalized_emails
from pipeline.clean.ids import buyer_keys, intact_ids, member_numbers
from pipeline.clean.names import joined_names, tidy_names
from pipeline.clean.phone import normalized_phones
from pipeline.clean.region import address_parts, short_provinces
from pipeline.clean.text import cleaned, shape


def apply(function, text, *more):
    return function(pl.Series([text], dtype=pl.String), *more).item()


@pytest.mark.parametrize(
    ("text", "money", "phone"),
    [
        ("13912345678", "CNY", "13912345678"), ("+86 139-1234-5678", "CNY", "13912345678"),
        ("0086 13912345678", "CNY", "13912345678"), ("86-13912345678", "CNY", "13912345678"),
        ("１３９１２３４５６７８", "CNY", "13912345678"), ("13912345678.0", "CNY", "13912345678"),
        ("(139) 1234 5678", "GBP", "13912345678"), ("13812345678", "CNY", "13812345678"),
        ("138****5678", "CNY", None), ("18400913965-7576", "CNY", None), ("18400913965转7576", "CNY", None),
        ("13800000000", "CNY", None), ("13800138000", "CNY", None), ("11111111111", "CNY", None),
        ("12345678901", "CNY", None), ("010-12345678", "CNY", None), ("4008001234", "CNY", None),
        ("+86-10-12345678", "CNY", None), ("1.39E+10", "CNY", None), ("139123456789", "CNY", None),
        ("1391234567", "CNY", None), ("$abcdef==", "CNY", None), ("无", "CNY", None), (None, "CNY", None),
        ("+44 7911 123456", "CNY", "+447911123456"), ("0044 7911 123456", "CNY", "+447911123456"),
        ("07911 123456", "GBP", "+447911123456"), ("07911 123456", "CNY", None), ("+442079460000", "GBP", None),
        ("415 555 2671", "USD", "+14155552671"), ("91234567", "HKD", "+85291234567"),
    ],
)  # fmt: skip
def test_phones(text, money, phone):
    assert apply(normalized_phones, text, money) == phone


@pytest.mark.parametrize(
    ("text", "email"),
    [
        (" Ann@X.CN ", "ann@x.cn"), ("info@shop.co.uk", "info@shop.co.uk"), ("a.b+c@x-y.com", "a.b+c@x-y.com"),
        ("ａ@x.cn", "a@x.cn"), ("a***@x.cn", None), ("a@b", None), ("a@b..com", None), ("@x.cn", None),
        ("a b@x.cn", None), ("13912345678", None), (None, None),
    ],
)  # fmt: skip
def test_emails(text, email):
    assert apply(normalized_emails, text) == email


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("M001", "M001"), ("0012", "0012"), ("13085.0", "13085"), ("1234567890123456.0", None), ("1.23E+18", None),
        ("t**", None), ("散客", None), ("0", None), ("$Zx9=$1$$", None), ("##abcdefghijklmnop##", None), (None, None),
    ],
)  # fmt: skip
def test_buyer_keys(text, key):
    assert apply(buyer_keys, text) == key


def test_ids_are_never_guessed_back_and_full_width_cards_are_cards():
    assert intact_ids(pl.Series(["1001", "1.23E+18", "1001.0", "E12"])).to_list() == ["1001", None, None, "E12"]
    assert apply(member_numbers, "Ｍ００１") == "M001"


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("浙江省 杭州市 余杭区 五常街道 1号", ("浙江", "杭州", "余杭区")),
        ("上海市浦东新区世纪大道1号", ("上海", "上海", "浦东新区")),
        ("北京朝阳区建国路1号", ("北京", "北京", "朝阳区")),
        ("湖北省襄阳市枣阳市x街", ("湖北", "襄阳", "枣阳市")),
        ("新疆维吾尔自治区伊犁哈萨克自治州伊宁市", ("新疆", "伊犁哈萨克自治州", "伊宁市")),
        ("1 High Street", (None, None, None)),
    ],
)
def test_addresses(address, parts):
    assert address_parts(pl.Series([address])).row(0) == parts


def test_provinces_have_one_name():
    given = pl.Series(["浙江省", "浙江", "内蒙古自治区", "北京市", "香港特别行政区", "England", None])
    assert short_provinces(given).to_list() == ["浙江", "浙江", "内蒙古", "北京", "香港", "England", None]


def test_names():
    assert tidy_names(pl.Series(["张  三", "张**", "散客", "O'Neil", None])).to_list() == [
        "张 三",
        "张**",
        None,
        "O'Neil",
        None,
    ]
    assert joined_names(pl.Series(["Ann", None]), pl.Series(["Lee", None], dtype=pl.String)).to_list() == [
        "Ann Lee",
        None,
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [('="0012"', "0012"), ("'138", "138"), ("x\t", "x"), ("\ufeffx", "x"), ("NULL", None), ("-", None), ("--", None),
     ("nan", None), ("  ", None), ("=1+1", "=1+1"), ("@cmd", "@cmd"), ("a\nb", "a\nb"), ("'90s", "90s"), ("Nan Li", "Nan Li")],
)  # fmt: skip
def test_cells(cell, text):
    assert apply(cleaned, cell) == text


def test_a_masked_value_shows_its_shape_only():
    frame = pl.DataFrame({"v": ["12A4", "张三 139-1234-5678 long text"]})
    assert frame.select(shape("v"))["v"].to_list() == ["99X9", "XX 999-9999-9999 XXX"]
