"""The language of the comments in the published file: that of the settings, for every table, view and column."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.deliver.sql_headers import header
from pipeline.deliver.warehouse import EDITION, EDITION_COLUMNS, EDITION_GRAIN, Edition, marts, publish
from pipeline.engine import sql_text
from pipeline.lake import Table
from pipeline.schemas.catalog import published_tables
from pipeline.settings import EngineSettings, Settings

HAN = re.compile("[\u4e00-\u9fff]")
Comments = dict[tuple[str, str], str]
"""By table or view and column; the column of what a row is, is empty."""


def published_in(
    locale: str, tables: dict[str, Table], target: Path, engine: EngineSettings, scratch: Path
) -> Comments:
    edition = Edition("night", date(2026, 3, 31), "shop", "CNY", "Asia/Shanghai", locale=locale)
    publish(tables, target / "warehouse.duckdb", edition, engine, scratch)
    with duckdb.connect(target / "warehouse.duckdb", read_only=True) as connection:
        found = connection.execute(
            "select table_name, '', comment from duckdb_tables() where not internal"
            " union all select view_name, '', comment from duckdb_views() where not internal"
            " union all select table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall()
    return {(table, column): comment for table, column, comment in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the file is published."""
    return tmp_path / "workspace"


def test_chinese_settings_make_every_comment_chinese(
    tables: dict[str, Table], folder: Path, engine: EngineSettings, scratch: Path
) -> None:
    assert Settings.model_fields["locale"].default == Edition.__dataclass_fields__["locale"].default == "zh-CN"
    comments = published_in("zh-CN", tables, folder, engine, scratch)
    assert {name for name, _ in comments} == {spec.name for spec in published_tables()} | set(marts()) | {EDITION}
    assert [place for place, comment in comments.items() if not HAN.search(comment or "")] == []
    assert comments["orders", "net_amount"].startswith("净额")
    assert comments["huitou_meta", "currency"] != comments["orders", "currency"]


def test_english_settings_say_what_the_contracts_say(
    tables: dict[str, Table], folder: Path, engine: EngineSettings, scratch: Path
) -> None:
    comments = published_in("en", tables, folder, engine, scratch)
    for spec in published_tables():
        assert comments[spec.name, ""] == spec.grain
        assert {column.name: comments[spec.name, column.name] for column in spec.columns} == {
            column.name: column.description for column in spec.columns
        }
    for name in marts():
        head = header(sql_text(f"marts/{name}.sql"))
        assert comments[name, ""] == head.text
        assert {column: comments[name, column] for column in head.columns} == head.columns
    assert comments[EDITION, ""] == EDITION_GRAIN
    assert {column: comments[EDITION, column] for column in EDITION_COLUMNS} == EDITION_COLUMNS


def test_columns_that_customer_360_takes_over_mean_what_they_mean_in_customers(
    tables: dict[str, Table], folder: Path, engine: EngineSettings, scratch: Path
) -> None:
    comments = published_in("zh-CN", tables, folder, engine, scratch)
    taken = [column for table, column in comments if table == "customers" and column]
    differing = [name for name in taken if comments["customer_360", name] != comments["customers", name]]
    assert differing == []
