"""Heads, lines and refunds of one order meet: whose money counts, and how it falls on the lines."""

from collections import Counter
from pathlib import Path

import pytest
from ledger_of import SETTINGS, ledger

from pipeline.errors import HeldError

TMALL = {"source": "tmall", "channel": "tmall"}


def item(line_id: str, **values: object) -> dict[str, object]:
    return {**TMALL, "line_id": line_id, "sku": f"SKU{line_id}", **values}


class TestHeadAndLines:
    def test_heads_money_is_shared_by_what_the_lines_paid(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": "100", "discount_amount": "10", "shipping_amount": "1"}],
            order_lines=[item("1", paid_amount=60), item("2", paid_amount=30), item("3", paid_amount=30)],
        )
        assert made.rows("order_lines", "line_id", "paid_amount", "discount_amount", "shipping_amount") == [
            ("1", "50", "5", "0.50"),
            ("2", "25", "2.50", "0.25"),
            ("3", "25", "2.50", "0.25"),
        ]
        assert made.rows("orders", "paid_amount", "discount_amount", "line_count") == [("100", "10", 3)]

    def test_left_over_fen_go_to_the_largest_remainders_then_to_the_first_line(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": "100.01"}],
            order_lines=[item(number, paid_amount=None, unit_price=None) for number in "123"],
        )
        # 33.336666 each: 33.33 and two fen over
        assert made.rows("order_lines", "line_id", "paid_amount") == [("1", "33.34"), ("2", "33.34"), ("3", "33.33")]

    def test_without_paid_lines_price_times_quantity_weighs(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 90}],
            order_lines=[
                item("1", paid_amount=None, quantity=2, unit_price=40),
                item("2", paid_amount=None, quantity=1, unit_price=20),
            ],
        )
        assert made.rows("order_lines", "line_id", "paid_amount") == [("1", "72"), ("2", "18")]

    def test_head_alone_is_one_line(self, tmp_path: Path) -> None:
        head = {**TMALL, "paid_amount": 80, "refund_amount": 20, "sku": "A", "product_name": "茶", "quantity": 2}
        made = ledger(tmp_path, order_heads=[head])
        columns = ("order_key", "line_id", "sku", "product_name", "quantity", "paid_amount", "net_amount")
        assert made.rows("order_lines", *columns) == [("tmall:1", "0", "A", "茶", "2", "80", "60")]

    def test_lines_alone_sum_up(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{"line_id": "1", "paid_amount": 5}, {"line_id": "2", "paid_amount": 7}])
        assert made.rows("orders", "order_key", "paid_amount", "quantity") == [("pos:1", "12", "2")]

    def test_missing_paid_amount_is_quantity_times_price_less_discount_rounded_away_from_zero(
        self, tmp_path: Path
    ) -> None:
        line = {"paid_amount": None, "quantity": 3, "unit_price": "1.115", "discount_amount": 1}
        assert ledger(tmp_path, order_lines=[line]).rows("order_lines", "paid_amount") == [("2.35",)]  # 3.345 → 3.35

    def test_cancelled_line_of_a_living_order_gets_none_of_its_money(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 60}],
            order_lines=[item("1", paid_amount=60), item("2", paid_amount=40, status="cancelled")],
        )
        assert made.rows("order_lines", "line_id", "paid_amount", "is_purchase", "excluded_because") == [
            ("1", "60", True, None),
            ("2", "0", False, "cancelled"),
        ]

    def test_heads_profile_speaks_else_the_least_of_the_lines(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 1, "profile_key": None}],
            order_lines=[item("1", profile_key="M9"), item("2", profile_key="M2"), item("3", profile_key=None)],
        )
        assert made.rows("orders", "customer_id") == [("C-M2",)]
        assert set(made.rows("order_lines", "customer_id")) == {("C-M2",)}

    def test_twin_lines_of_a_ticket_are_two_goods(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{"line_id": "1"}, {"line_id": "2"}])
        assert made.rows("orders", "quantity", "paid_amount") == [("2", "200")]

    def test_orders_of_two_sources_with_one_number_never_meet(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{"source": "pos"}, {"source": "tmall"}])
        assert made.rows("orders", "order_key", "line_count") == [("pos:1", 1), ("tmall:1", 1)]


class TestRefunds:
    def test_order_refund_is_netted(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 100, "refund_amount": 30}],
            order_lines=[item("1", paid_amount=60), item("2", paid_amount=40)],
        )
        assert made.rows("order_lines", "line_id", "refund_amount", "net_amount") == [
            ("1", "18", "42"),
            ("2", "12", "28"),
        ]
        assert made.rows("refunds", "order_key", "line_id", "refund_amount", "refund_origin", "refunded_on") == [
            ("tmall:1", "1", "18", "order_report", None),
            ("tmall:1", "2", "12", "order_report", None),
        ]

    def test_order_refund_falls_where_the_items_tell_it(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 100, "refund_amount": 30}],
            order_lines=[item("1", paid_amount=60), item("2", paid_amount=40, refund_amount=20)],
        )
        assert made.rows("order_lines", "line_id", "refund_amount") == [("1", "0"), ("2", "30")]

    def test_file_replaces_the_reports_figure_of_its_line(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[{"line_id": "1", "refund_amount": 25}, {"line_id": "2", "refund_amount": 10}],
            refunds=[{"line_id": "1", "refund_amount": 30}],
        )
        assert made.rows("order_lines", "line_id", "refund_amount") == [("1", "30"), ("2", "10")]
        assert made.rows("refund_differences", "line_id", "export_refund_amount", "file_refund_amount") == [
            ("1", "25", "30")
        ]

    def test_file_without_line_replaces_the_whole_order(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_lines=[{"line_id": "1", "refund_amount": 25}, {"line_id": "2", "paid_amount": 50}],
            refunds=[{"refund_amount": 30}],
        )
        assert made.rows("order_lines", "line_id", "refund_amount") == [("1", "20"), ("2", "10")]

    def test_line_of_the_file_replaces_a_figure_that_only_the_head_tells(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            order_heads=[{**TMALL, "paid_amount": 100, "refund_amount": 40}],
            order_lines=[item("1", paid_amount=60), item("2", paid_amount=40)],
            refunds=[{"line_id": "2", "refund_amount": 40}],
        )
        assert made.rows("order_lines", "line_id", "refund_amount") == [("1", "0"), ("2", "40")]

    def test_partial_refunds_of_a_file_add_up(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{}], refunds=[{"refund_amount": 10}, {"refund_amount": 15}])
        assert made.rows("orders", "refund_amount", "net_amount", "is_purchase") == [("25", "75", True)]

    def test_only_successful_refunds_count(self, tmp_path: Path) -> None:
        refunds = [{"refund_status": "open"}, {"refund_status": "closed"}]
        assert ledger(tmp_path, order_lines=[{}], refunds=refunds).rows("orders", "net_amount") == [("100",)]

    def test_more_than_was_paid_stays_visible(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{}], refunds=[{"refund_amount": 120}])
        assert made.rows("orders", "net_amount", "is_purchase", "excluded_because") == [
            ("-20", False, "fully_returned")
        ]

    @pytest.mark.parametrize(
        ("orders", "reason"),
        [([{"order_id": "2"}], "unknown_order"), ([{"source": "pos"}, {"source": "tmall"}], "ambiguous_order")],
    )
    def test_refund_without_its_order_is_kept_apart(
        self, tmp_path: Path, orders: list[dict[str, object]], reason: str
    ) -> None:
        made = ledger(tmp_path, order_lines=orders, refunds=[{}])
        assert set(made.rows("orders", "refund_amount")) == {("0",)}
        columns = ("order_key", "refund_amount", "is_netted", "unmatched_because")
        assert made.rows("refunds", *columns) == [("returns:1", "30", False, reason)]

    def test_a_reason_is_told_where_ten_orders_have_its_words(self, tmp_path: Path) -> None:
        """Words of one person's own may name them: 欧阳 typed hers twice."""
        numbers = [str(number) for number in range(1, 11)]
        usual = [{"order_id": number, "reason": "质量问题"} for number in numbers]
        rare = [{"order_id": number, "reason": "尺码不合"} for number in numbers[:9]]
        own = [{"order_id": "1", "reason": "请退给欧阳云澜"}] * 2
        made = ledger(tmp_path, order_lines=[{"order_id": number} for number in numbers], refunds=[*usual, *rare, *own])
        assert Counter(made.rows("refunds", "reason")) == {("质量问题",): 10, (None,): 11}

    def test_orders_of_settles_which_source_is_meant(self, tmp_path: Path) -> None:
        sources = [
            source.model_copy(update={"orders_of": "tmall"}) if source.kind == "refunds" else source
            for source in SETTINGS.sources
        ]
        settings = SETTINGS.model_copy(update={"sources": tuple(sources)})
        made = ledger(tmp_path, settings, order_lines=[{"source": "pos"}, {"source": "tmall"}], refunds=[{}])
        assert made.rows("orders", "order_key", "refund_amount") == [("pos:1", "0"), ("tmall:1", "30")]

    def test_refunded_and_nobody_says_how_much_means_all(self, tmp_path: Path) -> None:
        made = ledger(tmp_path, order_lines=[{"status": "refunded"}])
        assert made.rows("orders", "net_amount", "excluded_because") == [("0", "fully_returned")]


class TestExchange:
    RATES = (
        {"rate_on": "2026-05-30", "rate": "9.1"},
        {"rate_on": "2026-06-10", "rate": "9.5"},
    )

    def test_rate_is_the_latest_on_or_before_the_order(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            fx_rates=self.RATES,
            order_lines=[
                {"order_id": "1", "currency": "GBP", "paid_amount": "10.05"},
                {"order_id": "2", "currency": "GBP", "paid_amount": "10", "ordered_at": "2026-06-10"},
                {"order_id": "3", "paid_amount": "10"},
            ],
        )
        # 10.05 × 9.1 = 91.455, half away from zero
        assert made.rows("orders", "order_id", "currency", "original_paid_amount", "paid_amount") == [
            ("1", "GBP", "10.05", "91.46"),
            ("2", "GBP", "10", "95"),
            ("3", "CNY", "10", "10"),
        ]

    def test_refund_uses_the_rate_of_its_order(self, tmp_path: Path) -> None:
        made = ledger(
            tmp_path,
            fx_rates=self.RATES,
            order_lines=[{"currency": "GBP", "paid_amount": 10}],
            refunds=[{"currency": "GBP", "refund_amount": 5, "refunded_at": "2026-06-20"}],
        )
        assert made.rows("orders", "paid_amount", "refund_amount") == [("91", "45.50")]

    def test_return_uses_the_rate_of_its_original(self, tmp_path: Path) -> None:
        back = {"order_id": "2", "quantity": -1, "paid_amount": -10, "ordered_at": "2026-06-12"}
        made = ledger(
            tmp_path,
            fx_rates=self.RATES,
            order_lines=[{"currency": "GBP", "paid_amount": 10}, {"currency": "GBP", **back}],
        )
        assert made.rows("orders", "order_id", "paid_amount", "refund_amount") == [("1", "91", "91"), ("2", "0", "0")]

    def test_missing_rate_holds_the_night_and_names_the_first_day(self, tmp_path: Path) -> None:
        lines = [
            {"order_id": "1", "currency": "USD", "ordered_at": "2026-06-05"},
            {"order_id": "2", "currency": "USD", "ordered_at": "2026-06-03"},
        ]
        with pytest.raises(HeldError, match="USD from 2026-06-03 on"):
            ledger(tmp_path, order_lines=lines)
