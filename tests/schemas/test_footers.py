"""Footers prove what they can tell, never more, and leave the rest to the rows."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.footers import unproven_rules
from pipeline.schemas.columns import MONEY, RATIO, TEXT, WHOLE, ColumnSpec
from pipeline.schemas.contracts import RuleName, rules
from pipeline.schemas.tables import TableSpec

SPEC = TableSpec(
    name="baskets",
    layer="facts",
    grain="One row per basket.",
    key=("basket",),
    columns=(
        ColumnSpec("basket", TEXT, ""),
        ColumnSpec("kind", TEXT, "", allowed=("gift", "own")),
        ColumnSpec("pieces", WHOLE, "", minimum=0, maximum=9),
        ColumnSpec("money", MONEY, "", minimum=0),
        ColumnSpec("share", RATIO, "", minimum=0),
    ),
    nullable=frozenset({"kind", "pieces"}),
    published=False,
)
ALWAYS_ASKED = {("kind", "allowed"), ("share", "null"), ("share", "minimum"), ("share", "finite")}
"""Footers list no values, and do not know numbers that are none."""
Row = tuple[str | None, str | None, int | None, Decimal | None, float]


def written(path: Path, rows: list[Row], *, statistics: bool = True) -> Path:
    frame = pl.DataFrame(rows, schema=dict(SPEC.polars_schema), orient="row")
    frame.write_parquet(path, statistics=statistics, row_group_size=2)
    return path


def asked(*paths: Path) -> set[tuple[str, RuleName]]:
    return {(rule.column.name, rule.name) for rule in unproven_rules(rules(SPEC), paths)}


GOOD: Row = ("a", "gift", 3, Decimal("1.50"), 0.5)


@pytest.mark.parametrize(
    ("row", "more"),
    [
        pytest.param(GOOD, set(), id="sound"),
        pytest.param(("b", None, None, Decimal(0), 0.5), set(), id="empty where it may be"),
        pytest.param((None, "own", 0, Decimal(0), 0.5), {("basket", "null")}, id="empty key"),
        pytest.param(("b", "own", -1, Decimal(0), 0.5), {("pieces", "minimum")}, id="too few"),
        pytest.param(("b", "own", 10, Decimal(0), 0.5), {("pieces", "maximum")}, id="too many"),
        pytest.param(("b", "own", 9, Decimal("-0.01"), 0.5), {("money", "minimum")}, id="a cent below"),
        pytest.param(("b", "own", 9, None, 0.5), {("money", "null")}, id="no money"),
    ],
)
def test_a_rule_is_asked_where_the_footer_does_not_prove_it(
    row: Row, more: set[tuple[str, RuleName]], tmp_path: Path
) -> None:
    good = written(tmp_path / "good.parquet", [GOOD, GOOD, GOOD])
    mixed = written(tmp_path / "mixed.parquet", [GOOD, GOOD, row])
    assert asked(good) == ALWAYS_ASKED
    assert asked(good, mixed) == ALWAYS_ASKED | more


def test_without_statistics_every_rule_is_asked(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare.parquet", [GOOD], statistics=False)
    assert asked(bare) == {(rule.column.name, rule.name) for rule in rules(SPEC)}


def test_no_file_breaks_no_rule_that_footers_tell() -> None:
    assert asked() == ALWAYS_ASKED


@given(pieces=st.lists(st.one_of(st.none(), st.integers(-1, 10)), max_size=8))
def test_what_is_not_asked_holds(pieces: list[int | None], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("footers") / "baskets.parquet"
    found = asked(written(path, [("a", None, number, Decimal(1), 0.0) for number in pieces]))
    told = [number for number in pieces if number is not None]
    assert (("pieces", "minimum") in found) == any(number < 0 for number in told)
    assert (("pieces", "maximum") in found) == any(number > 9 for number in told)
