"""The end of the night: what is kept no longer goes. What that is belongs to `pipeline.retention`."""

from collections.abc import Iterator

import dagster as dg

from assets.deliverables import DELIVERABLES
from assets.tables import retried
from pipeline.night import Night
from pipeline.publish import tidy


@dg.asset(
    group_name=DELIVERABLES,
    deps=["warehouse", "segment_lists", "morning_report"],
    kinds={"file"},
    output_required=False,
)
def retention(night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
    """What was deleted at the end of the night because its time is over, counted."""
    if night.sealed is not None and night.is_publishable:
        with retried():
            swept = tidy(night, night.sealed)
        yield dg.MaterializeResult(metadata=dict(swept.counts))
