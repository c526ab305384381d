"""Consents and reach: who agreed to what, whom a channel reaches, and what an export would find.

None of these tables holds a contact: identifiers are keyed hashes. Raw contacts stay in `contact_points`.
"""

from pipeline.schemas import identity, raw, segments
from pipeline.schemas.columns import TEXT, TRUTH, define, define_count, define_enum
from pipeline.schemas.tables import define_table

__all__ = ["CONSENTS", "REACHES", "identity", "raw", "segments"]

REACHES = ("reachable", "hidden", "shared", "missing")
CONSENTS = ("granted", "withdrawn", "unknown")

define(
    TEXT,
    policy="Name of the rule which consents count: a channel's usual marketing, or purpose@channel:recipient.",
    recipient="Who is handed the data; * = nobody but the retailer's own service.",
)
define(TRUTH, is_held_out="In the control group of a campaign that still runs.")
define_enum("reach", "reachable; hidden (a platform masks it); shared (by too many people); missing.", *REACHES)
define_enum("consent", "What the person said last: granted, withdrawn, or unknown, which means no.", *CONSENTS)
define_count(
    contact_count="Messages of the last privacy.contact_cap_days days; one channel counts once a day.",
    member_count="Members of the segment.",
    reachable_count="Members with a contact of the channel.",
    hidden_count="Members known by platform accounts only, whose exports mask the contact.",
    shared_count="Members whose contact belongs to too many people.",
    missing_count="Members who never gave a contact, or a landline.",
    consented_count="Members with a contact that their consent covers.",
    withdrawn_count="Members who withdrew.",
    exportable_count="Members with consent who are in no control group and under the frequency cap.",
)

define_table(
    "consent_policies",
    "segments",
    "One row per policy and word that it hears: which purpose of which channel grants or withdraws for whom.",
    key="policy purpose consent_state",
    columns="policy recipient consent_channel purpose consent_state",
    published=True,
)
define_table(
    "consent_states",
    "segments",
    "One row per identifier, channel and purpose: the last word of the person; no row means no.",
    key="key_type key_scope key_hash consent_channel purpose",
    columns=("key_type key_scope key_hash consent_channel purpose consent_state changed_at source consent_source?"),
)
define_table(
    "recent_contacts",
    "segments",
    "One row per customer who was written to lately or is held out of a running campaign.",
    key="customer_id",
    columns="customer_id contact_count is_held_out",
)
define_table(
    "channel_consents",
    "segments",
    "One row per customer and channel: can they be reached there, and did they agree to its marketing?",
    key="customer_id consent_channel",
    columns="customer_id consent_channel reach consent",
)
define_table(
    "segment_reach",
    "segments",
    "One row per segment and channel: how many members could be written to.",
    key="segment consent_channel",
    columns=(
        "segment consent_channel member_count reachable_count hidden_count shared_count missing_count consented_count"
        " withdrawn_count exportable_count"
    ),
    published=True,
)
