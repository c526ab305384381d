"""Parts: whole or absent, the same bytes whoever made them, and a clear word where they cannot be made."""

import errno
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import polars as pl
import pytest

from pipeline import parts
from pipeline.erasure.tombstones import read_tombstones
from pipeline.errors import HeldError, HuitouError
from pipeline.formats.library import load_library
from pipeline.lake import file_sha256
from pipeline.ledger import SpooledFile
from pipeline.part_files import Part
from pipeline.parts import PartStore
from pipeline.settings import load_settings

HEADER = "order_id,ordered_at,status,quantity,unit_price,paid_amount"
SETTINGS = """
retailer: shop
timezone: Asia/Shanghai
currency: CNY
sources:
  - {name: shop, kind: orders, format: canonical, path: "shop/*"}
"""


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    (tmp_path / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    tombstones = read_tombstones(tmp_path, b"k" * 32)
    return PartStore(
        tmp_path / "parts", load_settings(tmp_path / "settings.yaml"), load_library(tmp_path / "none"), tombstones
    )


def spooled(store: PartStore, number: int, *, status: str = "completed") -> SpooledFile:
    path = store.root.parent / f"{number}"
    rows = [f"{number}-{row},2026-09-0{row} 10:00:00,{status},1,9.90,9.90" for row in range(1, 4)]
    path.write_text("\n".join([HEADER, *rows, f"{number}-4,never,{status},1,1,1"]), encoding="utf-8")
    return SpooledFile("shop", f"shop/{number}.csv", file_sha256(path), path.stat().st_size, path)


def contents(part: Part) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in part.folder.iterdir()}


def test_processes_make_what_one_would_make_alone(store: PartStore, tmp_path: Path) -> None:
    files = [spooled(store, number) for number in range(parts.FILES_FOR_PROCESSES)]
    together = store.parts_of(files)
    alone = PartStore(tmp_path / "alone", store.settings, store.library, store.tombstones)
    for file in files[:3]:
        made = contents(together["shop", file.sha256])
        assert made == contents(alone.part_of(file))
        assert set(made) == {"raw_order_lines.parquet", "rejected.parquet", "report.json"}
    assert len([path for path in store.root.iterdir() if not path.name.startswith(".")]) == len(files)
    assert not list(store.root.glob(".*"))


def test_a_part_without_refused_records_has_the_usual_empty_table(store: PartStore) -> None:
    path = store.root.parent / "clean"
    path.write_text(f"{HEADER}\n1,2026-09-01,completed,1,9.90,9.90\n", encoding="utf-8")
    rejected = store.part_of(SpooledFile("shop", "shop/clean.csv", file_sha256(path), 0, path)).rejected()
    assert (rejected.height, rejected.columns) == (0, ["row_number", "rule", "column", "value_masked", "text"])
    assert set(rejected.dtypes) == {pl.Int64(), pl.String()}


def test_a_stopped_file_leaves_nothing_behind_and_the_others_stay(store: PartStore) -> None:
    good, bad = spooled(store, 1), spooled(store, 2, status="teleported")
    with pytest.raises(HeldError, match=r"shop/2\.csv.*'teleported'"):
        store.parts_of([good, bad])
    assert [path.name for path in store.root.iterdir()] == [store.part_of(good).part_id]


def test_a_full_disk_names_the_part_and_the_next_run_makes_it(
    store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = spooled(store, 1)

    def full(self: pl.DataFrame, *_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    with monkeypatch.context() as patched:
        patched.setattr(pl.DataFrame, "write_parquet", full)
        with pytest.raises(OSError, match="No space left") as caught:
            store.part_of(file)
    assert caught.value.errno == errno.ENOSPC
    assert Path(caught.value.filename).parent == store.root
    assert store.part_of(file).reports[0].accepted_rows == 3


def test_a_process_that_was_killed_is_told_with_a_remedy(store: PartStore, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(ThreadPoolExecutor):
        def __init__(self, *_: object) -> None:
            super().__init__(1)

        def map(self, *_: object) -> object:
            raise BrokenProcessPool

    monkeypatch.setattr(parts, "ProcessPoolExecutor", Killed)
    monkeypatch.setattr(parts, "FILES_FOR_PROCESSES", 1)
    with pytest.raises(HuitouError, match=r"ended from outside\. Most often the memory was full"):
        store.parts_of([spooled(store, 1)])
