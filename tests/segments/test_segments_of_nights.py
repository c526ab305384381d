"""Who is in which segment of finished nights, judged by SQLite, which runs each condition as its author wrote it.

Days are whole numbers there (days since 1970), so that `as_of - 30` means what it says; amounts are floating numbers.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from judged_night import JudgedNight

FIRST_DAY = date(1970, 1, 1)


def plain(value: Any) -> Any:
    if isinstance(value, date):
        return (value - FIRST_DAY).days
    return float(value) if isinstance(value, Decimal) else value


@pytest.fixture(scope="module")
def judge(judged: JudgedNight) -> Iterator[sqlite3.Connection]:
    customers = judged.snapshot.table("customers").read()
    connection = sqlite3.connect(":memory:")
    connection.create_function("year", 1, lambda days: (FIRST_DAY + timedelta(days=days)).year)
    connection.execute("pragma case_sensitive_like = on")
    columns = ", ".join(f'"{name}"' for name in customers.columns)
    connection.execute(f"create table customers ({columns}, as_of)")
    rows = ([*map(plain, row), plain(judged.as_of)] for row in customers.iter_rows())
    places = ", ".join("?" * (customers.width + 1))
    connection.executemany(f"insert into customers values ({places})", rows)
    yield connection
    connection.close()


def test_every_segment_has_exactly_its_members(judged: JudgedNight, judge: sqlite3.Connection) -> None:
    members: dict[str, set[str]] = {}
    for segment, who in judged.snapshot.table("segment_members").read().select("segment", "customer_id").iter_rows():
        members.setdefault(segment, set()).add(who)
    definitions = judged.snapshot.table("segment_definitions").read().select("segment", "definition").rows()
    filled = 0
    for segment, where in definitions:
        query = f"select customer_id from customers where not profiling_opt_out and not is_minor and ({where})"
        expected = {who for (who,) in judge.execute(query)}
        assert members.get(segment, set()) == expected, f"{segment}: {where}"
        filled += bool(expected)
    assert filled >= (50 if judged.is_sample else 25), "many segments have somebody in them"
