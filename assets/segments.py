"""The segments layer: everything current in one row per customer, and who is in which segment since when."""

from assets.tables import function_asset
from pipeline.exports import steps as exports
from pipeline.segments import steps

STEPS = (steps.customers, steps.segment_definitions, steps.segment_members, steps.segment_changes)
REACH_STEPS = (
    exports.consent_policies,
    exports.consent_states,
    exports.recent_contacts,
    exports.channel_consents,
    exports.segment_reach,
)

segment_assets = [function_asset(step) for step in (*STEPS, *REACH_STEPS)]
