"""A person who is forgotten: no byte of theirs is left outside landing/, the money stays, nothing brings them back."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from privacy_scanner import files_below, leaks

from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

Huitou = Callable[..., subprocess.CompletedProcess[str]]
YOURS = ("landing", "truth")


def current(workspace: Workspace) -> Snapshot:
    snapshot = SnapshotStore(workspace.snapshots).current()
    assert snapshot is not None
    return snapshot


def some_buyer(snapshot: Snapshot) -> tuple[str, list[str]]:
    """The customer with a phone, a card and most sources, and every key that they alone carry."""
    keys = snapshot.table("profile_keys").read()
    owned = keys.join(snapshot.table("customer_profiles").read(), on=["source", "profile_key"])
    alone = owned.filter(pl.col("customer_id").n_unique().over("key_hash") == 1)
    orders = snapshot.table("orders").read().drop_nulls("customer_id")
    seen = orders.group_by("customer_id").agg(pl.col("source").n_unique().alias("sources"), pl.len().alias("orders"))
    named = alone.group_by("customer_id").agg("key_type", pl.col("key_value").unique())
    complete = named.filter(pl.col("key_type").list.contains("phone") & pl.col("key_type").list.contains("member_no"))
    best = (
        complete.join(seen, on="customer_id")
        .sort("sources", "orders", "customer_id", descending=True)
        .row(0, named=True)
    )
    return best["customer_id"], best["key_value"]


def traces(workspace: Workspace, values: list[str]) -> list[str]:
    """Files below the workspace, other than the retailer's own, that hold one of the values in any spelling."""
    mine = [path for path in files_below(workspace.root) if path.relative_to(workspace.root).parts[0] not in YOURS]
    return sorted(str(path) for path in leaks(mine, values))


def figures(workspace: Workspace) -> tuple[object, ...]:
    query = "select count(*), sum(net_amount), sum(net_amount) filter (where is_purchase) from orders"
    with duckdb.connect(workspace.warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()[0]


@pytest.fixture
def copied(tiny_sample: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the tiny sample that a test may change."""
    shutil.copytree(tiny_sample.root, tmp_path / "data", symlinks=True)
    return Workspace(tmp_path / "data")


@pytest.mark.slow
def test_nothing_is_left_and_nothing_comes_back(copied: Workspace, run_huitou: Huitou) -> None:
    customer_id, values = some_buyer(current(copied))
    phone = next(value for value in values if value.isdigit() and len(value) == 11)
    before = figures(copied)
    assert traces(copied, values)

    done = run_huitou(copied.root, "forget", phone)
    assert done.returncode == 0, done.stderr
    assert not any(value in done.stdout + done.stderr for value in values)
    landed = [line.strip() for line in done.stdout.splitlines() if line.startswith("  landing/")]
    assert landed
    assert all((copied.root / line).exists() for line in landed)
    assert traces(copied, values) == []
    assert figures(copied) == before
    assert run_huitou(copied.root, "verify").returncode == 0
    assert run_huitou(copied.root, "verify-audit").returncode == 0

    members = max((copied.landing / "members").iterdir())
    shutil.copy(members, members.with_name("members_again.xlsx"))  # the same bytes under another name
    orders = (copied.root / landed[-1]).read_bytes()
    (copied.root / landed[-1]).write_bytes(orders + b"\r\n")  # other bytes that tell the same
    tomorrow = (current(copied).as_of + timedelta(days=1)).isoformat()
    again = run_huitou(copied.root, "run", "--as-of", tomorrow)
    assert again.returncode == 0, again.stderr
    assert traces(copied, values) == []
    assert figures(copied) == before
    ids = current(copied).table("customers").scan().filter(pl.col("customer_id") == customer_id)
    assert ids.collect().is_empty()
    history = current(copied).table("customer_id_history").read().filter(pl.col("customer_id") == customer_id)
    assert history["event"].to_list()[-1] == "erased"
    assert run_huitou(copied.root, "forget", customer_id).returncode == 1

    rebuilt = run_huitou(copied.root, "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert traces(copied, values) == []
    assert figures(copied) == before


def test_who_is_not_there_is_told_without_repeating_the_key(copied: Workspace, run_huitou: Huitou) -> None:
    done = run_huitou(copied.root, "forget", "13900001111")
    assert done.returncode == 1
    assert "no customer has this" in done.stderr
    assert "13900001111" not in done.stderr
