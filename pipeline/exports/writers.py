"""Cells become the files that a tool takes: split at its limits, in its kind and encoding, byte for byte repeatable.

Every cell was held against its grammar before, and nothing is escaped here: quotes of CSV are part of the format.
A new kind of receiver (a database, a bucket) takes the same frame and headers; see `WRITERS`.
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.deliver.sheets import text_book
from pipeline.exports.definition import FileSpec
from pipeline.lake import file_sha256

NEWLINES = {"lf": "\n", "crlf": "\r\n"}
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
NEEDS_QUOTES = r'[",\r\n]'


@dataclass(frozen=True)
class WrittenFile:
    """One file of a list; `name` is its path in the folder of the night."""

    name: str
    rows: int
    byte_count: int
    sha256: str

    def entry(self) -> dict[str, str | int]:
        """As the manifest and the audit log tell it."""
        return {"name": self.name, "rows": self.rows, "bytes": self.byte_count, "sha256": self.sha256}


def write_files(
    cells: pl.DataFrame, headers: Sequence[str], file: FileSpec, folder: Path, stem: str
) -> list[WrittenFile]:
    """Write `cells` (text columns in the order of `headers`) as `<stem>.<kind>`, or `<stem>.001.<kind>` … where a
    limit splits them. No rows, no file. Files are 0600, a folder that `stem` names 0700.
    """
    if cells.is_empty():
        return []
    (folder / stem).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    parts = list(batches(cells, headers, file))
    suffix = "zip" if file.zip else file.kind
    names = [f"{stem}.{suffix}"] if len(parts) == 1 else [f"{stem}.{n:03}.{suffix}" for n in range(1, len(parts) + 1)]
    return [_written(part, headers, file, folder, name) for part, name in zip(parts, names, strict=True)]


def batches(cells: pl.DataFrame, headers: Sequence[str], file: FileSpec) -> Iterator[pl.DataFrame]:
    """Slices that keep both limits of a file, whatever their rows: the longest row decides the bytes."""
    rows = min(file.max_rows or cells.height, _rows_in_bytes(cells, headers, file))
    for start in range(0, cells.height, rows):
        yield cells.slice(start, rows)


def _rows_in_bytes(cells: pl.DataFrame, headers: Sequence[str], file: FileSpec) -> int:
    if file.max_bytes is None:
        return cells.height
    longest = int(cells.select(_line(cells.columns).str.len_bytes().max()).item()) + len(NEWLINES[file.newline])
    first = len(_head(headers, file))
    return max(1, (file.max_bytes - first) // longest)


def _written(part: pl.DataFrame, headers: Sequence[str], file: FileSpec, folder: Path, name: str) -> WrittenFile:
    path = folder / name
    WRITERS[file.kind](part, headers, file, path)
    path.chmod(0o600)
    return WrittenFile(name, part.height, path.stat().st_size, file_sha256(path))


def _line(columns: Sequence[str]) -> pl.Expr:
    """A row as one line of CSV; a missing cell is empty."""
    quoted = [
        pl.when(pl.col(name).str.contains(NEEDS_QUOTES))
        .then('"' + pl.col(name).str.replace_all('"', '""', literal=True) + '"')
        .otherwise(pl.col(name))
        .fill_null("")
        for name in columns
    ]
    return pl.concat_str(quoted, separator=",")


def _head(headers: Sequence[str], file: FileSpec) -> bytes:
    mark = b"\xef\xbb\xbf" if file.encoding == "utf-8-sig" else b""
    if not file.header:
        return mark
    row = pl.DataFrame({str(place): [name] for place, name in enumerate(headers)})
    line = str(row.select(_line(row.columns)).item()) + NEWLINES[file.newline]
    return mark + line.encode(_codec(file))


def _codec(file: FileSpec) -> str:
    return "gb18030" if file.encoding == "gb18030" else "utf-8"


def _content(part: pl.DataFrame, headers: Sequence[str], file: FileSpec) -> bytes:
    newline = NEWLINES[file.newline]
    text = newline.join(part.select(_line(part.columns)).to_series()) + newline
    return _head(headers, file) + text.encode(_codec(file))


def _write_text(part: pl.DataFrame, headers: Sequence[str], file: FileSpec, path: Path) -> None:
    content = _content(part, headers, file)
    path.write_bytes(_zipped(content, f"{path.stem}.txt") if file.zip else content)


def _zipped(content: bytes, name: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(zipfile.ZipInfo(name, ZIP_DAY), content, compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _write_xlsx(part: pl.DataFrame, headers: Sequence[str], file: FileSpec, path: Path) -> None:
    text_book(part, headers if file.header else [], path)


def _write_parquet(part: pl.DataFrame, headers: Sequence[str], file: FileSpec, path: Path) -> None:
    part.rename(dict(zip(part.columns, headers, strict=True))).write_parquet(path, compression="zstd")


WRITERS: Mapping[str, Callable[[pl.DataFrame, Sequence[str], FileSpec, Path], None]] = {
    "csv": _write_text,
    "txt": _write_text,
    "xlsx": _write_xlsx,
    "parquet": _write_parquet,
}
"""Kind of file → the function that writes one batch of cells to a path."""
