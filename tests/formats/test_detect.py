"""Which report a table is, and which column means what."""

# ruff: noqa: E501 (tables are read across)

import pytest
from exports_by_hand import BUILTIN

from pipeline.formats.detect import header_finder, lay_out, missing_columns, recognise, wanted_finder
from pipeline.formats.headers import fold


@pytest.mark.parametrize(
    ("header", "folded"),
    [("收货地址 ", "收货地址"), ("商品总价(元)", "商品总价"), ("实收金额（元）", "实收金额"), ("Order_ID", "orderid"), ("Lineitem  Name", "lineitemname"), ("数量：", "数量"), ("应付金额（元）", "应付金额"), ("实付￥", "实付"), ("￥实付", "实付"), ("实付（￥）", "实付"), ("实付[元]", "实付"), ("实付/元", "实付"), ("实付（单位：元）", "实付"), ("Total ($)", "total"), ("Total €", "total"), ("¥", "¥"), ("销售额（万元）", "销售额(万元)"), ("单元", "单元")],
)  # fmt: skip
def test_headers_are_compared_folded(header, folded):
    assert fold(header) == folded


@pytest.mark.parametrize(
    ("header", "report"),
    [
        ("子订单编号,主订单编号,标题", "items"), ("订单编号,标题,价格,购买数量", "items_old"), ("订单编号,退款编号", "refunds"),
        ("订单编号,买家会员名,买家应付邮费", "orders"), ("订单编号,买家应付邮费,买家实付金额", "orders"), ("甲,乙", None),
    ],
)  # fmt: skip
def test_reports_of_tmall(header, report):
    found = recognise(BUILTIN.formats["tmall"], "orders", header.split(","))
    assert (found.name if found else None) == report


def found(format_name, header):
    layout = lay_out(BUILTIN.formats[format_name].reports[0], header.split(","))
    return {name: place.headers[0] for name, place in layout.places.items()}


def test_the_best_alias_wins_and_a_header_is_used_once():
    assert found("pos", "小票号,单号,销售时间,日期,门店名称,会员姓名,会员卡号,金额,实收金额") == {
        "order_id": "小票号", "ordered_at": "销售时间", "ordered_date": "日期", "store_name": "门店名称",
        "buyer_name": "会员姓名", "member_no": "会员卡号", "paid_amount": "实收金额",
    }  # fmt: skip


def test_a_header_may_contain_an_alias_but_not_a_marked_one():
    assert found("pos", "本次小票号码,交易发生的交易时间,整单实收金额合计,折扣率金额") == {
        "order_id": "本次小票号码", "ordered_at": "交易发生的交易时间", "paid_amount": "整单实收金额合计",
    }  # fmt: skip


def test_missing_columns_know_what_can_be_derived():
    report = BUILTIN.formats["pos"].reports[0]
    assert missing_columns(lay_out(report, ["小票号", "日期", "数量", "单价"])) == []
    assert missing_columns(lay_out(report, ["小票号", "数量"])) == ["ordered_at", "paid_amount"]


def test_unknown_headers_are_those_nobody_listed():
    layout = lay_out(BUILTIN.formats["pos"].reports[0], ["小票号", "日期", "实收金额", "收款台", "心情", ""])
    assert layout.unknown == ("心情",)


def test_the_header_is_the_record_with_most_known_words():
    find = header_finder(BUILTIN.formats["pos"], "orders")
    assert find([["门店", "南山店"], [], ["小票号", "销售时间", "实收金额"], ["1", "2026-09-01", "5"]]) == 2
    assert find([["a", "b"], ["1", "2"]]) is None


def test_columns_that_are_never_read_are_known_beforehand():
    pos = BUILTIN.formats["pos"]
    assert [wanted_finder(pos, "orders")(header) for header in ("小票号 ", "本单小票号码", "心情")] == [
        True,
        True,
        False,
    ]
