"""Seconds, rows per second and peak memory of the night, by stage, at several sizes.

    python benchmarks/night.py [--customers 20000 200000 1000000] [--keep FOLDER]

For each size: writes the sample retailer, runs the first full night, then drops one more day's worth of files (a
second sample night is not needed: the same files with a later as_of recompute everything that depends on the date)
and runs the next one. Every run is a process of its own, so peak memory is that of the night alone.
"""

import argparse
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pipeline.samples.write import DEFAULT_UNTIL, write_sample
from pipeline.schemas.catalog import TABLES

LINE = re.compile(r"(?P<table>\w+): (?:(?P<rows>[\d,]+) rows|done), (?P<seconds>[\d.]+) s, peak (?P<peak>[\d,]+) MiB")


@dataclass
class Stage:
    seconds: float = 0.0
    rows: int = 0
    peak_mib: int = 0


@dataclass
class Measured:
    seconds: float
    peak_mib: int
    stages: dict[str, Stage] = field(default_factory=lambda: defaultdict(Stage))


def main() -> None:
    options = arguments()
    for customers in options.customers:
        root = (options.keep or Path(tempfile.mkdtemp(prefix="huitou-bench-"))) / f"{customers}"
        started = time.perf_counter()
        if not (root / "settings.yaml").exists():
            summary = write_sample(root, customers=customers, seed=7, days=730, until=DEFAULT_UNTIL)
            print(f"\n# {customers:,} customers: sample written in {time.perf_counter() - started:.1f} s; {summary}")
        report("first full night", night(root, DEFAULT_UNTIL))
        report("next night", night(root, DEFAULT_UNTIL + timedelta(days=1)))
        if options.keep is None:
            shutil.rmtree(root)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="keep the workspaces below this folder and use those that are there")
    return parser.parse_args()


def night(root: Path, as_of: date) -> Measured:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [sys.executable, "-m", "assets", "--workspace", str(root), "run", "--as-of", as_of.isoformat()]
    process = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, check=False)
    if process.returncode:
        sys.exit(process.stderr)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured = Measured(seconds, max(after.ru_maxrss, before.ru_maxrss) // 1024)
    for line in process.stderr.splitlines():
        if found := LINE.search(line):
            stage = measured.stages[TABLES[found["table"]].layer if found["table"] in TABLES else found["table"]]
            stage.seconds += float(found["seconds"])
            stage.rows += int((found["rows"] or "0").replace(",", ""))
            stage.peak_mib = max(stage.peak_mib, int(found["peak"].replace(",", "")))
    return measured


def report(title: str, measured: Measured) -> None:
    print(f"\n{title}: {measured.seconds:.1f} s, peak {measured.peak_mib:,} MiB")
    print(f"  {'stage':<14}{'seconds':>9}{'rows':>14}{'rows/s':>12}{'peak MiB':>10}")
    for name, stage in measured.stages.items():
        speed = stage.rows / stage.seconds if stage.seconds else 0
        print(f"  {name:<14}{stage.seconds:>9.1f}{stage.rows:>14,}{speed:>12,.0f}{stage.peak_mib:>10,}")


if __name__ == "__main__":
    main()
