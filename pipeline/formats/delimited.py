"""A delimited text below its header: accepted rows, rejected records, and the proof that none is missing.

Two readers must agree before a row is accepted: PyArrow's parser and the record scan of `records`. Where they
differ Python's strict CSV parser decides, and where that refuses the file is refused. What a cell means does
not belong here.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv

from pipeline.errors import FileRefusedError
from pipeline.formats.heads import Head, find_head
from pipeline.formats.quotes import BrokenQuotesError
from pipeline.formats.raw_table import (
    ROW_NUMBER,
    Limits,
    RawTable,
    ReadOptions,
    rejected_frame,
    unique_names,
)
from pipeline.formats.records import LINE_FEED, RETURN, Mask, Positions, Records, rows, scan, walk
from pipeline.formats.swallowed import swallowed_rows

BLOCK_BYTES = 2 << 20
"""Small enough for the cells of a block to stay in the processor's cache."""
BATCH_ROWS = 50_000
BORDER_TRIES = 1000
ACCEPTED, WIDTH, QUOTE, NUL = range(4)
RULES = ("", "CSV_WIDTH", "CSV_QUOTE", "NUL")


Rules = np.ndarray[tuple[int], np.dtype[np.uint8]]


class ReadersDifferError(Exception):
    """PyArrow and the record scan do not see the same records."""


def read_delimited(text: pa.Buffer, name: str, encoding: str, options: ReadOptions) -> RawTable | None:
    """The one table of a text, None where it has no header.

    Raises FileRefusedError: CSV_QUOTE, NUL, TOO_LARGE, HEADER (a named header row that is not there).
    """
    head = find_head(text, name, options)
    if head is None:
        return None
    body = text.slice(head.data_start)
    csv.field_size_limit(max(options.limits.record_bytes, csv.field_size_limit()))
    try:
        records = scan(body, head.delimiter)
        _check_limits(records, name, options.limits)
        return _Reading(body, head, records, encoding).table(fast=True)
    except (BrokenQuotesError, ReadersDifferError, pa.ArrowInvalid):
        records = _walked(body, head, name)
        _check_limits(records, name, options.limits)
        return _Reading(body, head, records, encoding).table(fast=False)


def _walked(body: pa.Buffer, head: Head, name: str) -> Records:
    try:
        return walk(body, head.delimiter)
    except csv.Error as error:
        raise FileRefusedError(
            "CSV_QUOTE",
            "quotation marks do not pair, so cells and rows cannot be told apart.",
            where=name,
            remedy="Export the file again, or as .xlsx; a quote inside a quoted cell must be doubled.",
        ) from error


def _check_limits(records: Records, name: str, limits: Limits) -> None:
    if records.longest > limits.record_bytes or len(records) > limits.rows:
        raise FileRefusedError(
            "TOO_LARGE",
            f"the file has more than {limits.rows} rows or a row longer than {limits.record_bytes} bytes.",
            where=name,
            remedy="Deliver it in smaller parts; a quotation mark that is never closed looks like this too.",
        )
    if int(records.cells.max(initial=0)) > limits.columns:
        raise FileRefusedError(
            "TOO_LARGE",
            f"a row has more than {limits.columns} cells.",
            where=name,
            remedy="Export it with fewer columns, or line by line.",
        )
    filled = ~records.is_blank
    if filled.any() and records.has_nul[filled].all():
        raise FileRefusedError(
            "NUL", "every row holds NUL bytes, as a broken copy does.", where=name, remedy="Deliver it again."
        )


def agreed_width(header: tuple[str, ...], widths: Positions) -> int:
    """Cells that an accepted record must have.

    The header's, unless no record has that many and most agree on another number which differs only by
    nameless cells at the end: exports that close every row, or only the header, with a delimiter.
    """
    named = max((index + 1 for index, cell in enumerate(header) if cell.strip()), default=0)
    if not len(widths) or (widths == len(header)).any():
        return len(header)
    counts = np.bincount(widths)
    common = int(counts.argmax())
    return common if common >= named and counts[common] * 2 > len(widths) else len(header)


@dataclass(frozen=True)
class _Reading:
    """One text whose records are known."""

    body: pa.Buffer
    head: Head
    records: Records
    encoding: str

    def table(self, *, fast: bool) -> RawTable:
        """Parse the cells and put every record on one side: accepted, rejected or blank."""
        records, header = self.records, self.head.header
        is_data = ~records.is_blank
        width = agreed_width(header, records.cells[is_data])
        rules = np.where(records.cells == width, ACCEPTED, WIDTH).astype(np.uint8)
        rules[swallowed_rows(self.body, self.head.delimiter, records, width)] = QUOTE
        rules[records.has_nul] = NUL
        parsed = np.flatnonzero((records.cells == width) & ~records.is_empty)
        batches = self._fast_batches(width) if fast else self._slow_batches(width)
        frames = list(self._frames(batches, parsed, is_data, rules, len(header)))
        frame = _named(pl.concat(frames, rechunk=False) if frames else _empty(width), header)
        rejected = np.flatnonzero(is_data & (rules != ACCEPTED))
        return RawTable(
            label="",
            header=tuple(frame.columns[1:]),
            frame=frame,
            header_row=len(self.head.records),
            records=int(np.count_nonzero(is_data)),
            blank_rows=len(records) - int(np.count_nonzero(is_data)),
            preamble=self.head.records[:-1],
            rejected=rejected_frame(
                self._row_numbers(rejected).tolist(),
                [RULES[rule] for rule in rules[rejected].tolist()],
                records.texts(self.body, rejected),
            ),
            encoding=self.encoding,
            delimiter=self.head.delimiter,
        )

    def _row_numbers(self, index: Positions) -> Positions:
        return index + len(self.head.records) + 1

    def _frames(
        self, batches: Iterator[pl.DataFrame], parsed: Positions, is_data: Mask, rules: Rules, named: int
    ) -> Iterator[pl.DataFrame]:
        """The accepted rows of each batch; a filled cell beyond the header marks its record as CSV_WIDTH."""
        done = 0
        for batch in batches:
            index = parsed[done : done + batch.height]
            done += batch.height
            if len(index) != batch.height:
                raise ReadersDifferError
            if batch.width > named:
                is_shifted = batch.select(pl.any_horizontal(pl.nth(range(named, batch.width)).is_not_null()))
                rules[index[is_shifted.to_series().to_numpy() & (rules[index] == ACCEPTED)]] = WIDTH
            kept = is_data[index] & (rules[index] == ACCEPTED)
            numbered = batch.insert_column(0, pl.Series(ROW_NUMBER, self._row_numbers(index), pl.Int64))
            yield numbered if kept.all() else numbered.filter(pl.Series(kept))
        if done != len(parsed):
            raise ReadersDifferError

    def _fast_batches(self, width: int) -> Iterator[pl.DataFrame]:
        """PyArrow's view: every record of the right width, blank lines and all others left out."""
        if not (~self.records.is_empty).any():
            return
        names = _positional(width)
        reader = arrow_csv.open_csv(
            pa.BufferReader(self.body),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, block_size=_block_size(self.body, self.records.longest)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.head.delimiter, newlines_in_values=True, invalid_row_handler=lambda _row: "skip"
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,  # the text as a whole is known to be UTF-8
            ),
        )
        for batch in reader:
            yield pl.DataFrame(pl.from_arrow(batch))

    def _slow_batches(self, width: int) -> Iterator[pl.DataFrame]:
        """The same by Python's strict parser."""
        fitting = (row for row in rows(self.body, self.head.delimiter) if len(row) == width)
        while batch := list(islice(fitting, BATCH_ROWS)):
            frame = pl.DataFrame(batch, schema=dict.fromkeys(_positional(width), pl.String), orient="row")
            yield frame.with_columns(pl.all().replace("", None))


def _block_size(text: pa.Buffer, longest: int) -> int:
    """Bytes that PyArrow reads at once: two of the longest records, and no border within a CRLF.

    Of a CRLF that is cut in two PyArrow drops the LF, even where it is part of a quoted cell.
    """
    data = np.frombuffer(text, np.uint8)
    smallest = max(BLOCK_BYTES, 2 * longest + 4)
    for size in range(smallest, smallest + BORDER_TRIES):
        borders = np.arange(size, len(data), size)
        if not ((data[borders - 1] == RETURN) & (data[borders] == LINE_FEED)).any():
            return size
    return max(len(data), 1)


def _positional(width: int) -> list[str]:
    return [f"column_{index}" for index in range(width)]


def _empty(width: int) -> pl.DataFrame:
    return pl.DataFrame(schema={ROW_NUMBER: pl.Int64, **dict.fromkeys(_positional(width), pl.String)})


def _named(frame: pl.DataFrame, header: tuple[str, ...]) -> pl.DataFrame:
    """Give the columns their names; nameless columns at the end go where no cell of them is filled."""
    cells = [*header, *[""] * frame.width][: frame.width - 1]
    while len(cells) > 1 and not cells[-1].strip() and frame[:, len(cells)].null_count() == frame.height:
        cells.pop()
    named = frame[:, : len(cells) + 1]
    named.columns = [ROW_NUMBER, *unique_names(cells)]
    return named
