"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods) as grids of text, read by a child process under limits.

A few bytes of XLSX can ask for a terabyte of cells, and the library aborts its process then; so the
parent never opens a workbook itself. Cells arrive as text: whole numbers without `.0`, dates as
YYYY-MM-DD HH:MM:SS (a time without a date on 1899-12-31), numbers from 1e15 on in scientific notation, since
Excel has lost their last digits.
"""

import json
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.errors import FileRefusedError
from pipeline.formats.containers import shown_name
from pipeline.formats.grid import Grid
from pipeline.formats.raw_table import Limits
from pipeline.formats.workbook_opener import OPENER

REFUSED = 3


def workbook_grids(path: Path, name: str, folder: Path, limits: Limits) -> list[Grid]:
    """Every sheet in order, hidden ones too. Raises FileRefusedError: TOO_LARGE, UNREADABLE."""
    order: dict[str, str | int] = {
        "path": str(path.resolve()),
        "folder": str(folder),
        "memory": limits.workbook_memory,
        "seconds": limits.workbook_seconds,
        "rows": limits.rows,
        "columns": limits.columns,
        "sheets": limits.members,
        "file_bytes": limits.file_bytes,
    }
    _run_child(order, name, folder, limits.workbook_seconds)
    grids = []
    rows_above = 0
    for number, sheet in enumerate(json.loads((folder / "index.json").read_text("utf-8"))):
        grids.append(_grid(sheet, folder / f"{number}.arrow", rows_above))
        rows_above += sheet["height"]
    return grids


def _run_child(order: dict[str, str | int], name: str, folder: Path, seconds: int) -> None:
    try:
        status = OPENER.open(order, seconds)
    except TimeoutError as error:
        raise _too_large(f"the workbook took longer than {seconds} seconds to read.", name) from error
    if status == 0:
        return
    if status == REFUSED:
        refused = json.loads((folder / "refused.json").read_text("utf-8"))
        raise FileRefusedError(refused["code"], refused["what"], where=name, remedy="Save it again, or as CSV UTF-8.")
    if status < 0 and -status != signal.SIGHUP:
        raise _too_large("the workbook asks for more memory or time than is allowed.", name)
    raise FileRefusedError(
        "UNREADABLE", "the workbook is damaged.", where=name, remedy="Open it in Excel and save it again."
    )


def _too_large(what: str, name: str) -> FileRefusedError:
    remedy = "Delete stray cells far from the table, or save the sheet as CSV UTF-8."
    return FileRefusedError("TOO_LARGE", what, where=name, remedy=remedy)


def _grid(sheet: dict[str, Any], path: Path, rows_above: int) -> Grid:
    with pa.memory_map(str(path)) as source:
        cells = pl.DataFrame(pl.from_arrow(pa.ipc.open_file(source).read_all()))
    errors: dict[int, set[int]] = defaultdict(set)
    for row, column in sheet["errors"]:
        errors[row].add(column)
    marked = {row: frozenset(columns) for row, columns in errors.items()}
    return Grid(shown_name(sheet["name"]), cells, rows_above, errors=marked)
