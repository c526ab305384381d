"""Where a delimited text has its header and what separates its cells.

The top of an export is often no table (titles, `#` lines, broken quotes), so it is read record by record and
leniently; what lies below the header is read strictly by `delimited`.
"""

import codecs
import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from pipeline.errors import FileRefusedError
from pipeline.formats.raw_table import FindHeader, ReadOptions, top_size

HEAD_BYTES = 1 << 20
DELIMITERS = (",", "\t", ";", "|")
LINES_PER_RECORD = 50
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


@dataclass(frozen=True)
class Head:
    """The top of a delimited text; `data_start` is the byte behind the header record's line end."""

    delimiter: str
    records: tuple[tuple[str, ...], ...]
    """Everything above the header and the header itself, a blank line being an empty record."""
    data_start: int

    @property
    def header(self) -> tuple[str, ...]:
        """The header's cells as written."""
        return self.records[-1]


def find_head(text: pa.Buffer, name: str, options: ReadOptions) -> Head | None:
    """The header by the delimiter that shows the most cells in it; None where no delimiter shows a header."""
    start = memoryview(text.slice(0, min(text.size, HEAD_BYTES)))
    text_lines = LINE.finditer(codecs.getincrementaldecoder("utf-8")().decode(start))
    lines = [line[0] for line in islice(text_lines, top_size(options) * LINES_PER_RECORD)]
    find = _asked_once(options.find_header)
    found = []
    for delimiter in DELIMITERS:
        records, line_counts = _top_records(lines, delimiter, top_size(options))
        index = options.header_row - 1 if options.header_row else find(records)
        if index is None:
            continue
        if index >= len(records) or not any(cell.strip() for cell in records[index]):
            raise FileRefusedError(
                "HEADER",
                f"row {index + 1} was named as the header but holds nothing.",
                where=name,
                remedy="Correct `header_row:` of the format.",
            )
        size = sum(len(line.encode()) for line in lines[: sum(line_counts[: index + 1])])
        found.append(Head(delimiter, tuple(tuple(record) for record in records[: index + 1]), size))
    return max(found, key=lambda head: len(head.header), default=None)


def _asked_once(find_header: FindHeader) -> FindHeader:
    """The same search, not repeated for equal records: a delimiter that never occurs leaves every line as one cell."""
    known: dict[tuple[tuple[str, ...], ...], int | None] = {}

    def find(records: Sequence[Sequence[str]]) -> int | None:
        key = tuple(map(tuple, records))
        if key not in known:
            known[key] = find_header(records)
        return known[key]

    return find


def _top_records(lines: list[str], delimiter: str, size: int) -> tuple[list[list[str]], list[int]]:
    """The first records and how many physical lines each takes."""
    records: list[list[str]] = []
    line_counts: list[int] = []
    used = 0
    while used < len(lines) and len(records) < size:
        record, count = _next_record(lines[used : used + LINES_PER_RECORD], delimiter)
        records.append(record)
        line_counts.append(count)
        used += count
    return records, line_counts


def _next_record(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """A record with broken quotes is taken as one physical line with ordinary characters."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return next(reader), reader.line_num
    except csv.Error:
        line = lines[0].rstrip("\r\n")
        return line.split(delimiter) if line else [], 1
