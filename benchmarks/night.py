"""Seconds, rows per second and peak memory of the night, by stage, at several sizes.

    python benchmarks/night.py [--customers 20000 200000 1000000] [--next-night] [--keep FOLDER]

For each size the sample retailer is written once up to the day after its last month. The first full night gets
everything up to the end of that month, the next night (`--next-night`) the files of the one day more: the day's
orders, events and points, and the exports that tell a whole state (members, contacts, stock …) once again. Every
night is a process of its own; its peak memory is that of its largest process. Two steps run at a time, so the seconds
of the stages add up to more than those of the night; start-up, the checks of contracts and Dagster are in the night
alone. Comparing results does not belong here: that nights are right is proven by the tests.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from pipeline.samples.write import DEFAULT_UNTIL, write_sample
from pipeline.schemas.catalog import TABLES

LINE = re.compile(r"(?P<table>\w+): (?:(?P<rows>[\d,]+) rows|done), (?P<seconds>[\d.]+) s, peak (?P<peak>[\d,]+) MiB")
READ = re.compile(r"^(?P<at>\d\d:\d\d:\d\d) (?:night of \S+ begins|read [\d,]+ of [\d,]+ new files)$")
FIRST_NIGHT, NEXT_NIGHT = DEFAULT_UNTIL, DEFAULT_UNTIL + timedelta(days=1)
SEED, DAYS = 7, 731
READING = "reading"
KIB_A_MIB = 1 if sys.platform == "darwin" else 1024


@dataclass
class Stage:
    """What the steps of one layer took together."""

    seconds: float = 0.0
    rows: int = 0
    peak_mib: int = 0


@dataclass
class Measured:
    """One night: wall clock, processor time of all its processes, and its stages."""

    seconds: float
    cpu_seconds: float
    peak_mib: int
    stages: dict[str, Stage] = field(default_factory=lambda: defaultdict(Stage))


def main() -> None:
    """Measure each size and print its tables."""
    options = arguments()
    for customers in options.customers:
        folder = (options.keep or Path(tempfile.mkdtemp(prefix="huitou-bench-"))) / f"{customers}"
        written = sample(folder / "sample", customers)
        workspace = folder / "workspace"
        later = landed_until(written, workspace, FIRST_NIGHT)
        report(f"{customers:,} customers, first full night", night(workspace, FIRST_NIGHT))
        if options.next_night:
            for origin, target in later:
                target.hardlink_to(origin)
            report(f"{customers:,} customers, next night with {len(later)} files", night(workspace, NEXT_NIGHT))
        if options.keep is None:
            shutil.rmtree(folder)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[20_000, 200_000, 1_000_000])
    parser.add_argument("--next-night", action="store_true", help="also run the night after one more day of files")
    parser.add_argument("--keep", type=Path, help="keep samples and workspaces below this folder; use samples there")
    return parser.parse_args()


def sample(root: Path, customers: int) -> Path:
    """The sample retailer up to the next night, written unless it is there."""
    started = time.perf_counter()
    if not (root / "settings.yaml").exists():
        summary = write_sample(root, customers=customers, seed=SEED, days=DAYS, until=NEXT_NIGHT)
        print(f"\n# {customers:,} customers: sample written in {time.perf_counter() - started:.1f} s; {summary}")
    return root


def landed_until(written: Path, workspace: Path, day: date) -> list[tuple[Path, Path]]:
    """Make a workspace of a sample in which nothing is dated after `day`; the files that are, and where they belong.

    A file that has no neighbour of that day tells a whole state: it lands at once as it would have looked then, which
    for texts is without its last row, and workbooks, of which the sample has one such, stay as they are.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(written, workspace, ignore=shutil.ignore_patterns("landing", "truth"))
    later = []
    for origin in sorted(path for path in (written / "landing").rglob("*") if path.is_file()):
        target = workspace / origin.relative_to(written)
        target.parent.mkdir(parents=True, exist_ok=True)
        of_that_day = origin.name.replace(f"{NEXT_NIGHT:%Y%m%d}", f"{day:%Y%m%d}")
        if of_that_day == origin.name:
            target.hardlink_to(origin)
            continue
        is_state = not origin.with_name(of_that_day).exists()
        if is_state:
            shutil.copyfile(origin, target.with_name(of_that_day))
        if is_state and origin.suffix == ".csv":
            cut_last_row(target.with_name(of_that_day))
        if not is_state or origin.suffix == ".csv":
            later.append((origin, target))
    return later


def cut_last_row(path: Path) -> None:
    """Take the last line off a text file whose rows are lines."""
    with path.open("r+b") as file:
        end = max(0, path.stat().st_size - (1 << 16))
        file.seek(end)
        file.truncate(end + file.read().rstrip(b"\r\n").rfind(b"\n") + 1)


def night(root: Path, as_of: date) -> Measured:
    """Run one night and read its log."""
    command = [sys.executable, "-m", "assets", "--workspace", str(root), "run", "--as-of", as_of.isoformat()]
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        log.seek(0)
        lines = log.read().splitlines()
    if process.returncode:
        sys.exit("\n".join(lines))
    measured = Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // KIB_A_MIB)
    for line in lines:
        if found := LINE.search(line):
            stage = measured.stages[stage_of(found["table"])]
            stage.seconds += float(found["seconds"])
            stage.rows += int((found["rows"] or "0").replace(",", ""))
            stage.peak_mib = max(stage.peak_mib, int(found["peak"].replace(",", "")))
    measured.stages[READING].rows = measured.stages["raw"].rows
    measured.stages[READING].seconds += seconds_of_reading(lines)
    return measured


def seconds_of_reading(lines: Sequence[str]) -> int:
    """From the beginning of the night to the last new file: read while Dagster loads, before any step."""
    told = [datetime.strptime(found["at"], "%H:%M:%S") for line in lines if (found := READ.match(line))]  # noqa: DTZ007
    return (told[-1] - told[0]).seconds if told else 0


def stage_of(step: str) -> str:
    """The layer of a table, the name of any other step; the ledger of files is done when the files are read."""
    if step == "source_files":
        return READING
    return TABLES[step].layer if step in TABLES else step


def report(title: str, measured: Measured) -> None:
    """Print one night as a table."""
    print(f"\n{title}: {measured.seconds:.1f} s, {measured.cpu_seconds:.1f} s CPU, peak {measured.peak_mib:,} MiB")
    print(f"  {'stage':<14}{'seconds':>9}{'rows':>14}{'rows/s':>12}{'peak MiB':>10}")
    for name, stage in measured.stages.items():
        speed = stage.rows / stage.seconds if stage.seconds else 0
        print(f"  {name:<14}{stage.seconds:>9.1f}{stage.rows:>14,}{speed:>12,.0f}{stage.peak_mib:>10,}", flush=True)


if __name__ == "__main__":
    main()
