"""The columns of Tmall's newest vintage: order sheet, item sheet and refund report. No buyer is named."""

import polars as pl

from pipeline.samples.headers import TMALL_ITEMS_C, TMALL_ORDERS_C, TMALL_REFUNDS
from pipeline.samples.marketplace import Lines, Orders
from pipeline.samples.output import laid_out
from pipeline.samples.tmall_states import SHOP, closed_because, line_paid, paid, refund_state, sub_order
from pipeline.samples.wording import moment, text, yuan
from pipeline.samples.world import World


def write_newest(world: World, stamp: str, orders: Orders, items: Lines, refunds: Lines) -> None:
    """Write the order sheet, the item sheet and the refund report of vintage C."""
    sheet = laid_out(orders, TMALL_ORDERS_C, _newest_order_cells())
    detail = laid_out(items, TMALL_ITEMS_C, _newest_item_cells())
    if world.in_workbooks:
        world.landing.xlsx(f"tmall/订单报表{stamp}.xlsx", "订单报表", sheet)
        world.landing.xlsx(f"tmall/宝贝报表{stamp}.xlsx", "宝贝报表", detail)
    else:
        world.landing.csv(f"tmall/订单报表{stamp}.csv", sheet)
        world.landing.csv(f"tmall/宝贝报表{stamp}.csv", detail)
    report = laid_out(refunds, TMALL_REFUNDS, _refund_cells())
    world.landing.csv(f"tmall/退款报表{stamp}.csv", report, "gb18030")


def _newest_order_cells() -> dict[str, pl.Expr]:
    return {
        "订单编号": pl.col("order_id"),
        "支付单号": text(pl.col("order") * 7 + 2_024_110_122_001_000),
        "买家应付货款": yuan(pl.col("goods_fen") - pl.col("coupon_fen")),
        "买家应付邮费": yuan(pl.col("shipping_fen")),
        "总金额": yuan(pl.col("paid_fen")),
        "买家实付金额": yuan(paid()),
        "订单状态": pl.col("state"),
        "订单创建时间": moment(pl.col("at")),
        "订单付款时间": moment(pl.col("paid_at")),
        "商品标题": pl.col("titles"),
        "宝贝总数量": text(pl.col("pieces")),
        "退款金额": yuan(pl.col("refund_fen")),
        "是否主动赔付": pl.lit("否"),
        "主动赔付金额": pl.lit("0.00"),
        "商品属性SKU": pl.col("first_sku"),
        "确认收货打款金额": yuan(pl.col("received_fen")),
        "总金额(旧版)": yuan(pl.col("paid_fen")),
        "发货时间": moment(pl.col("shipped_at")),
        "确认收货时间": moment(pl.col("done_at")),
        "商家备注": pl.col("seller_remark"),
        "订单关闭原因": closed_because(),
        "店铺名称": pl.lit(SHOP),
    }


def _newest_item_cells() -> dict[str, pl.Expr]:
    return {
        "子订单编号": sub_order(),
        "主订单编号": pl.col("order_id"),
        "商品ID": text(pl.col("item_id")),
        "商品属性": pl.concat_str(pl.lit("商品规格:"), pl.col("product_name").str.split(" ").list.last()),
        "商品标题": pl.col("product_name"),
        "商品价格": yuan(pl.col("list_unit_fen")),
        "购买数量": text(pl.col("pieces")),
        "买家实付金额": yuan(line_paid()),
        "订单状态": pl.col("state"),
        "退款状态": refund_state(),
        "退款金额": yuan(pl.col("refund_fen")),
        "发货时间": moment(pl.col("shipped_at")),
        "应发货时间": moment(pl.col("paid_at") + pl.duration(hours=48)),
        "主订单买家留言": pl.col("buyer_remark"),
        "物流公司": pl.when(pl.col("shipped_at").is_not_null()).then(pl.lit("圆通速递")),
    }


def _refund_cells() -> dict[str, pl.Expr]:
    whole = pl.col("asked_fen") >= pl.col("order_paid_fen")
    return {
        "订单编号": pl.col("order_id"),
        "退款编号": text(pl.col("order") * 10 + pl.col("line") + 180_000_000_000_000),
        "支付单号": text(pl.col("order") * 7 + 2_024_110_122_001_000),
        "买家退款金额": yuan(pl.col("asked_fen")),
        "手工退款/系统退款": pl.lit("手工退款"),
        "售后类型": pl.when("is_cancelled").then(pl.lit("仅退款")).otherwise(pl.lit("退货退款")),
        "退款的申请时间": moment(pl.col("applied_at")),
        "完结时间": moment(pl.col("refunded_at")),
        "退款状态": refund_state(),
        "货物状态": pl.when("is_cancelled").then(pl.lit("未发货")).otherwise(pl.lit("买家已收到货")),
        "部分退款/全部退款": pl.when(whole).then(pl.lit("全部退款")).otherwise(pl.lit("部分退款")),
        "售中或售后": pl.when("is_cancelled").then(pl.lit("售中")).otherwise(pl.lit("售后")),
        "买家退款原因": pl.when("is_cancelled").then(pl.lit("不想要了")).otherwise(pl.lit("七天无理由退货")),
    }
