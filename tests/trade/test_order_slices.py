"""Orders in slices: nothing is left out, nothing told twice, and the ledger is that of one slice."""

import inspect
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_of import SETTINGS, Row, ledger

from pipeline.engine import Engine, Slice
from pipeline.lake import Table
from pipeline.ranges import KeyRange
from pipeline.trade import order_slices as slicing
from pipeline.trade import steps
from pipeline.trade.order_slices import OrderRange, order_slices

KEYED = Table("order_totals", (Path("totals.parquet"),))
WHOLE = Table("clean_stores", (Path("stores.parquet"),))


def told(folder: Path, **parts: list[tuple[str, str]]) -> Table:
    """A table of parts: (source, order_id) of the rows of each file, by its name."""
    paths = []
    for name, rows in parts.items():
        paths.append(folder / f"{name}.parquet")
        pl.DataFrame(rows, schema={"source": pl.String, "order_id": pl.String}, orient="row").write_parquet(paths[-1])
    return Table("clean_order_lines", tuple(paths))


def shown(parts: list[Slice]) -> dict[str, tuple[list[str], str]]:
    return {part.table.name: ([path.stem for path in part.table.paths], part.where) for part in parts}


def test_a_small_shop_is_one_slice(tmp_path: Path) -> None:
    lines = told(tmp_path, a=[("pos", "1"), ("pos", "2")], b=[("tmall", "1")])
    assert order_slices((lines,), (KEYED,), (WHOLE,), rows=3) == [[Slice(lines), Slice(KEYED), Slice(WHOLE)]]


def test_a_large_shop_is_cut_by_source_and_by_number(tmp_path: Path) -> None:
    lines = told(tmp_path, b=[("pos", "1"), ("pos", "3")], c=[("pos", "2"), ("pos", "4")], d=[("pos2", "9")], e=[])
    found = order_slices((lines,), (KEYED,), (WHOLE,), rows=2)
    # "pos2:…" stands before "pos:…", as the order keys do
    assert [shown(parts) for parts in found] == [
        {
            "clean_order_lines": (["d"], "true"),
            "order_totals": (["totals"], "order_key >= 'pos2:' and order_key < 'pos2;'"),
            "clean_stores": (["stores"], "true"),
        },
        {
            "clean_order_lines": (["b", "c"], "order_id < '3'"),
            "order_totals": (["totals"], "order_key >= 'pos:' and order_key < 'pos:3'"),
            "clean_stores": (["stores"], "true"),
        },
        {
            "clean_order_lines": (["b", "c"], "order_id >= '3'"),
            "order_totals": (["totals"], "order_key >= 'pos:3' and order_key < 'pos;'"),
            "clean_stores": (["stores"], "true"),
        },
    ]


def test_a_file_of_two_sources_is_not_cut(tmp_path: Path) -> None:
    lines = told(tmp_path, a=[("pos", "1"), ("tmall", "1")], b=[("tmall", "2")])
    assert order_slices((lines,), (), (), rows=1) == [[Slice(lines)]]


def test_a_table_without_the_source_gives_no_rows(tmp_path: Path) -> None:
    lines = told(tmp_path, a=[("pos", "1"), ("pos", "2")])
    (tmp_path / "heads").mkdir()
    heads = Table("clean_order_heads", told(tmp_path / "heads", a=[("tmall", "1")]).paths)
    found = order_slices((lines, heads), (), (), rows=2)
    assert [parts[1].where for parts in found] == ["false", "true"]


@given(
    orders=st.lists(st.tuples(st.sampled_from(["a", "a2", "b"]), st.text("019", min_size=1, max_size=2)), max_size=30),
    rows=st.integers(1, 9),
)
def test_every_order_is_in_exactly_one_slice(
    orders: list[tuple[str, str]], rows: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("slices")
    lines = told(folder, **{source: [order for order in orders if order[0] == source] for source in ("a", "a2", "b")})
    ranges = slicing.order_ranges([part for path in lines.paths for part in slicing._parts(path)], rows)
    keys = [(each.order_keys.begin or "", each.order_keys.end or "") for each in ranges]
    assert [border for each in keys for border in each] == sorted(border for each in keys for border in each)
    for source, order_id in orders if ranges else []:
        holding = [each for each in ranges if each.source == source and _lies_in(order_id, each.order_ids)]
        assert len(holding) == 1
        assert _lies_in(f"{source}:{order_id}", holding[0].order_keys)


def _lies_in(value: str, values: KeyRange) -> bool:
    return (values.begin or "") <= value and (values.end is None or value < values.end)


def test_keys_of_a_source_end_before_those_of_the_next() -> None:
    assert OrderRange("pos", KeyRange(None, None)).order_keys == KeyRange("pos:", "pos;")
    assert OrderRange("pos", KeyRange("1", "2")).order_keys == KeyRange("pos:1", "pos:2")


def test_the_ledger_in_slices_is_that_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = [
        {"source": "tmall", "order_id": "7", "paid_amount": 90, "profile_key": "T1"},
        {"source": "tmall", "order_id": "8", "paid_amount": 10, "profile_key": "T2"},
    ]
    lines: list[Row] = [
        {"order_id": "1", "line_id": "1"},
        {"order_id": "1", "line_id": "2", "paid_amount": 60},
        {"order_id": "2", "status": "cancelled"},
        {"source": "tmall", "order_id": "7", "line_id": "1", "paid_amount": 50},
        {"source": "tmall", "order_id": "7", "line_id": "2", "paid_amount": 50},
    ]
    refunds = [{"order_id": "2", "refund_amount": 5}, {"order_id": "nobody's", "refund_amount": 1}]
    one = ledger(tmp_path, order_heads=heads, order_lines=lines, refunds=refunds)
    clean = {name: by_source(one.tables[name]) for name in ("clean_order_heads", "clean_order_lines")}
    monkeypatch.setattr("pipeline.trade.steps.order_slices", partial(order_slices, rows=2))
    given: dict[str, Any] = {
        **one.tables,
        **clean,
        "engine": Engine(SETTINGS.engine, tmp_path / "scratch"),
        "settings": SETTINGS,
    }
    for step in (steps.order_totals, steps.order_line_amounts):
        wanted = {**given, "path": tmp_path / "sliced" / f"{step.__name__}.parquet"}
        sliced = step(**{key: wanted[key] for key in inspect.signature(step).parameters})
        assert len(sliced.paths) == 4  # two of the till, two of Tmall
        assert sliced.read().equals(one.read(step.__name__))
        given[step.__name__] = sliced


def by_source(table: Table) -> Table:
    """The same rows in one file a source, as readers leave them."""
    paths = []
    for (source,), rows in table.read().partition_by("source", as_dict=True, maintain_order=True).items():
        paths.append(table.paths[0].with_suffix("") / f"{source}.parquet")
        paths[-1].parent.mkdir(exist_ok=True)
        rows.write_parquet(paths[-1])
    return Table(table.name, tuple(paths))
