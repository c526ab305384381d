"""The morning report of a published night; what stands in it belongs to `pipeline.reports`."""

from collections.abc import Iterator

import dagster as dg

from assets.deliverables import DELIVERABLES
from assets.tables import retried
from pipeline.night import Night
from pipeline.publish import publish_report


@dg.asset(group_name=DELIVERABLES, deps=["snapshot", "segment_lists"], kinds={"html", "excel"}, output_required=False)
def morning_report(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """reports/<as_of>/: the morning report as one page and one workbook."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            publish_report(night, night.sealed)
        yield dg.MaterializeResult(metadata={"path": str(night.workspace.reports / night.as_of.isoformat())})
