"""Writes the sample's files: encodings, line ends, compression, workbooks, permissions.

Every byte depends on the content alone: archives carry no time and no name. What the rows mean does not belong
here.
"""

import gzip
import io
import os
import zipfile
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

MOST_WAITING = 8
COMPRESSION_LEVEL = 1
ARCHIVE_TIME = (1980, 1, 1, 0, 0, 0)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DOCUMENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@dataclass
class Output:
    """A folder to write into, and the count of what was written."""

    root: Path
    files: int = 0
    rows: int = 0
    waiting: deque[Future[None]] = field(default_factory=deque)
    worker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=1))

    def csv(self, name: str, frame: pl.DataFrame, encoding: str = "utf-8") -> None:
        """Write a CSV; `name` may end in .gz; encoding utf-8, utf-8-sig or gb18030."""
        self._later(name, frame.height, lambda: csv_bytes(frame, encoding, compressed=name.endswith(".gz")))

    def xlsx(self, name: str, sheet: str, frame: pl.DataFrame) -> None:
        """Write a workbook of one sheet, all cells text but those of number columns."""
        self._later(name, frame.height, lambda: workbook(sheet, frame))

    def put(self, name: str, content: bytes) -> None:
        """Write one file at once, readable by its owner only."""
        self.files += 1
        self._put(name, content)

    def close(self) -> None:
        """Wait until every file is written; raises what went wrong with any of them."""
        while self.waiting:
            self.waiting.popleft().result()
        self.worker.shutdown()

    def _later(self, name: str, rows: int, content: Callable[[], bytes]) -> None:
        """Leave encoding and compression to the other core; never more than a few files behind."""
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.popleft().result()
        self.waiting.append(self.worker.submit(lambda: self._put(name, content())))
        self.files, self.rows = self.files + 1, self.rows + rows

    def _put(self, name: str, content: bytes) -> None:
        path = self.root / name
        make_private_folders(self.root, path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        path.chmod(0o600)


def csv_bytes(frame: pl.DataFrame, encoding: str, *, compressed: bool) -> bytes:
    """A CSV with the line ends of the platforms' servers."""
    content = frame.write_csv(line_terminator="\r\n").encode(encoding)
    return gzip.compress(content, COMPRESSION_LEVEL, mtime=0) if compressed else content


def make_private_folders(root: Path, folder: Path) -> None:
    """Make `folder` and its parents below `root`, each 0700."""
    for part in reversed([folder, *folder.parents]):
        if root in part.parents:
            part.mkdir(mode=0o700, exist_ok=True)
            part.chmod(0o700)


def workbook(sheet: str, frame: pl.DataFrame) -> bytes:
    """The bytes of an .xlsx with inline strings, as the exporters of the platforms stream them."""
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        f'<sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": _worksheet(frame),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, ARCHIVE_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}')
    return buffer.getvalue()


def _content_types() -> str:
    return (
        f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{DOCUMENT}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{DOCUMENT}.worksheet+xml"/></Types>'
    )


def _relations(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/{kind}" Target="{target}"/></Relationships>'
    )


def _worksheet(frame: pl.DataFrame) -> str:
    letters = [_letters(index) for index in range(frame.width)]
    header = "".join(_text_cell(letter, "1", name) for letter, name in zip(letters, frame.columns, strict=True))
    number = pl.int_range(2, frame.height + 2, dtype=pl.Int64).cast(pl.String)
    cells = [
        _cell(letter, number, name, dtype)
        for letter, (name, dtype) in zip(letters, frame.schema.items(), strict=True)
        if frame[name].null_count() < frame.height
    ]
    lines = frame.select(
        pl.concat_str(pl.lit('<row r="'), number, pl.lit('">'), *cells, pl.lit("</row>"), ignore_nulls=True).alias("x")
    )["x"]
    body = lines.str.join().item() if frame.height else ""
    return (
        f'<worksheet xmlns="{MAIN}"><dimension ref="A1:{letters[-1]}{frame.height + 1}"/><sheetData>'
        f'<row r="1">{header}</row>{body}</sheetData></worksheet>'
    )


def _text_cell(letter: str, number: str, text: str) -> str:
    return f'<c r="{letter}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def _cell(letter: str, number: pl.Expr, name: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if dtype.is_numeric():
        return pl.concat_str(pl.lit(f'<c r="{letter}'), number, pl.lit('"><v>'), value, pl.lit("</v></c>"))
    safe = value.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])
    opening = '" t="inlineStr"><is><t>'
    return pl.concat_str(
        pl.lit(f'<c r="{letter}'), number, pl.lit(opening), safe, pl.lit("</t></is></c>"), ignore_nulls=False
    )


def _letters(index: int) -> str:
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def laid_out(frame: pl.DataFrame, headers: Sequence[str], cells: dict[str, pl.Expr]) -> pl.DataFrame:
    """The columns of an export in their true order; those without a cell stay empty."""
    unknown = set(cells) - set(headers)
    if unknown:
        raise ValueError(f"cells for columns that the export does not have: {sorted(unknown)}")
    empty = pl.lit(None, pl.String)
    return frame.select(cells.get(header, empty).alias(header) for header in headers)
