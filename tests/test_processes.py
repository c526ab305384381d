"""A process that reads files begins with its work loaded, and does not outlive the night that started it."""

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from pipeline.processes import begin, is_ready

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


def test_a_process_begins_with_its_work_and_looks_for_no_cycles() -> None:
    work = pickle.dumps(partial(os.umask, 0o071))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), begin, (work,)) as workers:
        assert workers.submit(is_ready).result()
        assert workers.submit(os.umask, 0o077).result() == 0o071
        assert not workers.submit(gc.isenabled).result()
        assert workers.submit(gc.get_freeze_count).result() > 0
