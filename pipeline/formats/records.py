"""Where the records of a delimited text begin and end, found without parsing its cells.

An independent witness for the CSV parser: it looks at quotes, delimiters and line ends only, in whole arrays.
What the cells hold does not belong here.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipeline.formats.quotes import QUOTE, QuoteState

CHUNK_BYTES = 256 << 10
"""Small enough for the marks of a chunk to stay in the processor's cache."""
NUL, LINE_FEED, RETURN = 0, 10, 13

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Records:
    """One entry per record of a text, blank lines included; positions are bytes from its beginning."""

    start: Positions
    end: Positions
    """Position behind the last byte, line end left out."""
    cells: Positions
    """Cells, by delimiters outside quotes; 1 for a blank line."""
    quoted_delimiters: Positions
    quoted_lines: Positions
    """CR and LF characters inside quotes."""
    has_nul: Mask

    def __len__(self) -> int:
        return len(self.start)

    @property
    def is_empty(self) -> Mask:
        """No byte between two line ends: what every CSV parser skips."""
        is_empty: Mask = self.end == self.start
        return is_empty

    @property
    def is_blank(self) -> Mask:
        """Nothing but delimiters: a row of which no cell is filled."""
        is_blank: Mask = self.end - self.start == self.cells - 1
        return is_blank

    @property
    def longest(self) -> int:
        """Bytes of the longest record."""
        return int((self.end - self.start).max(initial=0))

    def texts(self, text: pa.Buffer, chosen: Positions) -> list[str]:
        """The chosen records as written."""
        view = memoryview(text)
        return [str(view[self.start[i] : self.end[i]], "utf-8") for i in chosen.tolist()]


@dataclass
class _Tally:
    """Counts per record of one kind of mark, carried over chunk borders."""

    counts: list[Positions] = field(default_factory=list)
    open_count: int = 0

    def add(self, reached: Positions, total: int) -> None:
        """`reached`: marks of the chunk before each record end in it; `total`: all marks of the chunk."""
        if not len(reached):
            self.open_count += total
            return
        per_record = np.diff(reached, prepend=0)
        per_record[0] += self.open_count
        self.open_count = total - int(reached[-1])
        self.counts.append(per_record)

    def add_marks(self, marks: Positions, ends: Positions) -> None:
        """The same from positions; rare marks, so a search costs nothing."""
        self.add(np.searchsorted(marks, ends), len(marks))

    def close(self) -> Positions:
        return np.concatenate([*self.counts, np.array([self.open_count])])


class _Scan:
    """The tallies of one text while its chunks go by."""

    def __init__(self, data: Bytes, mark: int) -> None:
        self._data, self._mark = data, mark
        self._quotes = QuoteState(data, mark)
        self._ends: list[Positions] = []
        self._cells, self._inner_cells, self._inner_lines, self._nuls = _Tally(), _Tally(), _Tally(), _Tally()

    def chunk(self, offset: int) -> None:
        """Take the marks of the next CHUNK_BYTES."""
        part = self._data[offset : offset + CHUNK_BYTES]
        is_mark = (part == self._mark) | (part == LINE_FEED) | (part == RETURN) | (part == QUOTE) | (part == NUL)
        places = np.flatnonzero(is_mark)
        kinds = part[places]
        places += offset
        inside = self._quotes.inside(places, kinds)
        outer = ~inside & (kinds != QUOTE) & (kinds != NUL)
        outer_places, is_line = places[outer], kinds[outer] != self._mark
        line_index = np.flatnonzero(is_line)
        first = ~_is_second(self._data, outer_places[line_index])
        ends = outer_places[line_index[first]]
        delimiters = line_index - np.arange(len(line_index))
        self._ends.append(ends)
        self._cells.add(delimiters[first], len(outer_places) - len(line_index))
        within = np.flatnonzero(inside)
        kinds_within = kinds[within]
        self._inner_cells.add_marks(places[within[kinds_within == self._mark]], ends)
        is_line_within = (kinds_within == LINE_FEED) | (kinds_within == RETURN)
        self._inner_lines.add_marks(places[within[is_line_within]], ends)
        self._nuls.add_marks(places[kinds == NUL], ends)

    def close(self) -> Records:
        """Put starts to the ends; what follows the last line end is a record only if it holds a byte."""
        self._quotes.close()
        size = len(self._data)
        end = np.concatenate([*self._ends, np.array([size])]).astype(np.int64)
        start = np.concatenate([np.array([0]), end[:-1] + 1]).astype(np.int64)
        behind_return = np.flatnonzero(self._data[end[:-1]] == RETURN)
        is_pair = self._data[np.minimum(end[behind_return] + 1, size - 1)] == LINE_FEED
        start[behind_return[is_pair & (end[behind_return] + 1 < size)] + 1] += 1
        tallies = (self._cells, self._inner_cells, self._inner_lines, self._nuls)
        cells, inner_cells, inner_lines, nuls = (tally.close() for tally in tallies)
        kept = slice(None if start[-1] < size else -1)
        return Records(start[kept], end[kept], cells[kept] + 1, inner_cells[kept], inner_lines[kept], nuls[kept] > 0)


def scan(text: pa.Buffer, delimiter: str) -> Records:
    """Find every record; raises BrokenQuotesError where quotes do not pair by the rules of RFC 4180.

    CR, LF and CRLF end a record alike. A quote inside an unquoted cell (`12" screen`) is an ordinary character.
    """
    scanned = _Scan(np.frombuffer(text, np.uint8), ord(delimiter))
    for offset in range(0, text.size, CHUNK_BYTES):
        scanned.chunk(offset)
    return scanned.close()


def _is_second(data: Bytes, line_ends: Positions) -> Mask:
    """The LF of a CRLF, which ends nothing of its own."""
    is_second: Mask = data[line_ends] == LINE_FEED
    is_second &= (data[np.maximum(line_ends - 1, 0)] == RETURN) & (line_ends > 0)
    return is_second


def walk(text: pa.Buffer, delimiter: str) -> Records:
    """The same as `scan`, told by Python's strict CSV parser: slow, for texts on which the two fast ones differ.

    Raises csv.Error where that parser refuses.
    """
    lines = _Lines(text)
    found: list[tuple[int, int, int, int, int, bool]] = []
    start = 0
    for row in csv.reader(lines, delimiter=delimiter, strict=True):
        raw = lines.take()
        body = raw.rstrip("\r\n")
        size, cells = len(body.encode()), max(len(row), 1)
        inner_lines = sum(cell.count("\n") + cell.count("\r") for cell in row)
        inner_cells = sum(cell.count(delimiter) for cell in row)
        found.append((start, start + size, cells, inner_cells, inner_lines, "\0" in body))
        start += len(raw.encode())
    table = np.array(found, np.int64).reshape(-1, 6).T
    return Records(table[0], table[1], table[2], table[3], table[4], table[5].astype(np.bool_))


def rows(text: pa.Buffer, delimiter: str) -> Iterator[list[str]]:
    """The records' cells by Python's strict CSV parser; a blank line is an empty list."""
    return iter(csv.reader(_Lines(text), delimiter=delimiter, strict=True))


class _Lines:
    """Physical lines of a text, remembering those of the record being read."""

    def __init__(self, text: pa.Buffer) -> None:
        self._lines = io.TextIOWrapper(io.BytesIO(memoryview(text)), "utf-8", newline="")
        self._pending: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._pending.append(line)
            yield line

    def take(self) -> str:
        record = "".join(self._pending)
        self._pending.clear()
        return record
