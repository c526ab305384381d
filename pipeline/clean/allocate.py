"""Money of an order shared out to its lines, so that the lines add up to the order, to the fen.

Largest remainder: every line gets the whole fen of its exact share, and the fen left over go one each to the
largest fractions, ties to the earlier row. Negative totals are shared like positive ones. Which money stands
at the order and which at the line belongs to the formats.
"""

import polars as pl


def shared_out(frame: pl.DataFrame, total: str, *, order: str, weight: str) -> pl.Series:
    """The part of `total` that falls to each row, in fen, in the row order of `frame`.

    `total` (Int64 fen) is the same on all rows of one `order`, null shares are null. `weight` (whole numbers,
    signs do not matter, null counts as 0) gives the proportions; an order without any weight is shared evenly.
    """
    lines = frame.select(
        pl.int_range(pl.len()).alias("row"),
        pl.col(order).alias("order"),
        pl.col(total).cast(pl.Int128).alias("total"),
        pl.col(weight).fill_null(0).abs().cast(pl.Int128).alias("weight"),
    )
    weightless = pl.col("weight").sum().over("order") == 0
    lines = lines.with_columns(weight=pl.when(weightless).then(pl.lit(1, pl.Int128)).otherwise("weight"))
    size, sum_of_weights = pl.col("total").abs() * pl.col("weight"), pl.col("weight").sum().over("order")
    lines = lines.with_columns(whole=size // sum_of_weights, fraction=size % sum_of_weights)
    left_over = pl.col("total").abs() - pl.col("whole").sum().over("order")
    lines = lines.with_columns(left_over=left_over).sort("order", "fraction", "row", descending=[False, True, False])
    has_one_more = pl.int_range(pl.len()).over("order") < pl.col("left_over")
    share = pl.col("whole") + has_one_more.cast(pl.Int128)
    signed = (share * pl.col("total").sign()).cast(pl.Int64)
    return lines.select("row", share=signed).sort("row")["share"]
