"""Every case of tests/identity_cases.yaml, and every case again with its rows turned round."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from retailer import Retailer

from pipeline.settings import IdentitySettings

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "identity_cases.yaml").read_text(encoding="utf-8")
)


def written_out(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with `repeat` as so many rows."""
    return [
        {key: filled(value, number) for key, value in row.items()}
        for row in rows
        for number in range(1, row.get("repeat", 1) + 1)
    ]


def filled(value: Any, number: int) -> Any:
    """{n} as the number, {c} as the Chinese character of that number, from 丁 (U+4E01) on."""
    return value.replace("{n}", str(number)).replace("{c}", chr(0x4E00 + number)) if isinstance(value, str) else value


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
@pytest.mark.parametrize("turned", [False, True], ids=["as_written", "turned_round"])
def test_rows_fall_into_the_persons_of_the_case(case: dict[str, Any], turned: bool, tmp_path: Path) -> None:
    rows = written_out(case["rows"])
    shop = Retailer(tmp_path, IdentitySettings(**case.get("identity", {})))
    shop.run(rows[::-1] if turned else rows, until="customer_profiles")
    persons: dict[str, set[str]] = {}
    for row, customer in zip(rows, shop.customers(rows), strict=True):
        persons.setdefault(customer, set()).add(row["id"])
    if "person_count" in case:
        assert len(persons) == case["person_count"], case["reason"]
    else:
        assert sorted(map(sorted, persons.values())) == sorted(map(sorted, case["persons"])), case["reason"]
