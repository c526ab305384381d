"""Records that a stray pair of quotation marks has glued together although the quotes are formally right.

    1,"abc,5          read as one record of three cells: 1 | abc,5⏎2,def | 6
    2,def",6

Such a record must not be accepted. Parsing and scanning do not belong here.
"""

import csv
import re

import numpy as np
import pyarrow as pa

from pipeline.formats.records import Positions, Records

FEWEST_CELLS = 4
"""Below this an address in quotes has as many commas as a row; there the guess would cost honest records."""
LINE_END = re.compile(r"\r\n|\r|\n")


def swallowed_rows(text: pa.Buffer, delimiter: str, records: Records, width: int) -> Positions:
    """Records of the right width that hide the end of one row and the beginning of another in a quoted cell."""
    if width < FEWEST_CELLS:
        return np.array([], np.int64)
    is_suspect = (records.quoted_lines > 0) & (records.quoted_delimiters >= width - 1) & (records.cells == width)
    suspects = np.flatnonzero(is_suspect)
    found = [
        _has_swallowed(next(csv.reader([record], delimiter=delimiter)), delimiter)
        for record in records.texts(text, suspects)
    ]
    return suspects[np.array(found, np.bool_)]


def _has_swallowed(cells: list[str], delimiter: str) -> bool:
    """A cell whose first line completes the row begun before it and whose last begins the row ended behind it."""
    return any(_is_seam(cell, index, len(cells), delimiter) for index, cell in enumerate(cells))


def _is_seam(cell: str, index: int, width: int, delimiter: str) -> bool:
    counts = [line.count(delimiter) for line in LINE_END.split(cell)]
    if len(counts) == 1:
        return False
    whole_rows = all(count == width - 1 for count in counts[1:-1])
    return whole_rows and counts[0] == width - 1 - index and counts[-1] == index
