"""Money of orders: what each row is worth, in fen, where exports print it in three different places.

Whether an order counts at all (status, refunds) belongs to `pipeline.formats.orders`.
"""

import polars as pl

from pipeline.clean.allocate import shared_out
from pipeline.clean.money import product_fen
from pipeline.formats.canonical import ORDER_MONEY
from pipeline.formats.cells import MONEY_FORMAT, MONEY_RANGE, Cells
from pipeline.formats.detect import Layout
from pipeline.formats.texts import Texts

LARGEST_FEN = 10**14
SIGNED = ("paid_amount", "list_amount", "discount_amount", "settled_amount", "shipping_amount", "quantity")
UNPAID = ("created", "cancelled", "trial")
ORDER = "order"
CONFLICT = "DUP_KEY_CONFLICT"


def turn_returns(cells: Cells, layout: Layout) -> None:
    """Rows of the type return are negative, however they are printed; so is money beside negative pieces.

    Also marks as `computed` the rows whose paid_amount no cell prints.
    """
    cells.frame = cells.frame.with_columns(computed=pl.col("paid_amount").is_null())
    is_return = pl.col("row_type").eq_missing("return")
    if layout.report.amounts == "line":
        is_return |= ((pl.col("quantity") < 0) & (pl.col("paid_amount") > 0)).fill_null(value=False)
    if not cells.frame.select(is_return.any()).item():
        return
    frame = cells.frame.with_columns(returned=is_return)
    paid = pl.coalesce("paid_amount", pl.when("returned").then("refund_amount"))
    frame = frame.with_columns(paid_amount=paid)
    negative = [pl.when("returned").then(-pl.col(name).abs()).otherwise(name).alias(name) for name in SIGNED]
    kept = pl.when(~pl.col("returned")).then("refund_amount").alias("refund_amount")
    cells.frame = frame.with_columns(*negative, kept)


def order_columns(layout: Layout) -> list[str]:
    """The money columns that stand at the order."""
    if layout.report.amounts == "line" or layout.report.grain == "order":
        return []
    named = layout.report.order_money or ORDER_MONEY
    return [name for name in named if name in layout.places]


def share_order_money(cells: Cells, layout: Layout, texts: Texts) -> None:
    """Give every line its part of the money that its order prints once or on each row.

    Where the rows of one order print different totals, nobody
    knows which is true: all its rows are refused, with the first total as their money.
    """
    names = order_columns(layout)
    if not names:
        return
    frame = cells.frame.select(*names, weight=_weight(cells.frame)).with_columns(texts.orders.alias(ORDER))
    totals = frame.group_by(ORDER, maintain_order=True).agg(
        *(pl.col(name).drop_nulls().first() for name in names),
        conflict=pl.any_horizontal(pl.col(name).drop_nulls().n_unique() > 1 for name in names),
    )
    frame = frame.select(ORDER, "weight").join(totals, on=ORDER, how="left", maintain_order="left")
    shares = [shared_out(frame, name, order=ORDER, weight="weight").alias(name) for name in names]
    cells.frame = cells.frame.with_columns(shares)
    if "paid_amount" in names:
        cells.frame = cells.frame.with_columns(computed=pl.col("paid_amount").is_null())
    cells.refuse("paid_amount", frame["conflict"], CONFLICT)


def price_lines(cells: Cells, _: Layout) -> None:
    """Complete price and list amount of a line from each other's columns."""
    frame = cells.frame.with_columns(unit_price=pl.coalesce("unit_price", "list_price"))
    list_price = frame.select(pl.coalesce("list_price", "unit_price")).to_series()
    worth = _within(product_fen(frame["quantity"], list_price))
    cells.frame = frame.with_columns(list_amount=pl.coalesce("list_amount", worth.alias("worth")))


def pay_by_price(cells: Cells, _: Layout) -> None:
    """paid_amount where the export has none: quantity times unit price less discount; nothing where unpaid.

    Rows that still have none are refused.
    """
    frame = cells.frame
    worth = product_fen(frame["quantity"], frame["unit_price"]).alias("worth")
    by_price = worth.cast(pl.Int128) - frame["discount_amount"].fill_null(0).cast(pl.Int128)
    too_large = (by_price.abs() >= LARGEST_FEN) & frame["paid_amount"].is_null()
    cells.refuse("unit_price", too_large, MONEY_RANGE)
    frame = frame.with_columns(by_price=_within(by_price))
    unpaid = pl.when(pl.col("status").is_in(UNPAID)).then(pl.lit(0, pl.Int64))
    cells.frame = frame.with_columns(paid_amount=pl.coalesce("paid_amount", "by_price", unpaid))
    cells.refuse("paid_amount", cells.frame["paid_amount"].is_null(), MONEY_FORMAT)


def find_discounts(cells: Cells, layout: Layout) -> None:
    """discount_amount where the export prints none: list and shipping less paid, if that is no surcharge."""
    if "discount_amount" in layout.places:
        return
    saved = pl.col("list_amount") + pl.col("shipping_amount").fill_null(0) - pl.col("paid_amount")
    is_sale = (pl.col("paid_amount") >= 0) & (saved >= 0)
    cells.frame = cells.frame.with_columns(discount_amount=pl.when(is_sale).then(saved))


def _weight(frame: pl.DataFrame) -> pl.Series:
    price = frame.select(pl.coalesce("list_price", "unit_price")).to_series()
    worth = product_fen(frame["quantity"], price).alias("worth")
    return frame.with_columns(worth).select(weight=pl.coalesce("worth", "quantity"))["weight"]


def _within(values: pl.Series) -> pl.Series:
    """Fen that DECIMAL(18,2) holds with room to add; larger ones are null."""
    frame = values.to_frame("fen")
    return frame.select(pl.when(pl.col("fen").abs() < LARGEST_FEN).then("fen").cast(pl.Int64)).to_series()
