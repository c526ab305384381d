"""Exports written by hand for the tests of the parser: a header, rows of text, a format, a source."""

from pathlib import Path

import polars as pl

from pipeline.formats.library import FormatLibrary, load_library
from pipeline.formats.parse import ParseContext, ParsedFile, parse_tables, read_options
from pipeline.formats.raw_table import RawTable, rejected_frame, unique_names
from pipeline.formats.tables import read_tables
from pipeline.settings import SourceSettings

BUILTIN = load_library(Path("no own formats"))
SECRET = b"k" * 32


def raw_table(header, *rows, label="", first_row=2, rejected=()):
    names = unique_names(header)
    cells = {
        name: [(row[index] or None) if index < len(row) else None for row in rows] for index, name in enumerate(names)
    }
    numbers = range(first_row, first_row + len(rows))
    frame = pl.DataFrame(
        {"row_number": numbers, **cells}, schema={"row_number": pl.Int64} | dict.fromkeys(names, pl.String)
    )
    refused = rejected_frame(*zip(*rejected, strict=True)) if rejected else rejected_frame([], [], [])
    return RawTable(
        label=label, header=names, frame=frame, header_row=first_row - 1, records=len(rows) + refused.height,
        blank_rows=0, preamble=(), rejected=refused, encoding="utf-8", delimiter=",",
    )  # fmt: skip


def context(
    format_name, kind="orders", library: FormatLibrary = BUILTIN, zone="Asia/Shanghai", money="CNY", **settings
):
    source = SourceSettings(name=settings.pop("name", "shop"), kind=kind, format=format_name, path="shop/*", **settings)
    return ParseContext(
        source=source, format=library.get(source), timezone=zone, currency=money, secret=SECRET,
        file_sha="f" * 64, keep_address=False,
    )  # fmt: skip


def parse(format_name, header, *rows, **options) -> ParsedFile:
    return parse_tables([raw_table(header, *rows)], "shop/export.csv", context(format_name, **options))


def parse_file(path: Path, name: str, under: ParseContext) -> ParsedFile:
    """From the bytes of a file, as the night reads it."""
    return parse_tables(read_tables(path, name, read_options(under)), name, under)


def column(parsed: ParsedFile, table: str, name: str) -> list:
    return parsed.tables[f"raw_{table}"][name].to_list()


def money(parsed: ParsedFile, table: str, name: str) -> list:
    return [None if value is None else str(value) for value in column(parsed, table, name)]


def moments(parsed: ParsedFile, table: str, name: str) -> list:
    return [None if value is None else value.isoformat(" ", "minutes") for value in column(parsed, table, name)]
