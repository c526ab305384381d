"""A workspace that is not there is a spelling mistake: it is told, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assets.forgetting import forget
from assets.inspecting import status_lines, verify_workspace
from assets.nightly import run_night
from pipeline.errors import HuitouError
from pipeline.workspace import Workspace


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (lambda workspace: run_night(workspace, None, publish=False), r"settings\.yaml: no such file\. `huitou init`"),
        (status_lines, r"there is no such folder\. Is --workspace spelt right\?"),
        (verify_workspace, "there is no such folder"),
        (lambda workspace: forget(workspace, "C1", ""), "there is no such folder"),
    ],
)
def test_nothing_is_written(tmp_path: Path, command: Callable[[Workspace], object], words: str) -> None:
    with pytest.raises(HuitouError, match=words):
        command(Workspace(tmp_path / "nowhere"))
    assert list(tmp_path.iterdir()) == []
