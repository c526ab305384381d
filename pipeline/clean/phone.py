"""Mobile numbers as keys: 11 digits for mainland China, E.164 elsewhere, null for everything that is no mobile.

Masked numbers, virtual numbers of platforms, landlines, hotlines and placeholders are null: they would join
strangers. Whether a number is shared by too many people is judged in `pipeline.identity`.
"""

import phonenumbers
import polars as pl

from pipeline.clean.text import half_width, unmasked

SEPARATORS = r"[\s\-.()/]"
VIRTUAL = r"^\+?(?:86)?[\s-]*1[3-9]\d[\d\s]{8,}[-,#转xX]+\d{1,6}$"
FLOATED = r"^(\d{11,13})\.0+$"
MAINLAND = r"^(?:\+86|0086|86)?0?(1[3-9]\d{9})$"
REPEATED = "|".join(f"{digit}{{8}}" for digit in range(10))
PLACEHOLDER = rf"^1\d\d(?:{REPEATED})$|^13800138000$"
FOREIGN = r"^(?:\+|00)?\d{6,15}$"
INTERNATIONAL = r"^(?:\+|00)\d{6,15}$"
PLAIN = r"^1[3-9]\d{9}$"
USUAL = r"^1[3-9][0-9]{9}$"
PARTLY_SHOWN = r"^(?:\+86|0086|86)?(1[3-9]\d)[*＊•●xX]{4}(\d{4})$"
REGIONS = {"GBP": "GB", "USD": "US", "HKD": "HK", "TWD": "TW", "JPY": "JP", "SGD": "SG", "KRW": "KR", "AUD": "AU",
           "CAD": "CA", "MYR": "MY", "THB": "TH", "MOP": "MO", "VND": "VN", "NZD": "NZ"}  # fmt: skip
MOBILE_TYPES = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.UNKNOWN,
)
"""The last, a number of no known range, only where its country code is written."""


def normalized_phones(values: pl.Series, currency: str = "CNY") -> pl.Series:
    """Mobile numbers in one spelling.

    A number without country code is read as one of mainland China; where the source trades in another
    currency, as one of that country if it can be. `+44 7700 900123` is read as what it says everywhere.
    """
    if values.str.contains(PLAIN).all():
        return _without_placeholders(values)
    region = REGIONS.get(currency)
    usual, others = (None, values) if region else _usual(values)
    if usual is not None and others.null_count() == len(others):
        return _without_placeholders(usual)
    text = half_width(unmasked(others))
    bare = text.str.replace(FLOATED, "$1").str.replace_all(SEPARATORS, "")
    frame = pl.DataFrame({"text": text, "bare": bare})
    digits = frame.select(pl.when(~pl.col("text").str.contains(VIRTUAL)).then("bare")).to_series()
    whole = digits.str.extract(MAINLAND)
    mainland = _without_placeholders(whole if usual is None else usual.zip_with(usual.is_not_null(), whole))
    foreign = _foreign(digits, mainland, region)
    return pl.DataFrame({"f": foreign, "m": mainland}).select(pl.coalesce("f", "m")).to_series()


def _usual(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The numbers that already are what they shall be, and all others, which cost far more to read."""
    split = values.to_frame("n").select("n", usual=pl.col("n").str.contains(USUAL))
    both = split.select(usual=pl.when("usual").then("n"), others=pl.when(pl.col("usual").not_()).then("n"))
    return both["usual"], both["others"]


def partly_shown_phones(values: pl.Series) -> pl.Series:
    """`138****5678` of a masked mainland mobile in any dress; null for every other cell, also for whole numbers.

    Never a key, but evidence: seven of eleven digits are shown.
    """
    is_partly_shown = values.str.contains(r"\d[*＊•●xX]{4}")
    if not is_partly_shown.any():
        return pl.repeat(None, len(values), dtype=pl.String, eager=True)
    bare = half_width(values).str.replace_all(SEPARATORS, "")
    return (
        bare.str.extract_groups(PARTLY_SHOWN)
        .struct.unnest()
        .select(pl.concat_str("1", pl.lit("****"), "2"))
        .to_series()
    )


def _without_placeholders(numbers: pl.Series) -> pl.Series:
    invented = numbers.str.contains(PLACEHOLDER)
    if not invented.any():
        return numbers
    return numbers.to_frame("n").select(pl.when(~invented).then("n")).to_series()


def _foreign(digits: pl.Series, mainland: pl.Series, region: str | None) -> pl.Series:
    wanted = digits.str.contains(FOREIGN if region else INTERNATIONAL) & (mainland.is_null() | bool(region))
    distinct = digits.filter(wanted).unique().sort()
    numbers = pl.Series([_e164(value, region) for value in distinct.to_list()], dtype=pl.String)
    if distinct.is_empty():
        return pl.repeat(None, len(digits), dtype=pl.String, eager=True)
    return digits.replace_strict(distinct, numbers, default=None, return_dtype=pl.String)


def _e164(digits: str, region: str | None) -> str | None:
    international = f"+{digits[2:]}" if digits.startswith("00") else digits
    try:
        number = phonenumbers.parse(international, region)
    except phonenumbers.NumberParseException:
        return None
    allowed = MOBILE_TYPES if international.startswith("+") else MOBILE_TYPES[:2]
    is_mobile = phonenumbers.number_type(number) in allowed and phonenumbers.is_possible_number(number)
    if number.country_code == 86 or not is_mobile:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
