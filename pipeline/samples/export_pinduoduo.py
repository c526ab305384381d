"""Pinduoduo's order report: one row per order, tabs behind text, masked phones, trials among the orders."""

import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.headers import PINDUODUO_ORDERS
from pipeline.samples.marketplace import Marketplace, Orders, Report, first_state, is_fully_refunded
from pipeline.samples.output import laid_out
from pipeline.samples.reach import MASKED, PLAIN, phone_on
from pipeline.samples.temperament import PINDUODUO
from pipeline.samples.wording import masked_phone, moment, text, yuan
from pipeline.samples.world import World

FIRST_ORDER, ORDER_STEP = 100_000_000_000_000, 7_919


def pinduoduo() -> Marketplace:
    """Pinduoduo's desk."""
    return Marketplace("pinduoduo", PINDUODUO, _dress, _write)


def _dress(world: World, month: Month, orders: Orders) -> Orders:
    rng = stream(world.seed, "pinduoduo masks", month.number)
    size = orders.height
    hidden = pl.Series(rng.random(size) < world.traps.masked_pinduoduo_phone)
    blank = pl.Series(rng.random(size) < world.traps.blank_ordered_at)
    facts = world.population.of(orders["person"], "old_phone", "phone_changed_day", "family_phone")
    orders = orders.hstack(facts)
    orders = orders.with_columns(
        buyer_phone=phone_on(),
        phone_style=pl.when(hidden | pl.col("phone").is_null()).then(MASKED).otherwise(PLAIN),
        time_is_blank=blank & ~pl.col("is_trial"),
        order_id=pl.format("{}-{}", pl.col("at").dt.strftime("%y%m%d"), pl.col("order") * ORDER_STEP + FIRST_ORDER),
    ).drop("old_phone", "phone_changed_day", "family_phone")
    plain = orders.filter(pl.col("phone_style") == PLAIN)
    world.truth.profiles("pinduoduo", plain.select("person_id", phone="buyer_phone"))
    return orders


def _state() -> pl.Expr:
    closed = pl.col("closed_at").is_not_null()
    return first_state(
        (closed & pl.col("is_unpaid"), "已取消"),
        (closed, "未发货，退款成功"),
        (pl.col("paid_at").is_null(), "待支付"),
        (is_fully_refunded(), "已发货，退款成功"),
        (pl.col("shipped_at").is_null(), "待发货"),
        (pl.col("done_at").is_null(), "已发货，待签收"),
        otherwise="已签收",
    )


def _write(world: World, report: Report) -> None:
    goods = report.lines.select(
        "order",
        "product_name",
        "sku",
        "category",
        "item_id",
        line_list_fen="list_fen",
        line_discount_fen="discount_fen",
    )
    rows = report.orders.with_columns(state=_state()).join(goods, on="order", maintain_order="left")
    sheet = laid_out(rows, PINDUODUO_ORDERS, {**_money_cells(), **_cells()})
    world.landing.csv(f"pinduoduo/orders_export{report.moment:%Y%m%d}.csv", sheet, "utf-8-sig")


def _tabbed(value: pl.Expr) -> pl.Expr:
    return value + "\t"


def _money_cells() -> dict[str, pl.Expr]:
    paid = pl.when(pl.col("paid_at").is_null()).then(0).otherwise("paid_fen")
    nothing = pl.lit("0.00")
    shop_discount = pl.col("line_discount_fen") - pl.col("subsidy_fen")
    return {
        "商品总价(元)": yuan(pl.col("line_list_fen")),
        "邮费(元)": yuan(pl.col("shipping_fen")),
        "店铺优惠折扣(元)": yuan(shop_discount),
        "平台优惠折扣(元)": yuan(pl.col("subsidy_fen")),
        "多多支付立减金额(元)": nothing,
        "上门安装费(元)": nothing,
        "送货入户费(元)": nothing,
        "送货入户并安装费(元)": nothing,
        "用户实付金额(元)": yuan(paid),
        "商家实收金额(元)": yuan(pl.when(paid > 0).then(paid + pl.col("subsidy_fen")).otherwise(0)),
    }


def _cells() -> dict[str, pl.Expr]:
    phone = pl.col("buyer_phone")
    return {
        "商品": pl.col("product_name"),
        "订单号": _tabbed(pl.col("order_id")),
        "订单状态": pl.col("state"),
        "商品数量(件)": text(pl.col("pieces")),
        "支付时间": _tabbed(moment(pl.col("paid_at"))),
        "拼单成功时间": _tabbed(moment(pl.col("paid_at") + pl.duration(minutes=1))),
        "订单成交时间": pl.when(~pl.col("time_is_blank")).then(_tabbed(moment(pl.col("at")))),
        "承诺发货时间": _tabbed(moment(pl.col("paid_at") + pl.duration(hours=48))),
        "发货时间": _tabbed(moment(pl.col("shipped_at"))),
        "确认收货时间": _tabbed(moment(pl.col("done_at"))),
        "商品id": _tabbed(text(pl.col("item_id") // 3)),
        "商品规格": pl.col("product_name").str.split(" ").list.last(),
        "样式ID": _tabbed(text(pl.col("item_id") // 3 + 1)),
        "商品一级类目": pl.col("category"),
        "商家编码-规格维度": _tabbed(pl.col("sku")),
        "商家编码-商品维度": _tabbed(pl.col("sku").str.slice(0, 3)),
        "售后状态": pl.when(pl.col("refund_fen") > 0).then(pl.lit("退款成功")).otherwise(pl.lit("无售后或售后取消")),
        "快递公司": pl.when(pl.col("shipped_at").is_not_null()).then(pl.lit("中通快递")),
        "省": pl.col("full_province"),
        "市": pl.col("city"),
        "区": pl.col("district"),
        "街道": pl.lit("***"),
        "用户购买手机号": _tabbed(pl.when(pl.col("phone_style") == PLAIN).then(phone).otherwise(masked_phone(phone))),
        "是否抽奖或0元试用": pl.when("is_trial").then(pl.lit("是")).otherwise(pl.lit("否")),
        "是否门店自提": pl.lit("否"),
        "是否直播间成交": pl.lit("否"),
        "订单来源": pl.lit("APP"),
        "是否分期": pl.lit("否"),
    }
