"""What has a name that counts is on the disk before: a power cut at any moment leaves the old or the new, whole.

Recorded are the calls that bring something to the disk and those that give it its name, in their order.
"""

from pathlib import Path

import polars as pl
import pytest

from pipeline import lake
from pipeline.deliver import folders
from pipeline.lake import sync_below, write_bytes, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.snapshots import MANIFEST_FILE, Manifest, SnapshotStore

SPEC = TABLES["former_profiles"]
ROWS = pl.DataFrame({"source": ["pos"], "profile_key": ["p"], "customer_id": ["c"]}).with_columns(
    lost_on=pl.date(2026, 9, 30)
)

MANIFEST = Manifest("2026-10-31-abc", "2026-10-31", None, None, input_hash="i", settings_hash="s", code_hash="c")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synced and what got its name, in order."""
    events: list[str] = []
    sync, rename = lake.sync, Path.replace

    def recording_sync(path: Path) -> None:
        events.append(f"sync {path.name}")
        sync(path)

    def recording_rename(path: Path, target: Path) -> Path:
        events.append(f"name {Path(target).name}")
        return rename(path, target)

    monkeypatch.setattr(lake, "sync", recording_sync)
    monkeypatch.setattr(folders, "sync", recording_sync)
    monkeypatch.setattr(Path, "replace", recording_rename)
    return events


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_afterwards(tmp_path: Path, told: list[str]) -> None:
    write_bytes(tmp_path / "CURRENT", b"x")
    assert told == ["sync .CURRENT.building", "name CURRENT", f"sync {tmp_path.name}"]


@pytest.mark.parametrize(
    ("durable", "expected"),
    [
        (False, ["name t.parquet"]),
        (True, ["sync .t.parquet.building", "name t.parquet", "sync layer"]),
    ],
    ids=["of a night being built", "of a sealed night"],
)
def test_a_table_waits_for_the_seal_unless_it_already_counts(
    tmp_path: Path, told: list[str], *, durable: bool, expected: list[str]
) -> None:
    write_table(SPEC, ROWS, tmp_path / "layer" / "t.parquet", durable=durable)
    assert told == expected


def test_everything_below_a_folder_is_brought_to_the_disk(tmp_path: Path, told: list[str]) -> None:
    for name in ("one", "within/two", "within/deeper/three"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    sync_below(tmp_path)
    assert sorted(told) == sorted(f"sync {name}" for name in (tmp_path.name, "one", "within", "two", "deeper", "three"))


def test_a_night_is_on_the_disk_before_its_manifest_says_so(tmp_path: Path, told: list[str]) -> None:
    store = SnapshotStore(tmp_path)
    building = store.start("2026-10-31-abc")
    for name in ("facts/a", "scores/b"):
        write_table(SPEC, ROWS, building / f"{name}.parquet")
    told.clear()
    store.commit(store.seal(building, MANIFEST))
    sealed = told.index(f"name {MANIFEST_FILE}")
    below = {f"sync {name}" for name in ("a.parquet", "b.parquet", "facts", "scores", building.name)}
    assert set(told[: sealed - 1]) == below
    assert told[sealed - 1 :] == [
        f"sync .{MANIFEST_FILE}.building",
        f"name {MANIFEST_FILE}",
        f"sync {building.name}",
        "name 2026-10-31-abc",
        "sync .CURRENT.building",
        "name CURRENT",
        f"sync {tmp_path.name}",
    ]


def test_lists_are_on_the_disk_before_their_folder_has_its_name(tmp_path: Path, told: list[str]) -> None:
    with folders.replacing_folder(tmp_path / "2026-10-31") as building:
        (building / "loyal.csv").write_bytes(b"x")
    assert sorted(told[:2]) == ["sync .building-2026-10-31", "sync loyal.csv"]
    assert told[2:] == ["name 2026-10-31", f"sync {tmp_path.name}"]
