"""Publishers that are killed, and readers that never pause: always one whole version, old or new."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.lake import Table

PUBLISHER = Path(__file__).with_name("publisher.py")
KILLS = 4

READER = """
import os, sys, duckdb
target, until = sys.argv[1], sys.argv[2]
reads, seen = 0, []
while not os.path.exists(until):
    with duckdb.connect(target, read_only=True) as connection:
        version = connection.execute("select snapshot_id from huitou_meta").fetchone()[0]
        city, count = connection.execute("select min(city), count(city) from customers").fetchone()
        assert (city, count) == (version, 1), (city, count, version)
        assert connection.execute("select count(*) from customer_360").fetchone() == (3,)
    reads += 1
    if not seen or seen[-1] != version:
        seen.append(version)
print(reads, len(seen))
"""


@pytest.fixture
def folder(tmp_path: Path, shop: dict[str, list[dict[str, Any]]], write_shop: Callable[..., dict[str, Table]]) -> Path:
    """Two versions of the shop; the city of the first customer names the version."""
    root = tmp_path / "workspace"
    for version in ("one", "two"):
        shop["customers"][0]["city"] = version
        tables = write_shop(shop)
        (root / version).mkdir(parents=True)
        for table in tables.values():
            table.paths[0].rename(root / version / table.paths[0].name)
    return root


def publisher(folder: Path, rounds: int = 1_000_000) -> subprocess.Popen[str]:
    command = [sys.executable, str(PUBLISHER), str(folder), str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PUBLISHER.parents[2], env=environment())


def published(folder: Path, rounds: int) -> bool:
    running = publisher(folder, rounds)
    running.communicate()
    return running.returncode == 0


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PUBLISHER.parents[2])}


@pytest.mark.slow
def test_a_killed_publisher_leaves_one_whole_version(folder: Path) -> None:
    chance = random.Random(7)
    debris = 0
    for _ in range(KILLS):
        running = publisher(folder)
        assert running.stdout is not None
        assert running.stdout.readline().strip() == "one"
        time.sleep(chance.uniform(0, 1.2))
        running.send_signal(signal.SIGKILL)
        running.communicate()
        with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
            row = connection.execute("select snapshot_id, min(city) from huitou_meta, customers group by 1").fetchone()
        assert row in {("one", "one"), ("two", "two")}
        debris += len(list(folder.glob(".warehouse*")))
    assert debris > 0, "no kill fell into a build: the test proves nothing"
    assert published(folder, 1)
    assert list(folder.glob(".warehouse*")) == []


@pytest.mark.slow
def test_readers_in_a_loop_see_whole_versions_and_every_publisher_succeeds(folder: Path) -> None:
    assert published(folder, 1)
    until = folder / "stop"
    command = [sys.executable, "-c", READER, str(folder / "warehouse.duckdb"), str(until)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert published(folder, 5)
    until.touch()
    for reader in readers:
        out, errors = reader.communicate()
        assert errors == ""
        reads, versions = map(int, out.split())
        assert reads > versions > 1


def test_a_reader_that_holds_on_keeps_its_night_and_sees_the_new_one_when_it_opens_again(folder: Path) -> None:
    assert published(folder, 1)
    asked = "select snapshot_id from huitou_meta"
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as held:
        assert published(folder, 2)
        assert held.execute(asked).fetchall() == [("one",)]
    with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as fresh:
        assert fresh.execute(asked).fetchall() == [("two",)]
