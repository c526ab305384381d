"""The program that opens workbooks, apart from everything else: each in a process that may be killed at any moment.

Takes orders from its standard input, one JSON object a line: path, folder, memory, seconds, rows, columns, sheets,
file_bytes. For each it forks a child under these limits, which writes `index.json` and one Arrow file of text
columns per sheet into the folder, or `refused.json`; the child's exit status is the answer, a line on standard
output. It imports nothing of the pipeline, so that it starts fast and works without it. Which row is the header is
decided by the parent.
"""

import gc
import json
import os
import re
import resource
import sys
import zipfile
import zlib
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any, NoReturn

import fastexcel
import pyarrow as pa
import pyarrow.compute as pc

LONG_NUMBER = r"^-?\d{16,}(?:\.\d+)?$"
"""A number as text from 1e15 on: Excel keeps 15 digits, so an id written as a number is no longer that id."""

LONG_CELL = tuple(map(re.compile, (rb"v[^<>]*>[^<.]*\d{16}", rb"v[^<>]*>[^<]*[eE]", rb"CDATA")))
"""What the XML of a sheet holds if any numeric cell is that long (and sometimes if none is)."""
WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
BLOCK_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 10


class RefusedError(Exception):
    """The workbook is refused; code and reason are the two arguments."""


def main() -> None:
    """Answer orders until nobody gives any more. Nothing but answers gets out: libraries print what cells hold."""
    _warm_up()
    gc.disable()  # to look for what may go would touch, and so copy, every page in every child
    answers = os.dup(sys.stdout.fileno())
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, sys.stdout.fileno())
    for order in sys.stdin.buffer:
        child = os.fork()
        if not child:
            os.dup2(silence, sys.stdin.fileno())
            os.close(answers)
            _end(order)
        _, status = os.waitpid(child, 0)
        os.write(answers, b"%d\n" % os.waitstatus_to_exitcode(status))


class _WithoutPandas(MetaPathFinder):
    """Arrow loads pandas where it finds it, which takes longer than everything else; nothing here needs it."""

    def find_spec(self, fullname: str, _path: object, _target: object = None) -> None:
        """Tell that there is none."""
        if fullname == "pandas":
            raise ModuleNotFoundError(name=fullname)


def _warm_up() -> None:
    """Arrow loads much of itself when a Python value first meets an array: once here, not in every child."""
    sys.meta_path.insert(0, _WithoutPandas())
    _without_empty(pa.array([""]))


def _end(order: bytes) -> NoReturn:
    """Whatever happens, the child ends here and does not go on as a second helper."""
    status = 1
    try:
        status = read(json.loads(order))
    finally:
        os._exit(status)


def read(order: dict[str, Any]) -> int:
    """Read one workbook under its limits; 0 done, 3 refused with a reason in `refused.json`."""
    folder = Path(order["folder"])
    os.chdir(folder)
    _limit(order)
    try:
        index = _sheets(order, folder)
    except RefusedError as refused:
        code, what = refused.args
        (folder / "refused.json").write_text(json.dumps({"code": code, "what": what}), "utf-8")
        return 3
    (folder / "index.json").write_text(json.dumps(index), "utf-8")
    return 0


def _limit(order: dict[str, Any]) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, order["memory"]),
        (resource.RLIMIT_CPU, order["seconds"]),
        (resource.RLIMIT_FSIZE, order["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (limit, limit))


def _sheets(order: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    try:
        reader = fastexcel.read_excel(order["path"])
        names = reader.sheet_names
        if len(names) > order["sheets"]:
            raise RefusedError("TOO_LARGE", "the workbook has too many sheets.")
        has_long = _has_long_numbers(order["path"])
        return [_sheet(reader, number, order, folder, has_long) for number in range(len(names))]
    except (fastexcel.FastExcelError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        what = "the workbook is damaged or protected by a password."
        raise RefusedError("UNREADABLE", what) from error


def _has_long_numbers(path: str) -> bool:
    """Whether numbers must be told from texts, which costs a second reading of the sheets; True in doubt."""
    if not zipfile.is_zipfile(path):
        return True
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.namelist() if part.startswith("xl/worksheets/") and part.endswith(".xml")]
        return not parts or any(_matches(archive, part) for part in parts)


def _matches(archive: zipfile.ZipFile, part: str) -> bool:
    kept = b""
    with archive.open(part) as source:
        while block := source.read(BLOCK_BYTES):
            text = kept + block
            if text.startswith(WIDE_MARKS) or any(pattern.search(text) for pattern in LONG_CELL):
                return True
            kept = block[-OVERLAP_BYTES:]
    return False


def _sheet(reader: Any, number: int, order: dict[str, Any], folder: Path, has_long: bool) -> dict[str, Any]:
    sheet = reader.load_sheet(number, header_row=None, skip_rows=0, dtypes="string")
    if sheet.width > order["columns"] or sheet.height > order["rows"]:
        raise RefusedError("TOO_LARGE", "a sheet has too many rows or columns; a stray cell far out counts.")
    batch, errors = sheet.to_arrow_with_errors()
    texts = [_without_empty(column.cast(pa.string())) for column in batch.columns]
    columns = _marked(reader, number, texts) if has_long else texts
    table = pa.Table.from_arrays(columns, names=[f"column_{index}" for index in range(len(columns))])
    with pa.OSFile(str(folder / f"{number}.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    places = [list(error.position) for error in errors.errors] if errors else []
    return {"name": sheet.name, "height": sheet.height, "errors": places}


def _without_empty(texts: Any) -> Any:
    """Empty texts as nulls; most columns have none, and are not copied."""
    is_empty = pc.equal(texts, "")
    return pc.if_else(is_empty, None, texts) if pc.any(is_empty).as_py() else texts


def _marked(reader: Any, number: int, texts: list[Any]) -> list[Any]:
    """Numeric cells of 16 or more digits in scientific notation.

    Read as text, such a number looks like an id that somebody typed as text. Read as booleans, numbers have a
    value and texts have none: that tells them apart.
    """
    is_long = [pc.fill_null(pc.match_substring_regex(text, LONG_NUMBER), False) for text in texts]
    suspects = [index for index, mask in enumerate(is_long) if mask.true_count]
    if not suspects:
        return texts
    # every column is asked for: numbers of columns would be counted otherwise where a sheet begins right of A
    truths = reader.load_sheet(number, header_row=None, skip_rows=0, dtypes="boolean").to_arrow()
    for index in suspects:
        is_number = pc.and_(is_long[index], pc.is_valid(truths.column(index)))
        texts[index] = pc.if_else(is_number, _scientific(texts[index]), texts[index])
    return texts


def _scientific(texts: Any) -> Any:
    """202411220000000096 as 2.02411220000000096E+17; other texts come out as nonsense and are not used."""
    whole = pc.replace_substring_regex(texts, r"^-|\..*$", "")
    exponent = pc.subtract(pc.binary_length(whole), 1).cast(pa.string())
    sign = pc.if_else(pc.starts_with(texts, "-"), "-", "")
    first, rest = pc.utf8_slice_codeunits(whole, 0, 1), pc.utf8_slice_codeunits(whole, 1)
    return pc.binary_join_element_wise(sign, first, ".", rest, "E+", exponent, "")


if __name__ == "__main__":
    main()
