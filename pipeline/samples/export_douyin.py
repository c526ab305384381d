"""Douyin's reports: one row per sub-order with grouped money and virtual phones, and the after-sale report.

No column of it names a buyer, so its orders stay anonymous.
"""

import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.fates import REFUNDED
from pipeline.samples.headers import DOUYIN_ORDERS, DOUYIN_REFUNDS
from pipeline.samples.marketplace import Marketplace, Orders, Report, first_state, order_remarks
from pipeline.samples.output import laid_out
from pipeline.samples.reach import VIRTUAL, shown_name, shown_phone
from pipeline.samples.temperament import DOUYIN
from pipeline.samples.wording import grouped, moment, text
from pipeline.samples.world import World

FIRST_ORDER, ORDER_STEP = 6_900_000_000_000_000_000, 1_000
LATE_DAYS = 1
LATE_WORD = "数据将于第二天更新"
STYLES = ("直播", "短视频", "商品卡")


def douyin() -> Marketplace:
    """Douyin's desk."""
    return Marketplace("douyin", DOUYIN, _dress, _write)


def _dress(world: World, month: Month, orders: Orders) -> Orders:
    rng = stream(world.seed, "douyin masks", month.number)
    draw = pl.Series(rng.random(orders.height))
    scene = pl.Series(STYLES).gather(rng.integers(0, len(STYLES), orders.height))
    return orders.with_columns(
        style=pl.lit(VIRTUAL),
        scene=scene,
        order_id=text(pl.col("order") * ORDER_STEP + FIRST_ORDER),
        buyer_remark=pl.select(order_remarks(pl.lit(draw), world.traps.odd_remark)).to_series(),
    )


def _state() -> pl.Expr:
    return first_state(
        (pl.col("closed_at").is_not_null(), "已关闭"),
        (pl.col("paid_at").is_null(), "待支付"),
        (pl.col("shipped_at").is_null(), "待发货"),
        (pl.col("done_at").is_null(), "已发货"),
        otherwise="已完成",
    )


def _after_sale_state() -> pl.Expr:
    return first_state(
        (pl.col("applied_at").is_null(), "-"),
        (pl.col("refunded_at").is_null(), "售后处理中"),
        (pl.col("refund_state") == REFUNDED, "同意退款，退款成功"),
        otherwise="售后关闭",
    )


def _sub_order() -> pl.Expr:
    return text(pl.col("order") * ORDER_STEP + FIRST_ORDER + pl.col("line"))


def _write(world: World, report: Report) -> None:
    stamp = report.moment.strftime("%Y%m%d")
    is_late = pl.col("at") > pl.lit(report.moment) - pl.duration(days=LATE_DAYS)
    facts = report.orders.with_columns(
        state=_state(), scene=pl.when(is_late).then(pl.lit(LATE_WORD)).otherwise("scene")
    ).select(
        "order", "order_id", "state", "scene", "at", "paid_at", "shipped_at", "done_at", "buyer_remark", "style",
        "receiver_name", "receiver_phone", "full_province", "city", "district", "is_unpaid",
    )  # fmt: skip
    rows = report.lines.join(facts, on="order", maintain_order="left")
    sheet = laid_out(rows, DOUYIN_ORDERS, {**_cells(), **_money_cells()})
    world.landing.csv(f"douyin/douyin_orders_{stamp}.csv", sheet)
    after_sale = laid_out(report.refunds, DOUYIN_REFUNDS, _refund_cells())
    world.landing.csv(f"douyin/douyin_aftersale_{stamp}.csv", after_sale)


def _money_cells() -> dict[str, pl.Expr]:
    own = pl.col("discount_fen") - pl.col("subsidy_fen")
    nothing = pl.lit("0.00")
    return {
        "商品金额": grouped(pl.col("list_fen")),
        "订单应付金额": grouped(pl.col("paid_fen") + pl.col("shipping_fen")),
        "运费": grouped(pl.col("shipping_fen")),
        "优惠总金额": grouped(pl.col("discount_fen")),
        "平台优惠": grouped(pl.col("subsidy_fen")),
        "商家优惠": grouped(own),
        "达人优惠": nothing,
        "商家改价": nothing,
        "支付优惠": nothing,
        "手续费": nothing,
        "红包抵扣": nothing,
        "降价类优惠": nothing,
        "平台实际承担优惠金额": grouped(pl.col("subsidy_fen")),
        "商家实际承担优惠金额": grouped(own),
        "达人实际承担优惠金额": nothing,
        "税费": nothing,
    }


def _cells() -> dict[str, pl.Expr]:
    return {
        "主订单编号": pl.col("order_id"),
        "子订单编号": _sub_order(),
        "支付方式": pl.when(pl.col("paid_at").is_not_null()).then(pl.lit("抖音支付")).otherwise(pl.lit("-")),
        "选购商品": pl.col("product_name"),
        "商品规格": pl.col("product_name").str.split(" ").list.last(),
        "商品ID": text(pl.col("item_id") * 5 + 3_000_000_000_000_000_000),
        "商家编码": pl.col("sku"),
        "商品数量": text(pl.col("pieces")),
        "订单提交时间": moment(pl.col("at")),
        "支付完成时间": moment(pl.col("paid_at")),
        "订单完成时间": moment(pl.col("done_at")),
        "承诺发货时间": moment(pl.col("paid_at") + pl.duration(hours=48)),
        "买家留言": pl.col("buyer_remark"),
        "APP渠道": pl.lit("抖音"),
        "订单状态": pl.col("state"),
        "取消原因": pl.when(pl.col("state") == "已关闭").then(pl.lit("不想要了")),
        "售后状态": _after_sale_state(),
        "订单类型": pl.lit("普通订单"),
        "发货时间": moment(pl.col("shipped_at")),
        "是否是以旧换新": pl.lit("否"),
        "收件人": shown_name("style"),
        "收件人手机号": shown_phone("style"),
        "省": pl.col("full_province"),
        "市": pl.col("city"),
        "区": pl.col("district"),
        "街道": pl.lit("****"),
        "详细地址": pl.lit("$pQx7/masked=="),
        "是否修改过地址": pl.lit("否"),
        "流量体裁": pl.col("scene"),
        "是否平台仓自流转": pl.lit("否"),
        "是否是渠道商品": pl.lit("否"),
    }


def _refund_cells() -> dict[str, pl.Expr]:
    goods = pl.col("asked_fen") - pl.col("back_shipping_fen")
    settled, success = pl.col("refunded_at").is_not_null(), pl.col("refund_state") == REFUNDED
    return {
        "售后单号": text(pl.col("order") * 10 + pl.col("line") + 140_000_000_000_000_000),
        "订单号": pl.col("order_id"),
        "商品单号": _sub_order(),
        "商品名称": pl.col("product_name"),
        "商品ID": text(pl.col("item_id") * 5 + 3_000_000_000_000_000_000),
        "应付金额（元）": grouped(pl.col("paid_fen") + pl.col("shipping_fen")),
        "商品运费（元）": grouped(pl.col("shipping_fen")),
        "支付优惠（元）": pl.lit("0.00"),
        "商品税费（元）": pl.lit("0.00"),
        "商品发货状态": pl.when("is_cancelled").then(pl.lit("未发货")).otherwise(pl.lit("已发货")),
        "售后类型": pl.when("is_cancelled").then(pl.lit("未发货仅退款")).otherwise(pl.lit("退货退款")),
        "退商品金额（元）": grouped(goods),
        "退运费金额（元）": grouped(pl.col("back_shipping_fen")),
        "退支付优惠（元）": pl.lit("0.00"),
        "退税费金额（元）": pl.lit("0.00"),
        "售后状态": _after_sale_state(),
        "售后申请时间": moment(pl.col("applied_at")),
        "退款方式": pl.lit("原路退回"),
        "是否已上传退款凭证": pl.lit("否"),
        "售后原因": pl.lit("7天无理由退货"),
        "商家退款时间": pl.when(settled & success).then(moment(pl.col("refunded_at"))),
        "用户到账时间": pl.when(settled & success).then(moment(pl.col("refunded_at"))),
        "售后关闭时间": pl.when(settled & ~success).then(moment(pl.col("refunded_at"))),
        "是否极速退款": pl.lit("否"),
        "售后完结时间": moment(pl.col("refunded_at")),
        "商家编码": pl.col("sku"),
    }
