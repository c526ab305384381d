"""Which orders are purchases, and why the others are not."""

from pathlib import Path

import pytest
from ledger_of import SETTINGS, ledger

from pipeline.settings import TradeSettings

JUDGED = ("order_id", "is_purchase", "excluded_because")


class TestPaid:
    @pytest.mark.parametrize(
        ("line", "excluded_because"),
        [
            ({"status": "paid"}, None),
            ({"status": "shipped"}, None),
            ({"status": "completed"}, None),
            ({"status": "refunded", "refund_amount": 40}, None),
            ({"status": "created"}, "unpaid"),
            ({"status": "cancelled"}, "cancelled"),
            ({"status": "trial"}, "trial"),
            ({"status": None}, None),
            ({"status": None, "paid_amount": 0}, "unpaid"),
            ({"status": None, "paid_amount": 0, "paid_at": "2026-06-01"}, "free"),
            ({"paid_amount": 0}, "free"),
            ({"refund_amount": 100}, "fully_returned"),
        ],
    )
    def test_status_and_money(self, tmp_path: Path, line: dict[str, object], excluded_because: str | None) -> None:
        made = ledger(tmp_path, order_lines=[line])
        assert made.rows("orders", *JUDGED) == [("1", excluded_because is None, excluded_because)]

    @pytest.mark.parametrize(
        ("statuses", "expected"),
        [
            (("cancelled", "paid", "shipped"), "shipped"),
            (("cancelled", "cancelled"), "cancelled"),
            (("refunded", "completed"), "completed"),
            (("refunded", "refunded"), "refunded"),
            (("refunded", "cancelled"), "refunded"),
            ((None, "paid"), "paid"),
        ],
    )
    def test_status_of_an_order_from_its_lines(
        self, tmp_path: Path, statuses: tuple[str | None, ...], expected: str
    ) -> None:
        lines = [{"line_id": str(number), "status": status} for number, status in enumerate(statuses)]
        assert ledger(tmp_path, order_lines=lines).rows("orders", "status") == [(expected,)]

    def test_cancelled_and_unpaid_lines_of_a_paid_order_do_not_count_in_it(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[
                {"line_id": "1", "status": "paid", "paid_amount": 60},
                {"line_id": "2", "status": "cancelled", "paid_amount": 40},
                {"line_id": "3", "status": "created", "paid_amount": 5},
            ],
        )
        assert made.rows("orders", "paid_amount", "net_amount", "uncounted_amount") == [("60", "60", "45")]
        assert made.rows("order_lines", "line_id", "is_purchase", "excluded_because") == [
            ("1", True, None),
            ("2", False, "cancelled"),
            ("3", False, "unpaid"),
        ]


class TestExcluded:
    def test_test_stores_of_the_master_and_of_the_settings(self, tmp_path: Path) -> None:
        settings = SETTINGS.model_copy(update={"trade": TradeSettings(test_store_ids=("T999",))})
        made = ledger(
            tmp_path,
            settings,
            stores=[{"store_id": "S1", "is_test": False}, {"store_id": "S2", "is_test": True}],
            order_lines=[{"order_id": store[1], "store_id": store} for store in ("S1", "S2", "T999")],
        )
        assert made.rows("orders", "store_id", "excluded_because") == [
            ("S1", None),
            ("S2", "test_store"),
            ("T999", "test_store"),
        ]

    def test_remarks_mark_fictitious_orders_by_their_beginning(self, tmp_path: Path) -> None:
        settings = SETTINGS.model_copy(update={"trade": TradeSettings(excluded_remarks=("G-", "V_%"))})
        remarks = {"1": "G-0601", "2": "请放门口 G-", "3": None, "4": "V_%x", "5": "Vabc"}
        made = ledger(
            tmp_path, settings, order_lines=[{"order_id": key, "remark": text} for key, text in remarks.items()]
        )
        assert made.rows("orders", "order_id", "excluded_because") == [
            ("1", "fictitious"),
            ("2", None),
            ("3", None),
            ("4", "fictitious"),
            ("5", None),
        ]

    def test_adjustments_are_no_trade_but_stay_visible(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[
                {"order_id": "1", "line_kind": "adjustment", "quantity": 1, "paid_amount": -500},
                {"order_id": "2", "line_id": "1"},
                {"order_id": "2", "line_id": "2", "line_kind": "service", "paid_amount": 8},
                {"order_id": "2", "line_id": "3", "line_kind": "adjustment", "paid_amount": -3},
            ],
        )
        columns = (*JUDGED, "net_amount", "uncounted_amount", "quantity")
        assert made.rows("orders", *columns) == [
            ("1", False, "adjustment", "-500", "0", None),
            ("2", True, None, "108", "-3", "1"),
        ]

    def test_cost_and_words_come_from_the_product_master(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[
                {"line_id": "1", "quantity": 2, "paid_amount": 180, "product_name": "绿茶"},
                {"line_id": "2", "sku": "B"},
            ],
            products=[
                {"source": "b_erp", "product_name": "Tea", "category": "茶", "unit_cost": "30.5"},
                {"source": "a_shop", "product_name": "茶叶", "unit_cost": None},
            ],
        )
        columns = ("line_id", "product_name", "category", "unit_cost", "margin_amount")
        assert made.rows("order_lines", *columns) == [
            ("1", "绿茶", "茶", "30.50", "119"),
            ("2", None, None, None, None),
        ]
