"""A process that reads files does not outlive the night that started it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

NIGHT = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pipeline.processes import end_with_parent

if __name__ == "__main__":
    with ProcessPoolExecutor(1, get_context("spawn"), end_with_parent) as workers:
        print(workers.submit(os.getpid).result(), flush=True)
        workers.submit(time.sleep, 600).result()
"""


def is_there(pid: int) -> bool:
    """Whether a process works still; one that ended and was not asked for does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_night_leaves_no_reader(tmp_path: Path) -> None:
    script = tmp_path / "night.py"
    script.write_text(NIGHT, encoding="utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as night:
        assert night.stdout is not None
        reader = int(night.stdout.readline())
        assert is_there(reader)
        night.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while is_there(reader) and time.monotonic() < until:
        time.sleep(0.05)
    gone = not is_there(reader)
    with suppress(ProcessLookupError):
        os.kill(reader, signal.SIGKILL)
    assert gone
