"""Raw to clean: which rows count tonight.

Which version of a row counts is said in `sql/clean/left_out_rows.sql`, once for every kind of source. Here the
rows that do not count are taken out, part by part, so that a night rewrites only the files that overlap.
"""

from dataclasses import replace
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
    tables = (raw_order_heads, raw_order_lines, mirror_pairs(settings, engine.scratch))
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


def clean_rows(raw: Table, left_out: Table, *, path: Path) -> Table:
    """`clean_<kind>`: the rows of the raw table that are not left out, one file per part in the folder of `path`.

    A part of which every row counts is linked, not copied. Rows keep the order of their files.
    """
    name = f"clean_{raw.name.removeprefix('raw_')}"
    folder = path.with_suffix("")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    touched = left_out.scan().select(FILE).unique().collect()
    return Table(name, tuple(_kept_part(part, left_out, touched, folder / part.name) for part in raw.paths))


def _kept_part(part: Path, left_out: Table, touched: pl.DataFrame, path: Path) -> Path:
    rows = pl.scan_parquet(part, glob=False)
    files = rows.select(FILE).unique().collect().join(touched, on=FILE, how="semi")
    if files.is_empty():
        return _linked(part, path)
    mine = left_out.scan().select(PLACE).join(files.lazy(), on=FILE, how="semi").collect()
    with replacing(path) as building:
        kept = rows.join(mine.lazy(), on=PLACE, how="anti", maintain_order="left")
        kept.sink_parquet(building, compression="zstd", compression_level=1)
    return path


def _linked(part: Path, path: Path) -> Path:
    path.unlink(missing_ok=True)
    try:
        path.hardlink_to(part)
    except OSError:
        write_bytes(path, part.read_bytes())
    return path
