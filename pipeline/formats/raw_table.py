"""What every reader of this room takes and gives: limits, options and the string table.

Only shapes live here; how bytes become a table is in `tables` and the modules it calls. What the columns
mean (dates, money, ids) belongs to the parser, not to a reader.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

Encoding = Literal["auto", "utf-8", "gb18030", "utf-16"]
FindHeader = Callable[[Sequence[Sequence[str]]], int | None]

HEAD_RECORDS = 30
"""How many records from the top of a table may be searched for its header."""

ROW_NUMBER = "row_number"
REJECTED_SCHEMA = {ROW_NUMBER: pl.Int64, "rule": pl.String, "text": pl.String}
_NO_REJECTED = pl.DataFrame(schema=REJECTED_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one landing file may cost. Sizes are bytes; a file beyond any limit is refused as TOO_LARGE."""

    file_bytes: int = 8 << 30
    """Size of the file, and of all its content together once unpacked."""
    rows: int = 50_000_000
    columns: int = 2_000
    record_bytes: int = 16 << 20
    """Length of one record; also the largest cell."""
    unpack_ratio: int = 100
    """Unpacked bytes per packed byte (files that unpack to less than 1 MiB are never suspected)."""
    members: int = 1_000
    """Files in an archive, sheets in a workbook."""
    workbook_memory: int = 6 << 30
    """Address space of the child process that reads a workbook."""
    workbook_seconds: int = 600
    """Wall clock and CPU time of that child."""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How one file is to be read.

    `find_header` gets the first records (at most 30) as lists of raw cells, a blank line as an empty list, and
    returns the index of the header record or None. It may be called several times for one table, once per
    candidate delimiter, so it must not depend on being called once. `header_row` (1-based, blank lines
    counted) overrules it.
    """

    find_header: FindHeader
    encoding: Encoding = "auto"
    header_row: int | None = None
    limits: Limits = field(default_factory=Limits)
    wanted: Callable[[str], bool] | None = None
    """Which header cells are read further; an error cell (#N/A) elsewhere is only an empty cell. None: all."""
    temp_folder: Path | None = None
    """Where unpacked and converted copies live for the length of one call; None: the system's."""


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """One table of a file, every cell as text.

    `frame` holds one row per accepted record: `row_number` and one String column per header cell, an empty cell
    being null and everything else left as written. `row_number` is the row as a spreadsheet shows it: 1-based,
    preamble, header and blank rows counted, a quoted line break not; it goes on counting over the sheets
    or members of a file, so it is unique within the file. `records == frame.height + rejected.height` always.
    """

    label: str
    """Empty for a plain file, else the sheet's or member's name made safe to show."""
    header: tuple[str, ...]
    """Header cells, outer whitespace stripped, repeats made unique by ` (2)`; the names of `frame`'s columns."""
    frame: pl.DataFrame
    header_row: int
    """`row_number` of the header."""
    records: int
    """Records below the header, blank rows left out, counted apart from the parser of the cells."""
    blank_rows: int
    """Rows below the header in which no cell is filled."""
    preamble: tuple[tuple[str, ...], ...]
    """The records above the header."""
    rejected: pl.DataFrame
    """row_number, rule (reason code), text (the record as written, cells joined by `delimiter`): restricted."""
    encoding: str
    """utf-8, gb18030 or utf-16; `workbook` or `html` where the file is one."""
    delimiter: str
    """What stands between the cells of `rejected.text`; a tab for sheets."""


def unique_names(cells: Iterable[str]) -> tuple[str, ...]:
    """Header cells as column names: stripped, and repeats numbered from 2 on (` (2)`)."""
    taken = {ROW_NUMBER}
    names = []
    for cell in cells:
        name = plain = cell.strip()
        number = 1
        while name in taken:
            number += 1
            name = f"{plain} ({number})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def top_size(options: ReadOptions) -> int:
    """How many records from the top are looked at."""
    return max(HEAD_RECORDS, options.header_row or 0)


def rejected_frame(row_numbers: Sequence[int], rules: Sequence[str], texts: Sequence[str]) -> pl.DataFrame:
    """Rejected records in the agreed shape."""
    if not row_numbers:
        return _NO_REJECTED.clone()
    return pl.DataFrame({ROW_NUMBER: row_numbers, "rule": rules, "text": texts}, schema=REJECTED_SCHEMA, orient="col")
