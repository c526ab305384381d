"""Warehouse and lists follow the night that counts; of any other night nothing is made and nothing is told."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from assets import deliverables
from pipeline.workspace import Workspace


@pytest.mark.parametrize("is_publishable", [True, False])
@pytest.mark.parametrize(
    ("name", "step", "path"),
    [("warehouse", "publish_warehouse", "warehouse.duckdb"), ("segment_lists", "publish_lists", "exports/2026-10-31")],
)
def test_only_a_night_that_counts_is_delivered(
    name: str, step: str, path: str, is_publishable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[object] = []
    monkeypatch.setattr(deliverables, step, lambda night, sealed: called.append(sealed))
    night = SimpleNamespace(
        sealed="snapshot", is_publishable=is_publishable, workspace=Workspace(tmp_path), as_of=date(2026, 10, 31)
    )
    result = dg.materialize([getattr(deliverables, name)], resources={"night": night})
    told = [made.metadata["path"].value for made in result.asset_materializations_for_node(name)]
    assert called == (["snapshot"] if is_publishable else [])
    assert told == ([str(tmp_path / path)] if is_publishable else [])
