"""The tables of the identity layer in the order in which they are made, each with what it is made of.

Data only, for whoever runs the layer; every step is a function (tables in this order, night, path) -> Table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.identity import attributes, candidates, customers, guards, links, profiles
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
PREVIOUS_TABLES = ("identity_links", "customer_profiles", "former_profiles", "customer_id_history")
"""Tables of the snapshot that counts; with no rows on the first night."""

_IDS_BEFORE = tuple(PREVIOUS + name for name in ("customer_profiles", "former_profiles", "customer_id_history"))

IDENTITY_STEPS = (
    Step("profile_values", CLEAN_TABLES, profiles.profile_values),
    Step("profile_names", ("profile_values",), profiles.profile_names),
    Step("receiver_contacts", ("clean_order_heads", "clean_order_lines"), profiles.receiver_contacts),
    Step("profiles", ("profile_values", "profile_names"), profiles.profiles),
    Step("profile_keys", ("profile_values",), profiles.profile_keys),
    Step("key_guards", ("profile_keys", "profile_names", "profile_values"), guards.key_guards),
    Step(
        "candidate_links", ("profiles", "profile_keys", "key_guards", "receiver_contacts"), candidates.candidate_links
    ),
    Step("identity_links", ("candidate_links", "profiles", PREVIOUS + "identity_links"), links.identity_links),
    Step("customer_profiles", ("profiles", "identity_links", *_IDS_BEFORE), customers.customer_profiles),
    Step("former_profiles", ("customer_profiles", *_IDS_BEFORE[:2]), customers.former_profiles),
    Step("customer_id_history", ("customer_profiles", "identity_links", *_IDS_BEFORE), customers.customer_id_history),
    Step("contact_points", ("profile_keys", "key_guards", "customer_profiles"), attributes.contact_points),
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
)
