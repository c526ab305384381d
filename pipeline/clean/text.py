"""Cells as exports write them, made into plain text: wrappers off, words for nothing to null, masks known.

Everything here works on whole columns and costs next to nothing where there is nothing to repair. What a
cell means (money, dates, phones) belongs to the modules beside this one.
"""

import polars as pl

INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
WRAPPED = r'(?s)^="(.*)"$'
TEXT_MARK = r"^'+([0-9=+\-@.A-Za-z])"
NOTHING = r"(?i)^(?:null|none|nan|n/a|#n/a|[-\u2013\u2014]+|\\n)?$"
UNCLEAN = rf"^[\s='{INVISIBLE}]|[\s{INVISIBLE}]$|^(?:[-\u2013\u2014]*|(?i:null|none|nan|n/a|#n/a|\\n))$"
"""What any of the repairs of `cleaned` would change, found in one pass."""
DRESSED = rf"^[='{INVISIBLE}]|[{INVISIBLE}]$"
"""What has more around it than blanks."""
MASKED = r"\*|＊|●|•|(?i)x{4}|^[$~#].*[=$~#]|^[$#~]{1,2}.{15,}"
BLANKS = r"\s+"
UNEVEN = r"[^\S ]|  "
"""Blanks that are not one ordinary blank."""

MASKED_LENGTH = 20
STACKED_CELLS = 100_000
"""So many cells of several columns are looked at together: a small column costs more to ask than to read."""


def cleaned(values: pl.Series) -> pl.Series:
    """Trimmed text; `="0012"`, a leading apostrophe and trailing tabs are taken off, NULL, -, nan are null.

    Text that merely looks like a formula stays as it is: it is what a customer wrote.
    """
    return _repaired(values) if values.str.contains(UNCLEAN).any() else values


def _repaired(values: pl.Series) -> pl.Series:
    text = values.str.strip_chars()
    if text.str.contains(DRESSED).any():
        text = text.str.strip_chars(INVISIBLE).str.strip_chars()
        text = text.str.replace(WRAPPED, "$1").str.strip_chars()
        text = text.str.replace(TEXT_MARK, "$1")
    nothing = text.str.contains(NOTHING)
    return text.to_frame("text").select(pl.when(~nothing).then("text"))["text"] if nothing.any() else text


def cleaned_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """`cleaned` for every column of a frame of texts, asking once for many small columns whether any needs it."""
    step = max(1, STACKED_CELLS // max(1, frame.height))
    columns = frame.get_columns()
    done = [_cleaned_stack(columns[start : start + step]) for start in range(0, len(columns), step)]
    return pl.DataFrame([column for stack in done for column in stack])


def _cleaned_stack(columns: list[pl.Series]) -> list[pl.Series]:
    unclean = pl.concat([column.alias("") for column in columns], rechunk=False).str.contains(UNCLEAN)
    if not unclean.any():
        return columns
    size = len(columns[0])
    dirty = [unclean.slice(place * size, size).any() for place in range(len(columns))]
    return [
        _repaired(column).alias(column.name) if is_dirty else column
        for column, is_dirty in zip(columns, dirty, strict=True)
    ]


def has_wide(values: pl.Series) -> bool:
    """Whether any text has a character beyond ASCII."""
    return bool((values.str.len_bytes() != values.str.len_chars()).any())


def half_width(values: pl.Series) -> pl.Series:
    """Full-width digits, letters and signs as their ordinary forms (Unicode NFKC)."""
    return values.str.normalize("NFKC") if has_wide(values) else values


def one_line(values: pl.Series) -> pl.Series:
    """Text with every run of blanks and line breaks as one blank."""
    return values.str.replace_all(BLANKS, " ") if values.str.contains(UNEVEN).any() else values


def is_masked(values: pl.Series) -> pl.Series:
    """Whether a platform has hidden the value: `138****5678`, `张**`, or ciphertext such as `$…=`."""
    return values.str.contains(MASKED)


def unmasked(values: pl.Series) -> pl.Series:
    """Values that may serve as keys: masked ones are null."""
    hidden = is_masked(values)
    if not hidden.any():
        return values
    return values.to_frame("text").select(pl.when(~hidden).then("text"))["text"]


def folded(words: pl.Series) -> pl.Series:
    """Words as they are compared: NFKC, no blanks, half-width comma, no case."""
    plain = words.str.normalize("NFKC").str.to_lowercase()
    return plain.str.replace_all(BLANKS, "").str.replace_all("、", ",", literal=True)


def shape(column: str) -> pl.Expr:
    """A value with every digit as 9 and every letter as X, at most 20 characters: shows what is wrong only."""
    text = pl.col(column).str.replace_all(r"\p{N}", "9").str.replace_all(r"[\p{L}\p{M}]", "X")
    return text.str.slice(0, MASKED_LENGTH)
