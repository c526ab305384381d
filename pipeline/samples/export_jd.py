"""JD's order report: one row per product, the order's money repeated on each; refunds in a file of the retailer's own.

JD masks phones and most names; the account of the buyer is always there.
"""

import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.fates import REFUNDED
from pipeline.samples.headers import JD_ORDERS
from pipeline.samples.marketplace import Marketplace, Orders, Report, first_state, order_remarks
from pipeline.samples.output import laid_out
from pipeline.samples.reach import MASKED, PLAIN, shown_name, shown_phone
from pipeline.samples.temperament import JD
from pipeline.samples.wording import moment, text, yuan
from pipeline.samples.world import World

FIRST_ORDER, ORDER_STEP = 290_000_000_000, 37
BALANCE_SHARE, BALANCE_PART = 0.1, 10
REFUND_COLUMNS = ("refund_id", "order_id", "refunded_at", "refund_amount", "reason", "status")


def jd() -> Marketplace:
    """JD's desk."""
    return Marketplace("jd", JD, _dress, _write)


def _dress(world: World, month: Month, orders: Orders) -> Orders:
    rng = stream(world.seed, "jd masks", month.number)
    size = orders.height
    phone_hidden = rng.random(size) < world.traps.masked_jd_phone
    name_hidden = rng.random(size) < world.traps.masked_jd_name
    orders = orders.with_columns(
        phone_style=pl.when(pl.Series(phone_hidden)).then(MASKED).otherwise(PLAIN),
        name_style=pl.when(pl.Series(name_hidden)).then(MASKED).otherwise(PLAIN),
        pays_from_balance=pl.Series(rng.random(size) < BALANCE_SHARE),
        remark_draw=pl.Series(rng.random(size)),
        order_id=text(pl.col("order") * ORDER_STEP + FIRST_ORDER),
    )
    orders = orders.with_columns(buyer_remark=order_remarks(pl.col("remark_draw"), world.traps.odd_remark))
    world.truth.profiles("jd", orders.select("person_id", platform_user_id="jd_account"))
    return orders.drop("remark_draw")


def _state() -> pl.Expr:
    closed = pl.col("closed_at").is_not_null()
    return first_state(
        (closed & pl.col("is_unpaid"), "(删除)锁定"),
        (closed, "(删除)等待出库"),
        (pl.col("paid_at").is_null(), "等待付款确认"),
        (pl.col("shipped_at").is_null(), "等待出库"),
        (pl.col("done_at").is_null(), "等待确认收货"),
        otherwise="完成",
    )


def _write(world: World, report: Report) -> None:
    stamp = report.moment.strftime("%Y%m%d")
    balance = pl.when("pays_from_balance").then(pl.col("paid_fen") // BALANCE_PART).otherwise(0)
    facts = report.orders.with_columns(state=_state(), balance_fen=balance).select(
        "order", "order_id", "state", "at", "paid_at", "done_at", "person_id", "jd_account", "receiver_name",
        "receiver_phone", "phone_style", "name_style", "full_province", "city", "district", "buyer_remark",
        "balance_fen", order_list_fen="list_fen", order_paid_fen="paid_fen", order_shipping_fen="shipping_fen",
        order_subsidy_fen="subsidy_fen",
    )  # fmt: skip
    rows = report.lines.join(facts, on="order", maintain_order="left")
    world.landing.csv(f"jd/jd_orders_{stamp}.csv", laid_out(rows, JD_ORDERS, _cells()), "gb18030")
    _write_refunds(world, report, stamp)


def _cells() -> dict[str, pl.Expr]:
    return {
        "订单号": pl.col("order_id"),
        "商品ID": text(pl.col("item_id") // 7),
        "商品名称": pl.col("product_name"),
        "订购数量": text(pl.col("pieces")),
        "支付方式": pl.lit("在线支付"),
        "下单时间": moment(pl.col("at")),
        "京东价": yuan(pl.col("list_unit_fen")),
        "订单金额": yuan(pl.col("order_list_fen")),
        "结算金额": yuan(pl.col("order_paid_fen") + pl.col("order_subsidy_fen") - pl.col("order_shipping_fen")),
        "余额支付": yuan(pl.col("balance_fen")),
        "应付金额": yuan(pl.col("order_paid_fen") - pl.col("balance_fen")),
        "订单状态": pl.col("state"),
        "订单类型": pl.lit("SOP"),
        "下单帐号": pl.col("jd_account"),
        "客户姓名": shown_name("name_style"),
        "客户地址": pl.concat_str("full_province", "city", "district", pl.lit("****")),
        "联系电话": shown_phone("phone_style"),
        "订单备注": pl.col("buyer_remark"),
        "发票类型": pl.lit("电子发票"),
        "发票内容": pl.lit("明细"),
        "运费金额": yuan(pl.col("order_shipping_fen")),
        "付款确认时间": moment(pl.col("paid_at")),
        "货号": pl.col("sku"),
        "订单完成时间": moment(pl.col("done_at")),
        "订单来源": pl.lit("APP"),
        "商家SKUID": pl.col("sku"),
        "是否为品牌商订单": pl.lit("否"),
        "是否为toplife订单": pl.lit("否"),
    }


def _write_refunds(world: World, report: Report, stamp: str) -> None:
    settled = report.refunds.filter(pl.col("refunded_at").is_not_null() & ~pl.col("is_cancelled"))
    success = pl.col("refund_state") == REFUNDED
    cells = {
        "refund_id": text(pl.col("order") * 10 + pl.col("line") + 500_000_000),
        "order_id": pl.col("order_id"),
        "refunded_at": moment(pl.col("refunded_at")),
        "refund_amount": yuan(pl.col("asked_fen")),
        "reason": pl.lit("商品不合适"),
        "status": pl.when(success).then(pl.lit("success")).otherwise(pl.lit("closed")),
    }
    world.landing.csv(f"jd_refunds/jd_refunds_{stamp}.csv", laid_out(settled, REFUND_COLUMNS, cells))
