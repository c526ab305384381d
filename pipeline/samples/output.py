"""Writes the sample's files: encodings, line ends, compression, workbooks, permissions.

Every byte depends on the content alone: archives carry no time and no name. What the rows mean does not belong
here.
"""

import gzip
import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl

XLSX_ROW_LIMIT = 200_000
"""Workbooks beyond this many rows in all are written as CSV: spreadsheet programs are slow there too."""
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
    paths: list[str] = field(default_factory=list)

    def csv(self, name: str, frame: pl.DataFrame, encoding: str = "utf-8", line_end: str = "\r\n") -> None:
        """Write a CSV; `name` may end in .gz; encoding utf-8, utf-8-sig or gb18030."""
        content = frame.write_csv(line_terminator=line_end).encode(encoding)
        if name.endswith(".gz"):
            content = gzip.compress(content, COMPRESSION_LEVEL, mtime=0)
        self.bytes(name, content, frame.height)

    def xlsx(self, name: str, sheet: str, frame: pl.DataFrame) -> None:
        """Write a workbook of one sheet, all cells text but those of number columns."""
        self.bytes(name, workbook(sheet, frame), frame.height)

    def bytes(self, name: str, content: bytes, rows: int = 0) -> None:
        """Write one file, readable by its owner only."""
        path = self.root / name
        make_private_folders(self.root, path.parent)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        path.chmod(0o600)
        self.files, self.rows = self.files + 1, self.rows + rows
        self.paths.append(name)


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
