"""CSV that spreadsheets open as it is meant: UTF-8 with a byte order mark, texts quoted, nothing that runs.

For people. Files for machines are never escaped and belong to `pipeline.exports.writers`.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.deliver.joined_text import joined

RISKY = r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"
"""Beginnings that a spreadsheet may take for a formula, full-width ones included (OWASP CSV Injection)."""
MARK = "'"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""Excel needs it to show Chinese."""
NEWLINE = "\r\n"


def write_csv(frame: pl.DataFrame, headers: Sequence[str], path: Path) -> None:
    """One line per row below the headers."""
    path.write_bytes(b"".join([csv_head(headers), joined(csv_lines(frame) + NEWLINE)]))


def csv_head(headers: Sequence[str]) -> bytes:
    """The byte order mark and the line of the headers."""
    return BYTE_ORDER_MARK + (",".join(f'"{_doubled(header)}"' for header in headers) + NEWLINE).encode()


def _doubled(text: str) -> str:
    return text.replace('"', '""')


def csv_lines(frame: pl.DataFrame) -> pl.Series:
    """Each row as a line without its end. An empty cell is nothing, an empty text is two quotes.

    Numbers stand as they are; texts and days are quoted, texts made safe before.
    """
    cells = [_cell(name, dtype) for name, dtype in frame.schema.items()]
    return frame.select(line=pl.concat_str(cells, separator=","))["line"]


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_numeric():
        return pl.col(name).cast(pl.String).fill_null("")
    text = safe_text(pl.col(name)) if dtype == pl.String else pl.col(name).cast(pl.String)
    return pl.concat_str(pl.lit('"'), text.str.replace_all('"', '""', literal=True), pl.lit('"')).fill_null("")


def safe_text(text: pl.Expr) -> pl.Expr:
    """A text that no spreadsheet runs: risky beginnings get a leading apostrophe. Numbers are not for this."""
    return pl.when(text.str.contains(RISKY)).then(MARK + text).otherwise(text)
