"""The night itself: proof that nothing was lost, promises between tables, and the record of the run."""

import logging

import dagster as dg
import polars as pl

from assets.tables import step_asset
from pipeline.deliver.audit import audit
from pipeline.ingest import take_files
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.publish import runs
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.raw import RAW_TABLES
from pipeline.trade import reconcile
from pipeline.trade.notices import notices

log = logging.getLogger("huitou.night")

MADE_BEFORE = sorted(set(TABLES) - {"runs", "row_counts"})
COUNTED = sorted(
    {f"{state}_{kind}" for state in ("clean", "left_out") for kind in RAW_TABLES} | set(reconcile.LEDGER_INPUTS)
)
"""What the proof of rows and money counts: it is made beside scores and predictions, not after all else."""


def row_counts(night: Night) -> Table:
    """One row per night, table and source: tonight's counts beside those of earlier nights."""
    reports = [
        (file.known.spooled.source, report) for file in take_files(night) if file.part for report in file.part.reports
    ]
    tables = {name: night.table(name) for name in COUNTED}
    path = night.scratch / "row_counts_of_tonight.parquet"
    tonight = reconcile.row_counts(reports, tables, engine=night.engine, as_of=night.as_of, path=path)
    earlier = night.current_table("row_counts", alias="row_counts").scan().filter(pl.col("as_of") != night.as_of)
    return write_table(TABLES["row_counts"], pl.concat([earlier, tonight.scan()]), night.path("row_counts"))


row_counts_asset = step_asset("row_counts", [*COUNTED, "source_files"], row_counts)


def told_runs(night: Night) -> Table:
    """The record of the run; before it, what a person should look at in the ledger of trade."""
    for line in notices(*(night.table(name) for name in ("orders", "refunds", "refund_differences"))):
        log.warning("%s", line)
    return runs(night)


runs_asset = step_asset("runs", [*MADE_BEFORE, "row_counts"], told_runs)


@dg.asset_check(asset="row_counts", blocking=True)
def every_row_and_cent_is_accounted_for(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """Rows and money in are rows and money out, for every source and table of tonight."""
    tonight = night.table("row_counts").scan().filter(pl.col("as_of") == night.as_of).collect()
    failed = reconcile.check_reconciled(tonight) + reconcile.check_counted(tonight, night.table("source_files").read())
    return dg.AssetCheckResult(passed=not failed, metadata={"violations": failed})


@dg.asset_check(asset="row_counts", additional_deps=MADE_BEFORE, blocking=True)
def promises_between_tables(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """Every promise of sql/audits holds between the tables of tonight."""
    tables = {name: night.table(name) for name in TABLES if name != "runs"}
    broken = audit(tables, night.engine, as_of=night.as_of)
    return dg.AssetCheckResult(passed=not broken, metadata={"violations": broken})
