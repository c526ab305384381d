"""Going back and starting over: rollback puts yesterday's bytes back, rebuild makes them again from the spool alone."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.replay import CLOCKED
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

pytestmark = pytest.mark.slow
Huitou = Callable[..., subprocess.CompletedProcess[str]]


def current(workspace: Workspace) -> Snapshot:
    snapshot = SnapshotStore(workspace.snapshots).current()
    assert snapshot is not None
    return snapshot


def hashes(snapshot: Snapshot) -> dict[str, str]:
    return {name: seal.sha256 for name, seal in snapshot.manifest.files.items() if name != CLOCKED}


def published(workspace: Workspace) -> str:
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        return str(connection.execute("select snapshot_id from huitou_meta").fetchall()[0][0])


@pytest.fixture
def copied(tiny_sample: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the tiny sample that a test may change."""
    shutil.copytree(tiny_sample.root, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data")


@pytest.fixture
def two_nights(copied: Workspace, run_huitou: Huitou) -> tuple[Workspace, Snapshot, Snapshot]:
    """The sample after two nights; a file that the first night took has since been re-sent with other content."""
    first = current(copied)
    tickets = max((copied.landing / "tickets").iterdir())
    lines = tickets.read_bytes().splitlines(keepends=True)
    tickets.write_bytes(b"".join(lines[:-1]))
    done = run_huitou(copied.root, "run", "--as-of", (first.as_of + timedelta(days=1)).isoformat())
    assert done.returncode == 0, done.stderr
    return copied, first, current(copied)


def test_rollback_puts_the_earlier_night_back_and_the_same_run_leads_forward_again(
    two_nights: tuple[Workspace, Snapshot, Snapshot], run_huitou: Huitou
) -> None:
    workspace, first, second = two_nights
    done = run_huitou(workspace.root, "rollback")
    assert done.returncode == 0, done.stderr
    assert current(workspace).manifest == first.manifest
    assert published(workspace) == first.manifest.snapshot_id
    again = run_huitou(workspace.root, "run", "--as-of", second.as_of.isoformat())
    assert again.returncode == 0, again.stderr
    assert hashes(current(workspace)) == hashes(second)


def test_rollback_names_the_nights_that_are_kept(copied: Workspace, run_huitou: Huitou) -> None:
    done = run_huitou(copied.root, "rollback", "--to", "2020-01-01")
    assert done.returncode == 2
    assert "no published night of 2020-01-01 is kept" in done.stderr
    assert run_huitou(copied.root, "rollback").returncode == 2


def test_rebuild_gives_the_same_bytes_without_landing_and_parts_and_mends_a_damaged_night(
    two_nights: tuple[Workspace, Snapshot, Snapshot], run_huitou: Huitou
) -> None:
    workspace, _, second = two_nights
    expected = hashes(second)
    shutil.rmtree(workspace.landing)
    shutil.rmtree(workspace.parts)
    victim = second.folder / "scores" / "rfm_scores.parquet"
    victim.unlink()
    victim.write_bytes(b"spoilt")
    assert run_huitou(workspace.root, "verify").returncode == 3
    done = run_huitou(workspace.root, "rebuild")
    assert done.returncode == 0, done.stderr
    assert "every table has the same bytes" in done.stdout
    assert hashes(current(workspace)) == expected
    assert current(workspace).damage() == []
    assert run_huitou(workspace.root, "verify").returncode == 0


def test_rebuild_names_a_file_whose_copy_is_lost(copied: Workspace, run_huitou: Huitou) -> None:
    lost = current(copied).table("source_files").read().sort("path").row(0, named=True)
    (copied.spool / lost["sha256"][:2] / lost["sha256"]).unlink()
    done = run_huitou(copied.root, "rebuild")
    assert done.returncode == 1
    assert f"landing/{lost['path']}" in done.stderr
    assert current(copied).damage() == []
