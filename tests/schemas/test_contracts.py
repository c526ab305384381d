"""Each planted fault is found, by pandera and by the engine alike, and told without its value."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from pipeline import checks
from pipeline.checks import stored_violations, violations
from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import DATE, RATIO, TEXT, TRUTH, WHOLE, ColumnSpec
from pipeline.schemas.contracts import Violation, is_kept
from pipeline.schemas.frames import frame_violations, pandera_schema
from pipeline.schemas.tables import TableSpec
from pipeline.settings import EngineSettings

PETS = TableSpec(
    name="pets",
    layer="facts",
    grain="One row per pet and day.",
    key=("pet", "day"),
    columns=(
        ColumnSpec("pet", TEXT, ""),
        ColumnSpec("day", DATE, ""),
        ColumnSpec("kind", TEXT, "", allowed=("cat", "dog's")),
        ColumnSpec("legs", WHOLE, "", minimum=0, maximum=4),
        ColumnSpec("weight", RATIO, "", minimum=0),
        ColumnSpec("is_wild", TRUTH, ""),
    ),
    nullable=frozenset({"kind", "legs"}),
    published=False,
)
GOOD = [
    ("Ada", 1, "cat", 4, 3.5, False),
    ("Ada", 2, None, None, 3.5, False),
    ("Bob", 1, "dog's", 0, 0.0, True),
]


def engine_in(folder: Path) -> Engine:
    return Engine(EngineSettings(memory_limit="500MB", threads=1), folder / "scratch")


NAN, INFINITE = float("nan"), float("inf")


def frame(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame([*GOOD, *rows], schema=PETS.names, orient="row").cast(dict(PETS.polars_schema))


def written(rows: pl.DataFrame, folder: Path, cut: int = 2) -> Table:
    paths = (folder / "1.parquet", folder / "2.parquet")
    rows[:cut].write_parquet(paths[0])
    rows[cut:].write_parquet(paths[1])
    return Table("pets", paths)


FAULTS = [
    pytest.param([], [], id="nothing is wrong"),
    pytest.param([("Cid", None, None, 1, 1.0, True)], [("day", "null", 1, 4)], id="null in the key"),
    pytest.param(
        [("Cid", 1, "cat", 1, 1.0, None), ("Dan", 1, "cat", 1, 1.0, None)], [("is_wild", "null", 2, 4)], id="null"
    ),
    pytest.param([("Cid", 1, "cow", 1, 1.0, True)], [("kind", "allowed", 1, 4)], id="a value that is not allowed"),
    pytest.param([("Cid", 1, "cat", -1, 1.0, True)], [("legs", "minimum", 1, 4)], id="below"),
    pytest.param([("Cid", 1, "cat", 5, 1.0, True)], [("legs", "maximum", 1, 4)], id="above"),
    pytest.param([("Cid", 1, "cat", 1, -0.1, True)], [("weight", "minimum", 1, 4)], id="ratio below"),
    pytest.param([("Cid", 1, "cat", 1, INFINITE, True)], [("weight", "finite", 1, 4)], id="infinite"),
    pytest.param(
        [("Cid", 1, "cat", 1, NAN, True)],
        [("weight", "finite", 1, 4), ("weight", "null", 1, 4)],
        id="no number counts as empty too",
    ),
    pytest.param(
        [("Cid", 1, "cat", 1, 1.0, True), ("Ada", 2, "cat", 1, 1.0, True)], [("", "unique", 2, 2)], id="repeated key"
    ),
    pytest.param(
        [("Ada", 1, "cow", 9, -1.0, None)],
        [
            ("", "unique", 2, 1),
            ("is_wild", "null", 1, 4),
            ("kind", "allowed", 1, 4),
            ("legs", "maximum", 1, 4),
            ("weight", "minimum", 1, 4),
        ],
        id="everything at once",
    ),
]


@pytest.mark.parametrize(("rows", "expected"), FAULTS)
def test_pandera_and_engine_find_the_same(
    rows: list[tuple[object, ...]], expected: list[tuple[object, ...]], tmp_path: Path
) -> None:
    found = [Violation("pets", *fault) for fault in expected]  # type: ignore[arg-type]
    table = written(frame(*rows), tmp_path)
    assert frame_violations(PETS, frame(*rows)) == found
    assert is_kept(PETS, frame(*rows)) is (not found)
    assert stored_violations(PETS, table, engine_in(tmp_path)) == found
    assert violations(PETS, table, engine_in(tmp_path)) == found


def test_large_tables_go_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SMALL_ROWS", 0)
    monkeypatch.setattr(checks, "_told_by_pandera", None)
    table = written(frame(("Cid", 1, "cow", 1, 1.0, True)), tmp_path)
    assert violations(PETS, table, engine_in(tmp_path)) == [Violation("pets", "kind", "allowed", 1, 4)]


def test_a_file_is_read_for_its_rules_once_under_all_its_names_and_again_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    ask = checks._broken_rules

    def asking(spec: TableSpec, table: Table, unproven: Table, connection: Any) -> Iterator[Violation]:
        asked.append([path.name for path in unproven.paths])
        return ask(spec, table, unproven, connection)

    monkeypatch.setattr(checks, "_broken_rules", asking)
    good = written(frame(), tmp_path)
    cow = frame(("Cid", 1, "cow", 1, 1.0, True)).tail(1)
    link, own = tmp_path / "link.parquet", tmp_path / "own.parquet"
    link.hardlink_to(good.paths[0])
    cow.write_parquet(own)
    mixed = Table("pets", (link, own))
    assert stored_violations(PETS, good, engine_in(tmp_path)) == []
    assert stored_violations(PETS, good, engine_in(tmp_path)) == []
    assert stored_violations(PETS, mixed, engine_in(tmp_path)) == [Violation("pets", "kind", "allowed", 1, 3)]
    link.unlink()
    cow.with_columns(pet=pl.lit("Dan"), legs=9).write_parquet(link)
    assert stored_violations(PETS, mixed, engine_in(tmp_path)) == [
        Violation("pets", "kind", "allowed", 2, 1),
        Violation("pets", "legs", "maximum", 1, 1),
    ]
    assert asked == [["1.parquet", "2.parquet"], ["own.parquet"], ["link.parquet", "own.parquet"]]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (frame().drop("legs"), ("legs", "missing")),
        (frame().with_columns(age=1), ("age", "unexpected")),
        (frame().cast({"legs": pl.Int32}), ("legs", "type")),
        (frame().select(sorted(PETS.names)), ("", "order")),
    ],
)
def test_columns_and_types_are_checked_in_every_file(
    changed: pl.DataFrame, expected: tuple[str, str], tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    frame().write_parquet(good)
    changed.write_parquet(bad)
    found = violations(PETS, Table("pets", (good, bad)), engine_in(tmp_path))
    assert [(violation.column, violation.rule) for violation in found] == [expected]
    with pytest.raises(pa.errors.SchemaErrors):
        pandera_schema(PETS).validate(changed, lazy=True)


def test_words_name_place_and_count_but_no_value() -> None:
    faulty = frame(("13812345678", 1, "13812345678", 1, 1.0, True), ("13812345678", 1, "cat", 1, 1.0, True))
    assert [str(violation) for violation in frame_violations(PETS, faulty)] == [
        "pets: key shared with another row in 2 rows, first in row 4",
        "pets.kind: not one of the allowed values in 1 row, first in row 4",
    ]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_contract_holds_for_its_empty_table(name: str, tmp_path: Path) -> None:
    spec = TABLES[name]
    table = write_table(spec, spec.empty(), tmp_path / f"{name}.parquet")
    assert frame_violations(spec, spec.empty()) == []
    assert is_kept(spec, spec.empty())
    assert stored_violations(spec, table, engine_in(tmp_path)) == []
