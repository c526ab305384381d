"""What every step of the identity layer is handed beside its tables."""

from dataclasses import dataclass
from datetime import date

from pipeline.engine import Engine
from pipeline.settings import Settings

PROFILE = ("source", "profile_key")
"""What names a source profile."""


@dataclass(frozen=True)
class IdentityNight:
    """The engine, the settings, the last day included, and the key of all keyed hashes."""

    engine: Engine
    settings: Settings
    as_of: date
    secret: bytes
