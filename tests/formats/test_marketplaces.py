"""Every built-in marketplace format, with the headers of real exports and results that can be counted by hand."""

# ruff: noqa: C408, E501 (tables are read across)

import pytest
from exports_by_hand import column, context, moments, money, parse, raw_table

from pipeline.errors import StoppedSourceError
from pipeline.formats.parse import parse_tables

TMALL_A = [
    "订单编号",
    "买家会员名",
    "买家支付宝账号",
    "支付单号",
    "支付详情",
    "买家应付货款",
    "买家应付邮费",
    "买家支付积分",
    "总金额",
    "返点积分",
    "买家实际支付金额",
    "买家实际支付积分",
    "订单状态",
    "买家留言",
    "收货人姓名",
    "收货地址 ",
    "运送方式",
    "联系电话",
    "联系手机",
    "订单创建时间",
    "订单付款时间 ",
    "宝贝标题 ",
    "宝贝种类",
    "物流单号 ",
    "物流公司",
    "订单备注",
    "宝贝总数量",
    "店铺Id",
    "店铺名称",
    "订单关闭原因",
    "卖家服务费",
    "买家服务费",
    "发票抬头",
    "退款金额",
    "确认收货时间",
    "打款商家金额",
]
TMALL_B = [
    "订单编号",
    "买家会员昵称",
    "支付单号",
    "买家应付货款",
    "买家应付邮费",
    "总金额",
    "买家实际支付金额",
    "订单状态",
    "收货人姓名",
    "收货地址",
    "联系手机",
    "虚拟号过期时间",
    "订单创建时间",
    "订单付款时间",
    "宝贝标题",
    "宝贝总数量",
    "延迟发货自动赔付金额",
    "预售订单",
    "发货时间",
    "商家备忘",
    "退款金额",
]
TMALL_C = [
    "订单编号",
    "支付单号",
    "支付详情",
    "买家应付货款",
    "买家应付邮费",
    "总金额",
    "买家实付金额",
    "订单状态",
    "订单创建时间",
    "订单付款时间",
    "商品标题",
    "宝贝总数量",
    "退款金额",
    "确认收货打款金额",
    "发货时间",
    "确认收货时间",
    "商家备注",
    "订单关闭原因",
    "店铺名称",
]
ITEMS_NEW = [
    "子订单编号",
    "主订单编号",
    "标题",
    "价格",
    "购买数量",
    "外部系统编号",
    "商品属性",
    "套餐信息",
    "备注",
    "订单状态",
    "商家编码",
    "支付单号",
    "买家应付货款",
    "买家实际支付金额",
    "退款状态",
    "退款金额",
    "订单创建时间",
    "订单付款时间",
]
ITEMS_OLD = [
    "订单编号",
    "标题",
    "价格",
    "购买数量",
    "外部系统编号",
    "商品属性",
    "套餐信息",
    "备注",
    "订单状态",
    "商家编码",
]
ITEMS_C = [
    "子订单编号",
    "主订单编号",
    "商品ID",
    "商品属性",
    "商品标题",
    "商品价格",
    "购买数量",
    "买家实付金额",
    "订单状态",
    "退款状态",
    "退款金额",
    "发货时间",
]
REFUNDS = [
    "订单编号",
    "退款编号",
    "支付单号",
    "买家退款金额",
    "手工退款/系统退款",
    "售后类型",
    "退款的申请时间",
    "完结时间",
    "退款状态",
    "货物状态",
    "部分退款/全部退款",
    "售中或售后",
    "买家退款原因",
]
JD = [
    "订单号",
    "商品ID",
    "商品名称",
    "订购数量",
    "支付方式",
    "下单时间",
    "京东价",
    "订单金额",
    "结算金额",
    "余额支付",
    "应付金额",
    "订单状态",
    "订单类型",
    "下单帐号",
    "客户姓名",
    "客户地址",
    "联系电话",
    "订单备注",
    "商家备注",
    "运费金额",
    "付款确认时间",
    "货号",
]
PDD = [
    "商品",
    "订单号",
    "订单状态",
    "商品总价(元)",
    "邮费(元)",
    "店铺优惠折扣(元)",
    "平台优惠折扣(元)",
    "多多支付立减金额(元)",
    "用户实付金额(元)",
    "商家实收金额(元)",
    "商品数量(件)",
    "支付时间",
    "订单成交时间",
    "商品id",
    "样式ID",
    "商家编码-规格维度",
    "商家备注",
    "售后状态",
    "省",
    "市",
    "区",
    "用户购买手机号",
    "是否抽奖或0元试用",
]
DOUYIN = [
    "主订单编号",
    "子订单编号",
    "支付方式",
    "选购商品",
    "商品ID",
    "商家编码",
    "商品数量",
    "商品金额",
    "订单提交时间",
    "支付完成时间",
    "商家备注",
    "订单状态",
    "售后状态",
    "订单应付金额",
    "运费",
    "优惠总金额",
    "收件人",
    "收件人手机号",
    "省",
    "市",
    "区",
    "详细地址",
    "流量体裁",
]
AFTER_SALES = [
    "售后单号",
    "订单号",
    "商品单号",
    "商品名称",
    "商品ID",
    "应付金额（元）",
    "退商品金额（元）",
    "退运费金额（元）",
    "退支付优惠（元）",
    "退税费金额（元）",
    "售后状态",
    "售后申请时间",
    "售后原因",
    "商家退款时间",
    "用户到账时间",
    "售后完结时间",
]
WEIXIN = [
    "订单号",
    "订单下单时间",
    "订单状态",
    "收件人姓名",
    "收件人地址",
    "省",
    "市",
    "区",
    "收件人手机",
    "商家备注",
    "商品总价",
    "订单实际支付金额",
    "订单实际收款金额",
    "订单运费",
    "支付时间",
    "企业微信加密id",
    "礼物单号",
    "商品名称",
    "SKU编码(自定义)",
    "商品编码(平台)",
    "商品价格(单件)",
    "商品数量",
    "商品已退款金额",
]
SHOPIFY = [
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem sku",
    "Billing Name",
    "Shipping Name",
    "Shipping Phone",
    "Cancelled at",
    "Refunded Amount",
    "Vendor",
    "Phone",
]
CUSTOMERS = [
    "Customer ID",
    "First Name",
    "Last Name",
    "Email",
    "Accepts Email Marketing",
    "Default Address City",
    "Phone",
    "Accepts SMS Marketing",
    "Total Spent",
]
SQUARE = [
    "Date",
    "Time",
    "Time Zone",
    "Category",
    "Item",
    "Qty",
    "Price Point Name",
    "SKU",
    "Gross Sales",
    "Discounts",
    "Net Sales",
    "Tax",
    "Transaction ID",
    "Payment ID",
    "Event Type",
    "Location",
    "Customer ID",
    "Customer Name",
    "Customer Reference ID",
]


def row(header, **cells):
    plain = [name.strip() for name in header]
    unknown = set(cells) - set(plain)
    assert not unknown, unknown
    return [cells.get(name, "") for name in plain]


def test_tmall_vintage_a_wrapped_numbers_and_a_nickname():
    parsed = parse(
        "tmall",
        TMALL_A,
        row(TMALL_A, 订单编号='="1234567890123456789"', 买家会员名="小王1988", 买家支付宝账号="13912345678", 买家应付邮费="8.00",
            买家实际支付金额="108.00", 订单状态="交易成功", 收货人姓名="王小明", 收货地址="浙江省 杭州市 余杭区 五常街道 1号", 联系手机="'13912345678",
            订单创建时间="2020-11-11 00:00:01", 订单付款时间="2020-11-11 00:01:00", 宝贝标题="茶叶", 宝贝总数量="2", 退款金额="0.00", 打款商家金额="100.00元"),
        row(TMALL_A, 订单编号='="1234567890123456790"', 买家会员名="t**", 买家应付邮费="0", 买家实际支付金额="50.00", 订单状态="交易关闭",
            联系手机="'138****5678", 订单创建时间="2020-11-11 10:00:00", 订单付款时间="2020-11-11 10:01:00", 宝贝总数量="1", 退款金额="50.00"),
        row(TMALL_A, 订单编号='="1234567890123456791"', 买家应付邮费="0", 买家实际支付金额="0.00", 订单状态="交易关闭", 订单创建时间="2020-11-11 11:00:00", 宝贝总数量="1"),
    )  # fmt: skip
    assert column(parsed, "order_heads", "order_id") == [f"12345678901234567{number}" for number in (89, 90, 91)]
    assert column(parsed, "order_heads", "status") == ["completed", "refunded", "cancelled"]
    assert money(parsed, "order_heads", "paid_amount") == ["108.00", "50.00", "0.00"]
    assert money(parsed, "order_heads", "refund_amount") == ["0.00", "50.00", None]
    assert money(parsed, "order_heads", "settled_amount") == ["100.00", None, None]
    assert column(parsed, "order_heads", "platform_user_id") == ["小王1988", None, None]
    assert column(parsed, "order_heads", "receiver_phone") == ["13912345678", None, None]
    assert column(parsed, "order_heads", "phone") == ["13912345678", None, None]
    assert column(parsed, "order_heads", "city") == ["杭州", None, None]
    assert column(parsed, "order_heads", "channel") == ["tmall"] * 3
    assert parsed.reports[0].unknown_columns == ()


def test_tmall_vintage_b_and_both_commas():
    parsed = parse(
        "tmall", TMALL_B,
        row(TMALL_B, 订单编号="1", 买家会员昵称="甲", 买家应付邮费="0", 买家实际支付金额="10", 订单状态="买家已付款，等待卖家发货", 订单创建时间="2022-01-01 10:00:00", 联系手机="18400913965-7576"),
        row(TMALL_B, 订单编号="2", 买家会员昵称="乙", 买家应付邮费="0", 买家实际支付金额="20", 订单状态="买家已付款,等待卖家发货", 订单创建时间="2022-01-01 10:00:00"),
    )  # fmt: skip
    assert column(parsed, "order_heads", "status") == ["paid", "paid"]
    assert column(parsed, "order_heads", "receiver_phone") == [None, None]
    assert column(parsed, "order_heads", "platform_user_id") == ["甲", "乙"]


def test_tmall_vintage_c_has_no_buyer():
    parsed = parse(
        "tmall", TMALL_C,
        row(TMALL_C, 订单编号="3", 买家应付邮费="0", 买家实付金额="30.50", 订单状态="卖家已发货，等待买家确认", 订单创建时间="2025-01-01 10:00:00", 订单付款时间="2025-01-01 10:05:00", 商家备注="G-1"),
    )  # fmt: skip
    assert money(parsed, "order_heads", "paid_amount") == ["30.50"]
    assert column(parsed, "order_heads", "profile_key") == [None]
    assert column(parsed, "order_heads", "status") == ["shipped"]
    assert column(parsed, "order_heads", "remark") == ["G-1"]


def test_tmall_items_keep_their_sub_order_number():
    parsed = parse(
        "tmall", ITEMS_NEW,
        row(ITEMS_NEW, 子订单编号="11", 主订单编号="1", 标题="茶", 价格="60.00", 购买数量="2", 商家编码="T1", 订单状态="交易成功", 买家实际支付金额="100.00", 退款状态="没有申请退款", 退款金额="0", 订单创建时间="2022-01-01 10:00:00", 订单付款时间="2022-01-01 10:00:30"),
        row(ITEMS_NEW, 子订单编号="12", 主订单编号="1", 标题="杯", 价格="8.00", 购买数量="1", 外部系统编号="C1", 订单状态="交易关闭", 买家实际支付金额="8.00", 退款状态="退款成功", 退款金额="8.00", 订单创建时间="2022-01-01 10:00:00", 订单付款时间="2022-01-01 10:00:30"),
    )  # fmt: skip
    assert column(parsed, "order_lines", "row_key") == ["1|11", "1|12"]
    assert column(parsed, "order_lines", "sku") == ["T1", "C1"]
    assert column(parsed, "order_lines", "status") == ["completed", "refunded"]
    assert money(parsed, "order_lines", "refund_amount") == ["0.00", "8.00"]
    assert money(parsed, "order_lines", "discount_amount") == ["20.00", "0.00"]


def test_tmall_old_items_have_no_time_and_no_money_of_their_own():
    parsed = parse(
        "tmall", ITEMS_OLD,
        row(ITEMS_OLD, 订单编号="1", 标题="茶", 价格="60.00", 购买数量="2", 订单状态="交易成功", 商家编码="T1"),
    )  # fmt: skip
    assert column(parsed, "order_lines", "ordered_at") == [None]
    assert column(parsed, "order_lines", "event_on") == [None]
    assert money(parsed, "order_lines", "paid_amount") == ["120.00"]


def test_tmall_items_of_2024():
    parsed = parse(
        "tmall", ITEMS_C,
        row(ITEMS_C, 子订单编号="11", 主订单编号="1", 商品ID="778899", 商品标题="茶", 商品价格="60.00", 购买数量="1", 买家实付金额="55", 订单状态="交易关闭", 退款状态="退款成功"),
    )  # fmt: skip
    assert column(parsed, "order_lines", "sku") == ["778899"]
    assert money(parsed, "order_lines", "refund_amount") == ["55.00"]
    assert column(parsed, "order_lines", "status") == ["refunded"]


def test_tmall_refund_report():
    parsed = parse(
        "tmall", REFUNDS,
        row(REFUNDS, 订单编号="1", 退款编号="R1", 买家退款金额="8.00", 退款的申请时间="2022-01-03 10:00:00", 完结时间="2022-01-05 09:00:00", 退款状态="退款成功", 买家退款原因="不喜欢"),
        row(REFUNDS, 订单编号="2", 退款编号="R2", 买家退款金额="9.00", 退款的申请时间="2022-01-04 10:00:00", 退款状态="退款关闭"),
    )  # fmt: skip
    assert column(parsed, "refunds", "row_key") == ["R1", "R2"]
    assert column(parsed, "refunds", "refund_status") == ["success", "closed"]
    assert moments(parsed, "refunds", "refunded_at") == ["2022-01-05 09:00", "2022-01-04 10:00"]
    assert money(parsed, "refunds", "refund_amount") == ["8.00", "9.00"]


def test_jd_shares_repeated_order_money_out_to_the_fen():
    order = dict(订单号="900", 支付方式="在线支付", 下单时间="2026-09-01 10:00:00", 结算金额="100.00", 余额支付="10.00", 应付金额="90.00", 订单状态="完成", 下单帐号="jd_abc", 客户姓名="李雷", 客户地址="北京朝阳区建国路1号", 联系电话="13912345678", 运费金额="0", 付款确认时间="2026-09-01 10:01:00")  # fmt: skip
    parsed = parse(
        "jd", JD,
        row(JD, **order, 商品ID="1", 商品名称="甲", 订购数量="1", 京东价="40.00", 货号="A"),
        row(JD, **order, 商品ID="2", 商品名称="乙", 订购数量="2", 京东价="40.00", 货号="B"),
        row(JD, **(order | dict(订单号="901", 余额支付="", 应付金额="5.00", 订单状态="(删除)等待出库")), 商品ID="1", 商品名称="甲", 订购数量="1", 京东价="40.00", 货号="A"),
    )  # fmt: skip
    assert money(parsed, "order_lines", "paid_amount") == ["33.33", "66.67", "5.00"]
    assert money(parsed, "order_lines", "settled_amount") == ["33.33", "66.67", "100.00"]
    assert money(parsed, "order_lines", "discount_amount") == ["6.67", "13.33", "35.00"]
    assert column(parsed, "order_lines", "status") == ["completed", "completed", "cancelled"]
    assert column(parsed, "order_lines", "platform_user_id") == ["jd_abc"] * 3
    assert column(parsed, "order_lines", "phone") == [None] * 3
    assert column(parsed, "order_lines", "receiver_phone") == ["13912345678"] * 3
    assert str(parsed.reports[0].raw_amount) == "105.00"


def test_jd_order_that_prints_two_totals_is_refused_whole():
    order = dict(订单号="900", 下单时间="2026-09-01 10:00:00", 订单状态="完成", 订购数量="1", 京东价="40.00")
    parsed = parse("jd", JD, row(JD, **order, 应付金额="90.00"), row(JD, **order, 应付金额="80.00"))
    assert parsed.tables == {}
    assert parsed.rejected["rule"].to_list() == ["DUP_KEY_CONFLICT"] * 2
    assert str(parsed.reports[0].rejected_amount) == "90.00"


def test_pinduoduo_dates_trials_and_refunds():
    parsed = parse(
        "pinduoduo", PDD,
        row(PDD, **{"商品": "茶", "订单号": "260901-123456789", "订单状态": "已签收", "商品总价(元)": "100.00", "店铺优惠折扣(元)": "5", "平台优惠折扣(元)": "3", "多多支付立减金额(元)": "", "用户实付金额(元)": "92.00", "商家实收金额(元)": "95.00", "商品数量(件)": "2", "订单成交时间": "2026-09-01 10:00:00\t", "售后状态": "无售后或售后取消", "用户购买手机号": "138****5678", "省": "广东省", "市": "深圳市"}),
        row(PDD, **{"商品": "茶", "订单号": "260902-1", "订单状态": "未发货，退款成功", "商品总价(元)": "50", "用户实付金额(元)": "50", "商品数量(件)": "1", "售后状态": "退款成功"}),
        row(PDD, **{"商品": "茶", "订单号": "260903-1", "订单状态": "已签收", "商品总价(元)": "50", "用户实付金额(元)": "0", "商品数量(件)": "1", "订单成交时间": "2026-09-03 10:00:00", "是否抽奖或0元试用": "是"}),
        row(PDD, **{"商品": "总计", "用户实付金额(元)": "142.00"}),
    )  # fmt: skip
    assert moments(parsed, "order_heads", "ordered_at") == ["2026-09-01 10:00", "2026-09-02 00:00", "2026-09-03 10:00"]
    assert column(parsed, "order_heads", "status") == ["completed", "refunded", "trial"]
    assert money(parsed, "order_heads", "refund_amount") == ["0.00", "50.00", None]
    assert money(parsed, "order_heads", "discount_amount") == ["8.00", None, None]
    assert column(parsed, "order_heads", "phone") == [None] * 3
    assert column(parsed, "order_heads", "province") == ["广东", None, None]
    report = parsed.reports[0]
    assert (report.control_rows, str(report.control_total)) == (1, "142.00")
    assert "ordered_at: read from order_id in 1 rows" in report.notes


def test_douyin_sub_orders():
    parsed = parse(
        "douyin", DOUYIN,
        row(DOUYIN, 主订单编号="D1", 子订单编号="D1-1", 选购商品="裙", 商家编码="S1", 商品数量="1", 商品金额="1,299.00", 订单提交时间="2026/9/1 14:05", 支付完成时间="2026/9/1 14:06", 订单状态="已完成", 订单应付金额="1,199.00", 运费="0", 收件人="$abc=$1$$", 收件人手机号="18400913965-7576", 省="浙江省", 流量体裁="数据将于第二天更新"),
        row(DOUYIN, 主订单编号="D1", 子订单编号="D1-2", 选购商品="衫", 商品ID="778", 商品数量="2", 商品金额="50", 订单提交时间="2026/9/1 14:05", 订单状态="已关闭", 订单应付金额="100"),
    )  # fmt: skip
    assert money(parsed, "order_lines", "paid_amount") == ["1199.00", "100.00"]
    assert column(parsed, "order_lines", "row_key") == ["D1|D1-1", "D1|D1-2"]
    assert column(parsed, "order_lines", "status") == ["completed", "cancelled"]
    assert column(parsed, "order_lines", "receiver_phone") == [None, None]
    assert money(parsed, "order_lines", "discount_amount") == ["100.00", "0.00"]


def test_douyin_after_sales_are_refunds_beside_the_orders():
    parsed = parse(
        "douyin", AFTER_SALES,
        row(AFTER_SALES, **{"售后单号": "A1", "订单号": "D1", "商品单号": "D1-1", "退商品金额（元）": "100.00", "退运费金额（元）": "6", "售后状态": "同意退款，退款成功", "售后申请时间": "2026/9/3 10:00", "售后完结时间": "2026/9/4 10:00", "售后原因": "七天无理由"}),
        row(AFTER_SALES, **{"售后单号": "A2", "订单号": "D1", "商品单号": "D1-2", "退商品金额（元）": "50", "售后状态": "售后处理中", "售后申请时间": "2026/9/3 10:00"}),
    )  # fmt: skip
    assert money(parsed, "refunds", "refund_amount") == ["106.00", "50.00"]
    assert column(parsed, "refunds", "refund_status") == ["success", "open"]
    assert column(parsed, "refunds", "line_id") == ["D1-1", "D1-2"]
    assert moments(parsed, "refunds", "refunded_at") == ["2026-09-04 10:00", "2026-09-03 10:00"]


def test_weixin_shop_gifts_and_cells_on_the_first_row():
    parsed = parse(
        "weixin_shop", WEIXIN,
        row(WEIXIN, **{"订单号": "W1", "订单下单时间": "2026-09-01 10:00:00", "订单状态": "已完成", "收件人姓名": "张三", "收件人手机": "13912345678", "订单实际支付金额": "90.01", "支付时间": "2026-09-01 10:01:00", "企业微信加密id": "wmABC", "商品名称": "茶", "SKU编码(自定义)": "T1", "商品价格(单件)": "50", "商品数量": "1"}),
        row(WEIXIN, **{"订单号": "W1", "商品名称": "杯", "商品编码(平台)": "P9", "商品价格(单件)": "25", "商品数量": "2", "商品已退款金额": "25"}),
        row(WEIXIN, **{"订单号": "W2", "订单下单时间": "2026-09-02 10:00:00", "订单状态": "待收货", "订单实际支付金额": "20", "礼物单号": "G77", "商品名称": "茶", "商品价格(单件)": "20", "商品数量": "1"}),
    )  # fmt: skip
    assert money(parsed, "order_lines", "paid_amount") == ["45.01", "45.00", "20.00"]
    assert column(parsed, "order_lines", "external_userid") == ["wmABC", "wmABC", None]
    assert column(parsed, "order_lines", "is_gift") == [False, False, True]
    assert money(parsed, "order_lines", "refund_amount") == [None, "25.00", None]
    assert column(parsed, "order_lines", "sku") == ["T1", "P9", None]


def test_shopify_first_row_zone_and_cancelled():
    parsed = parse(
        "shopify", SHOPIFY,
        row(SHOPIFY, **{"Name": "#1001", "Email": "Ann@X.co", "Financial Status": "paid", "Fulfillment Status": "fulfilled", "Currency": "GBP", "Shipping": "5.00", "Total": "55.00", "Discount Amount": "10.00", "Created at": "2024-05-01 20:58:12 +0000", "Paid at": "2024-05-01 20:58:20 +0000", "Lineitem quantity": "1", "Lineitem name": "Mug", "Lineitem price": "40", "Lineitem sku": "M", "Billing Name": "Ann", "Refunded Amount": "0.00"}),
        row(SHOPIFY, **{"Name": "#1001", "Lineitem quantity": "2", "Lineitem name": "Tea", "Lineitem price": "10", "Lineitem sku": "T"}),
        row(SHOPIFY, **{"Name": "#1002", "Email": "bob@x.co", "Financial Status": "paid", "Currency": "GBP", "Total": "9.00", "Created at": "2024-05-02 09:00:00 +0000", "Cancelled at": "2024-05-02 10:00:00 +0000", "Lineitem quantity": "1", "Lineitem name": "Tea", "Lineitem price": "9"}),
        zone="Europe/London",
    )  # fmt: skip
    assert money(parsed, "order_lines", "paid_amount") == ["36.67", "18.33", "9.00"]
    assert money(parsed, "order_lines", "shipping_amount") == ["3.33", "1.67", None]
    assert column(parsed, "order_lines", "email") == ["ann@x.co", "ann@x.co", "bob@x.co"]
    assert column(parsed, "order_lines", "status") == ["completed", "completed", "cancelled"]
    assert moments(parsed, "order_lines", "ordered_at")[0] == "2024-05-01 21:58"
    assert column(parsed, "order_lines", "currency") == ["GBP"] * 3


def test_shopify_customers_are_members():
    parsed = parse(
        "shopify", CUSTOMERS,
        row(CUSTOMERS, **{"Customer ID": "'6001", "First Name": "Ann", "Last Name": "Lee", "Email": "ANN@x.co", "Accepts Email Marketing": "yes", "Accepts SMS Marketing": "no"}),
        kind="members",
    )  # fmt: skip
    assert column(parsed, "members", "row_key") == ["6001"]
    assert column(parsed, "members", "name") == ["Ann Lee"]
    assert column(parsed, "members", "consent_email") == [True]
    assert column(parsed, "members", "consent_sms") == [False]


def test_square_refund_rows_are_negative_and_zones_are_named():
    parsed = parse(
        "square", SQUARE,
        row(SQUARE, **{"Date": "07/26/18", "Time": "13:38:38", "Time Zone": "Pacific Time (US & Canada)", "Item": "Latte", "Qty": "2.0", "SKU": "L", "Gross Sales": "$10.00", "Discounts": "-$1.00", "Net Sales": "$9.00", "Tax": "$0.90", "Transaction ID": "T1", "Event Type": "Payment", "Location": "Main", "Customer ID": "C9"}),
        row(SQUARE, **{"Date": "2018-07-27", "Time": "09:00:00", "Time Zone": "Pacific Time (US & Canada)", "Item": "Latte", "Qty": "-1.0", "SKU": "L", "Gross Sales": "-$5.00", "Discounts": "$0.00", "Net Sales": "-$5.00", "Tax": "-$0.45", "Transaction ID": "T2", "Event Type": "Refund", "Location": "Main"}),
        zone="America/New_York", money="USD",
    )  # fmt: skip
    assert money(parsed, "order_lines", "paid_amount") == ["9.90", "-5.45"]
    assert money(parsed, "order_lines", "discount_amount") == ["1.00", "0.00"]
    assert moments(parsed, "order_lines", "ordered_at") == ["2018-07-26 16:38", "2018-07-27 12:00"]
    assert money(parsed, "order_lines", "quantity") == ["2.0000", "-1.0000"]
    assert column(parsed, "order_lines", "status") == ["completed", "completed"]


def test_order_and_refund_sheets_of_one_workbook_feed_two_tables():
    tables = [
        raw_table(TMALL_C, row(TMALL_C, 订单编号="3", 买家应付邮费="0", 买家实付金额="30", 订单状态="交易成功", 订单创建时间="2025-01-01 10:00:00"), label="订单"),
        raw_table(REFUNDS, row(REFUNDS, 订单编号="3", 退款编号="R", 买家退款金额="5", 完结时间="2025-01-02 10:00:00", 退款状态="退款成功"), label="退款", first_row=20),
    ]  # fmt: skip
    parsed = parse_tables(tables, "tmall/2025.xlsx", context("tmall"))
    assert sorted(parsed.tables) == ["raw_order_heads", "raw_refunds"]
    assert [report.label for report in parsed.reports] == ["订单", "退款"]


@pytest.mark.parametrize(("name", "header"), [("tmall", TMALL_C), ("jd", JD), ("douyin", DOUYIN)])
def test_an_unknown_status_word_stops_the_file(name, header):
    key = "主订单编号" if name == "douyin" else "订单编号" if name == "tmall" else "订单号"
    with pytest.raises(StoppedSourceError, match="unknown words in status: '外星状态' ×1.*formats/" + name):
        parse(name, header, row(header, **{key: "1", "订单状态": "外星状态"}))
