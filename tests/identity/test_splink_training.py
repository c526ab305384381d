"""How often chance agrees is counted in samples side by side; what comes out does not tell how many worked."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.identity.splink_model import Comparison, Design, Level, in_order
from pipeline.identity.splink_training import Sampling, by_chance, halves, met_by_strangers, only_rare, train
from pipeline.settings import EngineSettings

NAME = Comparison(
    "name",
    "name_l is null or name_r is null",
    (
        Level("equal", "name_l = name_r", 0.8, is_rare=True),
        Level("same surname", "left(name_l, 1) = left(name_r, 1)", 0.1),
    ),
)
CITY = Comparison("city", "city_l is null or city_r is null", (Level("same city", "city_l = city_r", 0.8),))
PHONE = Comparison(
    "phone", "phone_l is null or phone_r is null", (Level("equal", "phone_l = phone_r", 0.9, None, True),)
)
DESIGN = Design(
    comparisons=(NAME, CITY, PHONE),
    blocking=("l.phone = r.phone",),
    training=("l.phone = r.phone", "l.name = r.name"),
    certain=("l.phone = r.phone and l.name = r.name",),
    certain_recall=0.8,
)
FIVE = pl.DataFrame(
    [
        (0, "王芳", "杭州", "1"),
        (1, "王芳", "杭州", "2"),
        (2, "王伟", "杭州", "3"),
        (3, "李娜", "上海", None),
        (4, None, "上海", "3"),
    ],
    schema=["record_id", "name", "city", "phone"],
    orient="row",
)


@pytest.fixture
def sampling(tmp_path: Path) -> Sampling:
    return Sampling(7, 1000, EngineSettings(threads=1), tmp_path)


def test_chance_is_the_share_of_the_pairs_of_which_something_is_known(sampling: Sampling) -> None:
    """Ten pairs; six of them show two names, six two phones, all ten two cities."""
    assert by_chance(in_order(FIVE), DESIGN, sampling) == {
        ("name", "equal"): pytest.approx(1 / 6),
        ("name", "same surname"): pytest.approx(2 / 6),
        ("name", "differs"): pytest.approx(3 / 6),
        ("city", "same city"): pytest.approx(4 / 10),
        ("city", "differs"): pytest.approx(6 / 10),
        ("phone", "equal"): pytest.approx(1 / 6),
        ("phone", "differs"): pytest.approx(5 / 6),
    }


def test_half_a_design_says_of_its_comparisons_what_the_whole_says(sampling: Sampling) -> None:
    parts = [by_chance(in_order(FIVE), half, sampling) for half in halves(DESIGN)]
    assert [{name for name, _ in part} for part in parts] == [{"name", "phone"}, {"city"}]
    assert parts[0] | parts[1] == by_chance(in_order(FIVE), DESIGN, sampling)


def test_strangers_are_asked_for_rare_levels_only(sampling: Sampling) -> None:
    rare = only_rare(DESIGN)
    assert [(one.name, [level.label for level in one.levels]) for one in rare.comparisons] == [
        ("name", ["equal"]),
        ("phone", ["equal"]),
    ]
    seen = met_by_strangers(FIVE, rare, sampling)
    assert seen["name", "equal"] == by_chance(in_order(FIVE), DESIGN, sampling)["name", "equal"]
    assert seen["phone", "equal"] == by_chance(in_order(FIVE), DESIGN, sampling)["phone", "equal"]


@pytest.mark.parametrize("strangers", [None, FIVE.head(0), FIVE.head(1)])
def test_without_two_strangers_nothing_is_said_of_them(strangers: pl.DataFrame | None, sampling: Sampling) -> None:
    assert met_by_strangers(strangers, only_rare(DESIGN), sampling) == {}


def people(count: int) -> pl.DataFrame:
    """Every person twice: with one phone, one time in five with another city, one time in seven with another name."""
    number = pl.int_range(2 * count) // 2
    again = pl.int_range(2 * count) % 2 == 1
    return pl.DataFrame({"record_id": range(2 * count)}).with_columns(
        name=pl.when(again & (number % 7 == 0)).then(number + 1).otherwise(number).mod(97).cast(pl.String),
        city=pl.when(again & (number % 5 == 0)).then(number + 1).otherwise(number).mod(11).cast(pl.String),
        phone=number.mod(150).cast(pl.String),
    )


@pytest.mark.parametrize("strangers", [None, people(60).filter(pl.col("record_id") % 2 == 0)])
def test_any_number_of_cores_learns_the_same_model(strangers: pl.DataFrame | None, tmp_path: Path) -> None:
    models = {
        train(
            people(200),
            DESIGN,
            seed=7,
            pairs=5000,
            engine=EngineSettings(threads=threads),
            scratch=tmp_path,
            strangers=strangers,
        )
        for threads in (1, 3)
    }
    assert len(models) == 1


def test_a_design_of_one_comparison_is_no_two_halves() -> None:
    assert [len(half.comparisons) for half in halves(replace(DESIGN, comparisons=(NAME,)))] == [1]
