"""Rows that stand on many lists, spelt once for all of them: as lines of CSV and as cells of a workbook.

A customer stands on a dozen lists with the same eighteen cells. What a list adds to them (since when somebody is on
it) is spelt list by list and stands behind. Who is on which list belongs to `pipeline.deliver.lists`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from pipeline.deliver.joined_text import joined
from pipeline.deliver.safe_csv import NEWLINE, csv_head, csv_lines
from pipeline.deliver.sheets import date_style_of, row_cells


class SpeltRows:
    """The rows of `shown`, by their place in it.

    `booked` are the places of those who stand in a workbook at all; cells are made for nobody else, for they take
    four times the memory of a line.
    """

    def __init__(self, shown: pl.DataFrame, headers: Sequence[str], booked: Iterable[pl.Series]) -> None:
        self.headers, self.width, self.date_style = headers, shown.width, date_style_of(headers)
        self._booked = pl.concat([pl.Series([], dtype=pl.UInt32), *booked]).unique().sort()
        self._lines = csv_lines(shown)
        self._cells = row_cells(shown[self._booked], self.date_style)

    def write_csv(self, places: pl.Series, more: pl.DataFrame, path: Path) -> None:
        """The rows of these places with the columns of `more` behind them, byte for byte as `safe_csv.write_csv`."""
        lines = self._lines.gather(places) + "," + csv_lines(more) + NEWLINE
        with path.open("wb") as file:
            file.write(csv_head(self.headers))
            file.write(joined(lines))

    def cells(self, places: pl.Series, more: pl.DataFrame) -> pl.Series:
        """The rows of these places, all of them booked, with the columns of `more`: for `sheets.write_spelt`."""
        cells = self._cells.gather(self._booked.search_sorted(places))
        return cells + row_cells(more, self.date_style, first_column=self.width)
