"""Shared workspaces: the sample retailer with one published night, made once per test process."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from judged_night import JudgedNight, night_of

from pipeline.workspace import Workspace

hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")

SAMPLE = ["--customers", "300", "--days", "180"]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole nights first: they take longest, and the processes that share the tests should end together."""
    items.sort(key=lambda item: item.path.parent != HERE)


def huitou(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it, in a process of its own."""
    command = [sys.executable, "-m", "assets", "--workspace", str(workspace), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def published_sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small sample retailer after its first night. Do not change it: use `copied` for that."""
    root = tmp_path_factory.mktemp("sample") / "data"
    done = huitou(root, "demo", *SAMPLE)
    assert done.returncode == 0, done.stderr
    return Workspace(root)


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A real shop of two years, six thousand customers and a million lines, after its night. Do not change it."""
    export = HERE.parents[1] / "shared" / "data" / "online_retail_II.csv.gz"
    if not export.exists():
        pytest.skip("the public data set Online Retail II is not at hand")
    root = tmp_path_factory.mktemp("shop") / "data"
    shutil.copytree(HERE.parent / "docs" / "examples" / "online_retail", root)
    (root / "landing").mkdir()
    shutil.copy(export, root / "landing")
    done = huitou(root, "run")
    assert done.returncode == 0, done.stderr
    return Workspace(root)


@pytest.fixture(scope="session", params=["published_sample", pytest.param("online_retail", marks=pytest.mark.slow)])
def judged(request: pytest.FixtureRequest) -> JudgedNight:
    """A night that plain Python judges, customer by customer: the sample retailer's, and a real shop's."""
    return night_of(request.getfixturevalue(request.param), is_sample=request.param == "published_sample")


@pytest.fixture(scope="session")
def tiny_sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two months of a sample retailer with few files, for tests that run several nights. Do not change it."""
    root = tmp_path_factory.mktemp("tiny") / "data"
    done = huitou(root, "demo", "--customers", "150", "--days", "60")
    assert done.returncode == 0, done.stderr
    return Workspace(root)


@pytest.fixture
def copied(published_sample: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the published sample that a test may change."""
    shutil.copytree(published_sample.root, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data")


@pytest.fixture(scope="session")
def run_huitou() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_huitou(root, "run", "--as-of", "2026-10-31")`."""
    return huitou
