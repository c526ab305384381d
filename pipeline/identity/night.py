"""What every step of the identity layer is handed beside its tables."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipeline.engine import Engine
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

PROFILE = ("source", "profile_key")
"""What names a source profile."""


@dataclass(frozen=True)
class IdentityNight:
    """The engine, the settings, the last day included, the key of all keyed hashes, and what people decided.

    `pinned_model` is the text of a model that the retailer put into state/models, which then is used and no other.
    """

    engine: Engine
    settings: Settings
    as_of: date
    secret: bytes
    decisions: pl.DataFrame = field(default_factory=TABLES["identity_decisions"].empty)
    pinned_model: str | None = None
