"""Shared workspaces: the sample retailer with one published night, made once for all processes of a test run."""

import fcntl
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

DEMOS = {
    "sample": ("--customers", "300", "--days", "180"),
    "tiny": ("--customers", "150", "--days", "60"),
}
"""The shared nights by name, and what is asked of the sample retailer."""
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole nights first: they take longest, and the processes that share the tests should end together."""
    items.sort(key=lambda item: item.path.parent != HERE)


def huitou(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it, in a process of its own."""
    command = [sys.executable, "-m", "assets", "--workspace", str(workspace), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class SharedNights:
    """Nights of the sample retailer below one folder. Several processes may ask: each night is made by one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def of(self, name: str) -> Workspace:
        """One of `DEMOS`, made now unless it was. A process that would wait for another makes the next one."""
        if not self._made(name, wait=False):
            for other in DEMOS.keys() - {name}:
                self._made(other, wait=False)
            self._made(name, wait=True)
        return Workspace(self.folder / name / "data")

    def _made(self, name: str, *, wait: bool) -> bool:
        """Whether the night is there now; False where another process is at it, which can be waited for."""
        with (self.folder / f"{name}.lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                return False
            root = self.folder / name / "data"
            if not root.exists():
                done = huitou(root, "demo", *DEMOS[name])
                if done.returncode:
                    shutil.rmtree(root, ignore_errors=True)
                assert done.returncode == 0, done.stderr
        return True


@pytest.fixture(scope="session")
def shared_nights(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> SharedNights:
    """The nights that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    is_one_of_many = hasattr(request.config, "workerinput")
    return SharedNights((own.parent if is_one_of_many else own) / "shared_nights")


@pytest.fixture(scope="session")
def published_sample(shared_nights: SharedNights) -> Workspace:
    """A small sample retailer after its first night. Do not change it: use `copied` for that."""
    return shared_nights.of("sample")


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
def tiny_sample(shared_nights: SharedNights) -> Workspace:
    """Two months of a sample retailer with few files, for tests that run several nights. Do not change it."""
    return shared_nights.of("tiny")


@pytest.fixture
def copied(published_sample: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the published sample that a test may change."""
    shutil.copytree(published_sample.root, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data")


@pytest.fixture(scope="session")
def run_huitou() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_huitou(root, "run", "--as-of", "2026-10-31")`."""
    return huitou
