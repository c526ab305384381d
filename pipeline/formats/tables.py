"""From the bytes of one spooled file to its tables of text, or a refusal; nothing is lost or guessed.

This is the border of the reader: `read_tables` and the shapes it takes and gives. The parser stands on it and
knows nothing of encodings, archives or workbooks.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipeline.errors import FileRefusedError
from pipeline.formats.containers import Kind, check_workbook_size, kind_of, unpack_gzip, unpack_zip
from pipeline.formats.decode import to_utf8
from pipeline.formats.delimited import read_delimited
from pipeline.formats.grid import Grid, grid_table
from pipeline.formats.grid_copy import is_grid_copy, read_copy
from pipeline.formats.html_table import html_grids
from pipeline.formats.raw_table import ROW_NUMBER, Encoding, FindHeader, Limits, RawTable, ReadOptions
from pipeline.formats.workbook import workbook_grids

__all__ = ["Encoding", "FindHeader", "Limits", "RawTable", "ReadOptions", "read_tables"]

TEXTS = frozenset({"text", "html"})


def read_tables(path: Path, name: str, options: ReadOptions) -> list[RawTable]:
    """Read every table of a file that has a header.

    `path` is the spooled copy (its name says nothing), `name` the landing name for messages; what the file is,
    its first bytes tell. Raises FileRefusedError with ENC, NUL, CSV_QUOTE, EMPTY_FILE, TOO_LARGE, HEADER or
    UNREADABLE; HEADER means that `options.find_header` returned None for every table.
    """
    if is_grid_copy(path):
        return read_copy(path)
    if path.stat().st_size > options.limits.file_bytes:
        raise FileRefusedError(
            "TOO_LARGE", "the file is larger than is allowed.", where=name, remedy="Deliver it in smaller parts."
        )
    kind = kind_of(path, name)
    tables = _text_tables(path, name, kind, options) if kind in TEXTS else _unpacked_tables(path, name, kind, options)
    if not tables:
        raise FileRefusedError(
            "HEADER",
            "no row with the columns of the format was found.",
            where=name,
            remedy="Is it an export of this source? Else give the format its headers, or the row by `header_row:`.",
        )
    return tables


def _unpacked_tables(path: Path, name: str, kind: Kind, options: ReadOptions) -> list[RawTable]:
    """The tables of a workbook or of an archive, which need a folder to be unpacked into."""
    with tempfile.TemporaryDirectory(prefix="huitou-", dir=options.temp_folder) as name_of_folder:
        folder = Path(name_of_folder)
        if kind == "gzip":
            return _read_member(unpack_gzip(path, name, folder, options.limits), name, folder, options)
        if kind == "zip":
            return _read_members(path, name, folder, options)
        return _workbook_tables(path, name, folder, options)


def _read_member(path: Path, name: str, folder: Path, options: ReadOptions) -> list[RawTable]:
    kind = kind_of(path, name)
    if kind in TEXTS:
        return _text_tables(path, name, kind, options)
    if kind == "workbook":
        return _workbook_tables(path, name, folder, options)
    raise FileRefusedError(
        "UNREADABLE", "the file is an archive within an archive.", where=name, remedy="Pack the files once."
    )


def _workbook_tables(path: Path, name: str, folder: Path, options: ReadOptions) -> list[RawTable]:
    check_workbook_size(path, name, options.limits)
    with tempfile.TemporaryDirectory(dir=folder) as sheets:
        return _grid_tables(workbook_grids(path, name, Path(sheets), options.limits), name, "workbook", options)


def _text_tables(path: Path, name: str, kind: Kind, options: ReadOptions) -> list[RawTable]:
    text, encoding = to_utf8(path, name, options.encoding)
    if kind == "html":
        return _grid_tables(html_grids(str(text, "utf-8"), name, options.limits), name, "html", options)
    table = read_delimited(text, name, encoding, options)
    return [] if table is None else [table]


def _read_members(path: Path, name: str, folder: Path, options: ReadOptions) -> list[RawTable]:
    """Members one after the other, their row numbers continued and their names put before sheet names."""
    tables: list[RawTable] = []
    rows_above = 0
    for member, unpacked in unpack_zip(path, name, folder, options.limits):
        found = _read_member(unpacked, f"{name}/{member}", folder, options)
        tables += [_continued(table, member, rows_above) for table in found]
        rows_above += max((_last_row(table) for table in found), default=0)
    return tables


def _grid_tables(grids: list[Grid], name: str, encoding: str, options: ReadOptions) -> list[RawTable]:
    tables = (grid_table(grid, name, encoding, options) for grid in grids)
    return [table for table in tables if table is not None]


def _last_row(table: RawTable) -> int:
    return table.header_row + table.records + table.blank_rows


def _continued(table: RawTable, member: str, rows_above: int) -> RawTable:
    down = pl.col(ROW_NUMBER) + rows_above
    return replace(
        table,
        label=f"{member}/{table.label}" if table.label else member,
        frame=table.frame.with_columns(down),
        rejected=table.rejected.with_columns(down),
        header_row=table.header_row + rows_above,
    )
