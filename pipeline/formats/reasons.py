"""Why a record was refused, in words: what `huitou check` says below the first bad cells.

The codes are given where cells are judged; reasons for which a whole file is refused say themselves what to do.
"""

from collections.abc import Iterable, Iterator, Mapping

REASONS: Mapping[str, str] = {
    "ID_MISSING": "a cell that must be filled is empty",
    "ID_FORMAT": "a spreadsheet turned the number into 1.23E+18 or the like; export the column as text",
    "DATE_FORMAT": "no moment in a spelling that the format allows; year first is always read, for 01/02/2026 say"
    " `dates: dmy` or `dates: mdy` (one of them for the whole file)",
    "DATE_RANGE": "written as a date, but no day of the calendar, or not of 1990 to 2100",
    "MONEY_FORMAT": "no number; thousands separators and signs of money are read, 1,23 and 1e3 are not",
    "MONEY_RANGE": "a number larger or finer than the column keeps",
    "DUP_KEY_CONFLICT": "the rows of one order print different totals of it",
    "ENUM": "a word that is none of the column's",
    "CSV_WIDTH": "more or fewer cells than the header has",
    "XLSX_ERRORCELL": "an error of the spreadsheet (#N/A) in a column that is used",
}


def told_reasons(rules: Iterable[str]) -> Iterator[str]:
    """`CODE: why` of each code that can be put into words, once, in the order of the codes."""
    yield from (f"{rule}: {REASONS[rule]}" for rule in sorted(set(rules)) if rule in REASONS)
