"""Every query of the guide runs, and every view is listed there."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.deliver.warehouse import Edition, marts, publish
from pipeline.lake import Table
from pipeline.settings import EngineSettings

GUIDE = (Path(__file__).parents[2] / "docs" / "analyst-guide.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.+?)```", GUIDE, re.DOTALL)


@pytest.fixture
def warehouse(tables: dict[str, Table], engine: EngineSettings, scratch: Path, tmp_path: Path) -> Path:
    edition = Edition("night", date(2026, 3, 31), "shop", "CNY", "Asia/Shanghai")
    publish(tables, tmp_path / "warehouse.duckdb", edition, engine, scratch)
    return tmp_path / "warehouse.duckdb"


def test_ten_queries_run(warehouse: Path) -> None:
    assert len(QUERIES) == 10
    with duckdb.connect(warehouse, read_only=True) as connection:
        for query in QUERIES:
            connection.execute(query).fetchall()


def test_every_view_is_listed() -> None:
    assert sorted(re.findall(r"^\| `([a-z_0-9]+)` \|", GUIDE, re.MULTILINE)) == marts()
