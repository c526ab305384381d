"""From the bytes of a text file to UTF-8 without losing or inventing a character.

Strict always: a byte that does not belong to the encoding refuses the file. A byte order mark outweighs
everything else. Automatic choice tries UTF-8, then GB18030; that cannot tell GB18030 from Big5 or
Shift-JIS, whose bytes decode to nonsense without an error, so such a file fails later at its header.
"""

import codecs
import mmap
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.errors import FileRefusedError
from pipeline.formats.raw_table import Encoding

CHUNK_BYTES = 4 << 20
HEAD_BYTES = 64 << 10
NUL_SHARE = 0.2
EURO_OF_CP936 = 0x80
MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
TEACH = "Export the file again as UTF-8, or set `encoding:` of its format."


def to_utf8(path: Path, name: str, encoding: Encoding) -> tuple[pa.Buffer, str]:
    """The file as UTF-8 without byte order mark, and the encoding it had.

    A UTF-8 file is mapped, not copied. Raises FileRefusedError: EMPTY_FILE, ENC, NUL.
    """
    if not path.stat().st_size:
        raise FileRefusedError("EMPTY_FILE", "the file is empty.", where=name, remedy="Export it again.")
    with path.open("rb") as file:  # opened here, for Arrow knows no names that are not UTF-8
        data = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    head = data.slice(0, min(data.size, HEAD_BYTES)).to_pybytes()
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileRefusedError("ENC", "the file is UTF-32, which is not supported.", where=name, remedy=TEACH)
    marked = next((found for mark, found in MARKS.items() if head.startswith(mark)), None)
    if marked is None and encoding != "utf-16":
        _refuse_nul(head, name)
    text, found = _decode(data, marked or encoding, head, name)
    if text.size <= HEAD_BYTES and not text.to_pybytes().strip():
        raise FileRefusedError("EMPTY_FILE", "the file holds no text.", where=name, remedy="Export it again.")
    return text, found


def _refuse_nul(head: bytes, name: str) -> None:
    """Nothing but NUL is no text, and NUL in every other place is UTF-16; a few belong to single rows."""
    zeros = np.flatnonzero(np.frombuffer(head, np.uint8) == 0)
    if len(zeros) == len(head):
        raise FileRefusedError(
            "NUL", "the file is full of NUL bytes, as a broken copy is.", where=name, remedy="Deliver it again."
        )
    if len(zeros) > NUL_SHARE * len(head) and len(np.unique(zeros % 2)) == 1:
        what = "the file looks like UTF-16 without a byte order mark."
        raise FileRefusedError("ENC", what, where=name, remedy="Set `encoding: utf-16` of its format.")


def _decode(data: pa.Buffer, encoding: str, head: bytes, name: str) -> tuple[pa.Buffer, str]:
    if encoding == "utf-16":
        return _transcode(data, _utf16_order(head), name), "utf-16"
    if encoding == "gb18030":
        return _transcode(data, "gb18030", name), "gb18030"
    if _is_utf8(data):
        return data.slice(len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0), "utf-8"
    if encoding == "utf-8":
        raise _refusal(data, "utf-8", name)
    return _transcode(data, "gb18030", name), "gb18030"


def _is_utf8(data: pa.Buffer) -> bool:
    """Checked over the whole file by Arrow's validator, without a copy."""
    offsets = pa.py_buffer(np.array([0, data.size], np.int64))
    try:
        pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, data]).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _utf16_order(head: bytes) -> str:
    """Byte order by the mark, else by where the zero bytes of ASCII characters stand."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    zeros = np.flatnonzero(np.frombuffer(head, np.uint8) == 0)
    return "utf-16-be" if np.count_nonzero(zeros % 2 == 0) * 2 > len(zeros) else "utf-16-le"


def _transcode(data: pa.Buffer, codec: str, name: str) -> pa.Buffer:
    decoder = codecs.getincrementaldecoder(codec)("strict")
    text = bytearray()
    try:
        for offset in range(0, data.size, CHUNK_BYTES):
            size = min(CHUNK_BYTES, data.size - offset)
            chunk = memoryview(data.slice(offset, size))
            text += decoder.decode(chunk, final=offset + size == data.size).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise _refusal(data, codec, name) from error
    start = len(codecs.BOM_UTF8) if text.startswith(codecs.BOM_UTF8) else 0
    return pa.py_buffer(text).slice(start)


def _refusal(data: pa.Buffer, codec: str, name: str) -> FileRefusedError:
    """The refusal that names the line of the first wrong byte."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    line, wrong = 1, -1
    for offset in range(0, data.size, CHUNK_BYTES):
        size = min(CHUNK_BYTES, data.size - offset)
        try:
            line += decoder.decode(memoryview(data.slice(offset, size)), final=offset + size == data.size).count("\n")
        except UnicodeError as error:
            if isinstance(error, UnicodeDecodeError):
                line += bytes(error.object[: error.start]).decode(codec, "replace").count("\n")
                wrong = error.object[error.start]
            break
    what = f"line {line} holds a byte that is not {codec.removesuffix('-le').removesuffix('-be').upper()}."
    if codec == "gb18030" and wrong == EURO_OF_CP936:
        what = f"line {line} holds the byte 0x80, the euro sign of Windows code page 936, unknown to GB18030."
    return FileRefusedError("ENC", what, where=name, remedy=TEACH)
