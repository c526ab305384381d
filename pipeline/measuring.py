"""How long and how much: one log line per finished step, for people and for the benchmark."""

import logging
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("huitou.steps")

UNIT = 1 if sys.platform == "darwin" else 1024


def peak_mib() -> int:
    """The most memory that this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT >> 20


def log_step(name: str, rows: int, seconds: float) -> None:
    """One finished step."""
    log.info("%s: %s rows, %.1f s, peak %s MiB", name, f"{rows:,}", seconds, f"{peak_mib():,}")


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Log a step that writes no table of its own."""
    start = time.perf_counter()
    yield
    log.info("%s: done, %.1f s, peak %s MiB", name, time.perf_counter() - start, f"{peak_mib():,}")
