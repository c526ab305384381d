"""Processes that end with the one that started them.

One that went on after a killed night would write beside the next night, which begins the same work anew.
"""

import multiprocessing
import os
from threading import Thread


def end_with_parent() -> None:
    """Let this process, started by multiprocessing, end at once when the one that started it is gone."""
    Thread(target=_end_after_parent, name="waits for the parent", daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
