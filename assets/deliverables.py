"""What leaves the night: the sealed snapshot, the warehouse for analysts, the lists for marketers.

A night that is not published leaves warehouse and lists as they are, and Dagster is told nothing of them.
"""

from collections.abc import Iterator

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


@dg.asset(group_name=DELIVERABLES, deps=[snapshot], kinds={"duckdb"}, output_required=False)
def warehouse(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """warehouse.duckdb: every published table and view, replaced atomically."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            publish_warehouse(night, night.sealed)
        yield dg.MaterializeResult(metadata={"path": str(night.workspace.warehouse)})


@dg.asset(group_name=DELIVERABLES, deps=[snapshot], kinds={"csv", "excel"}, output_required=False)
def segment_lists(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """exports/<as_of>/: one masked list per segment, and a manifest."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            publish_lists(night, night.sealed)
        yield dg.MaterializeResult(metadata={"path": str(night.workspace.exports / night.as_of.isoformat())})
