"""Seconds of every step of the predictions on a finished night: features, training, scoring, from its facts.

    python benchmarks/predictions_speed.py --workspace FOLDER [--out FOLDER] [--steps NAME …] [--one-at-a-time]

The workspace is only read (a sample of a million customers: `huitou sample --customers 1000000`, then `huitou run`).
Goal: 1 M customers in 3 minutes on two cores. As in a night, two steps run side by side in threads of one process,
each as soon as what it reads is made; models are trained, for there is no previous night. Seconds of the processor are
told beside those of the clock, which a busy machine lengthens; of single steps only `--one-at-a-time` can tell them.
`--steps` runs some of the steps on what an earlier run left in `--out`.
"""

import argparse
import inspect
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from assets import churn, lifetime
from assets.executor import STEPS_AT_ONCE
from assets.predictions import FEATURE_STEPS
from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

STEPS: tuple[Callable[..., Table], ...] = (*FEATURE_STEPS, *lifetime.STEPS, *churn.STEPS[:4])
PREVIOUS = "previous_"


def main() -> None:
    options = arguments()
    night = SnapshotStore(options.workspace / "snapshots").current()
    assert night is not None, f"{options.workspace}: no finished night"
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(night, options.out or Path(name))
        steps = [step for step in STEPS if not options.steps or step.__name__ in options.steps]
        at_once = 1 if options.one_at_a_time else STEPS_AT_ONCE
        print(f"{at_once} at once, load of the machine {os.getloadavg()[0]:.1f}")
        print(f"{'step':24}{'clock':>9}{'processor' if at_once == 1 else '':>11}")
        start, before = time.perf_counter(), processor()
        bench.run(steps, at_once)
        print(f"{'all':24}{time.perf_counter() - start:>7.1f} s{processor() - before:>9.1f} s")
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"most memory {most:.1f} GiB, load of the machine {os.getloadavg()[0]:.1f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", nargs="+")
    parser.add_argument("--one-at-a-time", action="store_true")
    return parser.parse_args()


class Bench:
    """Runs steps on the tables of a night and on those that earlier steps made in `folder`."""

    def __init__(self, night: Snapshot, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.night, self.folder, settings = night, folder, Settings.model_validate({"retailer": "benchmark"})
        self.given: dict[str, Any] = {
            "engine": Engine(settings.engine, folder / "scratch"),
            "settings": settings,
            "as_of": night.as_of,
            "workspace": Workspace(folder),
        }

    def run(self, steps: Sequence[Callable[..., Table]], at_once: int) -> None:
        """All steps, each once what it reads is made."""
        waiting, running = {step.__name__: step for step in steps}, dict[Future[None], str]()
        with ThreadPoolExecutor(at_once) as threads:
            while waiting or running:
                unmade = {*waiting, *running.values()}
                ready = [name for name, step in waiting.items() if not unmade & set(inspect.signature(step).parameters)]
                for name in ready[: at_once - len(running)]:
                    running[threads.submit(self.timed, waiting.pop(name), at_once == 1)] = name
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    running.pop(ended)
                    ended.result()

    def timed(self, step: Callable[..., Table], is_alone: bool) -> None:
        """Run one step; tell its seconds of the clock and, if nothing else ran, of the processor."""
        parameters = inspect.signature(step).parameters.values()
        inputs = [self.table(each.name) for each in parameters if each.annotation is Table]
        given = self.given | {"path": self.folder / f"{step.__name__}.parquet"}
        named = {each.name: given[each.name] for each in parameters if each.annotation is not Table}
        start, before = time.perf_counter(), processor()
        step(*inputs, **named)
        used = f"{processor() - before:>9.1f} s" if is_alone else ""
        print(f"{step.__name__:24}{time.perf_counter() - start:>7.1f} s{used}", flush=True)

    def table(self, name: str) -> Table:
        """What an earlier step made, else the night's; a first night has no previous one."""
        path = self.folder / f"{name}.parquet"
        if name.startswith(PREVIOUS):
            plain = name.removeprefix(PREVIOUS)
            return write_table(TABLES[plain], TABLES[plain].empty(), path)
        return Table(name, (path,)) if path.exists() else self.night.table(name)


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
