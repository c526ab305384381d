"""A sheet or an HTML table, already cut into cells, as a raw table: header, blank rows, rejected rows.

Opening workbooks and HTML belongs to `workbook` and `html_table`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.errors import FileRefusedError
from pipeline.formats.raw_table import (
    ROW_NUMBER,
    RawTable,
    ReadOptions,
    rejected_frame,
    top_size,
    unique_names,
)


@dataclass(frozen=True)
class Grid:
    """One sheet: `cells` holds String columns only, every row from the top on, empty cells null."""

    label: str
    cells: pl.DataFrame
    rows_above: int = 0
    """Rows of the sheets before it: row numbers go on counting."""
    errors: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Row index: columns in which the sheet shows an error such as #N/A instead of a value."""
    ragged: frozenset[int] = frozenset()
    """Row indices whose number of cells is not that of the table."""


def grid_table(grid: Grid, name: str, encoding: str, options: ReadOptions) -> RawTable | None:
    """The grid below its header; None where it has none. Raises FileRefusedError HEADER."""
    top = _top(grid.cells, top_size(options))
    index = options.header_row - 1 if options.header_row else options.find_header(top)
    if index is None or (options.header_row and index >= len(top)):
        return None
    if not any(cell.strip() for cell in top[index]):
        raise FileRefusedError("HEADER", f"row {index + 1} was named as the header but holds nothing.", where=name)
    header = [cell or "" for cell in grid.cells.row(index)]
    body = grid.cells.with_row_index("_row").slice(index + 1)
    rules = {row: rule for row, rule in _rules(grid, header, options).items() if row > index}
    is_rejected = pl.col("_row").is_in(pl.Series(sorted(rules), dtype=body["_row"].dtype).implode())
    filled = body.filter(is_rejected | pl.any_horizontal(pl.exclude("_row").is_not_null()))
    cells = _without_empty_end(header, filled.drop("_row"))
    number = (pl.col("_row").cast(pl.Int64) + (grid.rows_above + 1)).alias(ROW_NUMBER)
    text = pl.concat_str(pl.exclude("_row").fill_null(""), separator="\t").alias("text")
    refused = filled.filter(is_rejected).select("_row", number, text)
    frame = filled.filter(~is_rejected).select(number, *filled.columns[1 : 1 + len(cells)])
    names = unique_names(cells)
    return RawTable(
        label=grid.label,
        header=names,
        frame=frame.rename(dict(zip(frame.columns[1:], names, strict=True))),
        header_row=grid.rows_above + index + 1,
        records=filled.height,
        blank_rows=body.height - filled.height,
        preamble=tuple(tuple(record) for record in top[:index]),
        rejected=rejected_frame(
            refused[ROW_NUMBER].to_list(), [rules[row] for row in refused["_row"].to_list()], refused["text"].to_list()
        ),
        encoding=encoding,
        delimiter="\t",
    )


def _top(cells: pl.DataFrame, size: int) -> list[list[str]]:
    """The first rows as the header search wants them: no nulls, a blank row empty."""
    rows = [[cell or "" for cell in row] for row in cells.head(size).rows()]
    return [row if any(row) else [] for row in rows]


def _without_empty_end(header: list[str], body: pl.DataFrame) -> list[str]:
    """Header cells without the nameless ones at the end whose columns hold nothing."""
    cells = list(header)
    while len(cells) > 1 and not cells[-1].strip() and body[:, len(cells) - 1].null_count() == body.height:
        cells.pop()
    return cells


def _rules(grid: Grid, header: list[str], options: ReadOptions) -> dict[int, str]:
    """Row index: why it is rejected. An error counts only in a column that is read further."""
    if not grid.errors:
        return dict.fromkeys(grid.ragged, "CSV_WIDTH")
    wanted = {column for column, cell in enumerate(header) if options.wanted is None or options.wanted(cell.strip())}
    rules = {row: "XLSX_ERRORCELL" for row, columns in grid.errors.items() if columns & wanted}
    return rules | dict.fromkeys(grid.ragged, "CSV_WIDTH")
