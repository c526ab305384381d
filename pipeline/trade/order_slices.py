"""The orders of a large shop in slices, for steps that read every line of an order at once.

No source tells the orders of another one, and a part is a file of one source: so orders fall apart by source, and those
of a large source by stretches of their numbers. What has to be held and sorted at once stays small, and nothing is
spilled. What a step makes of its slice stands in `sql/facts`; how slices are run, in `pipeline.engine`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.engine import Slice, within
from pipeline.lake import Table
from pipeline.ranges import KeyRange

SLICE_ROWS = 6_000_000
"""About so many rows of lines and heads a slice: some hundred bytes each in a sort, so within a gigabyte or two."""
SAMPLED_PARTS = 64
"""Of so many parts of a source the order numbers are looked at to cut it into even stretches."""


@dataclass(frozen=True)
class OrderRange:
    """The orders of one source whose numbers lie in a range."""

    source: str
    order_ids: KeyRange

    @property
    def order_keys(self) -> KeyRange:
        """The same as a range of order_key, which is the source, a colon and the number."""
        begin = f"{self.source}:{self.order_ids.begin or ''}"
        end = f"{self.source};" if self.order_ids.end is None else f"{self.source}:{self.order_ids.end}"
        return KeyRange(begin, end)


@dataclass(frozen=True)
class _Part:
    """The rows of one file, of one source where this is told."""

    path: Path
    source: str | None
    rows: int


def order_slices(
    told: Sequence[Table], keyed: Sequence[Table], whole: Sequence[Table], rows: int = SLICE_ROWS
) -> list[list[Slice]]:
    """What is read of each table in each slice, in the order of order_key; all in one slice where the shop is small.

    `told` are tables of parts with source and order_id, `keyed` tables with order_key; `whole` ones are read in full.
    """
    parts = {table.name: [part for path in table.paths for part in _parts(path)] for table in told}
    ranges = order_ranges([part for found in parts.values() for part in found], rows)
    if len(ranges) <= 1:
        return [[Slice(table) for table in (*told, *keyed, *whole)]]
    return [
        [
            *(_told(table, parts[table.name], orders) for table in told),
            *(Slice(table, within("order_key", orders.order_keys)) for table in keyed),
            *(Slice(table) for table in whole),
        ]
        for orders in ranges
    ]


def order_ranges(parts: Sequence[_Part], rows: int) -> list[OrderRange]:
    """Ranges of about `rows` rows, in the order of order_key; none where all rows are no more, or a source unknown."""
    if sum(part.rows for part in parts) <= rows or any(part.source is None for part in parts):
        return []
    sources = sorted({part.source for part in parts if part.source is not None}, key=lambda source: f"{source}:")
    return [
        OrderRange(source, order_ids)
        for source in sources
        for order_ids in _stretches([part for part in parts if part.source == source], rows)
    ]


def _stretches(parts: Sequence[_Part], rows: int) -> list[KeyRange]:
    """Ranges of order numbers of one source, of about as many rows each."""
    count = -(-sum(part.rows for part in parts) // rows)
    borders: list[str] = []
    if count > 1:
        looked_at = parts[:: -(-len(parts) // SAMPLED_PARTS)]
        frames = (pl.read_parquet(part.path, columns=["order_id"], glob=False) for part in looked_at)
        numbers = pl.concat(frames)["order_id"].drop_nulls().sort()
        borders = sorted({numbers[number * len(numbers) // count] for number in range(1, count)})
    return [KeyRange(begin, end) for begin, end in pairwise([None, *borders, None])]


def _parts(path: Path) -> Iterator[_Part]:
    """The part in a file, if it has rows."""
    with pq.ParquetFile(path) as file:
        place = file.schema_arrow.get_field_index("source")
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        rows = file.metadata.num_rows
    told = [group.column(place).statistics for group in groups]
    if rows:
        known = all(each is not None and each.has_min_max and each.null_count == 0 for each in told)
        names = {name for each in told for name in (each.min, each.max)} if known else set()
        yield _Part(path, names.pop() if len(names) == 1 else None, rows)


def _told(table: Table, parts: Sequence[_Part], orders: OrderRange) -> Slice:
    """The rows of a table of parts that tell of a range of orders: only the files of its source are opened."""
    paths = tuple(part.path for part in parts if part.source == orders.source)
    if not paths:
        return Slice(table, "false")
    return Slice(replace(table, paths=paths), within("order_id", orders.order_ids))
