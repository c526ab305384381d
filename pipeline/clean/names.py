"""Names of buyers, members and receivers as they are kept: trimmed, on one line, masks left in.

Comparing names (surname, masked pattern, nickname) belongs to `pipeline.identity`.
"""

import polars as pl

from pipeline.clean.text import one_line

NO_NAME = r"(?i)^(?:无|未知|匿名|匿名用户|散客|非会员|会员|顾客|先生|女士|小姐|guest|anonymous|unknown|test|测试)$"


def tidy_names(values: pl.Series) -> pl.Series:
    """Names without needless blanks; words that are nobody's name are null, masked names stay."""
    text = one_line(values)
    nobody = text.str.contains(NO_NAME)
    return text.to_frame("name").select(pl.when(~nobody).then("name"))["name"] if nobody.any() else text


def joined_names(first: pl.Series, last: pl.Series) -> pl.Series:
    """First and last name as one, with whatever of both is there."""
    parts = pl.DataFrame({"first": first, "last": last})
    both = parts.select(pl.concat_str("first", "last", separator=" ", ignore_nulls=True).str.strip_chars())
    return both.select(pl.when(pl.col("first") != "").then("first"))["first"]
