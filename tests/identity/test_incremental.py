"""A night compares only what is new or changed, and makes the same tables, to the byte, as one that compares all."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_model import plain_model
from retailer import AS_OF, SECRET, Retailer

from pipeline.clean.keys import keyed_hash
from pipeline.identity import scored
from pipeline.identity.steps import IDENTITY_STEPS, SCORED_BEFORE
from pipeline.identity_settings import IdentitySettings, LikenessSettings

NEXT = AS_OF + timedelta(days=1)
CHATTY = LikenessSettings(suggest_probability=0.001, max_block_profiles=3)
"""Nearly every pair that is compared is kept, and few profiles of one value make it too common."""
Row = dict[str, Any]
NAMES, CITIES = ("张伟", "张建国", "李梅", "王小明"), ("杭州", "上海")


def member(number: int, name: str, city: str, phone: int) -> Row:
    return {
        "source": "club", "kind": "member", "member_no": f"M{number}", "name": name, "city": city,
        "phone": f"138{phone:04d}1001", "unionid": f"oU-{number}",
    }  # fmt: skip


def buyer(number: int, name: str, city: str, joined: int | None) -> Row:
    """A masked account; `joined` is the member with whom it shares a unionid, if any."""
    row = {
        "source": "jd", "kind": "order", "platform_user_id": f"70{number:02d}", "receiver_name": name, "city": city,
        "receiver_phone_shown": "138****1001",
    }  # fmt: skip
    return row if joined is None else {**row, "unionid": f"oU-{joined}"}


VALUES = (st.sampled_from(NAMES), st.sampled_from(CITIES))
SHOPS = st.tuples(
    st.lists(st.tuples(*VALUES, st.integers(0, 9)), max_size=5),
    st.lists(st.tuples(*VALUES, st.none() | st.integers(0, 4)), max_size=5),
)


def rows_of(shop: tuple[list[Any], list[Any]]) -> list[Row]:
    members = [member(number, *values) for number, values in enumerate(shop[0])]
    return members + [buyer(number, *values) for number, values in enumerate(shop[1])]


def twin(shop: Retailer, folder: Path) -> Retailer:
    """The same retailer after the same night, without what saves work."""
    kept = {name: table for name, table in shop.tables.items() if name not in SCORED_BEFORE}
    return Retailer(folder, shop.identity, shop.decisions, shop.model, kept)


def tables_that_differ(one: Retailer, other: Retailer) -> list[str]:
    bytes_of = [[shop.tables[step.table].paths[0].read_bytes() for step in IDENTITY_STEPS] for shop in (one, other)]
    return [step.table for step, mine, theirs in zip(IDENTITY_STEPS, *bytes_of, strict=True) if mine != theirs]


@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(SHOPS, min_size=2, max_size=3))
def test_any_nights_make_the_tables_of_full_nights(
    nights: list[tuple[list[Any], list[Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    shop = Retailer(folder / "0", IdentitySettings(likeness=CHATTY), model=plain_model(by_commonness=True))
    shop.run(rows_of(nights[0]))
    for number, night in enumerate(nights[1:], start=1):
        full = twin(shop, folder / f"full-{number}")
        as_of = AS_OF + timedelta(days=number)
        assert tables_that_differ(shop.run(rows_of(night), as_of), full.run(rows_of(night), as_of)) == []


TOWN = [member(number, "张伟", "杭州", number) for number in range(3)] + [
    member(number + 3, "李梅", "上海", number) for number in range(2)
]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Of every night how many records were changed and how many were handed over to be compared."""
    counts: list[tuple[int, int]] = []
    score: Callable[..., pl.DataFrame] = scored.score

    def counting(records: pl.DataFrame, *rest: Any, **named: Any) -> pl.DataFrame:
        counts.append((records["is_changed"].sum(), records.height))
        return score(records, *rest, **named)

    monkeypatch.setattr(scored, "score", counting)
    return counts


@pytest.mark.parametrize(
    ("later", "changed_and_compared"),
    [
        (TOWN, (0, 0)),
        ([*TOWN, member(9, "王小明", "上海", 7)], (1, 1)),
        ([*TOWN, member(9, "李梅", "上海", 7)], (1, 3)),
        ([{**TOWN[0], "city": "上海"}, *TOWN[1:]], (1, 3)),
        ([*TOWN[:4], {**TOWN[4], "unionid": "oU-3"}], (1, 2)),
        (TOWN[1:], (0, 0)),
    ],
    ids=["nothing new", "nobody like it", "two like it", "one has moved", "two became one", "one has gone"],
)
def test_only_what_changed_meets_those_who_share_a_value_with_it(
    later: list[Row], changed_and_compared: tuple[int, int], compared: list[tuple[int, int]], tmp_path: Path
) -> None:
    Retailer(tmp_path, IdentitySettings(), model=plain_model()).run(TOWN).run(later, NEXT)
    assert compared == [(5, 5), changed_and_compared]


def test_a_value_that_became_too_common_is_no_block_for_anybody(
    compared: list[tuple[int, int]], tmp_path: Path
) -> None:
    shop = Retailer(tmp_path, IdentitySettings(likeness=CHATTY), model=plain_model()).run(TOWN)
    assert shop.read("scored_pairs").height == 4
    shop.run([*TOWN, member(9, "张伟", "杭州", 7)], NEXT)
    assert compared[1] == (4, 4)
    assert shop.read("scored_pairs").height == 1
    shop.run(TOWN, NEXT + timedelta(days=1))
    assert shop.read("scored_pairs").height == 4


@pytest.mark.parametrize(
    ("model", "changed_count"),
    [(plain_model(by_commonness=True), 0), (plain_model(), 5)],
    ids=["the same model", "another one"],
)
def test_another_model_scores_all_again(
    model: str, changed_count: int, compared: list[tuple[int, int]], tmp_path: Path
) -> None:
    shop = Retailer(tmp_path, IdentitySettings(), model=plain_model(by_commonness=True)).run(TOWN)
    shop.model = model
    shop.run(TOWN, NEXT)
    assert compared[1] == (changed_count, changed_count)


def shares(shop: Retailer) -> dict[str, float]:
    """Share of each name, by name; "" is one that nobody had when they were counted."""
    counted = shop.read("term_frequencies").filter(pl.col("term_column") == "name_key")
    known = pl.Series(["", *NAMES])
    named = dict(zip(["", *keyed_hash(known, SECRET)[1:]], known, strict=True))
    return {named[term]: round(share, 6) for term, share in counted.select("term_hash", "term_share").iter_rows()}


def test_how_common_a_name_is_was_counted_with_the_model_and_stands_as_long(tmp_path: Path) -> None:
    shop = Retailer(tmp_path, IdentitySettings(), model=plain_model(by_commonness=True)).run(TOWN)
    counted = {"": 0.2, "张伟": 0.6, "李梅": 0.4}
    assert shares(shop) == counted
    more = [*TOWN, *(member(number, "王小明", "上海", number) for number in range(5, 10))]
    assert shares(shop.run(more, NEXT)) == counted
    month: date = AS_OF + timedelta(days=30)
    assert shares(shop.run(more, month)) == {"": 0.1, "张伟": 0.3, "李梅": 0.2, "王小明": 0.5}
