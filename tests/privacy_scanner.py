"""Looks for values in every byte of a folder, whatever they are packed, spelt or encoded in.

A file is read as it is and, where it is a container, as what it holds: Parquet columns, cells and XML of workbooks,
rows of SQLite and DuckDB, members of archives, spool copies after an erasure.
"""

import base64
import gzip
import hashlib
import html
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import duckdb
import fastexcel
import polars as pl

from pipeline.formats.grid_copy import is_grid_copy, read_copy

FILES_AT_ONCE = 100
"""Values are looked for in so many files at once: what is looked for is made ready only once for them."""
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
FULL_WIDTH = {ord("0") + digit: ord("０") + digit for digit in range(10)}


def spellings(value: str) -> Iterator[tuple[str, str]]:
    """The ways in which a value may be written as text."""
    yield "plain", value
    yield "reversed", value[::-1]
    yield "as JSON", json.dumps(value)[1:-1]
    yield "as an address", quote(value)
    yield "as HTML", html.escape(value)
    if value.isdigit() and len(value) == 11:
        yield "with dashes", f"{value[:3]}-{value[3:7]}-{value[7:]}"
        yield "with blanks", f"{value[:3]} {value[3:7]} {value[7:]}"
        yield "in wide digits", value.translate(FULL_WIDTH)
    if "@" in value or value.isdigit():  # few enough to be guessed from their plain hash
        for name in ("md5", "sha1", "sha256"):
            yield name, hashlib.new(name, value.encode()).hexdigest()


def _base64(value: bytes) -> Iterator[bytes]:
    """The letters that are the same at each of the three places where a value may begin."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + value).rstrip(b"=")
        yield coded[(8 * shift + 5) // 6 : len(coded) - 1]


def needles(values: Iterable[str]) -> dict[bytes, tuple[str, str]]:
    """What to look for, and which value in which spelling it is."""
    found: dict[bytes, tuple[str, str]] = {}
    for value in values:
        for how, spelt in spellings(value):
            for encoding in ENCODINGS:
                found.setdefault(spelt.encode(encoding), (value, f"{how}, {encoding}"))
        for encoding in ENCODINGS:
            for coded in _base64(value.encode(encoding)):
                found.setdefault(coded, (value, f"base64 of {encoding}"))
            found.setdefault(value.encode(encoding)[::-1], (value, f"bytes reversed, {encoding}"))
    return found


def texts_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file and everything that is packed in it."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".parquet":
        yield from _columns(pl.read_parquet(path))
    elif is_grid_copy(path):
        for table in read_copy(path):
            yield from _columns(table.frame)
            yield from _columns(table.rejected)
    elif path.suffix == ".duckdb":
        yield from _duckdb(path)
    else:
        yield from _unpacked(content)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(b"SQLite format 3\0"):
        yield from _sqlite(content)
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        yield from _zipped(content)


def _zipped(content: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        for name in names:
            member = archive.read(name)
            yield name.encode() + b"\n" + member
            yield from _unpacked(member)
    if "xl/workbook.xml" in names:
        workbook = fastexcel.read_excel(content)
        for sheet in workbook.sheet_names:
            yield from _columns(workbook.load_sheet(sheet, header_row=None, dtypes="string").to_polars())


def _columns(frame: pl.DataFrame) -> Iterator[bytes]:
    """Every column as text, each value once; lists and structs as JSON, names of columns too."""
    yield "\n".join(frame.columns).encode()
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    for name in nested:
        yield "\n".join(json.dumps(value, ensure_ascii=False, default=str) for value in frame[name].to_list()).encode()
    binary = [name for name, dtype in frame.schema.items() if dtype == pl.Binary]
    for name in binary:
        yield b"\n".join(frame[name].drop_nulls())
    plain = frame.drop(nested, binary)
    if plain.width and plain.height:
        told = plain.select(pl.all().cast(pl.String, strict=False).unique().str.join("\n", ignore_nulls=True))
        yield "\n".join(text or "" for text in told.row(0)).encode()


def _sqlite(content: bytes) -> Iterator[bytes]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.deserialize(content[:18] + b"\1\1" + content[20:])  # a log beside it is a file of its own
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            values = [value for row in connection.execute(f'select * from "{table}"') for value in row]
            packed = [value if isinstance(value, bytes) else str(value).encode() for value in values]
            yield b"\n".join(packed)
            yield from (text for value in packed for text in _unpacked(value))
    finally:
        connection.close()


def _duckdb(path: Path) -> Iterator[bytes]:
    """All tables, views and comments."""
    with duckdb.connect(path, read_only=True) as connection:
        for catalogue in ("duckdb_tables()", "duckdb_views()", "duckdb_columns()", "duckdb_schemas()"):
            yield str(connection.execute(f"select * from {catalogue}").fetchall()).encode()
        names = "select table_schema || '.\"' || table_name || '\"' from information_schema.tables"
        for (name,) in connection.execute(names).fetchall():
            yield from _columns(pl.DataFrame(connection.sql(f"select * from {name}").to_arrow_table()))


def found_in(text: bytes, wanted: Mapping[bytes, tuple[str, str]]) -> set[tuple[str, str]]:
    """Which values, and how they are written."""
    (found,) = found_in_each([text], wanted)
    return found


def found_in_each(texts: Sequence[bytes], wanted: Mapping[bytes, tuple[str, str]]) -> list[set[tuple[str, str]]]:
    """Which values stand in each text: one pass for all of them, another one only where there is any."""
    letters = pl.Series([text.decode("latin-1") for text in texts], dtype=pl.String)
    hits = letters.str.contains_any([needle.decode("latin-1") for needle in wanted])
    return [
        {known for needle, known in wanted.items() if needle in text} if is_hit else set()
        for text, is_hit in zip(texts, hits, strict=True)
    ]


def leaks(paths: Iterable[Path], values: Iterable[str]) -> dict[Path, set[tuple[str, str]]]:
    """Files that hold one of the values, with what and how."""
    wanted = needles(values)
    told: dict[Path, set[tuple[str, str]]] = {}
    for some in batched(paths, FILES_AT_ONCE):
        texts = [b"\n".join(texts_of(path)) for path in some]
        told |= zip(some, found_in_each(texts, wanted), strict=True)
    return {path: found for path, found in told.items() if found}


def batched(paths: Iterable[Path], size: int) -> Iterator[list[Path]]:
    """So many paths at a time."""
    rest = iter(paths)
    while some := list(islice(rest, size)):
        yield some


def files_below(folder: Path) -> list[Path]:
    """Every regular file, sorted."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
