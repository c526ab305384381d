"""The tables of an HTML page, as exports named .xls often are.

Cells become text with tags dropped and spaces folded as a browser folds them; what the cells mean does not belong
here.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import polars as pl

from pipeline.errors import FileRefusedError
from pipeline.formats.grid import Grid
from pipeline.formats.raw_table import Limits

MAX_SPAN = 1000
SOURCE_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
"""What a browser folds to one space; a line break of the page is one, `<br>` is not. `&nbsp;` fills empty cells."""
SPACES = re.compile(r" {2,}")


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    cell: list[str] | None = None
    span: int = 1
    is_closed: bool = False

    def end_cell(self) -> None:
        if self.cell is not None:
            lines = (line.strip() for line in SPACES.sub(" ", "".join(self.cell)).split("\n"))
            self.rows[-1] += ["\n".join(lines).strip(), *[""] * (self.span - 1)]
            self.cell = None


class _Page(HTMLParser):
    """Collects tables; a table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "script"}:
            self._hidden += 1
        if tag == "table":
            self._open.append(_Table())
            self.tables.append(self._open[-1])
        elif self._open:
            self._in_table(self._open[-1], tag, dict(attrs))

    def _in_table(self, table: _Table, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "tr":
            table.end_cell()
            table.rows.append([])
        elif tag in {"td", "th"}:
            table.end_cell()
            if not table.rows:
                table.rows.append([])
            table.cell = []
            span = attrs.get("colspan") or "1"
            table.span = min(int(span), MAX_SPAN) if span.isdecimal() and int(span) else 1
        elif tag == "br" and table.cell is not None:
            table.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script"}:
            self._hidden = max(self._hidden - 1, 0)
        elif self._open and tag in {"td", "th", "tr", "table"}:
            self._open[-1].end_cell()
            if tag == "table":
                self._open.pop().is_closed = True

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].cell is not None and not self._hidden:
            self._open[-1].cell.append(SOURCE_SPACE.sub(" ", data))


def html_grids(text: str, name: str, limits: Limits) -> list[Grid]:
    """Every table with a cell in it, in order. Raises FileRefusedError UNREADABLE for a page that is cut off."""
    page = _Page()
    page.feed(text)
    page.close()
    if not page.tables or any(not table.is_closed for table in page.tables):
        raise FileRefusedError(
            "UNREADABLE",
            "the file is an HTML page without a table, or one that is cut off.",
            where=name,
            remedy="Export it again, or as .xlsx.",
        )
    filled = [table.rows for table in page.tables if any(table.rows)]
    grids: list[Grid] = []
    rows_above = 0
    for number, rows in enumerate(filled, 1):
        if len(rows) > limits.rows or max(map(len, rows)) > limits.columns:
            raise FileRefusedError("TOO_LARGE", "a table has too many rows or columns.", where=name)
        grids.append(_grid(f"table {number}" if len(filled) > 1 else "", rows, rows_above))
        rows_above += len(rows)
    return grids


def _grid(label: str, rows: list[list[str]], rows_above: int) -> Grid:
    """Rows padded to one width; a row of another width than most is marked, never shifted."""
    widths = [len(row) for row in rows]
    width = max(widths)
    usual = max(set(widths), key=lambda size: (widths.count(size), size))
    padded = [row + [""] * (width - len(row)) for row in rows]
    cells = pl.DataFrame(
        padded, schema={f"column_{index}": pl.String for index in range(width)}, orient="row"
    ).with_columns(pl.all().replace("", None))
    ragged = frozenset(index for index, size in enumerate(widths) if size not in {0, usual})
    return Grid(label, cells, rows_above, ragged=ragged)
