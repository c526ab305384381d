"""Typed cells of an order report made into orders and lines: ids, state, refunds, places, kinds of lines.

The money itself is in `pipeline.formats.order_money`; keys and provenance of rows in `pipeline.formats.finish`.
"""

from collections.abc import Callable
from functools import lru_cache

import polars as pl

from pipeline.clean.region import address_parts
from pipeline.formats.cells import Cells
from pipeline.formats.detect import Layout
from pipeline.formats.job import Job
from pipeline.formats.order_money import find_discounts, pay_by_price, price_lines, share_order_money, turn_returns
from pipeline.formats.row_rules import rule_mask
from pipeline.formats.texts import Texts
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import FINE, MONEY

HELPERS = {
    "row_type": pl.String(), "refund_status": pl.String(), "list_price": pl.Int64(), "cancelled_at": pl.Datetime("us"),
    "original_ordered_at": pl.Datetime("us"), "address": pl.String(),
}  # fmt: skip
Step = Callable[[Cells, Layout], None]


def derive_orders(cells: Cells, texts: Texts, job: Job) -> None:
    """Fill everything of an order row that follows from its other cells."""
    cells.frame = with_all_columns(cells.frame, job.layout.report.table, HELPERS)
    place_orders(cells, job)
    compose_order_ids(cells, job)
    turn_returns(cells, job.layout)
    share_order_money(cells, job.layout, texts)
    decide_status(cells, texts, job.layout)
    steps: tuple[Step, ...] = (
        price_lines,
        pay_by_price,
        settle_refunds,
        find_discounts,
        split_accounts,
        split_addresses,
    )
    for step in steps:
        step(cells, job.layout)
    name_line_kinds(cells, texts, job.layout)


def with_all_columns(frame: pl.DataFrame, table: str, helpers: dict[str, pl.DataType]) -> pl.DataFrame:
    """The frame with every column of its raw table and every helper, empty where the export has none."""
    whole: dict[pl.DataType, pl.DataType] = {FINE: pl.Int64(), MONEY: pl.Int64()}
    needed = {column.name: whole.get(column.dtype, column.dtype) for column in TABLES[table].columns} | helpers
    absent = {name: dtype for name, dtype in needed.items() if name not in frame.columns}
    return frame.with_columns(_nothing(name, dtype) for name, dtype in absent.items())


@lru_cache(maxsize=1024)
def _nothing(name: str, dtype: pl.DataType) -> pl.Expr:
    """An empty column; expressions are made once, not for every file."""
    return pl.lit(None, dtype).alias(name)


def place_orders(cells: Cells, job: Job) -> None:
    """Store, channel and currency: as printed, else as the source or its format says."""
    cells.frame = cells.frame.with_columns(
        store_id=pl.coalesce("store_id", pl.lit(job.source.store_id, pl.String), "store_name"),
        channel=pl.coalesce("channel", pl.lit(job.channel)),
        currency=job.currency_expr,
        is_gift=pl.col("is_gift").fill_null(value=False),
    )


def compose_order_ids(cells: Cells, job: Job) -> None:
    """Ticket@store@day where tickets restart; a stated original is composed alike where its day is known."""
    key = job.layout.report.order_key
    if key == ("order_id",):
        return
    cells.frame = cells.frame.with_columns(
        order_id=_composed(key, "order_id", "ordered_at"),
        original_order_id=pl.coalesce(
            pl.when(pl.col("original_ordered_at").is_not_null()).then(
                _composed(key, "original_order_id", "original_ordered_at")
            ),
            "original_order_id",
        ),
    )


def _composed(key: tuple[str, ...], ticket: str, moment: str) -> pl.Expr:
    parts = {
        "order_id": pl.col(ticket),
        "store_id": pl.col("store_id"),
        "ordered_on": pl.col(moment).dt.strftime("%Y%m%d"),
    }
    joined = pl.concat_str([parts.get(part, pl.col(part)) for part in key], separator="@", ignore_nulls=True)
    return pl.when(pl.col(ticket).is_not_null()).then(joined)


def decide_status(cells: Cells, texts: Texts, layout: Layout) -> None:
    """Apply the format's rules, first to last: further columns that decide the state."""
    for rule in layout.report.status_rules:
        frame = cells.frame.with_columns(rule_mask(rule, texts).alias("fits"))
        is_meant = pl.col("fits") if rule.status is None else pl.col("fits") & pl.col("status").is_in(rule.status)
        cells.frame = frame.with_columns(status=pl.when(is_meant).then(pl.lit(rule.becomes)).otherwise("status")).drop(
            "fits"
        )


def settle_refunds(cells: Cells, layout: Layout) -> None:
    """What was given back: refused or open refunds are none, a full one without amount is all that was paid.

    A closed order that was paid and given back in full is refunded, one that was never paid is cancelled.
    """
    paid, refund, state = pl.col("paid_amount"), pl.col("refund_amount").abs(), pl.col("refund_status")
    is_full = (state == "success") & refund.is_null() | (pl.col("status") == "refunded") & (refund.fill_null(0) == 0)
    settled = (
        pl.when(paid < 0).then(None)
        .when(state.is_in(["open", "closed"])).then(pl.lit(0, pl.Int64))
        .when(is_full).then(paid)
        .otherwise(refund)
    )  # fmt: skip
    frame = cells.frame.with_columns(refund_amount=settled)
    was_paid = pl.col("paid_at").is_not_null() if "paid_at" in layout.places else pl.lit(value=True)
    is_refunded = (pl.col("status") == "cancelled") & was_paid & (paid > 0) & (pl.col("refund_amount") >= paid)
    cells.frame = frame.with_columns(status=pl.when(is_refunded).then(pl.lit("refunded")).otherwise("status"))


def split_accounts(cells: Cells, _: Layout) -> None:
    """An account that is a phone number or an e-mail address, as such."""
    cells.frame = with_accounts(cells.frame)


def with_accounts(frame: pl.DataFrame) -> pl.DataFrame:
    """`account` is read by its shape into phone and e-mail where they are empty (`account_phone`, `account_email`)."""
    if "account_phone" not in frame.columns:
        return frame
    return frame.with_columns(phone=pl.coalesce("phone", "account_phone"), email=pl.coalesce("email", "account_email"))


def split_addresses(cells: Cells, _: Layout) -> None:
    """Province, city and district out of an address where the export has no columns for them."""
    cells.frame = with_regions(cells.frame)


def with_regions(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill empty province, city and district from the beginning of `address`, which goes no further."""
    if frame["address"].null_count() == frame.height:
        return frame
    parts = address_parts(frame["address"]).rename(lambda name: f"address_{name}")
    names = [name for name in ("province", "city", "district") if name in frame.columns]
    whole = frame.hstack(parts)
    return whole.with_columns(pl.coalesce(name, f"address_{name}").alias(name) for name in names)


def name_line_kinds(cells: Cells, texts: Texts, layout: Layout) -> None:
    """goods, unless a rule of the format says service or adjustment; the first that fits counts."""
    kinds = pl.repeat("goods", cells.frame.height, eager=True).alias("line_kind")
    for rule in reversed(layout.report.line_kinds):
        frame = pl.DataFrame({"kind": kinds, "fits": rule_mask(rule, texts)})
        kinds = frame.select(line_kind=pl.when("fits").then(pl.lit(rule.kind)).otherwise("kind"))["line_kind"]
    cells.frame = cells.frame.with_columns(kinds)
