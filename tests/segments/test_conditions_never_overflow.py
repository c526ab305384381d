"""Arithmetic of conditions is refused when settings are read, naming the segment, or works for every customer."""

from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SettingsError
from pipeline.segments.conditions import compiled

ROWS = """
select
    cast(whole as bigint) as order_count, cast(whole as bigint) as recency_days,
    cast(money as decimal(18, 2)) as net_amount, cast(money as decimal(18, 2)) as monetary_amount,
    cast(share as double) as response_rate, cast(day as date) as registered_on
from (values
    (0, 0, 0, date '1900-01-01'), (999999999999999, 9999999999999999.99, 1, date '2100-12-31'),
    (1, -9999999999999999.99, 0.000000001, null), (null, null, null, date '2026-06-30')
) as extremes (whole, money, share, day)
"""
REFUSED = [
    ("order_count > 9999999999999999", "holds a number out of range"),
    ("order_count > 1e400", "holds a number out of range"),
    ("net_amount > 0.0000000001", "holds a number out of range"),
    ("order_count * 999999999999999 * 999999999999999 > 1", "more than 38 digits"),
    ("net_amount * net_amount * net_amount > 1", "more than 38 digits"),
    ("net_amount * 0.123456789 * 0.123456789 * 0.123456789 > 1", "more than 38 digits"),
    ("registered_on > as_of - 99999999", "moves a date by something else than days"),
]
NUMBERS = st.sampled_from(
    ("order_count", "net_amount", "response_rate", "999999999999999", "0.123456789", "1", "0",
     "123456789012345.123456789", "year(registered_on)", "as_of - registered_on", "length('x')")
)  # fmt: skip
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})")
        | st.tuples(inner, inner).map(lambda parts: f"coalesce({parts[0]}, {parts[1]})")
        | inner.map(lambda part: f"abs(-({part}))")
    ),
    max_leaves=7,
)
CONDITIONS = st.one_of(
    st.tuples(EXPRESSIONS, st.sampled_from(("<", "=", ">=", "<>")), EXPRESSIONS).map(" ".join),
    st.tuples(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS).map(lambda parts: "{} between {} and {}".format(*parts)),
    st.tuples(EXPRESSIONS, EXPRESSIONS, EXPRESSIONS).map(lambda parts: "{} in ({}, {})".format(*parts)),
)


@pytest.fixture(scope="module")
def extremes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("extremes") / "customers.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(f"create table customers as {ROWS}")
    return path


@pytest.mark.parametrize(("where", "message"), REFUSED)
def test_numbers_that_could_overflow_are_refused_with_the_name_of_the_segment(where: str, message: str) -> None:
    with pytest.raises(SettingsError, match=rf"^segment huge: .*{message}"):
        compiled(where, "huge")


@settings(max_examples=120, deadline=None)
@given(where=CONDITIONS)
def test_what_is_not_refused_works_for_every_customer(extremes: Path, where: str) -> None:
    try:
        condition = compiled(where, "s")
    except SettingsError as error:
        assert str(error).startswith("segment s: ")  # noqa: PT017 (either outcome is right)
        return
    with duckdb.connect(extremes, read_only=True) as connection:
        query = f"select {condition.sql} from customers"
        parameters = {"as_of": date(2026, 6, 30)} if "$as_of" in query else {}
        assert len(connection.execute(query, parameters).fetchall()) == 4


@pytest.mark.parametrize(
    "where",
    [
        "monetary_amount * 3 - monetary_amount - monetary_amount - monetary_amount = 0",
        "net_amount * 0.1 * 10 = net_amount",
    ],
)
def test_sums_and_products_of_money_are_exact(extremes: Path, where: str) -> None:
    with duckdb.connect(extremes, read_only=True) as connection:
        query = f"select count(*) from customers where {compiled(where, 's').sql}"
        assert connection.execute(query).fetchall() == [(3,)]
