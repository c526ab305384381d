"""Seconds of every step of the predictions on a finished night: features, training, scoring, from its facts.

    python benchmarks/predictions_speed.py --workspace FOLDER [--out FOLDER] [--steps NAME …]

The workspace is only read (a sample of a million customers: `huitou sample --customers 1000000`, then `huitou run`).
Goal: 1 M customers in 3 minutes on two cores. Seconds of the processor are told beside those of the clock, which a
busy machine lengthens. `--steps` runs some of the steps on what an earlier run left in `--out`.
"""

import argparse
import inspect
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assets import churn, lifetime
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
        print(f"{'step':24}{'clock':>9}{'processor':>11}")
        total = [bench.timed(step) for step in STEPS if not options.steps or step.__name__ in options.steps]
        print(f"{'all':24}{sum(clock for clock, _ in total):>7.1f} s{sum(used for _, used in total):>9.1f} s")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", nargs="+")
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

    def timed(self, step: Callable[..., Table]) -> tuple[float, float]:
        """Seconds of the clock and of the processor."""
        parameters = inspect.signature(step).parameters.values()
        inputs = [self.table(each.name) for each in parameters if each.annotation is Table]
        given = self.given | {"path": self.folder / f"{step.__name__}.parquet"}
        named = {each.name: given[each.name] for each in parameters if each.annotation is not Table}
        start, before = time.perf_counter(), processor()
        step(*inputs, **named)
        took = time.perf_counter() - start, processor() - before
        print(f"{step.__name__:24}{took[0]:>7.1f} s{took[1]:>9.1f} s", flush=True)
        return took

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
