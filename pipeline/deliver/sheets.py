"""A list as a workbook: XLSX with typed cells.

Workbooks are put together column by column: XlsxWriter makes the frame of the book, the rows are one expression per
column, which is 20 times faster than a call per cell. A row is spelt with a mark where its number belongs, so that a
row that stands in many books is spelt once. CSV belongs to `pipeline.deliver.safe_csv`, who stands on a list to
`pipeline.deliver.lists`.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from pipeline.deliver.joined_text import joined

WIDTH = 16
LONGEST_TEXT = 32_767
"""Letters of a cell."""
UNWRITABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
ESCAPE_LIKE = r"_(x[0-9A-Fa-f]{4}_)"
"""What Excel would read as the code of a letter; its underscore is written as a code itself."""
HARD = UNWRITABLE.removesuffix("]") + f"&<>]|{ESCAPE_LIKE}"
"""What any of the repairs of `_escaped` would change."""
ROW_NUMBER = "\x01"
"""Stands for the number of a row; no text of a cell holds it, for XML cannot."""
ROWS_AT_ONCE = 50_000
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
SHEET = "xl/worksheets/sheet1.xml"
FIRST_DAY = date(1899, 12, 30)
SAMPLE_ROW = re.compile(r'<row r="2".*?</row>')
SAMPLE_STYLE = re.compile(r'<row r="2"[^>]*><c r="A2" s="(\d+)"')
DIMENSION = re.compile(r'<dimension ref="[^"]*"/>')


def write_xlsx(
    frame: pl.DataFrame, headers: Sequence[str], about: Sequence[tuple[str, str]], path: Path, made_on: date
) -> None:
    """One sheet of rows under a frozen header with a filter, and one that says what the list is.

    The same rows give the same bytes. Texts are text cells, never formulas or links.
    """
    book, date_style = _frame_of_book(headers, about, frame.height, made_on)
    _fill(book, row_cells(frame, date_style), frame.width, path)


def write_spelt(
    cells: pl.Series, headers: Sequence[str], about: Sequence[tuple[str, str]], path: Path, made_on: date
) -> None:
    """As `write_xlsx`, for rows whose cells are spelt already: by `row_cells` with the style of `date_style_of`."""
    book, _ = _frame_of_book(headers, about, len(cells), made_on)
    _fill(book, cells, len(headers), path)


def date_style_of(headers: Sequence[str]) -> str:
    """The style of dates in every workbook with a header row."""
    return _frame_of_book(headers, [], 1, FIRST_DAY)[1]


def text_book(frame: pl.DataFrame, headers: Sequence[str], path: Path) -> None:
    """One sheet of text cells for a tool, without any dress; no header row where there are no headers."""
    told = frame
    if headers:
        first = pl.DataFrame({name: [header] for name, header in zip(frame.columns, headers, strict=True)})
        told = pl.concat([first, frame])
    book, date_style = _frame_of_book([], [], told.height, FIRST_DAY)
    _fill(book, row_cells(told, date_style), told.width, path, first_row=1)


def _frame_of_book(
    headers: Sequence[str], about: Sequence[tuple[str, str]], rows: int, made_on: date
) -> tuple[bytes, str]:
    """A workbook without rows but one date, and the style of that date."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": datetime.combine(max(made_on, date(1980, 1, 1)), time())})
        sheet = book.add_worksheet("list")
        if headers:
            sheet.write_row(0, 0, headers, book.add_format({"bold": True}))
            sheet.set_column(0, len(headers) - 1, WIDTH)
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, max(rows, 1), len(headers) - 1)
        sheet.write_datetime(1, 0, datetime(2000, 1, 1), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
        if about:
            told = book.add_worksheet("about")
            told.set_column(0, 1, WIDTH * 2)
            for number, line in enumerate(about):
                told.write_row(number, 0, line)
    content = target.getvalue()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        style = SAMPLE_STYLE.search(archive.read(SHEET).decode())
    if style is None:
        raise RuntimeError("the library writes workbooks in another way than it did")
    return content, style[1]


def _fill(book: bytes, cells: pl.Series, width: int, path: Path, first_row: int = 2) -> None:
    """Copy the book to `path` with these rows in its first sheet."""
    last = f"{xl_col_to_name(max(width, 1) - 1)}{max(len(cells) + first_row - 1, 1)}"
    with (
        zipfile.ZipFile(io.BytesIO(book)) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            if name != SHEET:
                target.writestr(zipfile.ZipInfo(name, ZIP_DAY), content, zipfile.ZIP_DEFLATED, 1)
                continue
            sheet = DIMENSION.sub(f'<dimension ref="A1:{last}"/>', content.decode())
            found = SAMPLE_ROW.search(sheet)
            before, after = (sheet[: found.start()], sheet[found.end() :]) if found else (sheet, "")
            with target.open(_member(name), "w", force_zip64=True) as written:
                written.write(before.encode())
                for rows in _rows(cells, first_row):
                    written.write(rows)
                written.write(after.encode())


def _member(name: str) -> zipfile.ZipInfo:
    """An entry of the book without a clock in it, compressed fast."""
    info = zipfile.ZipInfo(name, ZIP_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    setattr(info, "_compresslevel", 1)  # noqa: B010 (no public name before Python 3.13, which keeps this one)
    return info


def _rows(cells: pl.Series, first_row: int) -> Iterator[memoryview]:
    """The rows as XML, many at once, each under its number."""
    marked = pl.concat_str(pl.lit(f'<row r="{ROW_NUMBER}">'), pl.col("cells"), pl.lit("</row>"))
    numbered = marked.str.replace_all(ROW_NUMBER, pl.col("number").cast(pl.String), literal=True)
    for start in range(0, len(cells), ROWS_AT_ONCE):
        some = cells.slice(start, ROWS_AT_ONCE).to_frame("cells").with_row_index("number", offset=first_row + start)
        yield joined(some.select(numbered).to_series())


def row_cells(frame: pl.DataFrame, date_style: str, first_column: int = 0) -> pl.Series:
    """The filled cells of each row, with ROW_NUMBER where the number of the row belongs."""
    names = [f"{place}" for place in range(frame.width)]
    told = _written(frame.rename(dict(zip(frame.columns, names, strict=True))))
    cells = [
        _cell(name, dtype, xl_col_to_name(first_column + place), date_style)
        for place, (name, dtype) in enumerate(zip(names, frame.dtypes, strict=True))
    ]
    return told.select(cells=pl.concat_str(cells))["cells"]


def _written(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts as XML holds them; most columns have nothing to escape, which one look at them tells."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    is_hard = pl.col(texts).str.contains(HARD) | (pl.col(texts).str.len_bytes() > LONGEST_TEXT)
    hard = frame.select(is_hard.any()).row(0)
    return frame.with_columns(_escaped(pl.col(name)) for name, needed in zip(texts, hard, strict=True) if needed)


def _cell(name: str, dtype: pl.DataType, letter: str, date_style: str) -> pl.Expr:
    """A filled cell after its type, texts being escaped already; an empty one is left out."""
    place, start, end = f'<c r="{letter}{ROW_NUMBER}"', "><v>", "</v></c>"
    value = pl.col(name)
    if dtype == pl.Date:
        value, start = (value - pl.lit(FIRST_DAY)).dt.total_days(), f' s="{date_style}"><v>'
    elif not dtype.is_numeric():
        start, end = ' t="inlineStr"><is><t xml:space="preserve">', "</t></is></c>"
    return pl.concat_str(pl.lit(place + start), value.cast(pl.String), pl.lit(end)).fill_null("")


def _escaped(text: pl.Expr) -> pl.Expr:
    """Text as XML holds it; what XML cannot hold shows as a replacement character."""
    plain = text.str.slice(0, LONGEST_TEXT).str.replace_all(UNWRITABLE, "\ufffd")
    coded = plain.str.replace_all(ESCAPE_LIKE, "_x005F_${1}")
    return coded.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])
