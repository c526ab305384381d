"""The columns of Tmall's two older vintages: order list and item list, as GBK text."""

import polars as pl

from pipeline.samples.headers import TMALL_ITEMS_A, TMALL_ITEMS_B, TMALL_ORDERS_A, TMALL_ORDERS_B
from pipeline.samples.marketplace import Lines, Orders
from pipeline.samples.output import laid_out
from pipeline.samples.reach import PLAIN, shown_name, shown_phone
from pipeline.samples.tmall_states import SHOP, SHOP_ID, closed_because, line_paid, paid, refund_state, sub_order
from pipeline.samples.wording import masked_name, moment, text, yuan
from pipeline.samples.world import World


def write_old(world: World, stamp: str, kind: str, orders: Orders, items: Lines) -> None:
    """Write the order and the item list of vintage A or B."""
    headers, item_headers = (TMALL_ORDERS_A, TMALL_ITEMS_A) if kind == "A" else (TMALL_ORDERS_B, TMALL_ITEMS_B)
    told = laid_out(orders, headers, _order_cells() | _cells_of_vintage(kind))
    world.landing.csv(f"tmall/ExportOrderList{stamp}.csv", told, "gb18030")
    detail = laid_out(items, item_headers, _old_item_cells(kind))
    world.landing.csv(f"tmall/ExportOrderDetailList{stamp}.csv", detail, "gb18030")


def _nick() -> pl.Expr:
    return pl.when("nick_masked").then(masked_name(pl.col("tmall_nick"))).otherwise("tmall_nick")


def _order_cells() -> dict[str, pl.Expr]:
    """What both vintages tell of an order."""
    goods = pl.col("goods_fen") - pl.col("coupon_fen")
    return {
        "订单编号": pl.format('="{}"', "order_id"),
        "买家会员名": _nick(),
        "支付单号": pl.format('="{}"', pl.col("order") * 7 + 2_024_110_122_001_000),
        "买家应付货款": yuan(goods),
        "买家应付邮费": yuan(pl.col("shipping_fen")),
        "买家支付积分": pl.lit("0"),
        "总金额": yuan(pl.col("paid_fen")),
        "买家实际支付金额": yuan(paid()),
        "订单状态": pl.col("state"),
        "买家留言": pl.col("buyer_remark"),
        "收货人姓名": shown_name("style"),
        "收货地址 ": pl.concat_str("full_province", "city", "district", _street("style"), separator=" "),
        "运送方式": pl.lit("快递"),
        "联系手机": pl.concat_str(pl.lit("'"), shown_phone("style")),
        "订单创建时间": moment(pl.col("at")),
        "订单付款时间": moment(pl.col("paid_at")),
        "宝贝标题 ": pl.col("titles"),
        "宝贝种类 ": text(pl.col("kinds")),
        "物流单号 ": pl.when(pl.col("shipped_at").is_not_null()).then(pl.format("No:YT{}", pl.col("order") + 10**12)),
        "物流公司": pl.when(pl.col("shipped_at").is_not_null()).then(pl.lit("圆通速递")),
        "订单备注": pl.col("seller_remark"),
        "宝贝总数量": text(pl.col("pieces")),
        "店铺Id": pl.lit(SHOP_ID),
        "店铺名称": pl.lit(SHOP),
        "订单关闭原因": closed_because(),
        "卖家服务费": pl.lit("0元"),
        "是否手机订单": pl.lit("手机订单"),
        "退款金额": yuan(pl.col("refund_fen")),
        "确认收货时间": moment(pl.col("done_at")),
        "打款商家金额": yuan(pl.col("received_fen")) + "元",
    }


def _cells_of_vintage(kind: str) -> dict[str, pl.Expr]:
    if kind == "A":
        return {"买家支付宝账号": pl.format("{}***", pl.col("tmall_nick").str.slice(0, 3))}
    return {
        "买家会员昵称": _nick(),
        "虚拟号过期时间": moment(pl.col("at") + pl.duration(days=45)),
        "发货时间": moment(pl.col("shipped_at")),
    }


def _street(style: str) -> pl.Expr:
    return pl.when(pl.col(style) == PLAIN).then("address").otherwise(pl.lit("***"))


def _old_item_cells(kind: str) -> dict[str, pl.Expr]:
    cells = {
        "标题": pl.col("product_name"),
        "价格": yuan(pl.col("list_unit_fen")),
        "购买数量": text(pl.col("pieces")),
        "外部系统编号": pl.col("sku"),
        "商品属性": pl.col("product_name").str.split(" ").list.last(),
        "订单状态": pl.col("state"),
        "商家编码": pl.col("sku"),
    }
    if kind == "A":
        return {"订单编号": pl.format('="{}"', "order_id"), **cells}
    return {
        "子订单编号": pl.format('="{}"', sub_order()),
        "主订单编号": pl.format('="{}"', "order_id"),
        **cells,
        "买家应付货款": yuan(pl.col("paid_fen")),
        "买家实际支付金额": yuan(line_paid()),
        "退款状态": refund_state(),
        "退款金额": yuan(pl.col("refund_fen")),
        "订单创建时间": moment(pl.col("at")),
        "订单付款时间": moment(pl.col("paid_at")),
    }
