"""The tables of consents and reach, one function each; all definitions stand in `sql/segments` and `sql/exports`.

They count what a night could export. The gate decides again, on its own, when files are written.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine, Parameter, sql_text
from pipeline.exports.policy import CHANNELS, usual_policy
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings


def consent_policies(*, path: Path) -> Table:
    """One row per policy and word that it hears, for the usual marketing of each channel."""
    rows = [row for channel in CHANNELS for row in usual_policy(channel).rows()]
    return write_table(TABLES["consent_policies"], pl.DataFrame(rows), path)


def consent_states(
    clean_consents: Table,
    clean_members: Table,
    profile_keys: Table,
    source_files: Table,
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """One row per identifier, channel and purpose: the last word."""
    tables = (clean_consents, clean_members, profile_keys, source_files)
    return engine.run("segments/consent_states.sql", tables, {"as_of": as_of}, TABLES["consent_states"], path)


def recent_contacts(
    clean_campaign_contacts: Table,
    clean_campaigns: Table,
    customer_profiles: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer who was written to lately or is held out of a running campaign."""
    tables = (clean_campaign_contacts, clean_campaigns, customer_profiles)
    privacy = settings.privacy
    parameters: dict[str, Parameter] = {
        "as_of": as_of,
        "cap_days": privacy.contact_cap_days,
        "control_days": privacy.control_days,
    }
    return engine.run("segments/recent_contacts.sql", tables, parameters, TABLES["recent_contacts"], path)


def channel_consents(
    consent_policies: Table,
    consent_states: Table,
    contact_points: Table,
    customer_attributes: Table,
    customer_profiles: Table,
    key_guards: Table,
    profile_keys: Table,
    *,
    engine: Engine,
    path: Path,
) -> Table:
    """One row per customer and channel: reach, and consent to the channel's usual marketing."""
    tables = (
        consent_policies, consent_states, contact_points, customer_attributes, customer_profiles, key_guards,
        profile_keys,
    )  # fmt: skip
    query = (
        f"with contact_consents as (\n{sql_text('exports/contact_consents.sql')}\n)\n"
        f"select * from (\n{sql_text('segments/channel_consents.sql')}\n)"
    )
    spec = TABLES["channel_consents"]
    return engine.run_text(query, tables, {}, spec, path, where="sql/segments/channel_consents.sql")


def segment_reach(
    channel_consents: Table,
    recent_contacts: Table,
    segment_definitions: Table,
    segment_members: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per segment and channel: how many members could be written to."""
    tables = (channel_consents, recent_contacts, segment_definitions, segment_members)
    parameters = {"contact_cap": settings.privacy.contact_cap}
    return engine.run("segments/segment_reach.sql", tables, parameters, TABLES["segment_reach"], path)
