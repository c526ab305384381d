"""The report as a workbook: the same figures, one sheet a table, numbers as numbers and texts as text cells.

Nothing in it is a formula or a link; the same report gives the same bytes.
"""

import io
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter

from pipeline.reports.document import Column, Figure, Grid, Kind, Report, Value
from pipeline.reports.wording import Words

FORMATS: Mapping[Kind, str] = {
    "count": "#,##0", "money": "#,##0.00", "rate": "0.0%", "index": "0", "days": "0", "number": "0.00", "ratio": "0.0",
    "date": "yyyy-mm-dd",
}  # fmt: skip
LONGEST_NAME = 31
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
NARROWEST, WIDEST = 10, 48
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def workbook(report: Report, words: Words) -> bytes:
    """The workbook: first what it is, then the tables in the order of the page."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        book.set_properties({"created": datetime.combine(max(report.as_of, date(1980, 1, 1)), time())})
        styles = {kind: book.add_format({"num_format": shown}) for kind, shown in FORMATS.items()}
        bold = book.add_format({"bold": True})
        _about(book.add_worksheet(_sheet_name(report.title, set())), report, words, bold)
        names = {_sheet_name(report.title, set())}
        for grid in report.grids():
            name = _sheet_name(grid.title, names)
            names.add(name)
            _fill(book.add_worksheet(name), grid, words, styles, bold)
    return target.getvalue()


def _sheet_name(title: str, taken: set[str]) -> str:
    """A title as the name of a sheet; a number tells equal ones apart."""
    plain = title.translate(FORBIDDEN).strip()[:LONGEST_NAME]
    number = 2
    name = plain
    while name.lower() in {each.lower() for each in taken}:
        name = f"{plain[: LONGEST_NAME - 3]} {number}"
        number += 1
    return name


def _about(sheet: Any, report: Report, words: Words, bold: Any) -> None:
    lines = [
        (" · ".join(filter(None, (report.retailer, report.place))), report.title),
        (words("report.data_until"), f"{report.as_of} {report.day_name}"),
        (words("report.snapshot"), report.snapshot_id),
        *(("!", alarm) for alarm in report.alarms),
        ("", words("report.points")),
        ("", report.privacy),
    ]
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    for number, (name, text) in enumerate(lines):
        sheet.write_string(number, 0, name, bold)
        sheet.write_string(number, 1, text)


def _fill(sheet: Any, grid: Grid, words: Words, styles: Mapping[Kind, Any], bold: Any) -> None:
    for place, column in enumerate(grid.columns):
        sheet.write_string(0, place, column.header, bold)
        told = [column.header, *(words.cell(row[place], column) for row in grid.rows)]
        sheet.set_column(place, place, min(max(NARROWEST, *(_width(text) for text in told)) + 2, WIDEST))
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(len(grid.rows), 1), len(grid.columns) - 1)
    for number, row in enumerate(grid.rows, start=1):
        for place, value in enumerate(row):
            _write(sheet, number, place, value, grid.columns[place], words, styles)
    if grid.note:
        sheet.write_string(len(grid.rows) + 2, 0, grid.note)


def _write(
    sheet: Any, row: int, place: int, value: Value, column: Column, words: Words, styles: Mapping[Kind, Any]
) -> None:
    """A number as a number, a day as a day, all else as text; what is not known stays empty."""
    figure = value if isinstance(value, Figure) else None
    plain, kind = (figure.value, figure.kind) if figure is not None else (value, column.kind)
    if plain is None:
        return
    if isinstance(plain, date):
        sheet.write_datetime(row, place, datetime.combine(plain, time()), styles["date"])
    elif isinstance(plain, int | float | Decimal) and kind in styles:
        sheet.write_number(row, place, plain, styles[kind])
    else:
        sheet.write_string(row, place, words.told(plain, kind))


def _width(text: str) -> int:
    """Letters that a text is wide; a Chinese one counts twice."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
