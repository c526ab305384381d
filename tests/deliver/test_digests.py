"""Digests see every value, every null and the order of rows, and nothing else."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.deliver.digests import column_digests, stored_digests, table_digest
from pipeline.lake import Table
from pipeline.schemas.columns import ColumnSpec
from pipeline.schemas.tables import TableSpec

SCHEMA = {
    "id": pl.Int64(),
    "text": pl.String(),
    "money": pl.Decimal(18, 2),
    "day": pl.Date(),
    "moment": pl.Datetime("us"),
    "truth": pl.Boolean(),
    "ratio": pl.Float64(),
}
SPEC = TableSpec(
    name="things",
    layer="facts",
    grain="One row per thing.",
    key=("id",),
    columns=tuple(ColumnSpec(name, dtype, "") for name, dtype in SCHEMA.items()),
    nullable=frozenset(SCHEMA) - {"id"},
    published=False,
)
ROWS = [
    (1, "红", Decimal("1.50"), date(2026, 1, 1), datetime.fromisoformat("2026-01-01 08:00"), True, 0.5),
    (2, "", Decimal("-0.01"), date(1969, 12, 31), datetime.fromisoformat("1969-12-31 23:59:59.999999"), False, -0.0),
    (3, None, None, None, None, None, None),
]


def written(rows: list[tuple[object, ...]], path: Path, **options: object) -> Table:
    pl.DataFrame(rows, schema=SCHEMA, orient="row").write_parquet(path, **options)  # type: ignore[arg-type]
    return Table("things", (path,))


def in_duckdb(table: Table) -> dict[str, str]:
    connection = duckdb.connect()
    files = ", ".join(f"'{path}'" for path in table.paths)
    connection.execute(f"create table things as select * from read_parquet([{files}])")
    return stored_digests(SPEC, connection, '"things"')


def test_parquet_and_duckdb_agree(tmp_path: Path) -> None:
    table = written(ROWS, tmp_path / "a.parquet")
    assert column_digests(SPEC, table) == in_duckdb(table)


def test_no_rows_agree(tmp_path: Path) -> None:
    table = written([], tmp_path / "a.parquet")
    assert column_digests(SPEC, table) == in_duckdb(table)


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (0, "text", "红 "),
        (0, "money", Decimal("1.51")),
        (1, "text", None),
        (1, "ratio", 0.0),
        (2, "money", Decimal("0.00")),
        (2, "day", date(1970, 1, 1)),
        (2, "moment", datetime.fromisoformat("1970-01-01")),
        (2, "truth", False),
    ],
)
def test_each_change_of_a_value_shows_in_its_column_alone(tmp_path: Path, row: int, column: str, value: object) -> None:
    place = list(SCHEMA).index(column)
    changed = [tuple(value if (r, c) == (row, place) else cell for c, cell in enumerate(cells))
               for r, cells in enumerate(ROWS)]  # fmt: skip
    before = column_digests(SPEC, written(ROWS, tmp_path / "a.parquet"))
    after = column_digests(SPEC, written(changed, tmp_path / "b.parquet"))
    assert [name for name in SCHEMA if before[name] != after[name]] == [column]
    assert table_digest(before) != table_digest(after)


def test_order_counts(tmp_path: Path) -> None:
    before = column_digests(SPEC, written(ROWS, tmp_path / "a.parquet"))
    after = column_digests(SPEC, written(ROWS[::-1], tmp_path / "b.parquet"))
    assert all(before[name] != after[name] for name in SCHEMA)


def test_moving_a_letter_between_two_texts_shows(tmp_path: Path) -> None:
    one = written([(1, "ab", *[None] * 5), (2, "c", *[None] * 5)], tmp_path / "a.parquet")
    two = written([(1, "a", *[None] * 5), (2, "bc", *[None] * 5)], tmp_path / "b.parquet")
    assert column_digests(SPEC, one)["text"] != column_digests(SPEC, two)["text"]


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(st.tuples(st.none() | st.text(max_size=5), st.none() | st.booleans()), max_size=60),
    cut=st.integers(0, 60),
    group=st.integers(1, 20),
)
def test_files_row_groups_and_engine_play_no_part(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str | None, bool | None]], cut: int, group: int
) -> None:
    folder = tmp_path_factory.mktemp("digests")
    rows = [(number, text, None, None, None, truth, None) for number, (text, truth) in enumerate(values)]
    whole = written(rows, folder / "whole.parquet")
    parts = (
        written(rows[:cut], folder / "1.parquet", row_group_size=group),
        written(rows[cut:], folder / "2.parquet", compression="uncompressed"),
    )
    split = Table("things", tuple(part.paths[0] for part in parts))
    assert column_digests(SPEC, split) == column_digests(SPEC, whole) == in_duckdb(whole)
