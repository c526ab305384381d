"""One function per table: the wide row of each customer, who is in which segment, and who moved.

"Previous" is the last published night with an earlier as_of; where there is none its tables have no rows. The
conditions belong to `pipeline.segments.library`, the fixed queries to `sql/segments`.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.segments.library import segments_of
from pipeline.segments.statements import changes_query, members_query
from pipeline.settings import Settings


def customers(
    customer_attributes: Table,
    customer_facts: Table,
    orders: Table,
    response_rates: Table,
    rfm_scores: Table,
    rfm_groups: Table,
    lifecycle_stages: Table,
    memberships: Table,
    churn_scores: Table,
    lifetime_values: Table,
    acquisitions: Table,
    contact_values: Table,
    next_orders: Table,
    preferred_channels: Table,
    imputed_attributes: Table,
    customer_tags: Table,
    channel_consents: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per person: attributes, facts and every current score, stage, tier, tag and forecast."""
    known = (customer_attributes, customer_facts, orders, imputed_attributes, channel_consents, preferred_channels)
    scored = (response_rates, rfm_scores, rfm_groups, lifecycle_stages, memberships, customer_tags)
    expected = (churn_scores, lifetime_values, acquisitions, contact_values, next_orders)
    tables = (*known, *scored, *expected)
    return engine.run("segments/customers.sql", tables, {}, TABLES["customers"], path)


def segment_definitions(*, settings: Settings, path: Path) -> Table:
    """One row per segment of the library and of the settings. Raises SettingsError for a wrong condition."""
    rows = [
        (each.name, each.label, each.label_zh, each.label_en, each.where, each.version)
        for each in segments_of(settings)
    ]
    spec = TABLES["segment_definitions"]
    return write_table(spec, pl.DataFrame(rows, schema=spec.polars_schema, orient="row"), path)


def segment_members(
    customers: Table, previous_segment_members: Table, *, engine: Engine, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per segment and member; minors and who refused profiling are in none."""
    return engine.run_text(
        members_query(segments_of(settings)),
        (customers, replace(previous_segment_members, name="previous_segment_members")),
        {"as_of": as_of},
        TABLES["segment_members"],
        path,
        where="the conditions of the segments",
    )


def segment_changes(
    segment_members: Table,
    segment_definitions: Table,
    customers: Table,
    previous_segment_members: Table,
    previous_segment_definitions: Table,
    previous_customers: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    previous_as_of: date | None,
    path: Path,
) -> Table:
    """One row per customer who entered or left a segment since the night of `previous_as_of` (None: the first).

    On the first night every member has entered, so members = members of the last night + entered - left holds from
    the start.
    """
    spec = TABLES["segment_changes"]
    if previous_as_of is None:
        return engine.run("segments/first_changes.sql", (segment_members,), {"as_of": as_of}, spec, path)
    tables = (
        segment_members,
        segment_definitions,
        customers,
        replace(previous_segment_members, name="previous_segment_members"),
        replace(previous_segment_definitions, name="previous_segment_definitions"),
        replace(previous_customers, name="previous_customers"),
    )
    return engine.run_text(
        changes_query(segments_of(settings), previous_customers.scan().collect_schema().names()),
        tables,
        {"as_of": as_of, "previous_as_of": previous_as_of},
        spec,
        path,
        where="the changes of the segments",
    )
