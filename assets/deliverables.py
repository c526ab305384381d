"""What leaves the night: the sealed snapshot, the warehouse for analysts, the lists for marketers."""

import dagster as dg

from assets.tables import retried
from pipeline.night import Night
from pipeline.publish import publish_lists, publish_warehouse, seal

DELIVERABLES = "deliverables"


@dg.asset(group_name=DELIVERABLES, deps=["runs"], kinds={"parquet"})
def snapshot(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """All tables of the night, sealed by a manifest; CURRENT names it: the one commit point."""
    sealed = seal(night)
    return dg.MaterializeResult(metadata={"snapshot_id": sealed.manifest.snapshot_id, "path": str(sealed.folder)})


@dg.asset(group_name=DELIVERABLES, deps=[snapshot], kinds={"duckdb"})
def warehouse(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """warehouse.duckdb: every published table and view, replaced atomically."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            publish_warehouse(night, night.sealed)
    return dg.MaterializeResult(metadata={"path": str(night.workspace.warehouse)})


@dg.asset(group_name=DELIVERABLES, deps=[snapshot], kinds={"csv", "excel"})
def segment_lists(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """exports/<as_of>/: one masked list per segment, and a manifest."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            publish_lists(night, night.sealed)
    return dg.MaterializeResult(metadata={"path": str(night.workspace.exports / night.as_of.isoformat())})
