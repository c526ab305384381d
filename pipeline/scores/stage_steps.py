"""One function per table of the stages of life: what the rules look at, the rules in words, and the stages.

The rules stand in `sql/scores/stage_tests.sql`, those of own profiles in settings; complaints, returns and activity
come from `pipeline.scores.signal_steps`, how customers move between stages belongs to `pipeline.scores.movement_steps`.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.own_profiles import own_ordered_rules
from pipeline.scores.parameters import period_parameters, stage_parameters
from pipeline.scores.stage_rules import ordered_rules
from pipeline.scores.stage_statements import stages_query
from pipeline.scores.terms import with_columns_of
from pipeline.settings import Settings


def purchase_gaps(orders: Table, *, engine: Engine, as_of: date, path: Path) -> Table:
    """One row per customer who bought on at least two days: number and median of the gaps between them."""
    return engine.run("scores/purchase_gaps.sql", (orders,), {"as_of": as_of}, TABLES["purchase_gaps"], path)


def stage_features(
    customer_attributes: Table,
    customer_facts: Table,
    customer_signals: Table,
    purchase_gaps: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer: everything that the rules of the stages look at."""
    tables = (customer_attributes, customer_facts, customer_signals, purchase_gaps)
    parameters = stage_parameters(settings.lifecycle, as_of)
    return engine.run("scores/stage_features.sql", tables, parameters, TABLES["stage_features"], path)


def lifecycle_rules(*, settings: Settings, path: Path) -> Table:
    """One row per lifecycle profile that is on, kind of customer and stage: the rule in words."""
    spec = TABLES["lifecycle_rules"]
    told = (settings.lifecycle, settings.complaints)
    rules = [*ordered_rules(*told), *own_ordered_rules(*told)]
    frame = pl.DataFrame([vars(rule) for rule in rules], schema=spec.polars_schema)
    return write_table(spec, frame.sort(spec.key), path)


def lifecycle_stages(
    stage_features: Table,
    previous_lifecycle_stages: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    previous_as_of: date | None,
    path: Path,
) -> Table:
    """One row per customer and profile. The previous table is that of the last published night before as_of."""
    spec = TABLES["lifecycle_stages"]
    previous = replace(previous_lifecycle_stages, name="previous_lifecycle_stages")
    tables = (stage_features, with_columns_of(spec, previous, engine.scratch))
    parameters = stage_parameters(settings.lifecycle, as_of) | period_parameters(as_of, previous_as_of)
    query = stages_query(settings.lifecycle)
    return engine.run_text(query, tables, parameters, spec, path, where="the rules of the lifecycle profiles")
