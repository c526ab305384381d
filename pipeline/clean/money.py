"""Numbers that people wrote, as exact whole numbers: fen, ten-thousandths of pieces, never floats.

Grammar: thousands separators, ¥ ￥ $ £ € 元 and currency codes, accountants' parentheses, full-width digits.
What cannot be read without guessing (`1,23`, `1e3`, `12a`) is null. How order money is shared out to lines
belongs to `pipeline.clean.allocate`.
"""

import polars as pl

from pipeline.clean.text import half_width

FEN = 2
FINE = 4
KEPT = 8
WHOLE_DIGITS = 12
LONGEST = 18
PLAIN = r"^-?[0-9]{1,12}(?:\.[0-9]{1,8})?$"
WIDE = r"^-?(?:\d+(?:\.\d*)?|\.\d+)$"
CURRENCY = r"(?i)^([-+(]*)(?:rmb|cny|usd|gbp|eur|hkd|hk\$|us\$|[¥$£€])([-+(]*)"
UNIT = r"(?i)(?:元|圆|rmb|cny|usd|gbp|eur|hkd)(\)?)$"
PARENTHESES = r"^\(([^()]*)\)$"
GROUPED = r"^(-?)\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
MINUS_LAST = r"^([\d.,]+)-$"
LONG_FRACTION = r"^(-?\d+\.\d{8})\d+$"


def scaled(values: pl.Series, places: int) -> pl.Series:
    """Whole units of 10^-places (Int64), rounded half away from zero; null where the text is no number.

    At most 12 digits before the point and 18 in all, as many as a table holds; digits after the eighth decimal
    go: they could not change the rounding of any money. Only cells that are no plain number are repaired: a few with
    a comma in a column of many thousands.
    """
    is_plain = values.str.contains(PLAIN)
    if is_plain.all():
        return _units(values, places)
    frame = pl.DataFrame({"n": values, "plain": is_plain})
    units = _units(frame.select(pl.when("plain").then("n")).to_series(), places)
    others = frame.with_row_index("row").filter(~pl.col("plain"))
    text = _plain(others["n"]).to_frame("n")
    numbers = text.select(pl.when(pl.col("n").str.contains(PLAIN)).then("n")).to_series()
    return units.scatter(others["row"], _units(numbers, places))


def _units(numbers: pl.Series, places: int) -> pl.Series:
    """Numbers that need no repair as whole units of 10^-places; null where they have too many digits."""
    whole = numbers.cast(pl.Decimal(38, KEPT)).to_physical()
    units = rounded_half_away(whole, 10 ** (KEPT - places))
    if WHOLE_DIGITS + places > LONGEST:
        units = units.to_frame("n").select(pl.when(pl.col("n").abs() < 10**LONGEST).then("n")).to_series()
    return units.cast(pl.Int64)


def rounded_half_away(values: pl.Series, divisor: int) -> pl.Series:
    """Each whole number divided by an even divisor (or 1), halves away from zero."""
    frame = values.cast(pl.Int128).to_frame("n")
    size = (pl.col("n").abs() + divisor // 2) // divisor
    return frame.select(size * pl.col("n").sign()).to_series()


def product_fen(quantity: pl.Series, unit_price: pl.Series) -> pl.Series:
    """Quantity times unit price (both in ten-thousandths) as fen, rounded once per line; may exceed 12 digits."""
    product = quantity.cast(pl.Int128) * unit_price.cast(pl.Int128)
    return rounded_half_away(product, 10 ** (2 * FINE - FEN))


def currency_codes(values: pl.Series) -> pl.Series:
    """ISO 4217 codes in capitals; null where the text is none (a shifted column must not name a currency)."""
    codes = values.str.strip_chars().str.to_uppercase().to_frame("code")
    return codes.select(pl.when(pl.col("code").str.contains(r"^[A-Z]{3}$")).then("code"))["code"]


def is_number(values: pl.Series) -> pl.Series:
    """Whether the text is a number at all, however large."""
    return _plain(values).str.contains(WIDE)


def money(column: str) -> pl.Expr:
    """A column of fen as DECIMAL(18,2)."""
    return _decimal(column, FEN)


def fine(column: str, places: int = FINE) -> pl.Expr:
    """A column of 10^-places as DECIMAL(18, places)."""
    return _decimal(column, places)


def _decimal(column: str, places: int) -> pl.Expr:
    wide: pl.Expr = pl.col(column).cast(pl.Decimal(38, places)) / 10**places
    return wide.cast(pl.Decimal(18, places)).alias(column)


def _plain(values: pl.Series) -> pl.Series:
    text = half_width(values).str.replace_all(r"[\s']", "").str.replace_all("\u2212", "-", literal=True)
    text = text.str.replace(CURRENCY, "$1$2").str.replace(UNIT, "$1").str.replace(PARENTHESES, "-$1")
    text = text.str.replace(CURRENCY, "$1$2").str.replace(MINUS_LAST, "-$1").str.strip_prefix("+")
    is_grouped = text.str.contains(GROUPED)
    frame = pl.DataFrame({"n": text, "grouped": is_grouped})
    ungrouped = frame.select(
        pl.when("grouped").then(pl.col("n").str.replace_all(",", "", literal=True)).otherwise("n")
    ).to_series()
    whole = ungrouped.str.replace(LONG_FRACTION, "$1")
    return whole.str.replace(r"^(-?)\.(\d+)$", "${1}0.$2").str.replace(r"^(-?\d+)\.$", "$1")
