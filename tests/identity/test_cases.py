"""Every case of tests/identity_cases.yaml, with its rows as written and turned round.

All cases of equal settings run in one night, each with sources and keys of its own, so that no case touches another.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from plain_model import plain_model
from retailer import SECRET, Retailer

from pipeline.clean.keys import KEY_TYPES
from pipeline.identity.explain_pair import Persons, PublishedNight, explained_pair
from pipeline.identity.night import PROFILE
from pipeline.identity.pair_answers import KeptApart, OneCustomer
from pipeline.identity_settings import IdentitySettings
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "identity_cases.yaml").read_text(encoding="utf-8")
)
Row = dict[str, Any]


def written_out(case: dict[str, Any]) -> list[Row]:
    """Rows with `repeat` as so many rows, with keys that no other case has."""
    return [
        own({key: filled(value, number) for key, value in row.items()}, CASES.index(case))
        for row in case["rows"]
        for number in range(1, row.get("repeat", 1) + 1)
    ]


def filled(value: Any, number: int) -> Any:
    """{n} as the number, {c} as the Chinese character of that number, from 丁 (U+4E01) on."""
    return value.replace("{n}", str(number)).replace("{c}", chr(0x4E00 + number)) if isinstance(value, str) else value


def own(row: Row, number: int) -> Row:
    """The row with the number of its case in its source, its phones and its other keys, but for blocked values."""
    if CASES[number].get("identity", {}).keys() & {"blocked_values", "allowed_values"} or "alike" in CASES[number]:
        return row
    phones = {key: f"13{number:02d}{row[key][4:]}" for key in ("phone", "receiver_phone") if key in row}
    others = {key: f"{number:02d}-{row[key]}" for key in ("source", *KEY_TYPES) if key in row and key != "phone"}
    return {**row, **others, **phones}


def surroundings(case: dict[str, Any]) -> str:
    """Cases of equal surroundings run together; one where likeness is asked runs alone."""
    return json.dumps([case.get("identity", {}), case["name"] if "alike" in case else ""])


@pytest.fixture(scope="module", params=["as written", "turned round"])
def shop_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The night of a case by its settings: one for all cases of equal settings."""
    shops: dict[str, Retailer] = {}

    def found(case: dict[str, Any]) -> Retailer:
        wanted = surroundings(case)
        if wanted not in shops:
            rows = [row for one in CASES if surroundings(one) == wanted for row in written_out(one)]
            shop = Retailer(tmp_path_factory.mktemp("cases"), IdentitySettings(**case.get("identity", {})))
            shop.model = plain_model() if "alike" in case else None
            shop.run(rows[::-1] if request.param == "turned round" else rows, until="customer_profiles")
            shops[wanted] = shop
        return shops[wanted]

    return found


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_rows_fall_into_the_persons_of_the_case(case: dict[str, Any], shop_of: Any) -> None:
    persons: dict[str, set[str]] = {}
    for row, customer in zip(written_out(case), shop_of(case).customers(written_out(case)), strict=True):
        persons.setdefault(customer, set()).add(row["id"])
    if "person_count" in case:
        assert len(persons) == case["person_count"], case["reason"]
    else:
        assert sorted(map(sorted, persons.values())) == sorted(map(sorted, case["persons"])), case["reason"]


TOLD = [(case, *told) for case in CASES for told in case.get("told", [])]


@pytest.mark.parametrize(("case", "one", "other", "word"), TOLD, ids=[f"{row[0]['name']}: {row[3]}" for row in TOLD])
def test_two_rows_are_explained_as_the_case_says(
    case: dict[str, Any], one: str, other: str, word: str, shop_of: Any
) -> None:
    assert explained(shop_of(case), *(first_of(case, wanted) for wanted in (one, other))) == word


def first_of(case: dict[str, Any], wanted: str) -> Row:
    """The first row of that name."""
    return next(row for row in written_out(case) if row["id"] == wanted)


def explained(shop: Retailer, one: Row, other: Row) -> str:
    """The weakest join of two rows, or what refused them, or why a key in common joined nobody."""

    def table_of(name: str) -> Table:
        empty = TABLES[name].empty()
        return shop.tables.get(name) or write_table(TABLES[name], empty, shop.folder / "none" / f"{name}.parquet")

    sides = [shop.read("customer_profiles").join(shop.profile_of(row), on=PROFILE, how="semi") for row in (one, other)]
    ids = [side["customer_id"].item() for side in sides]
    night = PublishedNight(table_of, SECRET, Settings(retailer="x", identity=shop.identity), shop.folder / "scratch")
    answer = explained_pair(Persons(*ids, *sides), night)
    if isinstance(answer, OneCustomer):
        return answer.weakest.rule if answer.weakest else "the same profile"
    if isinstance(answer, KeptApart):
        return answer.refused[0].rule
    return answer.shared[0].reason if answer.shared else "never compared"
