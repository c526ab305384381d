"""A spooled file after an erasure: its tables of text with the person's cells blanked, under the old name.

The copy keeps every record, row number and cell of everybody else, so the parser makes the same rows of it; only
its bytes are no longer those of the landing file. Who is erased belongs to `pipeline.erasure.tombstones`.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.clean.email import normalized_emails
from pipeline.clean.keys import KEY_TYPES
from pipeline.clean.phone import normalized_phones
from pipeline.clean.text import cleaned
from pipeline.erasure.tombstones import Tombstones
from pipeline.formats.canonical import CANONICAL
from pipeline.formats.detect import lay_out, recognise
from pipeline.formats.grid_copy import MAGIC
from pipeline.formats.job import ParseContext
from pipeline.formats.raw_table import ROW_NUMBER, RawTable
from pipeline.lake import replacing

PERSONAL = frozenset({
    "member_no", "phone", "email", "unionid", "openid", "platform_user_id", "external_userid", "account", "name",
    "first_name", "last_name", "buyer_name", "receiver_name", "receiver_phone", "province", "city", "district",
    "address", "remark", "gender", "birth_date", "keyword", "referrer",
})  # fmt: skip
"""Canonical columns that tell of a person; everything that no canonical column claims is blanked with them."""
KEY_CELLS = frozenset({*KEY_TYPES, "account", "receiver_phone"})
CELL_ENDS = r"[\s,;|\"'=\x1f]+"
WHOLLY_PERSONAL = frozenset({"members"})
"""Kinds of which a row is the person: nothing of it stays."""


def erased_rows(
    tables: Sequence[RawTable], parsed: Mapping[str, pl.DataFrame], tombstones: Tombstones, context: ParseContext
) -> pl.Series:
    """Row numbers of a file that tell of an erased person: by what the parser made of them, and by their cells.

    The cells also speak for records that were refused or ignored.
    """
    found = [tombstones.rows_of(frame, context.source.name) for frame in parsed.values()]
    found += [rows for table in tables for rows in _rows_by_cells(table, tombstones, context)]
    return pl.concat([pl.Series([], dtype=pl.Int64), *found]).unique().sort()


def _rows_by_cells(table: RawTable, tombstones: Tombstones, context: ParseContext) -> Iterator[pl.Series]:
    report = recognise(context.format, context.source.kind, table.header)
    places = lay_out(report, table.header).places if report else {}
    for header in {header for name, place in places.items() if name in KEY_CELLS for header in place.headers}:
        yield table.frame[ROW_NUMBER].filter(_is_theirs(table.frame[header], tombstones, context))
    texts = table.rejected.select(ROW_NUMBER, cell=pl.col("text").str.replace_all(CELL_ENDS, "\n").str.split("\n"))
    cells = texts.explode("cell", empty_as_null=True).filter(pl.col("cell") != "")
    yield cells[ROW_NUMBER].filter(_is_theirs(cells["cell"], tombstones, context))


def _is_theirs(printed: pl.Series, tombstones: Tombstones, context: ParseContext) -> pl.Series:
    values = cleaned(printed)
    phones = normalized_phones(values, context.money)
    return (
        tombstones.are_erased(values) | tombstones.are_erased(phones) | tombstones.are_erased(normalized_emails(values))
    )


def without_rows(tables: Sequence[RawTable], rows: pl.Series, context: ParseContext) -> list[RawTable]:
    """The tables with every personal cell of these rows empty, and their rejected records without text."""
    return [_blanked(table, rows, context) for table in tables]


def _blanked(table: RawTable, rows: pl.Series, context: ParseContext) -> RawTable:
    kept = _kept_headers(table, context)
    is_hit = pl.col(ROW_NUMBER).is_in(rows.implode())
    blank = [name for name in table.frame.columns if name not in kept]
    frame = table.frame.with_columns(
        pl.when(is_hit).then(None).otherwise(pl.col(name)).alias(name) for name in blank if name != ROW_NUMBER
    )
    rejected = table.rejected.with_columns(text=pl.when(is_hit).then(pl.lit("")).otherwise("text"))
    return replace(table, frame=frame, rejected=rejected)


def _kept_headers(table: RawTable, context: ParseContext) -> set[str]:
    report = recognise(context.format, context.source.kind, table.header)
    if report is None or report.kind in WHOLLY_PERSONAL:
        return set()
    layout = lay_out(report, table.header)
    trade = set(CANONICAL[report.kind]) - PERSONAL
    mapped = {header for name, place in layout.places.items() if name in trade for header in place.headers}
    return mapped | set(layout.others.values())


def write_copy(tables: Sequence[RawTable], path: Path) -> None:
    """Put the tables in the place of the spooled file, readable by `pipeline.formats.grid_copy`."""
    heads, blobs = [], []
    for table in tables:
        parts = [_packed(table.frame), _packed(table.rejected)]
        heads.append(_head(table) | {"byte_counts": [len(part) for part in parts]})
        blobs += parts
    content = MAGIC + json.dumps(heads, ensure_ascii=False, sort_keys=True).encode() + b"\n" + b"".join(blobs)
    with replacing(path, 0o400) as building:
        building.write_bytes(content)


def _head(table: RawTable) -> dict[str, Any]:
    names = ("label", "header", "header_row", "records", "blank_rows", "preamble", "encoding", "delimiter")
    return {name: getattr(table, name) for name in names}


def _packed(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
