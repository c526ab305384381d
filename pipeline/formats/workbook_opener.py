"""The helper process that opens workbooks: started once, with a child of its own for every workbook.

Loading the libraries takes longer than reading a usual workbook, so one helper loads them and forks; each workbook
still has a process to itself, with limits, that may be killed at any moment. What the child reads belongs to
`workbook_child`, what its exit status means to `workbook`.
"""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path

CHILD = Path(__file__).with_name("workbook_child.py")
SURROUNDINGS = {
    "LANG": "C.UTF-8", "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "RUST_BACKTRACE": "0",
    "MALLOC_TOP_PAD_": str(16 << 20), "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
}  # fmt: skip
"""A child lives for one workbook: it asks the system for memory in large pieces, and gives back none before its end."""


class WorkbookOpener:
    """One helper process; it is started when it is first needed, and again after it had to be killed."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._turn = threading.Lock()

    def open(self, order: Mapping[str, str | int], seconds: int) -> int:
        """Let a child work on an order; its exit status, negative where a signal ended it.

        Raises TimeoutError when it takes longer than so many seconds; helper and child are killed then.
        """
        with self._turn:
            answer = b""
            try:
                answer = self._answer(self._running(), order, seconds)
            finally:
                if not answer:
                    self._kill()
            return int(answer) if answer else -signal.SIGKILL

    def _answer(self, helper: "subprocess.Popen[bytes]", order: Mapping[str, str | int], seconds: int) -> bytes:
        """The line of the helper; empty where it died."""
        if helper.stdin is None or helper.stdout is None:
            return b""
        try:
            helper.stdin.write(json.dumps(order).encode() + b"\n")
            helper.stdin.flush()
        except BrokenPipeError:
            return b""
        if not wait([helper.stdout.fileno()], timeout=seconds):
            raise TimeoutError
        return helper.stdout.readline()

    def close(self) -> None:
        """Let the helper end: it does when nobody can give it orders any more."""
        helper, self._helper = self._helper, None
        if helper is not None and self._owner == os.getpid():
            helper.communicate()

    def _running(self) -> subprocess.Popen[bytes]:
        """The helper; its output but the answers is dropped, for a library's message may quote a cell."""
        if self._helper is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._helper = subprocess.Popen(
                [sys.executable, "-I", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**SURROUNDINGS, "PATH": os.environ.get("PATH", "")},
                start_new_session=True,
            )
        return self._helper

    def _kill(self) -> None:
        """End the helper and whatever it has started."""
        if self._helper is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._helper.pid, signal.SIGKILL)
            self.close()


OPENER = WorkbookOpener()
"""The helper of this process."""

atexit.register(OPENER.close)
