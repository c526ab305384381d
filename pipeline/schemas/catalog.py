"""All tables of the house, by importing the list of every layer. Import `TABLES` from here."""

from pipeline.schemas import (
    acquisition,
    consents,
    cycles,
    facts,
    features,
    identity,
    kpis,
    lifetime,
    likeness,
    membership,
    night,
    portraits,
    predictions,
    raw,
    rfm,
    scores,
    segments,
    stages,
    tags,
)
from pipeline.schemas.tables import TABLES, TableSpec

__all__ = [
    "TABLES",
    "TableSpec",
    "acquisition",
    "consents",
    "cycles",
    "facts",
    "features",
    "identity",
    "kpis",
    "lifetime",
    "likeness",
    "membership",
    "night",
    "portraits",
    "predictions",
    "raw",
    "rfm",
    "scores",
    "segments",
    "stages",
    "tags",
]


def table_spec(name: str) -> TableSpec:
    """The contract of one table by name."""
    return TABLES[name]


def published_tables() -> list[TableSpec]:
    """The tables of the warehouse, by name."""
    return sorted((spec for spec in TABLES.values() if spec.published), key=lambda spec: spec.name)
