"""Orders: keys, returns, refunds, kinds of lines, rows left out; and every row and fen accounted for."""

# ruff: noqa: E501 (tables are read across)

from decimal import Decimal

import polars as pl
import pytest
from exports_by_hand import BUILTIN, SECRET, column, context, moments, money, parse, raw_table
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.keys import keyed_hash
from pipeline.errors import StoppedSourceError
from pipeline.formats.library import load_library
from pipeline.formats.parse import parse_tables
from pipeline.schemas.catalog import TABLES

LINES = ["order_id", "line_id", "ordered_at", "paid_at", "status", "sku", "quantity", "unit_price", "discount_amount", "paid_amount", "refund_amount", "refund_state", "row_type", "remark", "phone"]  # fmt: skip
CONTRACT_FORMAT = """
kind: orders
grain: line                       # line | order: what one row is
amounts: line                     # line | order | first_row: where order money stands
encoding: auto                    # auto | utf-8 | gb18030 | utf-16
header_row: auto                  # auto | 1-based row
columns:                          # canonical name: every header it is known by
  order_id: [Invoice]
  sku: [StockCode]
  product_name: [Description]
  quantity: [Quantity]
  unit_price: [Price]
  ordered_at: [InvoiceDate]
  member_no: [Customer ID]
values: {status: {"交易成功": completed, "交易关闭": cancelled}}
constants: {channel: web}
ignore_rows: [{column: remark, starts_with: "G-"}]
"""


def line(**cells):
    named = {"order_id": "1", "ordered_at": "2026-09-01 10:00:00", "quantity": "1", "unit_price": "10"} | cells
    return [named.get(name, "") for name in LINES]


def own_format(tmp_path, text, name="my_shop"):
    (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_library(tmp_path)


def test_the_tables_are_exactly_their_contracts():
    parsed = parse("canonical", LINES, line(), line(order_id="2", refund_amount="1"))
    table = parsed.tables["raw_order_lines"]
    assert table.schema == TABLES["raw_order_lines"].polars_schema
    for name in table.columns:
        assert name in TABLES["raw_order_lines"].nullable or table[name].null_count() == 0, name


def test_the_own_format_of_the_handbook(tmp_path):
    header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]
    rows = [
        ["489434", "85048", "15CM GLASS BALL", "12", "2009-12-01 07:45:00", "6.95", "13085", "United Kingdom"],
        ["C489449", "22087", "PAPER BUNTING", "-12", "2009-12-01 10:33:00", "2.95", "", "Australia"],
    ]
    options = {"library": own_format(tmp_path, CONTRACT_FORMAT), "timezone": "Europe/London", "currency": "GBP"}
    parsed = parse("my_shop", header, *rows, **options)
    assert money(parsed, "order_lines", "paid_amount") == ["83.40", "-35.40"]
    assert moments(parsed, "order_lines", "ordered_at") == ["2009-12-01 15:45", "2009-12-01 18:33"]
    assert column(parsed, "order_lines", "member_no") == ["13085", None]
    assert column(parsed, "order_lines", "channel") == ["web", "web"]
    assert column(parsed, "order_lines", "currency") == ["GBP", "GBP"]
    assert parsed.reports[0].unknown_columns == ("Country",)


def test_ticket_store_and_day_name_a_till_order():
    header = ["小票号", "门店名称", "营业日期", "销售时间", "实收金额"]
    parsed = parse(
        "pos",
        header,
        ["1", "S1", "2026-09-01", "09:30:00", "5"],
        ["1", "S1", "2026-09-02", "09:30", "5"],
        ["1", "", "2026-09-02", "", "5"],
    )
    assert column(parsed, "order_lines", "order_id") == ["1@S1@20260901", "1@S1@20260902", "1@20260902"]
    assert moments(parsed, "order_lines", "ordered_at") == ["2026-09-01 09:30", "2026-09-02 09:30", "2026-09-02 00:00"]


def test_lines_without_a_number_are_named_by_content_and_ordinal():
    parsed = parse(
        "canonical",
        LINES,
        line(sku="A"),
        line(sku="B"),
        line(sku="A"),
        line(sku="A", quantity="-1"),
        line(order_id="2", sku="A"),
    )
    names = [key.split("|")[1].rsplit("_", 1) for key in column(parsed, "order_lines", "row_key")]
    content, ordinal = zip(*names, strict=True)
    assert ordinal == ("1", "1", "2", "1", "1")
    assert content[0] == content[2] == content[4]
    assert len(set(content)) == 3


def test_missing_money_is_price_times_pieces_less_discount_rounded_once():
    rows = [
        line(quantity="3", unit_price="0.335"),
        line(quantity="-3", unit_price="0.335"),
        line(quantity="2", unit_price="10", discount_amount="3"),
        line(paid_amount="7"),
    ]
    assert money(parse("canonical", LINES, *rows), "order_lines", "paid_amount") == ["1.01", "-1.01", "17.00", "7.00"]


@pytest.mark.parametrize(
    ("cells", "status", "paid", "refund"),
    [
        ({"status": "completed", "paid_amount": "10"}, "completed", "10.00", None),
        ({"status": "refunded", "paid_amount": "10"}, "refunded", "10.00", "10.00"),
        ({"status": "refunded", "paid_amount": "10", "refund_amount": "4"}, "refunded", "10.00", "4.00"),
        ({"status": "completed", "paid_amount": "10", "refund_amount": "-4"}, "completed", "10.00", "4.00"),
        ({"status": "completed", "paid_amount": "10", "refund_amount": "4", "refund_state": "open"}, "completed", "10.00", "0.00"),
        ({"status": "completed", "paid_amount": "10", "refund_state": "success"}, "completed", "10.00", "10.00"),
        ({"status": "交易关闭", "paid_amount": "10", "refund_amount": "10", "paid_at": "2026-09-01 10:01"}, "refunded", "10.00", "10.00"),
        ({"status": "交易关闭", "paid_amount": "10"}, "cancelled", "10.00", None),
        ({"row_type": "退货", "paid_amount": "10"}, None, "-10.00", None),
        ({"row_type": "return", "refund_amount": "10"}, None, "-10.00", None),
        ({"quantity": "-1", "paid_amount": "10"}, None, "-10.00", None),
    ],
)  # fmt: skip
def test_states_and_refunds(cells, status, paid, refund):
    parsed = parse("canonical", LINES, line(**cells))
    assert column(parsed, "order_lines", "status") == [status]
    assert money(parsed, "order_lines", "paid_amount") == [paid]
    assert money(parsed, "order_lines", "refund_amount") == [refund]


def test_an_unpaid_order_without_money_is_worth_nothing():
    header = ["order_id", "ordered_at", "status", "paid_amount"]
    parsed = parse("canonical", header, ["1", "2026-09-01", "created", ""], ["2", "2026-09-01", "paid", ""])
    assert money(parsed, "order_lines", "paid_amount") == ["0.00"]
    assert parsed.rejected["rule"].to_list() == ["MONEY_FORMAT"]


def test_the_further_state_ranks_higher():
    words = ["created", "paid", "shipped", "completed", "cancelled", "refunded"]
    ranks = column(parse("canonical", LINES, *(line(status=word) for word in words)), "order_lines", "version_rank")
    assert ranks == sorted(set(ranks))


def test_ignored_rows_are_counted_with_their_money(tmp_path):
    text = CONTRACT_FORMAT.replace("  sku: [StockCode]", "  sku: [StockCode]\n  remark: [Remark]")
    header = ["Invoice", "InvoiceDate", "Quantity", "Price", "Remark"]
    rows = [["1", "2026-09-01", "1", "5", "G-刷"], ["2", "2026-09-01", "1", "7", "好"], ["3", "bad", "1", "9", "g-"]]
    report = parse("my_shop", header, *rows, library=own_format(tmp_path, text)).reports[0]
    assert (report.accepted_rows, report.ignored_rows, report.rejected_rows) == (1, 1, 1)
    assert report.ignored_amount == Decimal("5.00")
    assert report.rejected_amount == Decimal("9.00")
    assert report.raw_amount == Decimal("16.00")


def test_line_kinds_first_rule_wins(tmp_path):
    text = (
        CONTRACT_FORMAT
        + """
line_kinds:
  - {kind: service, column: sku, in: [POST, DOT]}
  - {kind: adjustment, column: order_id, starts_with: A}
  - {kind: adjustment, column: sku, matches: "^(BANK|AMAZON)"}
"""
    )
    header = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price"]
    rows = [["1", "85048"], ["1", "post"], ["A5", "B"], ["2", "BANK CHARGES"]]
    parsed = parse(
        "my_shop", header, *([*row, "1", "2026-09-01", "2"] for row in rows), library=own_format(tmp_path, text)
    )
    assert column(parsed, "order_lines", "line_kind") == ["goods", "service", "adjustment", "adjustment"]


def test_buyers_are_named_by_keyed_hashes_only():
    parsed = parse("canonical", LINES, line(phone="139 1234 5678"))
    expected = keyed_hash(pl.Series(["13912345678"]), SECRET).item()
    assert column(parsed, "order_lines", "profile_key") == [expected]
    assert "13912345678" not in "".join(column(parsed, "order_lines", "row_key"))


def test_unknown_words_of_ignored_rows_do_not_stop(tmp_path):
    text = CONTRACT_FORMAT.replace("  sku: [StockCode]", "  sku: [StockCode]\n  status: [State]\n  remark: [Remark]")
    library = own_format(tmp_path, text)
    header = ["Invoice", "InvoiceDate", "Quantity", "Price", "State", "Remark"]
    parsed = parse("my_shop", header, ["1", "2026-09-01", "1", "5", "???", "G-"], library=library)
    assert parsed.reports[0].ignored_rows == 1
    with pytest.raises(
        StoppedSourceError,
        match=r"unknown words in status: '\?\?\?' ×2. Add them to values.status of formats/my_shop.yaml",
    ):
        parse("my_shop", header, *[["1", "2026-09-01", "1", "5", "???", ""]] * 2, library=library)


def test_optional_cells_that_cannot_be_read_are_noted_not_refused():
    parsed = parse("canonical", LINES, line(paid_at="soon"), line(phone="138****5678"))
    assert column(parsed, "order_lines", "paid_at") == [None, None]
    assert len(parsed.reports[0].notes) == 2


def test_repeated_headers_are_control_rows():
    parsed = parse("canonical", LINES, line(), LINES, line(order_id="2"))
    assert parsed.reports[0].control_rows == 1


cell = st.sampled_from(
    ["", "1", "12.5", "-3", "bad", "1,000.00", "9999999999999", "合计", "2026-09-01", "G-1", "paid", "A"]
)


@given(st.lists(st.lists(cell, min_size=4, max_size=4), min_size=1, max_size=12))
def test_every_record_and_every_fen_is_somewhere(rows):
    header = ["order_id", "ordered_at", "paid_amount", "sku"]
    try:
        report = parse_tables([raw_table(header, *rows)], "x.csv", context("canonical", library=BUILTIN)).reports[0]
    except StoppedSourceError as stop:
        if "footer" not in str(stop):
            raise
        return
    assert report.records == len(rows)
    assert report.records == report.accepted_rows + report.rejected_rows + report.ignored_rows + report.control_rows
    assert report.raw_amount == report.accepted_amount + report.rejected_amount
