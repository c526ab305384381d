"""Sentences for the operator: what is odd, how often and how much, by source; no order number, no person."""

from pathlib import Path

from ledger_of import ledger

from pipeline.trade.notices import notices


def test_all_that_is_odd(tmp_path: Path) -> None:
    made = ledger(
        tmp_path,
        order_lines=[
            {"order_id": "1", "refund_amount": 25},
            {"order_id": "2"},
            {"order_id": "3", "sku": "Z", "quantity": -1, "paid_amount": -70},
            {"order_id": "4"},
            {"order_id": "4", "source": "tmall"},
        ],
        refunds=[
            {"order_id": "1", "refund_amount": 30},
            {"order_id": "2", "refund_amount": 120},
            {"order_id": "4", "refund_amount": 5},
            {"order_id": "9", "refund_amount": 8},
            {"order_id": "9", "refund_amount": 2},
        ],
    )
    assert notices(made.tables["orders"], made.tables["refunds"], made.tables["refund_differences"]) == [
        "pos: 1 orders gave back more than was paid (20.00)",
        "pos: 1 returns found no sale that they take back; they stay negative and outside customers' money (70.00)",
        "returns: 1 refunds name an order number of several sources; set orders_of of their source (5.00)",
        "returns: 2 refunds name an order that no export tells; they are netted nowhere (10.00)",
        "pos: 1 lines have another refund in the order report than in the refund files, which count (5.00)",
    ]


def test_nothing_odd_no_words(tmp_path: Path) -> None:
    made = ledger(tmp_path, order_lines=[{}])
    assert notices(made.tables["orders"], made.tables["refunds"], made.tables["refund_differences"]) == []
