"""Churn on two real shops, at days that are long past: above the floor, and not so good that it must be a leak."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
EXAMPLE = ROOT / "docs" / "examples" / "online_retail"

pytestmark = pytest.mark.slow


@pytest.fixture
def quality(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """benchmarks/models_quality.py."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import models_quality  # noqa: PLC0415

    return sys.modules[models_quality.__name__]


def above_the_floor(quality: ModuleType, found: dict[str, tuple[float, float]], day: date) -> list[str]:
    """The measures of the day that miss their floor."""
    return [
        f"{name}: {found[name][0]:.4f}, floor {floor}"
        for name, (floor, _) in quality.BARS[day].items()
        if (1 if name.startswith("auc") else -1) * (round(found[name][0], 3) - floor) < 0
    ]


@pytest.mark.skipif(not (DATA / "CDNOW_master.txt").exists(), reason="the public data set CDNOW is not at hand")
def test_cdnow(quality: ModuleType, tmp_path: Path) -> None:
    day = date(1998, 4, 1)
    _, found, customers = quality.judged(day, quality.tables_of_cdnow(DATA / "CDNOW_master.txt", tmp_path), tmp_path)
    assert customers == 23_502
    assert above_the_floor(quality, found, day) == []


@pytest.mark.skipif(
    not (DATA / "online_retail_II.csv.gz").exists(), reason="the public data set Online Retail II is not at hand"
)
def test_online_retail(
    quality: ModuleType, tmp_path: Path, run_huitou: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    root = tmp_path / "data"
    shutil.copytree(EXAMPLE, root)
    (root / "landing").mkdir()
    shutil.copy(DATA / "online_retail_II.csv.gz", root / "landing")
    done = run_huitou(root, "run")
    assert done.returncode == 0, done.stderr
    for day in (date(2011, 6, 12), date(2011, 9, 10)):
        _, found, _ = quality.judged(day, quality.tables_of_night(root), tmp_path)
        assert above_the_floor(quality, found, day) == []
        assert found["auc"][0] <= quality.LEAK, "an AUC this good on this shop knows the future"
        assert found["auc_recent"][0] <= quality.LEAK
