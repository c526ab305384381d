"""The reader contract, rule by rule: what real exports do, and what becomes of it."""

import csv
import io

import pytest
from exports_by_hand import column, context, moments, money, parse, parse_file, raw_table

from pipeline.errors import FileRefusedError, StoppedSourceError
from pipeline.formats.parse import parse_tables

POS = ["小票号", "门店编号", "销售时间", "会员卡号", "手机号", "商品编码", "商品名称", "销售数量", "实收金额", "备注"]
PLAIN = [
    "order_id",
    "ordered_at",
    "status",
    "paid_amount",
    "refund_amount",
    "member_no",
    "phone",
    "buyer_name",
    "remark",
]
SALE = ["1001", "S1", "2026/9/1 14:05", "M1", "13912345678", "A", "茶", "1", "10.00", ""]


def sale(**cells):
    named = dict(zip(POS, SALE, strict=True)) | cells
    return [named[name] for name in POS]


def order(**cells):
    named = (
        dict.fromkeys(PLAIN, "") | {"order_id": "1", "ordered_at": "2026-09-01 10:00:00", "paid_amount": "10"} | cells
    )
    return [named[name] for name in PLAIN]


def file_of(path, *rows, encoding="utf-8", above=()):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([*above, POS, *rows])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_r01_encodings(tmp_path, encoding):
    parsed = parse_file(file_of(tmp_path / "x", sale(), encoding=encoding), "pos/9.csv", context("pos"))
    assert column(parsed, "order_lines", "product_name") == ["茶"]


def test_r02_an_extension_may_lie(tmp_path):
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in (POS, sale()))
    (tmp_path / "x").write_bytes(f"<html><body><table>{table}</table></body></html>".encode())
    parsed = parse_file(tmp_path / "x", "pos/9.xls", context("pos"))
    assert column(parsed, "order_lines", "order_id") == ["1001@S1@20260901"]


def test_r03_the_header_is_not_the_first_row(tmp_path):
    above = [["门店销售明细"], ["#导出时间: 2026-09-02"], []]
    parsed = parse_file(file_of(tmp_path / "x", sale(), above=above), "pos/9.csv", context("pos"))
    assert column(parsed, "order_lines", "row_number") == [5]


def test_r03_a_file_without_any_known_header_is_refused(tmp_path):
    (tmp_path / "x").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FileRefusedError) as refusal:
        parse_file(tmp_path / "x", "pos/9.csv", context("pos"))
    assert refusal.value.code == "HEADER"


@pytest.mark.parametrize("word", ["合计", "总计：", "Total", "共 2 笔"])
def test_r04_a_footer_is_dropped_and_compared(word):
    parsed = parse("pos", POS, sale(), sale(小票号="1002"), [word, "", "", "", "", "", "", "2", "20.00", ""])
    report = parsed.reports[0]
    assert (report.records, report.accepted_rows, report.control_rows) == (3, 2, 1)
    assert str(report.control_total) == "20.00"


def test_r04_a_footer_that_disagrees_stops_the_source_with_figures():
    with pytest.raises(StoppedSourceError, match=r"the footer says 21\.00, the rows add up to 20\.00"):
        parse("pos", POS, sale(), sale(小票号="1002"), ["合计", "", "", "", "", "", "", "", "21.00", ""])


def test_r04_subtotals_are_not_totals():
    parsed = parse(
        "pos", POS, sale(), ["小计", "", "", "", "", "", "", "", "3.00", ""], ["合计", *[""] * 7, "10.00", ""]
    )
    assert parsed.reports[0].control_rows == 2


def test_r04_a_product_called_total_is_no_footer():
    header = ["商品名称", *[name for name in POS if name != "商品名称"]]
    parsed = parse("pos", header, ["Total Recall", "1001", "S1", "2026/9/1 14:05", "", "", "A", "1", "10.00", ""])
    assert parsed.reports[0].accepted_rows == 1


def test_r05_headers_with_blanks_units_and_full_width():
    header = [
        "小票号 ",
        "门店编号",
        "销售时间\t",
        "会员卡号",
        "手机号",
        "商品编码",
        "商品名称",
        "销售数量（件）",
        "实收金额（元）",
        "备注",
    ]
    assert money(parse("pos", header, sale()), "order_lines", "paid_amount") == ["10.00"]


def test_r06_wrapped_cells_and_words_for_nothing():
    parsed = parse(
        "pos", POS, sale(小票号='="0012"', 会员卡号="'M1", 手机号="13912345678\t", 商品编码="NULL", 备注="--")
    )
    assert column(parsed, "order_lines", "order_id") == ["0012@S1@20260901"]
    assert column(parsed, "order_lines", "member_no") == ["M1"]
    assert column(parsed, "order_lines", "phone") == ["13912345678"]
    assert column(parsed, "order_lines", "sku") == [None]
    assert column(parsed, "order_lines", "remark") == [None]


@pytest.mark.parametrize(
    ("number", "rule", "masked"),
    [
        ("1.23E+18", "ID_FORMAT", "9.99X+99"),
        ("202411220000000096.0", "ID_FORMAT", "999999999999999999.9"),
        ("", "ID_MISSING", None),
    ],
)
def test_r07_spoilt_order_numbers_are_refused_never_guessed(number, rule, masked):
    parsed = parse("canonical", PLAIN, order(order_id=number), order(order_id="2"))
    assert column(parsed, "order_lines", "order_id") == ["2"]
    refused = parsed.rejected.row(0, named=True)
    assert (refused["row_number"], refused["rule"], refused["column"]) == (2, rule, "order_id")
    assert refused["value_masked"] == masked


def test_r08_money_as_people_write_it():
    written = ["1,299.00", "¥12", "12.00元", "$36.00", "-$12.00", "(12.00)", "１２．５"]
    parsed = parse(
        "canonical", PLAIN, *(order(order_id=str(index), paid_amount=text) for index, text in enumerate(written))
    )
    assert money(parsed, "order_lines", "paid_amount") == [
        "1299.00",
        "12.00",
        "12.00",
        "36.00",
        "-12.00",
        "-12.00",
        "12.50",
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [("12a", "MONEY_FORMAT"), ("1,23", "MONEY_FORMAT"), ("9" * 13, "MONEY_RANGE"), ("", "MONEY_FORMAT")],
)
def test_r08_what_is_no_money_is_refused(text, rule):
    parsed = parse("canonical", PLAIN, order(paid_amount=text), order(order_id="2"))
    assert parsed.rejected["rule"].to_list() == [rule]
    assert str(parsed.reports[0].raw_amount) == "10.00"


def test_r09_order_money_is_never_summed_over_its_copies():
    header = ["订单号", "京东价", "订购数量", "下单时间", "订单状态", "应付金额", "余额支付"]
    row = ["1", "50", "1", "2026-09-01 10:00:00", "完成", "100.00", "0"]
    parsed = parse("jd", header, row, row, row)
    assert money(parsed, "order_lines", "paid_amount") == ["33.34", "33.33", "33.33"]
    assert str(parsed.reports[0].raw_amount) == "100.00"


def test_r10_status_commas_of_both_widths():
    header = ["订单编号", "买家应付邮费", "买家实际支付金额", "订单状态", "订单创建时间"]
    words = ["买家已付款,等待卖家发货", "买家已付款，等待卖家发货", " 买家已付款， 等待卖家发货"]
    rows = [[str(index), "0", "1", word, "2026-09-01 10:00:00"] for index, word in enumerate(words)]
    assert column(parse("tmall", header, *rows), "order_heads", "status") == ["paid"] * 3


def test_r11_times():
    written = ["2026/9/1 14:05", "46266.586805556", "Tue Sep 01 14:05:00 CST 2026", "2026-09-01 06:05:00 +0000"]
    parsed = parse(
        "canonical", PLAIN, *(order(order_id=str(index), ordered_at=text) for index, text in enumerate(written))
    )
    assert moments(parsed, "order_lines", "ordered_at") == ["2026-09-01 14:05"] * 4


@pytest.mark.parametrize(
    ("text", "rule"),
    [("01/02/2026", "DATE_FORMAT"), ("2026-02-30", "DATE_RANGE"), ("2199-01-01", "DATE_RANGE"), ("", "DATE_FORMAT")],
)
def test_r11_dates_that_do_not_tell_are_refused(text, rule):
    parsed = parse("canonical", PLAIN, order(ordered_at=text), order(order_id="2"))
    assert parsed.rejected["rule"].to_list() == [rule]


def test_r11_a_phone_stays_text():
    assert column(parse("canonical", PLAIN, order(phone="013912345678")), "order_lines", "phone") == ["13912345678"]


def test_r12_a_shop_that_the_file_does_not_name_comes_from_the_settings():
    header = ["订单号", "京东价", "订购数量", "下单时间", "订单状态", "应付金额"]
    parsed = parse("jd", header, ["1", "5", "1", "2026-09-01 10:00:00", "完成", "5"], store_id="JD-SHOP-1")
    assert column(parsed, "order_lines", "store_id") == ["JD-SHOP-1"]


def test_r13_a_renamed_column_stops_the_source_and_is_named():
    header = ["订单编号", "买家应付邮费", "买家掏的钱", "订单状态", "订单创建时间"]
    with pytest.raises(StoppedSourceError) as stop:
        parse("tmall", header, ["1", "0", "1", "交易成功", "2026-09-01 10:00:00"])
    text = str(stop.value)
    assert text.startswith("shop/export.csv: no column for paid_amount (looked for 买家实际支付金额, 买家实付金额).")
    assert "formats/tmall.yaml" in text
    assert stop.value.exit_code == 3


def test_r14_overlapping_exports_give_the_same_keys():
    twins = [sale(), sale(), sale(商品编码="B")]
    first = parse("pos", POS, *twins)
    second = parse("pos", POS, sale(小票号="0999"), *twins)
    keys = column(first, "order_lines", "row_key")
    assert len(set(keys)) == 3
    assert column(second, "order_lines", "row_key")[1:] == keys


@pytest.mark.parametrize("masked", ["138****5678", "$abcdef1234567890==", "****"])
def test_r15_masked_values_are_never_keys(masked):
    parsed = parse("canonical", PLAIN, order(phone=masked, member_no=masked, buyer_name="张**"))
    assert column(parsed, "order_lines", "profile_key") == [None]
    assert column(parsed, "order_lines", "buyer_name") == ["张**"]


def test_r16_line_breaks_in_remarks(tmp_path):
    path = file_of(tmp_path / "x", sale(备注="请放\n门口"), sale(小票号="1002"))
    parsed = parse_file(path, "pos/9.csv", context("pos"))
    assert column(parsed, "order_lines", "remark") == ["请放\n门口", None]


def test_r17_text_like_a_formula_stays_text():
    parsed = parse("canonical", PLAIN, order(buyer_name="=cmd|' /C calc'!A0", remark="@SUM(1)"))
    assert column(parsed, "order_lines", "buyer_name") == ["=cmd|' /C calc'!A0"]
    assert column(parsed, "order_lines", "remark") == ["@SUM(1)"]


def test_records_that_the_reader_refused_are_counted_and_silence_the_footer():
    table = raw_table(POS, sale(), ["合计", *[""] * 7, "99.00", ""], rejected=[(9, "CSV_WIDTH", "1002,S1")])
    parsed = parse_tables([table], "pos/9.csv", context("pos"))
    report = parsed.reports[0]
    assert (report.records, report.accepted_rows, report.rejected_rows, report.control_rows) == (3, 1, 1, 1)
    assert parsed.rejected["rule"].to_list() == ["CSV_WIDTH"]
    assert "could not be compared" in report.notes[-1]
