"""A list as files for people: CSV that spreadsheets open as it is meant, and XLSX with typed cells.

Files for machines are another matter: they are never escaped. Who stands on a list belongs to
`pipeline.deliver.lists`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import xlsxwriter

RISKY = r"^[\s\x00]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"
"""Beginnings that a spreadsheet may take for a formula, full-width ones included."""
MARK = "'"
WIDTH = 16


def safe_text(column: str) -> pl.Expr:
    """A text that no spreadsheet runs: risky beginnings get a leading apostrophe. Numbers are not for this."""
    text = pl.col(column)
    return pl.when(text.str.contains(RISKY)).then(MARK + text).otherwise(text).alias(column)


def write_csv(frame: pl.DataFrame, headers: Sequence[str], path: Path) -> None:
    """UTF-8 with a byte order mark, which Excel needs to show Chinese; texts quoted and safe."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    shown = frame.with_columns(safe_text(name) for name in texts).rename(dict(zip(frame.columns, headers, strict=True)))
    shown.write_csv(path, include_bom=True, line_terminator="\r\n", quote_style="non_numeric", null_value="")


def write_xlsx(
    frame: pl.DataFrame, headers: Sequence[str], about: Sequence[tuple[str, str]], path: Path, made_on: date
) -> None:
    """One sheet of rows under a frozen header with a filter, and one that says what the list is.

    The same rows give the same bytes. Texts are text cells, never formulas or links.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": datetime.combine(made_on, time())})
        bold = book.add_format({"bold": True})
        rows = book.add_worksheet("list")
        rows.set_column(0, len(headers) - 1, WIDTH)
        rows.freeze_panes(1, 1)
        rows.autofilter(0, 0, max(frame.height, 1), len(headers) - 1)
        rows.write_row(0, 0, headers, bold)
        for number, row in enumerate(frame.iter_rows(), start=1):  # the library takes a row at a time
            rows.write_row(number, 0, row)
        told = book.add_worksheet("about")
        told.set_column(0, 1, WIDTH * 2)
        for number, line in enumerate(about):
            told.write_row(number, 0, line)
