"""One function per table of movement: who changed stage or class since the last published night, and how many did.

"Previous" tables are those of the last published night with an earlier as_of; where there is none, or an older
release did not know the table, they have no rows. Moves between segments belong to `pipeline.segments.steps`.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.scores.parameters import period_parameters, rfm_parameters, stage_parameters
from pipeline.scores.stage_statements import changes_query
from pipeline.scores.terms import with_columns_of
from pipeline.settings import Settings


def stage_changes(
    lifecycle_stages: Table,
    lifecycle_rules: Table,
    stage_features: Table,
    customer_facts: Table,
    previous_lifecycle_stages: Table,
    previous_lifecycle_rules: Table,
    previous_stage_features: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer and profile whose stage changed, with the feature that crossed a cut."""
    features = replace(previous_stage_features, name="previous_stage_features")
    tables = (
        lifecycle_stages,
        lifecycle_rules,
        stage_features,
        customer_facts,
        replace(previous_lifecycle_stages, name="previous_lifecycle_stages"),
        replace(previous_lifecycle_rules, name="previous_lifecycle_rules"),
        with_columns_of(TABLES["stage_features"], features, engine.scratch),
    )
    return engine.run_text(
        changes_query(settings.lifecycle),
        tables,
        stage_parameters(settings.lifecycle, as_of),
        TABLES["stage_changes"],
        path,
        where="the changes of the stages",
    )


def class_changes(
    rfm_scores: Table,
    rfm_profiles: Table,
    customer_facts: Table,
    previous_rfm_scores: Table,
    previous_rfm_profiles: Table,
    previous_customer_facts: Table,
    *,
    engine: Engine,
    settings: Settings,
    as_of: date,
    previous_as_of: date | None,
    path: Path,
) -> Table:
    """One row per customer and class that changed, with the scores that crossed a cut; none on the first night."""
    tables = (
        rfm_scores,
        rfm_profiles,
        customer_facts,
        replace(previous_rfm_scores, name="previous_rfm_scores"),
        replace(previous_rfm_profiles, name="previous_rfm_profiles"),
        replace(previous_customer_facts, name="previous_customer_facts"),
    )
    parameters = rfm_parameters(settings.rfm, as_of) | period_parameters(as_of, previous_as_of)
    return engine.run("scores/class_changes.sql", tables, parameters, TABLES["class_changes"], path)


def stage_flow(
    lifecycle_stages: Table,
    stage_changes: Table,
    previous_stage_flow: Table,
    *,
    engine: Engine,
    as_of: date,
    path: Path,
) -> Table:
    """One row per night, period, profile and pair of stages: tonight's counts and those of earlier nights."""
    tables = (lifecycle_stages, stage_changes, replace(previous_stage_flow, name="previous_stage_flow"))
    parameters = period_parameters(as_of, None)
    return engine.run("scores/stage_flow.sql", tables, parameters, TABLES["stage_flow"], path)


def profile_confusion(lifecycle_stages: Table, *, engine: Engine, path: Path) -> Table:
    """One row per pair of stages of two profiles that somebody is in."""
    return engine.run("scores/profile_confusion.sql", (lifecycle_stages,), {}, TABLES["profile_confusion"], path)
