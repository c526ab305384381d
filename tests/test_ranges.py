"""A step in ranges of its key gives the rows that it gives at once."""

from functools import partial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.ranges import KeyRange, key_ranges
from pipeline.schemas.catalog import TABLES
from pipeline.settings import EngineSettings
from pipeline.trade import steps

SPEC = TABLES["orders"]


def table(path: Path, name: str, keys: list[str], group: int) -> Table:
    pl.DataFrame({"order_key": keys}, schema={"order_key": pl.String}).write_parquet(path, row_group_size=group)
    return Table(name, (path,))


def test_ranges_meet_and_leave_nothing_out(tmp_path: Path) -> None:
    lines = table(tmp_path / "lines.parquet", "lines", ["a", "b", "c", "c", "d", "e"], group=2)
    assert key_ranges(lines, "order_key", rows=2) == [KeyRange(None, "c"), KeyRange("c", "d"), KeyRange("d", None)]
    assert key_ranges(lines, "order_key", rows=3) == [KeyRange(None, "d"), KeyRange("d", None)]
    assert key_ranges(lines, "order_key") == [KeyRange(None, None)]


@given(keys=st.lists(st.sampled_from("abcdef"), max_size=30), group=st.integers(1, 4), rows=st.integers(1, 8))
def test_every_key_is_in_exactly_one_range(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], group: int, rows: int
) -> None:
    lines = table(tmp_path_factory.mktemp("ranges") / "lines.parquet", "lines", sorted(keys), group)
    found = key_ranges(lines, "order_key", rows)
    for key in keys:
        holding = [each for each in found if (each.begin or "") <= key and (each.end is None or key < each.end)]
        assert len(holding) == 1


def test_a_table_made_in_ranges_has_the_rows_of_one_made_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("customer_profiles", "order_line_amounts", "order_totals", "returns_matched")
    tables = [_orders_of(name, tmp_path) for name in names]
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.engine.key_ranges", partial(key_ranges, rows=2))
        parts = steps.orders(*tables, engine=Engine(EngineSettings(), tmp_path), path=tmp_path / "parts.parquet")
    whole = steps.orders(*tables, engine=Engine(EngineSettings(), tmp_path), path=tmp_path / "whole.parquet")
    assert [path.relative_to(tmp_path).as_posix() for path in parts.paths] == [
        "parts/000.parquet",
        "parts/001.parquet",
        "parts/002.parquet",
    ]
    assert whole.paths == (tmp_path / "whole.parquet",)
    assert parts.read().equals(whole.read())
    assert whole.read()["order_key"].to_list() == [f"shop:{number}" for number in range(1, 7)]


def _orders_of(name: str, folder: Path) -> Table:
    """Six orders of one line each, in row groups of two."""
    spec = TABLES[name]
    path = folder / f"{name}.parquet"
    rows = 6 if name.startswith("order_") else 0
    known = {
        "order_key": [f"shop:{number}" for number in range(1, rows + 1)],
        "order_id": [str(number) for number in range(1, rows + 1)],
    }
    frame = pl.DataFrame({key: known.get(key, _filled(key, dtype, rows)) for key, dtype in spec.polars_schema.items()})
    frame.cast(spec.polars_schema).write_parquet(path, row_group_size=2)
    return Table(name, (path,))


def _filled(name: str, dtype: pl.DataType, rows: int) -> pl.Series:
    optional = pl.Series(name, [None] * rows, dtype=dtype)
    plain = {"source": "shop", "channel": "shop", "currency": "CNY", "line_id": "1", "line_kind": "goods"}
    if name in plain:
        return pl.Series(name, [plain[name]] * rows)
    if dtype == pl.Boolean():
        return pl.Series(name, [False] * rows)
    if name in ("told_line_count", "live_line_count", "quantity", "rate", "paid_amount", "refund_amount"):
        return pl.Series(name, [1 if name != "refund_amount" else 0] * rows)
    return optional
