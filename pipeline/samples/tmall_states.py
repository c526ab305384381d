"""What Tmall's reports of all vintages say of an order or line in the same words."""

import polars as pl

from pipeline.samples.fates import NO_REFUND, REFUNDED
from pipeline.samples.marketplace import first_state, is_fully_refunded
from pipeline.samples.wording import text

SHOP, SHOP_ID = "示例旗舰店", "118000001"
FIRST_ORDER, ORDER_STEP = 2_100_000_000_000_000_000, 1_000_003


def state(comma: str) -> pl.Expr:
    """The order's state word; `comma` is the one that the vintage writes."""
    return first_state(
        (pl.col("closed_at").is_not_null(), "交易关闭"),
        (pl.col("paid_at").is_null(), "等待买家付款"),
        (is_fully_refunded(), "交易关闭"),
        (pl.col("shipped_at").is_null(), f"买家已付款{comma}等待卖家发货"),
        (pl.col("done_at").is_null(), f"卖家已发货{comma}等待买家确认"),
        otherwise="交易成功",
    )


def received() -> pl.Expr:
    """What the shop received so far."""
    done = pl.col("done_at").is_not_null()
    return pl.when(done).then(pl.col("paid_fen") - pl.col("refund_fen")).otherwise(0)


def paid() -> pl.Expr:
    """What the buyer paid so far."""
    return pl.when(pl.col("paid_at").is_null()).then(0).otherwise("paid_fen")


def closed_because() -> pl.Expr:
    """Why the order was closed, or that it was not."""
    return first_state(
        (pl.col("is_unpaid") & (pl.col("state") == "交易关闭"), "买家未付款"),
        (pl.col("state") == "交易关闭", "退款"),
        otherwise="订单未关闭",
    )


def sub_order() -> pl.Expr:
    """The number of a line."""
    return text(pl.col("order") * ORDER_STEP + FIRST_ORDER + pl.col("line"))


def line_paid() -> pl.Expr:
    """What the buyer paid for a line so far, shipping with the first."""
    return pl.when(pl.col("paid_at").is_null()).then(0).otherwise(pl.col("paid_fen") + pl.col("shipping_fen"))


def refund_state() -> pl.Expr:
    """The refund word of a line."""
    return first_state(
        (pl.col("applied_at").is_null(), "没有申请退款"),
        (pl.col("refunded_at").is_null(), "退款中"),
        (pl.col("refund_state") == REFUNDED, "退款成功"),
        (pl.col("refund_state") == NO_REFUND, "没有申请退款"),
        otherwise="退款关闭",
    )
