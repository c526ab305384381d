"""A real shop's six thousand customers, one by one: the night's scores, groups and stages are those of plain Python."""

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from naive import Person, rfm_scores, stages
from naive_groups import groups

from pipeline.settings import Settings, load_settings
from pipeline.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "online_retail_II.csv.gz"
EXAMPLE = ROOT / "docs" / "examples" / "online_retail"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EXPORT.exists(), reason="the public data set Online Retail II is not at hand"),
]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, run_huitou: Callable[..., subprocess.CompletedProcess[str]]
) -> Workspace:
    root = tmp_path_factory.mktemp("shop") / "data"
    shutil.copytree(EXAMPLE, root)
    (root / "landing").mkdir()
    shutil.copy(EXPORT, root / "landing" / "online_retail_II.csv.gz")
    done = run_huitou(root, "run")
    assert done.returncode == 0, done.stderr
    return Workspace(root)


def people_of(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Person]:
    """Every customer with purchases and returns from `orders` and `refunds`, nothing computed by the pipeline."""
    purchases: dict[str, list[tuple[int, int]]] = defaultdict(list)
    query = """
    select customer_id, date_diff('day', ordered_on, as_of), cast(net_amount * 100 as bigint)
    from orders cross join huitou_meta where is_purchase and customer_id is not null
    """
    for who, age, fen in warehouse.execute(query).fetchall():
        purchases[who].append((age, fen))
    query = """
    select refunds.customer_id, min(date_diff('day', coalesce(refunded_on, ordered_on), as_of))
    from refunds left join orders using (order_key) cross join huitou_meta
    where refunds.refund_amount > 0 and refunds.customer_id is not null group by all
    """
    returned = dict(warehouse.execute(query).fetchall())
    everybody = warehouse.execute("select customer_id, registered_on from customers").fetchall()
    assert {registered for _, registered in everybody} == {None}
    return {who: Person(tuple(purchases[who]), None, None, returned=returned.get(who)) for who, _ in everybody}


@pytest.fixture(scope="module")
def night(shop: Workspace) -> tuple[dict[str, Person], Settings, dict[str, list[tuple[Any, ...]]]]:
    queries = {
        "scores": "select customer_id, r_score, f_score, m_score, c_score, rfm_class, rfrc_class from rfm_scores",
        "groups": "select customer_id, rfm_grouping, rfm_group from rfm_groups",
        "stages": "select customer_id, profile, matched_stages, stage from lifecycle_stages",
    }
    with duckdb.connect(shop.warehouse, read_only=True) as warehouse:
        found = {name: warehouse.execute(query).fetchall() for name, query in queries.items()}
        return people_of(warehouse), load_settings(shop.settings_file), found


def test_scores_and_classes(night: Any) -> None:
    people, settings, found = night
    assert {row[0]: row[1:] for row in found["scores"]} == rfm_scores(people, settings.rfm)


def test_groups(night: Any) -> None:
    people, settings, found = night
    assert {row[:2]: row[2] for row in found["groups"]} == groups(people, settings.rfm)


def test_stages_of_all_four_profiles(night: Any) -> None:
    people, settings, found = night
    assert {row[:2]: row[2] for row in found["stages"]} == stages(people, settings.lifecycle)
    assert all(row[3] == row[2].split(",")[0] for row in found["stages"])
    assert len({row[1:4:2] for row in found["stages"]}) >= 15, "nearly every stage is given to somebody"
