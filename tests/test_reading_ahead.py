"""New files are parsed while the caller does something else; what stops a source is told when the night takes them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import ingest, parts
from pipeline.errors import HeldError
from pipeline.ingest import reading_ahead, take_files
from pipeline.night import Night, open_night
from pipeline.workspace import Workspace

SETTINGS = """
retailer: 小店
sources:
  - {name: shop, kind: orders, format: canonical, path: "shop/*.csv"}
"""
HEADER = "order_id,ordered_at,status,quantity,unit_price,paid_amount\n"


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    workspace = Workspace(tmp_path)
    workspace.create()
    workspace.settings_file.write_text(SETTINGS, encoding="utf-8")
    folder = workspace.landing / "shop"
    folder.mkdir()
    for name, status in (("1", "completed"), ("2", "teleported")):
        (folder / f"{name}.csv").write_text(f"{HEADER}{name},2026-09-01,{status},1,9.90,9.90\n", encoding="utf-8")
    with open_night(workspace, None) as opened:
        yield opened


def test_what_can_be_read_is_read_and_what_stops_is_told_later(night: Night) -> None:
    with reading_ahead(night):
        assert night.plan.files
    made = [folder for folder in night.workspace.parts.iterdir() if not folder.name.startswith(".")]
    assert len(made) == 1
    with pytest.raises(HeldError, match=r"shop/2\.csv: unknown words in status: 'teleported'"):
        take_files(night)
    assert [folder for folder in night.workspace.parts.iterdir() if not folder.name.startswith(".")] == made


def test_processes_that_start_before_the_files_are_known_make_the_same(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ingest, parts):
        monkeypatch.setattr(module, "FILES_FOR_PROCESSES", 2)
    with reading_ahead(night):
        assert night.plan.files
    [made] = [folder for folder in night.workspace.parts.iterdir() if not folder.name.startswith(".")]
    told = {path.name: path.read_bytes() for path in made.iterdir()}
    store = parts.PartStore(night.workspace.parts, night.settings, night.library, night.tombstones)
    [good] = [known.spooled for known in night.plan.files if known.spooled.name.endswith("1.csv")]
    store.make_again(good)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == told
