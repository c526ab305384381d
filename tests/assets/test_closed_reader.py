"""Commands whose reader has gone, as `head` goes: no traceback, nothing said, and the exit code of the command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = "retailer: r\nsources: [{name: pos, kind: orders, format: pos, path: 'pos/*'}]\n"


def without_reader(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with a pipe as its output that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        command = [sys.executable, "-m", "assets", "--workspace", str(root), *arguments]
        return subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writer)


@pytest.mark.parametrize("arguments", [("--version",), ("init",)])
def test_who_has_read_enough_is_no_failure(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = without_reader(tmp_path / "shop", *arguments)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_that_fails_still_says_so(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "landing" / "pos").mkdir(parents=True)
    (tmp_path / "landing" / "pos" / "a.csv").write_text("什么,都不认识\n1,2\n", encoding="utf-8")
    done = without_reader(tmp_path, "check")
    assert done.returncode == 1
    assert "1 of 1 files need attention" in done.stderr
    assert "Traceback" not in done.stderr
