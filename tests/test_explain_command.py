"""`huitou explain`: one person told from their id, card and order alike, masked; a copy of everything on request."""

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

PARTS = (
    "one person because", "member_no", "r_score [default]", "stage [guide]", "tier = ", "points = ",
    "churn_probability = ", "lifetime_value = ", "tag [", "segment [", "version",
)  # fmt: skip
Huitou = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def someone(tiny_sample: Workspace) -> dict[str, str]:
    """A buyer with a card and a phone of their own: every KEY that names them."""
    snapshot = SnapshotStore(tiny_sample.snapshots).current()
    assert snapshot is not None
    keys = snapshot.table("profile_keys").read()
    owned = keys.join(snapshot.table("customer_profiles").read(), on=["source", "profile_key"])
    alone = owned.filter(pl.col("customer_id").n_unique().over("key_hash") == 1)
    orders = snapshot.table("orders").read().drop_nulls("customer_id").sort("order_key")
    for customer_id in orders["customer_id"].unique(maintain_order=True):
        mine = alone.filter(pl.col("customer_id") == customer_id).sort("key_value")
        found = {kind: mine.filter(pl.col("key_type") == kind)["key_value"] for kind in ("member_no", "phone")}
        if all(len(values) for values in found.values()):
            order = orders.filter(pl.col("customer_id") == customer_id)["order_key"][0]
            first = {kind: str(values[0]) for kind, values in found.items()}
            source, profile = mine.select("source", "profile_key").row(0)
            named = {"profile_key": profile, "named_profile": f"{source}:{profile}"}
            return {"customer_id": customer_id, "order_key": order, **named, **first}
    raise AssertionError("the sample has such a buyer")


def test_every_key_tells_the_same_person_masked(
    tiny_sample: Workspace, someone: dict[str, str], run_huitou: Huitou
) -> None:
    told = {name: run_huitou(tiny_sample.root, "explain", key) for name, key in someone.items()}
    assert {name: done.returncode for name, done in told.items()} == dict.fromkeys(someone, 0)
    assert len({done.stdout for done in told.values()}) == 1
    text = told["customer_id"].stdout
    assert someone["phone"] not in text
    for part in PARTS:
        assert part in text, part


def test_a_stranger_is_told_by_a_masked_key(tiny_sample: Workspace, run_huitou: Huitou) -> None:
    done = run_huitou(tiny_sample.root, "explain", "13912340000")
    assert done.returncode == 1
    assert done.stderr.startswith("139****0000: no customer has this id, ")
    assert "13912340000" not in done.stdout + done.stderr


@pytest.fixture(scope="module")
def strangers(tiny_sample: Workspace) -> list[str]:
    """The ids of two customers."""
    snapshot = SnapshotStore(tiny_sample.snapshots).current()
    assert snapshot is not None
    return snapshot.table("customers").read()["customer_id"].sort()[:2].to_list()


def test_two_keys_of_one_person_tell_the_joins_between_them(
    tiny_sample: Workspace, someone: dict[str, str], run_huitou: Huitou
) -> None:
    done = run_huitou(tiny_sample.root, "explain", someone["member_no"], someone["phone"])
    assert done.returncode == 0, done.stderr
    assert someone["phone"] not in done.stdout
    for part in (someone["customer_id"], "  one customer: ", "held together by", "decision different"):
        assert part in done.stdout, part
    same = run_huitou(tiny_sample.root, "explain", someone["named_profile"], someone["named_profile"])
    assert "  both mean the very same profile: " in same.stdout


def test_two_customers_are_told_from_both_ends(
    tiny_sample: Workspace, strangers: list[str], run_huitou: Huitou
) -> None:
    told = [run_huitou(tiny_sample.root, "explain", *keys) for keys in (strangers, strangers[::-1])]
    assert [done.returncode for done in told] == [0, 0], told[0].stderr
    assert all("  two customers, " in done.stdout for done in told)
    assert sorted(told[0].stdout.splitlines()) == sorted(told[1].stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["13912340000"], 1, "139****0000: no customer has this id, "),
        (["M-nobody", "--export", "copy.json"], 2, "--export writes the copy of one person. Give one KEY with it."),
    ],
)
def test_a_second_key_that_means_nobody_or_does_not_belong_there(
    arguments: list[str], code: int, said: str, tiny_sample: Workspace, someone: dict[str, str], run_huitou: Huitou
) -> None:
    done = run_huitou(tiny_sample.root, "explain", someone["customer_id"], *arguments)
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert "13912340000" not in done.stdout + done.stderr


def test_a_copy_holds_everything_and_is_for_its_owner(
    tiny_sample: Workspace, someone: dict[str, str], run_huitou: Huitou, tmp_path: Path
) -> None:
    path = tmp_path / "copy.json"
    done = run_huitou(tiny_sample.root, "explain", someone["member_no"], "--export", str(path))
    assert done.returncode == 0, done.stderr
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["customer_id"] == someone["customer_id"]
    assert someone["phone"] in {row["contact_value"] for row in content["contact_points"]}
    assert {"customers", "orders", "order_lines", "customer_profiles"} <= set(content)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
