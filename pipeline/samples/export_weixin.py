"""The WeChat shop's order report: one row per product; WeCom friends carry their external id, gifts a gift number."""

import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.headers import WEIXIN_ORDERS
from pipeline.samples.marketplace import Marketplace, Orders, Report, first_state, order_remarks
from pipeline.samples.output import laid_out
from pipeline.samples.population import Population
from pipeline.samples.reach import PLAIN, VIRTUAL, shown_name, shown_phone
from pipeline.samples.temperament import WEIXIN_SHOP
from pipeline.samples.wording import moment, text, yuan
from pipeline.samples.world import World

FIRST_ORDER, ORDER_STEP = 3_720_000_000_000_000_000, 10_007
SHARED_BY_GUIDE = 0.9
PLAIN_SHARE = 0.5
CORP_ID = "ww5a1e0c9d3b7f2468"


def weixin_shop() -> Marketplace:
    """The WeChat shop's desk."""
    return Marketplace("weixin_shop", WEIXIN_SHOP, _dress, _write)


def _dress(world: World, month: Month, orders: Orders) -> Orders:
    rng = stream(world.seed, "weixin masks", month.number)
    size = orders.height
    gift = pl.Series(rng.random(size) < world.traps.gift)
    plain = pl.Series(rng.random(size) < PLAIN_SHARE)
    guided = pl.Series(rng.random(size) < SHARED_BY_GUIDE)
    draw = pl.Series(rng.random(size))
    friend = pl.Series(rng.integers(0, world.population.people.height, size))
    orders = _given_away(orders.with_columns(is_gift=gift, friend=friend), world.population).with_columns(
        style=pl.when(plain).then(PLAIN).otherwise(VIRTUAL),
        external_userid=pl.when(guided).then("external_userid"),
        order_id=text(pl.col("order") * ORDER_STEP + FIRST_ORDER),
        buyer_remark=pl.select(order_remarks(pl.lit(draw), world.traps.odd_remark)).to_series(),
    )
    world.truth.profiles("weixin_shop", orders.select("person_id", "external_userid"))
    world.truth.traps("gift", orders.filter("is_gift")["person_id"])
    return orders


def _given_away(orders: Orders, population: Population) -> Orders:
    """Gifts go to somebody anywhere, under their name and phone."""
    facts = population.of(orders["friend"], "name", "family_phone", "full_province", "city", "district", "address")
    facts = facts.rename({name: f"friend_{name}" for name in facts.columns})
    taken = {
        "receiver_name": "friend_name",
        "receiver_phone": "friend_family_phone",
        "full_province": "friend_full_province",
        "city": "friend_city",
        "district": "friend_district",
        "address": "friend_address",
    }
    orders = orders.hstack(facts).with_columns(
        pl.when("is_gift").then(theirs).otherwise(own).alias(own) for own, theirs in taken.items()
    )
    return orders.drop(*facts.columns, "friend")


def _state() -> pl.Expr:
    return first_state(
        (pl.col("closed_at").is_not_null(), "已取消"),
        (pl.col("paid_at").is_null(), "待付款"),
        (pl.col("shipped_at").is_null(), "待发货"),
        (pl.col("done_at").is_null(), "待收货"),
        otherwise="已完成",
    )


def _write(world: World, report: Report) -> None:
    facts = report.orders.with_columns(state=_state()).select(
        "order", "order_id", "state", "at", "paid_at", "shipped_at", "done_at", "buyer_remark", "style", "is_gift",
        "receiver_name", "receiver_phone", "full_province", "city", "district", "address", "external_userid",
        order_goods_fen="goods_fen", order_list_fen="list_fen", order_paid_fen="paid_fen",
        order_shipping_fen="shipping_fen", order_coupon_fen="coupon_fen", order_refund_fen="refund_fen",
    )  # fmt: skip
    rows = report.lines.drop("coupon_fen").join(facts, on="order", maintain_order="left")
    sheet = laid_out(rows, WEIXIN_ORDERS, {**_cells(), **_money_cells()})
    name = f"weixin_shop/weixin_orders_{report.moment:%Y%m%d}"
    if world.in_workbooks:
        world.landing.xlsx(f"{name}.xlsx", "订单", sheet)
    else:
        world.landing.csv(f"{name}.csv", sheet)


def _money_cells() -> dict[str, pl.Expr]:
    is_paid = pl.col("paid_at").is_not_null()
    paid = pl.when(is_paid).then("order_paid_fen").otherwise(0)
    return {
        "商品总价": yuan(pl.col("order_list_fen")),
        "订单实际支付金额": yuan(paid),
        "订单实际收款金额": yuan(pl.when(is_paid).then(paid - pl.col("order_refund_fen")).otherwise(0)),
        "订单运费": yuan(pl.col("order_shipping_fen")),
        "商品优惠": yuan(pl.col("order_list_fen") - pl.col("order_goods_fen")),
        "跨店优惠": yuan(pl.col("order_coupon_fen")),
        "商品改价": pl.lit("0.00"),
        "积分抵扣": pl.lit("0.00"),
        "商品价格(单件)": yuan(pl.col("list_unit_fen")),
        "商品实际价格(单件)": yuan(pl.col("paid_fen") // pl.col("pieces")),
        "商品实际价格(总共)": yuan(pl.col("paid_fen")),
        "商品平台券优惠": pl.lit("0.00"),
        "商品已退款金额": yuan(pl.col("refund_fen")),
    }


def _cells() -> dict[str, pl.Expr]:
    shared = pl.col("external_userid").is_not_null()
    return {
        "订单号": pl.col("order_id"),
        "订单下单时间": moment(pl.col("at")),
        "订单发货时间": moment(pl.col("shipped_at")),
        "订单确认收货时间": moment(pl.col("done_at")),
        "订单完成结算时间": moment(pl.col("done_at")),
        "订单状态": pl.col("state"),
        "发货方式": pl.lit("快递发货"),
        "收件人姓名": shown_name("style"),
        "收件人地址": pl.when(pl.col("style") == PLAIN).then("address").otherwise(pl.lit("****")),
        "省": pl.col("full_province"),
        "市": pl.col("city"),
        "区": pl.col("district"),
        "收件人手机": shown_phone("style"),
        "买家备注": pl.col("buyer_remark"),
        "支付方式": pl.when(pl.col("paid_at").is_not_null()).then(pl.lit("微信支付")),
        "支付时间": moment(pl.col("paid_at")),
        "交易单号": pl.when(pl.col("paid_at").is_not_null()).then(pl.format("42000{}", pl.col("order") + 10**12)),
        "物流公司": pl.when(pl.col("shipped_at").is_not_null()).then(pl.lit("顺丰速运")),
        "企微企业ID": pl.when(shared).then(pl.lit(CORP_ID)),
        "企微工号": pl.when(shared).then(pl.format("DG{}", pl.col("order") % 40 + 100)),
        "企业微信加密id": pl.col("external_userid"),
        "礼物单号": pl.when("is_gift").then(pl.format("LW{}", pl.col("order") + 10**9)),
        "商品名称": pl.col("product_name"),
        "商品编码(平台)": text(pl.col("item_id") // 2),
        "商品编码(自定义)": pl.col("sku").str.slice(0, 3),
        "SKU编码(自定义)": pl.col("sku"),
        "商品属性": pl.col("product_name").str.split(" ").list.last(),
        "商品数量": text(pl.col("pieces")),
        "商品售后": pl.when(pl.col("refunded_at").is_not_null() & (pl.col("refund_fen") > 0)).then(pl.lit("退款成功")),
    }
