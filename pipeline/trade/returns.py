"""Which sale a return belongs to: the sequential matching of return lines with the lines they take back.

What a return does to the money of its original belongs to `sql/facts`; which lines may be originals at all, to
`sql/facts/return_candidates.sql`.
"""

from dataclasses import dataclass

import polars as pl

from pipeline.schemas.catalog import TABLES

LINE = ["order_key", "line_id"]
TIME = ["ordered_at", "order_key", "line_id"]
RATE_UNITS = 10**8


@dataclass(frozen=True)
class Look:
    """One way of looking for originals: the line must agree with the return in all of `same`.

    `order_id` of a line stands for the order that the return states where `is_stated`. `is_earlier` takes only
    lines of an earlier moment; without it any line of the group will do, the latest first.
    """

    matched_by: str
    same: tuple[str, ...]
    is_stated: bool
    is_earlier: bool
    only_without_sku: bool = False


LOOKS = (
    Look("stated", ("source", "order_id", "sku", "unit_price"), is_stated=True, is_earlier=False),
    Look("stated", ("source", "order_id", "sku"), is_stated=True, is_earlier=False),
    Look("stated", ("source", "order_id"), is_stated=True, is_earlier=False, only_without_sku=True),
    Look("searched", ("source", "customer_id", "sku", "unit_price"), is_stated=False, is_earlier=True),
    # the same moment: a correction on the ticket itself, or exports that know days only
    Look("searched", ("source", "customer_id", "sku", "unit_price", "ordered_at"), is_stated=False, is_earlier=False),
)
"""Tried in this order; what an earlier look takes back is gone for the later ones."""


def match_returns(candidates: pl.DataFrame) -> pl.DataFrame:
    """The rows of `returns_matched` for the rows of `return_candidates`.

    Within a look, returns come in order of time, order_key and line_id; each takes the latest line (ties: greatest
    order_key, then line_id) whose unreturned pieces suffice for all of it. A return that no look can place is not
    among the rows.
    """
    placed = candidates.sort(TIME).with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    placed = placed.with_columns(first_place=pl.col("place").min().over("ordered_at"))
    stock = placed.filter(~pl.col("is_return")).with_columns(left="quantity")
    waiting = placed.filter("is_return").with_columns(order_id="original_order_id")
    found = []
    for look in LOOKS:
        pairs = _looked_for(look, waiting, stock)
        found.append(pairs.with_columns(matched_by=pl.lit(look.matched_by)))
        waiting = waiting.join(pairs, on="place", how="anti")
        stock = _taken(stock, pairs)
    return _described(placed, pl.concat(found))


def _looked_for(look: Look, waiting: pl.DataFrame, stock: pl.DataFrame) -> pl.DataFrame:
    """Pairs (place, original_place, taken) that one look finds."""
    mine = waiting.drop_nulls(look.same)
    if look.only_without_sku:
        mine = mine.filter(pl.col("sku").is_null())
    groups = mine.select(look.same).unique(maintain_order=True).with_row_index("group")
    lines = stock.join(groups, on=look.same).select("group", "place", "left")
    # places start at 0, so the line just before the first row of a moment is the last of an earlier one
    last = (pl.col("first_place") - 1) if look.is_earlier else pl.lit(stock["place"].max(), pl.Int64)
    asked = mine.join(groups, on=look.same).select("group", "place", "quantity", reach=last)
    return _in_rounds(asked, lines)


def _in_rounds(asked: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Give each return the latest line within its reach that suffices, as if one after the other.

    All returns look at once. In each group those up to the first that cannot have its line are settled: nobody
    before them can want another line than the one they look at. The others look again, further back.
    """
    settled = [pl.DataFrame(schema={"place": pl.Int64, "original_place": pl.Int64, "taken": lines.schema["left"]})]
    while not asked.is_empty():
        seen = _seen(asked, lines.filter(pl.col("left") > 0))
        can_have = pl.col("quantity").cum_sum().over("group", "original_place") <= pl.col("left")
        seen = seen.with_columns(is_settled=can_have.cast(pl.Int8).cum_min().over("group") == 1)
        pairs = seen.filter("is_settled").select("place", "original_place", taken="quantity")
        settled.append(pairs)
        lines = _taken(lines, pairs)
        rest = seen.filter(~pl.col("is_settled")).drop("left")
        rest = rest.join(lines.select("left", original_place="place"), on="original_place", how="left")
        step = pl.when(pl.col("left") < pl.col("quantity")).then(1).otherwise(0)
        asked = rest.select("group", "place", "quantity", reach=pl.col("original_place") - step)
    return pl.concat(settled)


def _seen(asked: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Each return with the latest line of its group within reach, in the order of the returns; none = dropped."""
    return (
        asked.sort("reach")
        .join_asof(
            lines.sort("place").rename({"place": "original_place"}),
            left_on="reach",
            right_on="original_place",
            by="group",
            strategy="backward",
            coalesce=False,
            check_sortedness=False,
        )
        .drop_nulls("original_place")
        .sort("group", "place")
    )


def _taken(lines: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    taken = pairs.group_by("original_place").agg(pl.col("taken").sum())
    return (
        lines.join(taken, left_on="place", right_on="original_place", how="left")
        .with_columns(left=pl.col("left") - pl.col("taken").fill_null(0))
        .drop("taken")
    )


def _described(placed: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    originals = placed.select(
        original_place="place",
        original_order_key="order_key",
        original_line_id="line_id",
        original_currency="currency",
        original_rate="rate",
    )
    matched = pairs.join(placed, on="place").join(originals, on="original_place")
    names = TABLES["returns_matched"].names
    return (
        matched.with_columns(returned_quantity="quantity", returned_amount=_returned_amount()).select(names).sort(LINE)
    )


def _returned_amount() -> pl.Expr:
    """Money given back, exchanged at the rate of the original's day where both speak of the same currency."""
    fen = (pl.col("original_paid_amount") * 100).cast(pl.Int128).abs()
    rate = (pl.col("original_rate") * RATE_UNITS).cast(pl.Int128)
    exchanged = (2 * fen * rate + RATE_UNITS) // (2 * RATE_UNITS)
    own = (pl.col("paid_amount") * 100).cast(pl.Int128).abs()
    is_same = pl.col("currency") == pl.col("original_currency")
    return _money(pl.when(is_same).then(exchanged).otherwise(own))


def _money(fen: pl.Expr) -> pl.Expr:
    return (fen.cast(pl.Decimal(38, 2)) / 100).cast(pl.Decimal(18, 2))
