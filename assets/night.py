"""The night itself: proof that nothing was lost, promises between tables, and the record of the run."""

import dagster as dg

from assets.tables import step_asset
from pipeline.deliver.audit import audit
from pipeline.lake import Table, write_table
from pipeline.night import Night
from pipeline.publish import runs
from pipeline.schemas.catalog import TABLES


def row_counts(night: Night) -> Table:
    return write_table(TABLES["row_counts"], TABLES["row_counts"].empty(), night.path("row_counts"))


MADE_BEFORE = sorted(set(TABLES) - {"runs", "row_counts"})

row_counts_asset = step_asset("row_counts", MADE_BEFORE, row_counts)
runs_asset = step_asset("runs", [*MADE_BEFORE, "row_counts"], runs)


@dg.asset_check(asset="row_counts", blocking=True)
def promises_between_tables(night: dg.ResourceParam[Night]) -> dg.AssetCheckResult:
    """Every promise of sql/audits holds between the tables of tonight."""
    tables = {name: night.table(name) for name in TABLES if name != "runs"}
    broken = audit(tables, night.settings.engine, night.scratch, as_of=night.as_of)
    return dg.AssetCheckResult(passed=not broken, metadata={"violations": broken})
