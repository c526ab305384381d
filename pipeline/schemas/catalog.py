"""All tables of the house, by importing the list of every layer. Import `TABLES` from here."""

from pipeline.schemas import facts, identity, night, raw, scores, segments
from pipeline.schemas.tables import TABLES, TableSpec

__all__ = ["TABLES", "TableSpec", "facts", "identity", "night", "raw", "scores", "segments"]


def table_spec(name: str) -> TableSpec:
    """The contract of one table by name."""
    return TABLES[name]


def published_tables() -> list[TableSpec]:
    """The tables of the warehouse, by name."""
    return sorted((spec for spec in TABLES.values() if spec.published), key=lambda spec: spec.name)
