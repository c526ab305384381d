"""A spooled file that an erasure has written again: tables of text as the readers once gave them.

Writing such a copy belongs to `pipeline.erasure.spool_copy`.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.formats.raw_table import RawTable

MAGIC = b"HUITOU-GRID 1\n"


def is_grid_copy(path: Path) -> bool:
    """Whether the first bytes say so."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_copy(path: Path) -> list[RawTable]:
    """The tables of a copy, exactly as they were when it was written."""
    content = path.read_bytes()
    end = content.index(b"\n", len(MAGIC))
    return list(_tables(json.loads(content[len(MAGIC) : end]), content, end + 1))


def _tables(heads: list[dict[str, Any]], content: bytes, start: int) -> Iterator[RawTable]:
    for head in heads:
        frames = []
        for count in head.pop("byte_counts"):
            frames.append(pl.read_parquet(io.BytesIO(content[start : start + count])))
            start += count
        head["header"] = tuple(head["header"])
        head["preamble"] = tuple(tuple(record) for record in head["preamble"])
        yield RawTable(frame=frames[0], rejected=frames[1], **head)
