"""The segments layer: everything current in one row per customer, and who is in which segment since when."""

import dagster as dg

from assets.tables import table_asset
from pipeline.lake import Table
from pipeline.night import Night
from pipeline.segments import steps


@table_asset
def customers(
    customer_attributes: Table,
    customer_facts: Table,
    orders: Table,
    response_rates: Table,
    rfm_scores: Table,
    lifecycle_stages: Table,
    night: dg.ResourceParam[Night],
) -> Table:
    """One row per person: everything current."""
    return steps.customers(
        customer_attributes,
        customer_facts,
        orders,
        response_rates,
        rfm_scores,
        lifecycle_stages,
        **night.step("customers", "engine"),
    )


@table_asset
def segment_definitions(night: dg.ResourceParam[Night]) -> Table:
    """One row per segment: its condition and label."""
    return steps.segment_definitions(**night.step("segment_definitions", "settings"))


@table_asset
def segment_members(customers: Table, night: dg.ResourceParam[Night]) -> Table:
    """One row per segment and member, with the day the unbroken membership began."""
    before = night.previous_table("segment_members")
    return steps.segment_members(customers, before, **night.step("segment_members", "engine", "settings", "as_of"))


@table_asset
def segment_changes(
    segment_members: Table, segment_definitions: Table, customers: Table, night: dg.ResourceParam[Night]
) -> Table:
    """One row per customer who entered or left a segment since the last published night."""
    return steps.segment_changes(
        segment_members,
        segment_definitions,
        customers,
        night.previous_table("segment_members"),
        night.previous_table("segment_definitions"),
        night.previous_table("customers"),
        previous_as_of=night.previous.as_of if night.previous else None,
        **night.step("segment_changes", "engine", "settings", "as_of"),
    )
