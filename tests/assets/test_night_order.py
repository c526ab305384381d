"""What the end of a night waits for: rows are counted early, promises are asked last, and both before the record."""

from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.api import create_execution_plan

from assets.definitions import NIGHTLY, definitions
from assets.night import promises_between_tables
from assets.schedules import night_config
from pipeline.schemas.catalog import TABLES
from pipeline.workspace import Workspace

COUNTS = "row_counts_every_row_and_cent_is_accounted_for"
PROMISES = "row_counts_promises_between_tables"


@pytest.fixture
def waits_for(workspace: Workspace) -> dict[str, set[str]]:
    """The steps that each step of the nightly job waits for."""
    job = definitions().resolve_job_def(NIGHTLY)
    plan: Any = create_execution_plan(job, run_config=night_config("2026-10-31", publish=False))
    return {step: set(before) for step, before in plan.get_executable_step_deps().items()}


def test_the_record_of_a_night_waits_for_both_proofs_and_the_snapshot_for_the_record(
    waits_for: dict[str, set[str]],
) -> None:
    assert waits_for[COUNTS] == {"row_counts"}
    assert waits_for["runs"] >= {COUNTS, PROMISES, "row_counts", "orders", "segment_reach"}
    assert waits_for["runs"] - {COUNTS} == waits_for[PROMISES] | {PROMISES}
    assert waits_for["snapshot"] == {"runs"}


def test_promises_are_asked_when_every_table_is_there() -> None:
    (spec,) = promises_between_tables.check_specs
    assert {dep.asset_key.path[0] for dep in spec.additional_deps} == set(TABLES) - {"runs", "row_counts"}
    assert spec.blocking


def test_rows_are_counted_beside_scores_and_predictions() -> None:
    graph = definitions().resolve_asset_graph()
    parents = {key.path[0] for key in graph.get(dg.AssetKey("row_counts")).parent_keys}
    assert {TABLES[name].layer for name in parents - {"source_files"}} == {"clean", "facts"}
    assert {"orders", "source_files", "left_out_tickets"} <= parents
