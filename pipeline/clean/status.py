"""How far a record has come: the order in which states of one thing replace each other.

Which word of a platform means which state is told by its format file.
"""

import polars as pl

ORDER_PROGRESS = {
    "created": 0, "trial": 1, "paid": 1, "shipped": 2, "completed": 3, "cancelled": 4, "refunded": 5,
}  # fmt: skip
REFUND_PROGRESS = {"open": 0, "closed": 1, "success": 2}
STEP = 2


def order_rank(status: str, refund: str) -> pl.Expr:
    """Rank of an order's state; money given back makes the later version of two in one state."""
    progress = pl.col(status).replace_strict(ORDER_PROGRESS, default=0, return_dtype=pl.Int64)
    return progress * STEP + (pl.col(refund).fill_null(0) != 0).cast(pl.Int64)


def refund_rank(status: str) -> pl.Expr:
    """Rank of a refund's state."""
    return pl.col(status).replace_strict(REFUND_PROGRESS, default=0, return_dtype=pl.Int64)
