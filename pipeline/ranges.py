"""Stretches of a sorted table, by the values of its first key column, for steps too large to sort at once.

Where they begin is read from the statistics of the file; any text would be a right border, so nothing depends on how
exact these are. What runs over each stretch belongs to `pipeline.engine`.
"""

from dataclasses import dataclass

import pyarrow.parquet as pq

from pipeline.lake import Table

RANGE_ROWS = 4_000_000
"""About so many rows a stretch: some hundred bytes each in a sort, so within a gigabyte."""


@dataclass(frozen=True)
class KeyRange:
    """Values from `begin` on, and before `end`; None where the range is open."""

    begin: str | None
    end: str | None


def key_ranges(table: Table, column: str, rows: int = RANGE_ROWS) -> list[KeyRange]:
    """Ranges of a text column by which `table` is sorted, of about `rows` rows each, in order, without gaps."""
    borders: list[str] = []
    counted = 0
    for path in table.paths:
        with pq.ParquetFile(path) as file:
            place = file.schema_arrow.get_field_index(column)
            groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        for group in groups:
            statistics = group.column(place).statistics
            if counted >= rows and statistics is not None and statistics.has_min_max:
                borders.append(statistics.min)
                counted = 0
            counted += group.num_rows
    distinct = sorted(set(borders))
    return [KeyRange(begin, end) for begin, end in zip([None, *distinct], [*distinct, None], strict=True)]
