"""What a file is by its first bytes, and the unpacking of gzip and zip under caps.

Extensions lie, so they are not looked at. Reading what is inside belongs to `delimited`, `workbook` and
`html_table`.
"""

import gzip
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from pipeline.errors import FileRefusedError
from pipeline.formats.raw_table import Limits

Kind = Literal["text", "html", "gzip", "zip", "workbook"]

HEAD_BYTES = 4096
BLOCK_BYTES = 1 << 20
FREE_BYTES = 1 << 20
"""Unpacking to less than this is never called a bomb."""
NAME_LENGTH = 120
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNSUPPORTED = {
    b"Rar!": "RAR archive",
    b"7z\xbc\xaf": "7-Zip archive",
    b"%PDF": "PDF",
    b"BZh91AY&SY": "bzip2 archive",
    b"\xfd7zXZ": "xz archive",
    b"\x28\xb5\x2f\xfd": "Zstandard archive",
    b"PAR1\x15": "Parquet file",
    b"SQLite format 3": "SQLite database",
}
HTML_STARTS = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body", b"<div", b"<style")
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
ENCRYPTED = 0x1
UTF8_NAME = 0x800


def kind_of(path: Path, name: str) -> Kind:
    """What the file is. Raises FileRefusedError UNREADABLE for what no retailer's export should be."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for magic, what in UNSUPPORTED.items():
        if head.startswith(magic):
            raise _unreadable(f"the file is a {what}.", name, "Deliver CSV, TSV, Excel or HTML, plain, gzip or zip.")
    if head.startswith(OLE2):
        return "workbook"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path, name)
    return _kind_of_text(head, name)


def _kind_of_text(head: bytes, name: str) -> Kind:
    """Markup is told apart in any encoding by its ASCII letters."""
    start = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    start = start.replace(b"\0", b"").lstrip().lower()
    if start.startswith(b"<?xml") and b"<html" not in start:
        raise _unreadable("the file is XML, not a table.", name, "Open it in Excel and save it as .xlsx.")
    return "html" if start.startswith((*HTML_STARTS, b"<?xml")) else "text"


def _kind_of_zip(path: Path, name: str) -> Kind:
    with _opened_zip(path, name) as archive:
        members = {info.filename for info in archive.infolist()}
        if "[Content_Types].xml" in members:
            if any(member.startswith("xl/") for member in members):
                return "workbook"
            raise _unreadable("the file is an Office document without sheets.", name, "Deliver a workbook.")
        if "mimetype" in members and archive.getinfo("mimetype").file_size == len(OPEN_DOCUMENT):
            return "workbook"
    return "zip"


def check_workbook_size(path: Path, name: str, limits: Limits) -> None:
    """Refuse a workbook whose parts unpack to more than the limit.

    Its directory may lie; the child that unpacks it is limited as well.
    """
    if zipfile.is_zipfile(path):
        with _opened_zip(path, name) as archive:
            if sum(info.file_size for info in archive.infolist()) > limits.file_bytes:
                raise _too_large(name)


def unpack_gzip(path: Path, name: str, folder: Path, limits: Limits) -> Path:
    """Unpack into `folder`. A truncated or damaged stream refuses the whole file."""
    target = folder / "gzip"
    try:
        with gzip.open(path) as source:
            _copy(source, target, _allowed(path.stat().st_size, limits, limits.file_bytes), name)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _unreadable("the gzip stream is cut off or damaged.", name, "Deliver the file again.") from error
    return target


def unpack_zip(path: Path, name: str, folder: Path, limits: Limits) -> Iterator[tuple[str, Path]]:
    """Unpack the members one at a time, each into the same private file: its shown name and where it lies.

    Members' names never become paths. Raises FileRefusedError where one would leave the archive, is encrypted,
    no regular file or damaged.
    """
    with _opened_zip(path, name) as archive:
        members = [info for info in archive.infolist() if not _is_ignored(info)]
        if not members:
            raise FileRefusedError("EMPTY_FILE", "the archive holds no file.", where=name, remedy="Pack it again.")
        if len(members) > limits.members:
            raise _too_large(name)
        left = limits.file_bytes
        for number, info in enumerate(members):
            _check_member(info, name)
            target = folder / f"member-{number}"
            try:
                with archive.open(info) as source:
                    left -= _copy(source, target, _allowed(info.compress_size, limits, left), name)
            except (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
                raise _unreadable("a member of the archive is damaged.", name, "Deliver the file again.") from error
            yield _member_name(info), target
            target.unlink()


def _is_ignored(info: zipfile.ZipInfo) -> bool:
    """Folders and what macOS adds."""
    parts = info.filename.split("/")
    return info.is_dir() or parts[0] == "__MACOSX" or parts[-1] in {".DS_Store", "Thumbs.db"}


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    parts = info.filename.replace("\\", "/").split("/")
    unix_type = info.external_attr >> 28
    if ".." in parts or parts[0] == "" or ":" in parts[0] or unix_type not in {0, 0o10}:
        raise _unreadable(
            "a member of the archive points outside it or is no regular file.", name, "Pack the files again."
        )
    if info.flag_bits & ENCRYPTED:
        raise _unreadable("the archive is protected by a password.", name, "Deliver it without one.")


def _member_name(info: zipfile.ZipInfo) -> str:
    """Chinese Windows packs names in GBK without saying so, which Python then reads as code page 437."""
    name = info.filename
    if not info.flag_bits & UTF8_NAME:
        try:
            name = name.encode("cp437").decode("gbk")
        except UnicodeError:
            name = info.filename
    return shown_name(name)


def shown_name(name: str) -> str:
    """A foreign name made safe to show: NFC, no control or direction marks, at most NAME_LENGTH characters."""
    kept = (char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char)[0] != "C")
    return "".join(kept)[:NAME_LENGTH]


def _allowed(packed: int, limits: Limits, left: int) -> int:
    """Bytes that so many packed bytes may become."""
    return min(left, max(packed * limits.unpack_ratio, FREE_BYTES))


def _copy(source: IO[bytes] | gzip.GzipFile, target: Path, allowed: int, name: str) -> int:
    """Copy and count the bytes; more than allowed refuses the file."""
    size = 0
    with target.open("wb") as sink:
        while block := source.read(BLOCK_BYTES):
            size += len(block)
            if size > allowed:
                raise _too_large(name)
            sink.write(block)
    return size


def _opened_zip(path: Path, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise _unreadable("the zip container is cut off or damaged.", name, "Deliver the file again.") from error


def _too_large(name: str) -> FileRefusedError:
    return FileRefusedError(
        "TOO_LARGE", "the file unpacks to more than is allowed.", where=name, remedy="Deliver it in smaller parts."
    )


def _unreadable(what: str, name: str, remedy: str) -> FileRefusedError:
    return FileRefusedError("UNREADABLE", what, where=name, remedy=remedy)
