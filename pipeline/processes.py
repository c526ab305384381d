"""Processes that end with the one that started them, and how they begin.

One that went on after a killed night would write beside the next night, which begins the same work anew. Nothing is
loaded here that takes long: a process is at `begin` at once, and loads the rest as that says.
"""

import gc
import multiprocessing
import os
import pickle
from threading import Thread


def begin(work: bytes) -> None:
    """What a process does first: load and call the pickled `work`, which its parent made.

    The search for unreachable cycles would go through all that is loaded again and again: it is off, and what the
    loaded programs hold is never looked at. Whoever makes cycles calls `gc.collect` where a piece of work is done.
    """
    end_with_parent()
    gc.disable()
    pickle.loads(work)()  # noqa: S301 - the parent made it
    gc.freeze()


def is_ready() -> bool:
    """A piece of work that is none: it makes a process start that is not needed yet."""
    return True


def end_with_parent() -> None:
    """Let this process, started by multiprocessing, end at once when the one that started it is gone."""
    Thread(target=_end_after_parent, name="waits for the parent", daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
