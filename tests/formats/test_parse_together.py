"""Files that are parsed together get what each would have got alone."""

from dataclasses import replace

import pytest
from exports_by_hand import context, raw_table
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import FileRefusedError, HeldError
from pipeline.formats.parse import ParsedFile, ReadFile, parse_tables, parse_together

DAYS = ["2026-09-01", "2026-09-02 10:00:00", "never", ""]
MONEY = ["5", "7.77", "¥1,000.00", "-3", "much", "", "9999999999999"]
PHONES = ["13912345678", "138****5678", ""]
REPORTS = {
    "lines": ("canonical", "orders", {
        "order_id": ["1", "2", '="3"', "", "合计"], "ordered_at": DAYS, "paid_amount": MONEY, "sku": ["A", "B"],
        "status": ["completed", "cancelled", "teleported"], "phone": PHONES, "quantity": ["1", "-1", ""],
    }),
    "refunds": ("canonical", "refunds", {
        "order_id": ["1", "2"], "refunded_at": DAYS, "refund_amount": MONEY, "reason": ["broken", ""],
    }),
    "points": ("canonical", "points", {
        "member_no": ["M1", "M2", "", "1.0E+12"], "changed_at": DAYS, "points": ["5", "-5", "five"], "reason": ["gift"],
    }),
    "till": ("pos", "orders", {
        "小票号": ["7", "8", "合计"], "交易时间": DAYS, "商品编码": ["A", "B"], "数量": ["1", "2", "-1"],
        "实收金额": MONEY, "会员手机号": PHONES,
    }),
    "first rows": ("weixin_shop", "orders", {
        "订单号": ["1", "2"], "订单下单时间": DAYS, "订单状态": ["已完成", ""], "商品名称": ["茶", "杯"],
        "商品数量": ["1", "2"], "商品价格(单件)": ["10", "20", ""], "订单实际支付金额": MONEY, "收件人手机": PHONES,
    }),
}  # fmt: skip
"""Format, kind, and the cells that may stand in each column."""


def read(name, report, *rows, zone=None, **columns):
    format_name, kind, cells = REPORTS[report]
    own = replace(context(format_name, kind, timezone=zone), file_sha=name.ljust(64, "0"))
    return ReadFile(name, [raw_table(list(columns or cells), *rows)], own)


def alone(file):
    try:
        return parse_tables(file.tables, file.name, file.context)
    except HeldError as error:
        return error


def told(result):
    """Everything that a file became, in a form that can be compared."""
    if not isinstance(result, ParsedFile):
        return str(result)
    tables = {name: (frame.schema, frame.rows()) for name, frame in result.tables.items()}
    return tables, result.rejected.rows(), result.reports


@pytest.mark.parametrize("zone", [None, "Europe/London"])
@pytest.mark.parametrize("report", REPORTS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_file_gets_what_it_would_get_alone(report, zone, data):
    row = st.tuples(*(st.sampled_from(cells) for cells in REPORTS[report][2].values()))
    contents = data.draw(st.lists(st.lists(row, max_size=5), min_size=2, max_size=4))
    files = [read(f"{place}.csv", report, *rows, zone=zone) for place, rows in enumerate(contents)]
    assert [told(result) for result in parse_together(files)] == [told(alone(file)) for file in files]


def test_orders_and_equals_end_with_their_file():
    paid_once = (
        ["1", "2026-09-02", "已完成", "茶", "1", "10", "20.00", ""],
        ["1", "2026-09-02", "已完成", "杯", "1", "10", "", ""],
    )
    first, second = parse_together([read(name, "first rows", *paid_once) for name in ("a.csv", "b.csv")])
    for parsed in (first, second):
        assert [str(paid) for paid in parsed.tables["raw_order_lines"]["paid_amount"]] == ["10.00", "10.00"]
    given_back = ["1", "2026-09-02 10:00:00", "5", "broken"]
    first, second = parse_together([read(name, "refunds", given_back, given_back) for name in ("a.csv", "b.csv")])
    assert [key[-2:] for key in first.tables["raw_refunds"]["row_key"]] == ["-1", "-2"]
    assert first.tables["raw_refunds"]["row_key"].equals(second.tables["raw_refunds"]["row_key"])
    assert second.tables["raw_refunds"]["file_sha"].unique().to_list() == ["b.csv".ljust(64, "0")]


def test_errors_stand_in_the_place_of_their_file():
    good = ["1", "2026-09-02", "5", "A", "completed", "", "1"]
    unread = FileRefusedError("ENC", "cannot be decoded", where="c.csv")
    files = [
        read("a.csv", "lines", good),
        read("b.csv", "lines", [*good[:4], "teleported", "", "1"]),
        unread,
        read("d.csv", "lines", good[:4], order_id=(), ordered_at=(), paid_amount=(), sku=()),
        replace(read("e.csv", "lines", good), tables=[read("e.csv", "lines", good).tables[0]] * 2),
    ]
    parsed = parse_together(files)
    heights = [result.reports[0].accepted_rows if isinstance(result, ParsedFile) else None for result in parsed]
    assert heights == [1, None, None, 1, 1]
    assert str(parsed[1]).startswith("b.csv: unknown words in status: 'teleported' ×1.")
    assert parsed[2] is unread
    assert len(parsed[4].reports) == 2
