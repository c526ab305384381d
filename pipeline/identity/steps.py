"""The tables of the identity layer in the order in which they are made, each with what it is made of.

Data only, for whoever runs the layer; every step is a function (tables in this order, night, path) -> Table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.identity import (
    attributes,
    candidates,
    compared,
    customers,
    decisions,
    features,
    guards,
    households,
    likely,
    links,
    lives,
    profiles,
    reports,
    reviews,
    scored,
    training,
)
from pipeline.identity.night import IdentityNight
from pipeline.lake import Table

PREVIOUS = "previous_"


@dataclass(frozen=True)
class Step:
    """One table: `inputs` are tables of tonight, or `previous_<table>` of the snapshot that counts."""

    table: str
    inputs: tuple[str, ...]
    run: Callable[..., Table]

    def __call__(self, tables: Mapping[str, Table], night: IdentityNight, folder: Path) -> Table:
        """Make the table from `tables` (by name) as `<folder>/<table>.parquet`."""
        chosen = [tables[name] for name in self.inputs]
        return self.run(*chosen, night=night, path=folder / f"{self.table}.parquet")


CLEAN_TABLES = (
    "clean_order_heads",
    "clean_order_lines",
    "clean_members",
    "clean_events",
    "clean_campaign_contacts",
    "clean_consents",
    "clean_tickets",
    "clean_points",
)
"""Clean tables with buyer keys."""
PREVIOUS_TABLES = (
    "identity_links",
    "customer_profiles",
    "former_profiles",
    "customer_id_history",
    "key_guards",
    "profile_keys",
    "identity_model",
    "identity_reports",
    "profile_features",
    "term_frequencies",
    "compared_profiles",
    "scored_pairs",
)
"""Tables of the snapshot that counts; with no rows on the first night."""
SCORED_BEFORE = ("profile_features", "compared_profiles", "scored_pairs")
"""Of these the tables that save work and decide nothing: without them a night makes the same tables."""

_IDS_BEFORE = tuple(PREVIOUS + name for name in ("customer_profiles", "former_profiles", "customer_id_history"))

IDENTITY_STEPS = (
    Step("profile_values", CLEAN_TABLES, profiles.profile_values),
    Step("profile_names", ("profile_values",), profiles.profile_names),
    Step("receiver_contacts", ("clean_order_heads", "clean_order_lines"), profiles.receiver_contacts),
    Step("profiles", ("profile_values", "profile_names"), profiles.profiles),
    Step("profile_keys", ("profile_values",), profiles.profile_keys),
    Step(
        "key_guards",
        (
            "profile_keys",
            "profile_names",
            "profile_values",
            PREVIOUS + "key_guards",
            PREVIOUS + "profile_keys",
        ),
        guards.key_guards,
    ),
    Step("key_lives", ("profile_keys", "profile_names", "key_guards"), lives.key_lives),
    Step(
        "candidate_links",
        ("profiles", "profile_keys", "key_guards", "key_lives", "receiver_contacts"),
        candidates.candidate_links,
    ),
    Step("identity_decisions", (), decisions.identity_decisions),
    Step(
        "profile_features",
        ("profiles", "profile_values", "profile_keys", "key_guards", "key_lives", "receiver_contacts"),
        features.profile_features,
    ),
    Step("identity_model", ("profile_features", PREVIOUS + "identity_model"), training.identity_model),
    Step(
        "term_frequencies",
        ("profile_features", "identity_model", PREVIOUS + "term_frequencies"),
        compared.term_frequencies,
    ),
    Step(
        "compared_profiles",
        (
            "candidate_links",
            "profiles",
            "profile_features",
            "identity_model",
            "term_frequencies",
            "identity_decisions",
        ),
        compared.compared_profiles,
    ),
    Step(
        "scored_pairs",
        (
            "profile_features",
            "compared_profiles",
            "identity_model",
            "term_frequencies",
            *(PREVIOUS + name for name in SCORED_BEFORE),
        ),
        scored.scored_pairs,
    ),
    Step(
        "likely_links",
        (
            "scored_pairs",
            "candidate_links",
            "profiles",
            "profile_features",
            "compared_profiles",
            PREVIOUS + "identity_links",
        ),
        likely.likely_links,
    ),
    Step(
        "identity_links",
        ("candidate_links", "likely_links", "profiles", "identity_decisions", PREVIOUS + "identity_links"),
        links.identity_links,
    ),
    Step("customer_profiles", ("profiles", "identity_links", *_IDS_BEFORE), customers.customer_profiles),
    Step("former_profiles", ("customer_profiles", *_IDS_BEFORE[:2]), customers.former_profiles),
    Step("customer_id_history", ("customer_profiles", "identity_links", *_IDS_BEFORE), customers.customer_id_history),
    Step("contact_points", ("profile_keys", "key_guards", "key_lives", "customer_profiles"), attributes.contact_points),
    Step(
        "customer_values",
        ("customer_profiles", "profile_values", "profile_names", "profile_keys", "contact_points"),
        attributes.customer_values,
    ),
    Step(
        "customer_attributes",
        ("customer_profiles", "profiles", "profile_values", "customer_values"),
        attributes.customer_attributes,
    ),
    Step(
        "household_links",
        ("identity_links", "customer_profiles", "customer_attributes"),
        households.household_links,
    ),
    Step(
        "identity_reviews",
        ("identity_links", "likely_links", "identity_decisions", "customer_profiles", "profiles"),
        reviews.identity_reviews,
    ),
    Step(
        "identity_reports",
        (
            "customer_profiles",
            "profile_names",
            "identity_links",
            "likely_links",
            "key_guards",
            "identity_model",
            "customer_id_history",
            PREVIOUS + "identity_reports",
        ),
        reports.identity_reports,
    ),
)
