"""The proof that no row and no cent was lost between the landing files and the ledger of trade.

`row_counts` puts side by side what the readers counted and what the tables hold; `check_reconciled` says in words
which equation fails. Promises about single rows of the tables belong to their contracts and to `sql/audits`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.formats.parse import ReportCounts
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import MONEY, WHOLE
from pipeline.schemas.raw import RAW_TABLES

SPEC = TABLES["row_counts"]
PLACE = ["table_name", "source"]
LEDGER_INPUTS = (
    "clean_order_heads",
    "clean_order_lines",
    "clean_refunds",
    "matched_refunds",
    "order_line_amounts",
    "order_lines",
    "order_totals",
    "orders",
    "returns_matched",
)
ROW_PARTS = ("clean_rows", "rejected_rows", "duplicate_rows")
AMOUNT_PARTS = ("clean_amount", "rejected_amount", "duplicate_amount")
FILE_PARTS = ("raw_rows", "control_rows", "ignored_rows", "later_rows")


def row_counts(
    reports: Sequence[tuple[str, ReportCounts]],
    tables: Mapping[str, Table],
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """One row per table and source of the night.

    `reports` are (source, counts) of every part that is in the raw tables (repeated deliveries are not); `tables`
    has the clean and left_out table of every kind and the tables of `LEDGER_INPUTS`.
    """
    ledger = [tables[name] for name in LEDGER_INPUTS]
    counts = engine.run("night/ledger_counts.sql", ledger, {"as_of": as_of}, SPEC, engine.scratch / "ledger_counts")
    landed = landing_counts(reports, tables, as_of)
    return write_table(SPEC, pl.concat([landed, counts.read()]), path)


def landing_counts(
    reports: Sequence[tuple[str, ReportCounts]], tables: Mapping[str, Table], as_of: date
) -> pl.DataFrame:
    """The rows of the raw tables: what the readers counted, against what clean and left_out tables hold.

    raw_rows and raw_amount come from the readers alone, less what happened after as_of.
    """
    kept = pl.concat(_sums(tables[f"clean_{kind}"], f"raw_{kind}", "clean") for kind in RAW_TABLES)
    left = {
        reason: pl.concat(_sums(tables[f"left_out_{kind}"], f"raw_{kind}", reason) for kind in RAW_TABLES)
        for reason in ("duplicate", "later")
    }
    counts = _told(reports)
    for frame in (kept, left["duplicate"], left["later"]):
        counts = counts.join(frame, on=PLACE, how="full", coalesce=True)
    amounts = pl.selectors.ends_with("_amount")
    counts = counts.with_columns(
        pl.selectors.ends_with("_rows").fill_null(0), amounts.cast(MONEY).fill_null(Decimal(0))
    )
    counts = counts.with_columns(
        as_of=pl.lit(as_of),
        raw_rows=pl.col("file_rows") - pl.col("control_rows") - pl.col("ignored_rows") - pl.col("later_rows"),
        raw_amount=pl.col("told_amount") - pl.col("later_amount"),
    )
    return counts.select(pl.col(name).cast(dtype) for name, dtype in SPEC.polars_schema.items())


def _told(reports: Sequence[tuple[str, ReportCounts]]) -> pl.DataFrame:
    """What the readers counted, by raw table and source."""
    rows = [
        {
            "table_name": counts.table,
            "source": source,
            "file_rows": counts.records,
            "control_rows": counts.control_rows,
            "ignored_rows": counts.ignored_rows,
            "rejected_rows": counts.rejected_rows,
            "told_amount": counts.raw_amount,
            "rejected_amount": counts.rejected_amount,
            "ignored_amount": counts.ignored_amount,
        }
        for source, counts in reports
    ]
    numbers = dict.fromkeys(("file_rows", "control_rows", "ignored_rows", "rejected_rows"), WHOLE)
    money = dict.fromkeys(("told_amount", "rejected_amount", "ignored_amount"), MONEY)
    schema = {"table_name": pl.String(), "source": pl.String(), **numbers, **money}
    return pl.DataFrame(rows, schema=schema).group_by(PLACE).agg(pl.all().sum())


def _sums(table: Table, table_name: str, what: str) -> pl.DataFrame:
    """Rows and money of a clean table, or of those rows of a left_out table that are left out for `what`."""
    rows = table.scan()
    if what != "clean":
        rows = rows.filter(pl.col("left_out_because") == what)
    sums = rows.group_by("source").agg(
        pl.len().cast(pl.Int64).alias(f"{what}_rows"), pl.col("amount").sum().cast(MONEY).alias(f"{what}_amount")
    )
    return sums.select(pl.lit(table_name).alias("table_name"), pl.all()).collect()


def check_reconciled(row_counts: pl.DataFrame) -> list[str]:
    """Which equations of `row_counts` fail, in words; an empty list means that every row and cent is accounted for."""
    return [sentence for row in row_counts.sort(SPEC.key).iter_rows(named=True) for sentence in _failures(row)]


def _failures(row: Mapping[str, object]) -> Iterator[str]:
    for whole, parts in (("raw_rows", ROW_PARTS), ("raw_amount", AMOUNT_PARTS), ("file_rows", FILE_PARTS)):
        total, told = _number(row[whole]), [_number(row[part]) for part in parts]
        if total != sum(told):
            right = " + ".join(f"{number} {part}" for number, part in zip(told, parts, strict=True))
            yield f"{row['table_name']} of {row['source']}: {total} {whole}, but {right} = {sum(told)}"


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def check_counted(row_counts: pl.DataFrame, source_files: pl.DataFrame) -> list[str]:
    """Sources with loaded records that no row of `row_counts` accounts for, in words: silence is no proof."""
    loaded = source_files.filter((pl.col("state") == "loaded") & (pl.col("rows") > 0))["source"].unique().sort()
    counted = set(row_counts.filter(pl.col("table_name").str.starts_with("raw_"))["source"])
    return [
        f"{source}: its files have records, but row_counts has no row for it"
        for source in loaded
        if source not in counted
    ]
