"""Which sale a return belongs to, what that does to the money, and the matching against a naive one-by-one search."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_of import Ledger, ledger

from pipeline.schemas.catalog import TABLES
from pipeline.trade.returns import LOOKS, Look, match_returns

CANDIDATES = TABLES["return_candidates"]


def sale(order_id: str, day: int, **values: object) -> dict[str, object]:
    return {"order_id": order_id, "ordered_at": f"2026-06-{day:02}T10:00:00", **values}


def back(order_id: str, day: int, quantity: int = 1, **values: object) -> dict[str, object]:
    return sale(order_id, day, **{"quantity": -quantity, "paid_amount": -100 * quantity, **values})


def originals(made: Ledger) -> dict[str, str | None]:
    """Return order → order of its original."""
    lines = made.read("order_lines").filter("is_return")
    return {row["order_id"]: row["original_order_key"] for row in lines.iter_rows(named=True)}


class TestWhichSale:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            pytest.param([sale("1", 1), sale("2", 2), back("9", 3)], {"9": "pos:2"}, id="the latest earlier one"),
            pytest.param([sale("1", 1), back("9", 2), sale("2", 3)], {"9": "pos:1"}, id="none that comes later"),
            pytest.param(
                [sale("1", 1), sale("2", 2), back("9", 3, original_order_id="1")], {"9": "pos:1"}, id="the stated one"
            ),
            pytest.param(
                [sale("1", 1), back("9", 3, original_order_id="7")], {"9": "pos:1"}, id="searched if stated is unknown"
            ),
            pytest.param(
                [sale("1", 1), sale("2", 2), back("8", 3), back("9", 4)],
                {"8": "pos:2", "9": "pos:1"},
                id="each sale is taken back once",
            ),
            pytest.param(
                [sale("1", 1, quantity=3), sale("2", 2), back("9", 3, quantity=2)],
                {"9": "pos:1"},
                id="pieces must suffice",
            ),
            pytest.param(
                [sale("1", 1, quantity=3), back("7", 2, quantity=2), back("8", 3, quantity=2), back("9", 4)],
                {"7": "pos:1", "8": None, "9": "pos:1"},
                id="partly taken back",
            ),
            pytest.param([sale("1", 1, sku="B"), back("9", 2)], {"9": None}, id="another sku"),
            pytest.param([sale("1", 1, unit_price=90), back("9", 2)], {"9": None}, id="another price"),
            pytest.param([sale("1", 1, profile_key="M2"), back("9", 2)], {"9": None}, id="another customer"),
            pytest.param([sale("1", 1, source="tmall"), back("9", 2)], {"9": None}, id="another source"),
            pytest.param(
                [sale("1", 1, profile_key=None), back("9", 2, profile_key=None)], {"9": None}, id="nobody knows whose"
            ),
            pytest.param([sale("1", 1, status="cancelled"), back("9", 2)], {"9": None}, id="never sold"),
            pytest.param(
                [sale("2", 1), sale("10", 1), back("9", 2)], {"9": "pos:2"}, id="same moment: the greatest order_key"
            ),
            pytest.param(
                [sale("5", 2, line_id="1"), back("5", 2, line_id="2")], {"5": "pos:5"}, id="correction on the ticket"
            ),
        ],
    )
    def test_original(self, tmp_path: Path, lines: list[dict[str, object]], expected: dict[str, str | None]) -> None:
        assert originals(ledger(tmp_path, order_lines=lines)) == expected


class TestMoney:
    COLUMNS = ("order_id", "original_paid_amount", "paid_amount", "refund_amount", "net_amount", "excluded_because")

    def test_found_the_money_moves_to_the_original(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[sale("1", 1, quantity=2, paid_amount=200), back("9", 5)],
            products=[{"unit_cost": 30}],
        )
        expected = [("1", "200", "200", "100", "100", None), ("9", "-100", "0", "0", "0", "return")]
        assert made.rows("order_lines", *self.COLUMNS) == expected
        assert made.rows("orders", *self.COLUMNS) == expected
        # one piece of 30 is kept; the slip itself neither earns nor costs
        assert made.rows("order_lines", "returned_quantity", "margin_amount") == [("1", "70"), ("0", "0")]
        columns = ("order_key", "refunded_on", "refund_amount", "refund_origin", "is_netted")
        days = [(*row[:1], str(row[1]), *row[2:]) for row in made.rows("refunds", *columns)]
        assert days == [("pos:1", "2026-06-05", "100", "return_slip", True)]

    def test_not_found_it_stays_negative_and_no_purchase(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[back("9", 5)])
        assert made.rows("orders", *self.COLUMNS) == [("9", "-100", "-100", "0", "-100", "return")]
        assert made.rows("refunds", "order_key", "refund_amount", "is_netted", "unmatched_because") == [
            ("pos:9", "100", False, "no_original")
        ]

    def test_fully_returned_is_no_purchase(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[sale("1", 1), back("9", 5)])
        assert made.rows("orders", "order_id", "is_purchase", "excluded_because") == [
            ("1", False, "fully_returned"),
            ("9", False, "return"),
        ]

    def test_exchange_ticket_counts_what_was_bought(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[
                sale("9", 5, line_id="1", sku="NEW", unit_price=150, paid_amount=150),
                back("9", 5, line_id="2", sku="OLD"),
            ],
        )
        columns = ("paid_amount", "net_amount", "uncounted_amount", "original_paid_amount", "is_purchase")
        assert made.rows("orders", *columns) == [("150", "150", "-100", "50", True)]

    def test_cancelled_return_gives_nothing_back(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[sale("1", 1), back("9", 5, status="cancelled")])
        assert made.rows("orders", "order_id", "net_amount", "excluded_because") == [
            ("1", "100", None),
            ("9", "-100", "cancelled"),
        ]


# --- against the rule read aloud, one return after the other -------------------------------------------------------


def naive(rows: list[dict[str, object]]) -> dict[tuple[str, str], tuple[str, str]]:
    left = {_line(row): row["quantity"] for row in rows if not row["is_return"]}
    waiting = sorted((row for row in rows if row["is_return"]), key=_time)
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for look in LOOKS:
        for row in [row for row in waiting if _line(row) not in found]:
            fit = [
                line
                for line in rows
                if not line["is_return"]
                and _agrees(look, row, line)
                and left[_line(line)] > 0
                and left[_line(line)] >= row["quantity"]
            ]
            if fit:
                best = max(fit, key=_time)
                left[_line(best)] -= row["quantity"]
                found[_line(row)] = _line(best)
    return found


def _line(row: dict[str, object]) -> tuple[str, str]:
    return (str(row["order_key"]), str(row["line_id"]))


def _time(row: dict[str, object]) -> tuple[object, ...]:
    return (row["ordered_at"], row["order_key"], row["line_id"])


def _agrees(look: Look, row: dict[str, object], line: dict[str, object]) -> bool:
    asked = {**row, "order_id": row["original_order_id"]} if look.is_stated else row
    if look.only_without_sku and row["sku"] is not None:
        return False
    if look.is_earlier and line["ordered_at"] >= row["ordered_at"]:
        return False
    return all(asked[name] is not None and asked[name] == line[name] for name in look.same)


@st.composite
def slips(draw: st.DrawFn) -> list[dict[str, object]]:
    rows = []
    for number in range(draw(st.integers(1, 14))):
        order = draw(st.integers(1, 6))
        is_return = draw(st.booleans())
        stated = str(draw(st.integers(1, 6))) if is_return and draw(st.integers(0, 3)) == 0 else None
        rows.append(
            {
                "order_key": f"pos:{order}",
                "line_id": str(number),
                "source": "pos",
                "order_id": str(order),
                "customer_id": draw(st.sampled_from(["C1", "C2", None])),
                "ordered_at": datetime.fromisoformat("2026-06-01") + timedelta(days=draw(st.integers(0, 4))),
                "is_return": is_return,
                "original_order_id": stated,
                "sku": draw(st.sampled_from(["A", "A", "B", None])),
                "unit_price": Decimal(draw(st.sampled_from([10, 10, 20]))),
                "quantity": Decimal(draw(st.integers(1, 3))),
                "currency": "CNY",
                "rate": Decimal(1),
                "original_paid_amount": Decimal(-10 if is_return else 10),
                "paid_amount": Decimal(-10 if is_return else 10),
            }
        )
    return draw(st.permutations(rows))


@settings(max_examples=300, deadline=None)
@given(slips())
def test_rounds_find_what_one_by_one_finds(rows: list[dict[str, object]]) -> None:
    matched = match_returns(pl.DataFrame(rows, schema=CANDIDATES.polars_schema))
    found = {(row[0], row[1]): (row[2], row[3]) for row in matched.iter_rows()}
    assert found == naive(rows)


def test_a_wholesaler_who_returns_again_and_again() -> None:
    """Many returns in one group need many rounds; each takes the newest sale that is left."""
    bought = [_unit(f"s{number:04}", number, is_return=False) for number in range(300)]
    returned = [_unit(f"r{number:04}", 1000 + number, is_return=True) for number in range(200)]
    matched = match_returns(pl.DataFrame(bought + returned, schema=CANDIDATES.polars_schema))
    assert matched["original_order_key"].to_list() == [f"pos:s{299 - number:04}" for number in range(200)]


def _unit(order_id: str, day: int, *, is_return: bool) -> dict[str, object]:
    return {
        "order_key": f"pos:{order_id}",
        "line_id": "1",
        "source": "pos",
        "order_id": order_id,
        "customer_id": "C1",
        "ordered_at": datetime.fromisoformat("2020-01-01") + timedelta(days=day),
        "is_return": is_return,
        "original_order_id": None,
        "sku": "A",
        "unit_price": Decimal(10),
        "quantity": Decimal(1),
        "currency": "CNY",
        "rate": Decimal(1),
        "original_paid_amount": Decimal(-10 if is_return else 10),
        "paid_amount": Decimal(-10 if is_return else 10),
    }
