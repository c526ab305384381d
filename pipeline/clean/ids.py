"""Numbers of orders, lines, members and accounts: kept as text, and refused where a spreadsheet spoilt them.

A spreadsheet keeps 15 digits: `1.23E+18` and `202411220000000096.0` are other orders than the ones that were
exported, so they are never guessed back. Which id names a profile belongs to `pipeline.clean.keys`.
"""

import polars as pl

from pipeline.clean.text import half_width, one_line, unmasked

SCIENTIFIC = r"^[+-]?\d+(?:\.\d+)?[eE][+-]?\d+$"
FLOATED = r"^-?\d+\.0+$"
SPOILT = f"{SCIENTIFIC}|{FLOATED}"
SHORT_FLOATED = r"^(\d{1,15})\.0+$"
NOBODY = r"(?i)^(?:0+|无|没有|散客|零售|零售客户|普通顾客|非会员|匿名|匿名用户|guest|walk-?in|anonymous|unknown|未知)$"


def is_spoilt(values: pl.Series) -> pl.Series:
    """Whether a spreadsheet has turned the id into a floating point number."""
    return values.str.contains(SPOILT)


def intact_ids(values: pl.Series) -> pl.Series:
    """Ids that are whole; spoilt ones are null."""
    spoilt = is_spoilt(values)
    if not spoilt.any():
        return values
    return values.to_frame("id").select(pl.when(~spoilt).then("id"))["id"]


def buyer_keys(values: pl.Series) -> pl.Series:
    """Account and member numbers that may name a person; masked, spoilt and nobody's values are null.

    A column with gaps becomes floating point in many tools, so `13085.0` is read as 13085 up to the 15 digits
    that such a number keeps; beyond them the value is lost.
    """
    text = one_line(unmasked(values))
    if text.str.contains(FLOATED).any():
        text = text.str.replace(SHORT_FLOATED, "$1")
    text = intact_ids(text)
    nobody = text.str.contains(NOBODY)
    return text.to_frame("key").select(pl.when(~nobody).then("key"))["key"] if nobody.any() else text


def member_numbers(values: pl.Series) -> pl.Series:
    """Member numbers as buyer keys, typed in full width or not."""
    return buyer_keys(half_width(values))
