"""Cells as exports write them, made into plain text: wrappers off, words for nothing to null, masks known.

Everything here works on whole columns and costs next to nothing where there is nothing to repair. What a
cell means (money, dates, phones) belongs to the modules beside this one.
"""

import polars as pl

INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"
WRAPPED = r'(?s)^="(.*)"$'
TEXT_MARK = r"^'+([0-9=+\-@.A-Za-z])"
NOTHING = r"(?i)^(?:null|none|nan|n/a|#n/a|[-\u2013\u2014]+|\\n)?$"
NOT_ASCII = r"[^\x00-\x7F]"
MASKED = r"\*|＊|●|•|(?i)x{4}|^[$~#].*[=$~#]|^[$#~]{1,2}.{15,}"
BLANKS = r"\s+"

MASKED_LENGTH = 20


def cleaned(values: pl.Series) -> pl.Series:
    """Trimmed text; `="0012"`, a leading apostrophe and trailing tabs are taken off, NULL, -, nan are null.

    Text that merely looks like a formula stays as it is: it is what a customer wrote.
    """
    text = values.str.strip_chars()
    if text.str.contains(f"^[{INVISIBLE}]|[{INVISIBLE}]$").any():
        text = text.str.strip_chars(INVISIBLE).str.strip_chars()
    if text.str.starts_with("=").any():
        text = text.str.replace(WRAPPED, "$1").str.strip_chars()
    if text.str.starts_with("'").any():
        text = text.str.replace(TEXT_MARK, "$1")
    nothing = text.str.contains(NOTHING)
    return text.to_frame("text").select(pl.when(~nothing).then("text"))["text"] if nothing.any() else text


def half_width(values: pl.Series) -> pl.Series:
    """Full-width digits, letters and signs as their ordinary forms (Unicode NFKC)."""
    return values.str.normalize("NFKC") if values.str.contains(NOT_ASCII).any() else values


def one_line(values: pl.Series) -> pl.Series:
    """Text with every run of blanks and line breaks as one blank."""
    return values.str.replace_all(BLANKS, " ") if values.str.contains(r"\s").any() else values


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
