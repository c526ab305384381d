"""Where a delimited text has its header and what separates its cells.

The top of an export is often no table (titles, `#` lines, broken quotes), so it is read record by record and
leniently; what lies below the header is read strictly by `delimited`.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from pipeline.errors import FileRefusedError
from pipeline.formats.raw_table import FindHeader, ReadOptions, top_size

HEAD_BYTES = 1 << 20
FIRST_BYTES = 64 << 10
"""What is decoded at first: nearly every header lies there, with all the records that are searched for it."""
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


class _CutOffError(Exception):
    """The lines that were asked for go beyond the part of the text that was decoded."""


def find_head(text: pa.Buffer, name: str, options: ReadOptions) -> Head | None:
    """The header by the delimiter that shows the most cells in it; None where no delimiter shows a header."""
    try:
        return _widest(text, FIRST_BYTES, name, options)
    except _CutOffError:
        return _widest(text, HEAD_BYTES, name, options)


def _widest(text: pa.Buffer, size: int, name: str, options: ReadOptions) -> Head | None:
    """The same by the first so many bytes. Raises _CutOffError where they do not hold all that is looked at."""
    start = codecs.getincrementaldecoder("utf-8")().decode(memoryview(text.slice(0, min(text.size, size))))
    is_cut = size < min(text.size, HEAD_BYTES)
    lines = _Lines(start, top_size(options) * LINES_PER_RECORD, is_cut=is_cut)
    occurring = [delimiter for delimiter in DELIMITERS if delimiter in start]
    heads = _heads(lines, occurring, name, options)
    if all(len(head.header) == 1 for head in heads):  # else one that never occurs could not show more cells
        heads = _heads(lines, _worth_trying(occurring), name, options)
    return max(heads, key=lambda head: len(head.header), default=None)


def _heads(lines: "_Lines", delimiters: Sequence[str], name: str, options: ReadOptions) -> list[Head]:
    """What each delimiter shows."""
    find = _asked_once(options.find_header)
    found = []
    for delimiter in delimiters:
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
        size = sum(len(line.encode()) for line in lines[0 : sum(line_counts[: index + 1])])
        found.append(Head(delimiter, tuple(tuple(record) for record in records[: index + 1]), size))
    return found


def _worth_trying(occurring: Sequence[str]) -> list[str]:
    """The delimiters that occur; of those that do not, which all show each line as one cell, the first."""
    absent = next((delimiter for delimiter in DELIMITERS if delimiter not in occurring), None)
    return [delimiter for delimiter in DELIMITERS if delimiter == absent or delimiter in occurring]


def _asked_once(find_header: FindHeader) -> FindHeader:
    """The same search, not repeated for equal records: a delimiter that never occurs leaves every line as one cell."""
    known: dict[tuple[tuple[str, ...], ...], int | None] = {}

    def find(records: Sequence[Sequence[str]]) -> int | None:
        key = tuple(map(tuple, records))
        if key not in known:
            known[key] = find_header(records)
        return known[key]

    return find


class _Lines:
    """The first physical lines of a text, cut off it as far as they are asked for."""

    def __init__(self, text: str, limit: int, *, is_cut: bool) -> None:
        self._found = islice(LINE.finditer(text), limit)
        self._lines: list[str] = []
        self._whole_to = len(text) - 1 if is_cut else len(text)
        """Lines that end behind this place may go on in the rest of the text."""

    def __getitem__(self, wanted: slice) -> list[str]:
        new = list(islice(self._found, max(0, wanted.stop - len(self._lines))))
        if new and new[-1].end() > self._whole_to:
            raise _CutOffError
        self._lines += [line[0] for line in new]
        return self._lines[wanted]

    def from_line(self, number: int) -> Iterator[str]:
        """The lines from one on, at most as many as a record may have."""
        for place in range(number, number + LINES_PER_RECORD):
            yield from self[place : place + 1]


def _top_records(lines: _Lines, delimiter: str, size: int) -> tuple[list[list[str]], list[int]]:
    """The first records and how many physical lines each takes."""
    records: list[list[str]] = []
    line_counts: list[int] = []
    used = 0
    while lines[used : used + 1] and len(records) < size:
        record, count = _next_record(lines, used, delimiter)
        records.append(record)
        line_counts.append(count)
        used += count
    return records, line_counts


def _next_record(lines: _Lines, first: int, delimiter: str) -> tuple[list[str], int]:
    """A record with broken quotes is taken as one physical line with ordinary characters."""
    reader = csv.reader(lines.from_line(first), delimiter=delimiter, strict=True)
    try:
        return next(reader), reader.line_num
    except csv.Error:
        line = lines[first : first + 1][0].rstrip("\r\n")
        return line.split(delimiter) if line else [], 1
