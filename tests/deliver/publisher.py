"""Publishes two versions of a tiny warehouse in turn until it is killed: the program that crash tests run.

    python publisher.py FOLDER [ROUNDS]

FOLDER/<version>/<table>.parquet must lie there; prints the version after each publish.
"""

import sys
from datetime import date
from pathlib import Path

from pipeline.deliver.warehouse import Edition, publish
from pipeline.lake import Table
from pipeline.schemas.catalog import published_tables
from pipeline.settings import EngineSettings

VERSIONS = ("one", "two")


def publish_version(folder: Path, version: str) -> None:
    """One version, complete."""
    tables = {spec.name: Table(spec.name, (folder / version / f"{spec.name}.parquet",)) for spec in published_tables()}
    edition = Edition(version, date(2026, 3, 31), "shop", "CNY", "Asia/Shanghai")
    engine = EngineSettings(memory_limit="500MB", threads=1)
    publish(tables, folder / "warehouse.duckdb", edition, engine, folder / "scratch")


def main(folder: Path, rounds: int) -> None:
    """Publish, tell, and begin again."""
    for number in range(rounds):
        version = VERSIONS[number % 2]
        publish_version(folder, version)
        print(version, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
