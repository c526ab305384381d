"""What the exports of a night are made from: its sealed tables, its settings, and the state beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.settings import Settings

TABLES_READ = (
    "clean_campaign_contacts", "consent_states", "contact_points", "customer_id_history", "customer_profiles",
    "customer_values", "customers", "key_guards", "profile_keys", "raw_consents", "raw_members", "recent_contacts",
    "segment_definitions", "segment_members", "source_files",
)  # fmt: skip
"""Tables of a snapshot that exports read; three of them hold raw contacts and names."""


@dataclass(frozen=True)
class ExportNight:
    """A sealed night as exports see it. `who` answers for them; `run` names the snapshot."""

    tables: Mapping[str, Table]
    settings: Settings
    as_of: date
    run: str
    who: str
    secret: bytes
    engine: Engine
    state: Path
    exports: Path
    own_destinations: Path

    @property
    def folder(self) -> Path:
        """Where the files of this night are published."""
        return self.exports / self.as_of.isoformat()
