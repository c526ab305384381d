"""Numbers as people write them (R8), exactly; what would be a guess is none."""

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.money import FEN, FINE, fine, is_number, money, product_fen, scaled


def one(text, places=FEN):
    return scaled(pl.Series([text], dtype=pl.String), places).item()


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12", 1200), ("12.3", 1230), ("-12.34", -1234), ("+3", 300), (".5", 50), ("5.", 500), ("007", 700),
        ("1,299.00", 129900), ("1,234,567.8", 123456780), ("¥12", 1200), ("￥12.5元", 1250), ("12 元", 1200),
        ("100.00元", 10000), ("$36.00", 3600), ("-$12.00", -1200), ("$-12.00", -1200), ("£1", 100), ("HK$5", 500),
        ("CNY 8", 800), ("(12.00)", -1200), ("(￥3.00)", -300), ("12.00-", -1200), ("１２．３４", 1234), ("−3", -300),
        ("12.344", 1234), ("12.345", 1235), ("-12.345", -1235), ("12.344999999999999", 1234), ("0.005", 1),
        ("1.299999999999999998", 130), (None, None),
        ("", None), ("1e3", None), ("12a", None), ("1,23", None), ("1.2.3", None), ("--1", None), ("0x1F", None),
        ("nan", None), ("inf", None), ("1_000", None), ("1234567890123", None), ("12 yuan", None), ("((1))", None),
    ],
)  # fmt: skip
def test_grammar(text, fen):
    assert one(text) == fen


def test_a_number_too_large_is_still_known_as_a_number():
    assert is_number(pl.Series(["1234567890123.00", "12a"])).to_list() == [True, False]


def test_rates_keep_eight_places_and_have_eighteen_digits_in_all():
    texts = ("7.1", "0.12345678", "9999999999.12345678", "10000000000", "123456789012.5", "-99999999999")
    rates = [one(text, 8) for text in texts]
    assert rates == [710_000_000, 12_345_678, 999_999_999_912_345_678, None, None, None]


def test_quantities_and_prices_keep_four_places():
    assert [one(text, FINE) for text in ("0.00005", "1.23455", "-0.00004")] == [1, 12346, 0]


@pytest.mark.parametrize(
    ("quantity", "price", "fen"),
    [("3", "0.335", 101), ("-3", "0.335", -101), ("0.5", "0.01", 1), ("12", "6.95", 8340), ("1.5", "2.0033", 300)],
)
def test_a_line_is_rounded_once(quantity, price, fen):
    pieces, unit_price = (scaled(pl.Series([text]), FINE) for text in (quantity, price))
    assert product_fen(pieces, unit_price).item() == fen


def test_decimals_are_exact():
    frame = pl.DataFrame({"a": [1, -123456789012345, None]}).select(money("a"))
    assert frame["a"].to_list() == [Decimal("0.01"), Decimal("-1234567890123.45"), None]
    assert pl.DataFrame({"q": [12345]}).select(fine("q")).item() == Decimal("1.2345")


amounts = st.decimals(-(10**11), 10**11, places=4, allow_nan=False, allow_infinity=False)


@given(amounts)
def test_any_decimal_is_rounded_half_away_from_zero(amount):
    exact = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert one(f"{amount:f}") == int(exact * 100)


@given(amounts)
def test_thousands_separators_and_signs_change_nothing(amount):
    assert one(f"{amount:,f}") == one(f"{amount:f}") == one(f"¥{amount:f}元")


@given(st.text(max_size=12))
def test_any_text_is_a_number_or_nothing(text):
    value = one(text)
    assert value is None or isinstance(value, int)
