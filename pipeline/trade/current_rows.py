"""Raw to clean: which rows count tonight.

Which version of a row counts is said in `sql/clean/left_out_rows.sql`, once for every kind of source. Here the
rows that do not count are taken out, part by part, so that a night rewrites only the files that overlap.
"""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, replacing, write_bytes, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.trade.terms import mirror_pairs

FILE = ["source", "file_sha"]
PLACE = [*FILE, "row_number"]


def mirrored_rows(
    raw_order_heads: Table, raw_order_lines: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per raw order row that a mirrored source makes superfluous."""
    pairs = mirror_pairs(settings, engine.scratch)
    told = [raw_order_heads, raw_order_lines]
    if pairs.read().is_empty():  # nothing is mirrored, whatever the rows say: one part tells the columns
        told = [replace(table, paths=table.paths[:1]) for table in told]
    tables = (*told, pairs)
    return engine.run("clean/mirrored_rows.sql", tables, {"as_of": as_of}, TABLES["mirrored_rows"], path)


def left_out_rows(
    raw: Table,
    raw_order_heads: Table,
    mirrored_rows: Table,
    source_files: Table,
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """`left_out_<kind>` of the raw table `raw_<kind>`: one row per row that does not count, and why."""
    kind = raw.name.removeprefix("raw_")
    is_lines, scratch = kind == "order_lines", engine.scratch
    tables = (
        replace(raw, name="raw_rows"),
        _where("member_no" in TABLES[raw.name].names, raw, "raw_members", "buyer_rows", scratch),
        _where(is_lines, raw, "raw_order_lines", "told_lines", scratch),
        _where(is_lines, raw_order_heads, "raw_order_heads", "told_heads", scratch),
        mirrored_rows,
        source_files,
    )
    return engine.run("clean/left_out_rows.sql", tables, {"as_of": as_of}, TABLES[f"left_out_{kind}"], path)


def _where(wanted: bool, table: Table, like: str, name: str, scratch: Path) -> Table:
    """`table` under the name that SQL asks for where it is wanted; else no rows, with the columns of `like`."""
    if wanted:
        return replace(table, name=name)
    return replace(write_table(TABLES[like], TABLES[like].empty(), scratch / f"{name}.parquet"), name=name)


@dataclass(frozen=True)
class Kept:
    """What an earlier night of the same program read, left out and kept of a kind of rows."""

    raw: Table
    left_out: Table
    clean: Table


def clean_rows(raw: Table, left_out: Table, *, path: Path, earlier: Kept | None = None) -> Table:
    """`clean_<kind>`: the rows of the raw table that are not left out, one file per part in the folder of `path`.

    A part holds the rows of one file, in its order. A part of which every row counts is linked, not copied; so is
    what an `earlier` night kept of the very same part when it left out the same rows of it.
    """
    name = f"clean_{raw.name.removeprefix('raw_')}"
    folder = path.with_suffix("")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = _rows_by_file(left_out)
    before = _rows_by_file(earlier.left_out) if earlier else {}
    kept = _kept_of(raw, earlier) if earlier else {}
    paths = []
    for part in raw.paths:
        file = _file_of(part)
        is_same = file in mine and file in before and mine[file].equals(before[file])
        again = kept.get(part.name) if is_same else None
        paths.append(_kept_part(part, mine.get(file), again, folder / part.name))
    return Table(name, tuple(paths))


def _kept_of(raw: Table, earlier: Kept) -> dict[str, Path]:
    """What the earlier night kept of parts that are the same file still: an erasure makes a part anew."""
    parts = {part.name: part for part in earlier.raw.paths}
    same = {part.name for part in raw.paths if part.name in parts and part.samefile(parts[part.name])}
    return {part.name: part for part in earlier.clean.paths if part.name in same}


def _rows_by_file(left_out: Table) -> dict[tuple[object, ...], pl.Series]:
    """The numbers of the rows that are left out of each file."""
    rows = left_out.scan().select(PLACE).collect().partition_by(FILE, as_dict=True, include_key=False)
    return {file: frame["row_number"].sort() for file, frame in rows.items()}


def _file_of(part: Path) -> tuple[object, ...]:
    """The source and the file whose rows a part holds; nothing for a part without rows."""
    return next(pl.scan_parquet(part, glob=False).select(FILE).head(1).collect().iter_rows(), ())


def _kept_part(part: Path, left_out: pl.Series | None, earlier: Path | None, path: Path) -> Path:
    if left_out is None:
        return _linked(part, path)
    if earlier is not None:
        return _linked(earlier, path)
    rows = pl.read_parquet(part, glob=False)
    with replacing(path, durable=False) as building:
        kept = rows.filter(~pl.col("row_number").is_in(left_out.implode()))
        kept.write_parquet(building, compression="zstd", compression_level=1)
    return path


def _linked(part: Path, path: Path) -> Path:
    path.unlink(missing_ok=True)
    try:
        path.hardlink_to(part)
    except OSError:
        write_bytes(path, part.read_bytes())
    return path
