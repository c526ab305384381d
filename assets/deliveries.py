"""The published night on its way out: one asset per destination, always there, idle where the settings name none.

A delivery that fails fails its run, so that somebody looks; the night stays published and the next run tries again.
What a destination does belongs to `pipeline.deliveries`.
"""

from collections.abc import Iterator

import dagster as dg

from assets.deliverables import DELIVERABLES
from pipeline.deliveries import deliver_to
from pipeline.night import Night

AFTER = {"postgres": ["warehouse"], "s3": ["warehouse", "segment_lists"]}
"""What must be there before each destination gets the night."""


def delivery_asset(name: str, asset_name: str, kind: str, description: str) -> dg.AssetsDefinition:
    """The asset of one destination by its key in the settings."""

    @dg.asset(
        name=asset_name,
        group_name=DELIVERABLES,
        deps=AFTER[name],
        kinds={kind},
        description=description,
        output_required=False,
    )
    def deliver(context: dg.AssetExecutionContext, night: dg.ResourceParam[Night]) -> Iterator[dg.MaterializeResult]:
        if night.sealed is None or not night.is_publishable:
            return
        told = deliver_to(name, night, night.sealed)
        if told is None:
            context.log.info(f"delivery.{name} is not in the settings: nothing is delivered")
            return
        yield dg.MaterializeResult(metadata={"told": told})

    return deliver


postgres_delivery = delivery_asset(
    "postgres", "postgres_delivery", "postgres", "The tables of delivery.postgres in one transaction."
)
object_storage_delivery = delivery_asset(
    "s3", "object_storage_delivery", "s3", "The published Parquet files in the bucket of delivery.s3, manifest last."
)
