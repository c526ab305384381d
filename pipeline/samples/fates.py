"""What becomes of an order after it was placed, and what of that was known on the day of an export.

Marketplace orders are paid, sent, received, cancelled, returned; a till's order is done at once and may come
back. How a platform words a state does not belong here.
"""

from datetime import datetime

import numpy as np
import polars as pl

from pipeline.samples.baskets import Batch
from pipeline.samples.chance import Flags, Floats, Ints, stream
from pipeline.samples.goods import CATEGORIES, MODELS_PER_SHELF, SHELVES
from pipeline.samples.temperament import PINDUODUO, POS, TMALL
from pipeline.samples.traps import Traps
from pipeline.samples.wording import seconds_later

HOUR, DAY = 3_600, 86_400
POS_RETURNS, ONLINE_RETURNS = 0.35, 1.25
WHOLE_LINE = 0.8
REFUSED_SHARE = 0.05
NO_REFUND, REFUNDED, REFUSED = 0, 1, 2
BRUSHER_COUNT = 20
ORDER_STAMPS = ("paid_at", "shipped_at", "done_at", "closed_at")


def with_fates(seed: int, batch: Batch, traps: Traps) -> Batch:
    """Add the fate of each order and line, however late it happens.

    orders: is_trial, is_brushing, brusher (its number), is_unpaid, is_cancelled, paid_at, shipped_at, done_at,
    closed_at. lines: refund_state, refund_pieces, refund_fen, asked_fen, applied_at, refunded_at.
    """
    rng = stream(seed, "fates", batch.month.number)
    orders = _order_fates(rng, batch.orders, traps)
    lines = _without_price_of_trials(batch.lines, orders)
    lines = _line_fates(rng, lines)
    trial = pl.when("is_trial")
    orders = orders.with_columns(
        trial.then(0).otherwise("paid_fen").alias("paid_fen"),
        trial.then(0).otherwise("shipping_fen").alias("shipping_fen"),
        trial.then(0).otherwise("coupon_fen").alias("coupon_fen"),
        trial.then(0).otherwise("subsidy_fen").alias("subsidy_fen"),
    )
    return Batch(batch.month, orders, lines)


def _order_fates(rng: np.random.Generator, orders: pl.DataFrame, traps: Traps) -> pl.DataFrame:
    size = orders.height
    channel = orders["channel"].to_numpy()
    online = channel != POS
    unpaid = online & (rng.random(size) < traps.unpaid)
    cancelled = online & ~unpaid & (rng.random(size) < traps.cancelled)
    trial = (channel == PINDUODUO) & ~unpaid & (rng.random(size) < traps.trial)
    brushing = (channel == TMALL) & ~unpaid & ~cancelled & (rng.random(size) < traps.brushing)
    pay = np.where(online, 5 + rng.exponential(240, size).astype(np.int64), 0)
    ship = pay + 2 * HOUR + rng.gamma(2.0, 9 * HOUR, size).astype(np.int64)
    done = ship + 2 * DAY + rng.gamma(3.0, 1.6 * DAY, size).astype(np.int64)
    cancel = pay + HOUR + rng.integers(0, 3 * HOUR, size)
    frame = orders.with_columns(
        is_trial=pl.Series(trial & ~cancelled),
        is_brushing=pl.Series(brushing),
        brusher=pl.Series(rng.integers(0, BRUSHER_COUNT, size)),
        is_unpaid=pl.Series(unpaid),
        is_cancelled=pl.Series(cancelled),
    )
    sent = ~unpaid & ~cancelled
    return frame.with_columns(
        paid_at=_at(pay, ~unpaid),
        shipped_at=_at(np.where(online, ship, 0), sent),
        done_at=_at(np.where(online, done, 0), sent),
        closed_at=_at(np.where(unpaid, DAY, cancel), unpaid | cancelled),
    )


def _at(seconds: Ints, happens: Flags) -> pl.Expr:
    return pl.when(pl.Series(happens)).then(seconds_later(pl.col("at"), pl.lit(pl.Series(seconds))))


def _without_price_of_trials(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Give the orders' fate to their lines; a trial costs nothing."""
    facts = orders.select(
        "order", "channel", "is_trial", "is_cancelled", "is_unpaid", "is_brushing", "paid_at", "done_at", "closed_at",
        "shipping_fen",
    )  # fmt: skip
    frame = lines.join(facts, on="order", maintain_order="left")
    return frame.with_columns(
        pl.when("is_trial").then("list_fen").otherwise("discount_fen").alias("discount_fen"),
        pl.when("is_trial").then(0).otherwise("subsidy_fen").alias("subsidy_fen"),
        pl.when("is_trial").then(0).otherwise("paid_fen").alias("paid_fen"),
        pl.when((pl.col("line") == 1) & ~pl.col("is_trial")).then("shipping_fen").otherwise(0).alias("shipping_fen"),
    )


def _return_chances(lines: pl.DataFrame) -> Floats:
    rates = np.array([kind.return_rate for kind in CATEGORIES])
    category = lines["product"].to_numpy() // (SHELVES * MODELS_PER_SHELF)
    factor = np.where(lines["channel"].to_numpy() == POS, POS_RETURNS, ONLINE_RETURNS)
    returnable = lines.select(
        ~(pl.col("is_unpaid") | pl.col("is_cancelled") | pl.col("is_trial") | pl.col("is_brushing"))
    )
    return np.asarray(rates[category] * factor * returnable.to_series().to_numpy())


def _line_fates(rng: np.random.Generator, lines: pl.DataFrame) -> pl.DataFrame:
    size = lines.height
    cancelled = lines["is_cancelled"].to_numpy()
    returned = rng.random(size) < _return_chances(lines)
    online = lines["channel"].to_numpy() != POS
    refused = returned & online & (rng.random(size) < REFUSED_SHARE)
    state = np.where(refused, REFUSED, np.where(returned | cancelled, REFUNDED, NO_REFUND))
    pieces = lines["pieces"].to_numpy()
    one = (rng.random(size) >= WHOLE_LINE) & (lines["channel"].to_numpy() != PINDUODUO)
    back = np.where(state == NO_REFUND, 0, np.where(one & ~cancelled, 1, pieces))
    shipping = np.where(cancelled, lines["shipping_fen"].to_numpy(), 0)
    asked = lines["paid_fen"].to_numpy() * back // pieces + shipping
    applied = rng.integers(DAY // 2, 6 * DAY, size)
    handled = np.where(online, 1_800 + rng.exponential(1.2 * DAY, size).astype(np.int64), 0)
    frame = lines.with_columns(
        refund_state=pl.Series(state),
        refund_pieces=pl.Series(np.where(state == REFUNDED, back, 0)),
        refund_fen=pl.Series(np.where(state == REFUNDED, asked, 0)),
        asked_fen=pl.Series(asked),
        back_shipping_fen=pl.Series(np.where(state == NO_REFUND, 0, shipping)),
    )
    asks = pl.col("refund_state") != NO_REFUND
    apply_at = seconds_later(pl.col("done_at"), pl.lit(pl.Series(applied)))
    frame = frame.with_columns(
        applied_at=pl.when(asks & pl.col("is_cancelled"))
        .then(seconds_later(pl.col("closed_at"), pl.lit(-1_800)))
        .when(asks)
        .then(apply_at)
    )
    return frame.with_columns(
        refunded_at=pl.when(asks & pl.col("is_cancelled"))
        .then("closed_at")
        .when(asks)
        .then(seconds_later(pl.col("applied_at"), pl.lit(pl.Series(handled))))
    ).drop("is_trial", "is_unpaid", "is_cancelled", "is_brushing", "paid_at", "done_at", "closed_at", "channel")


def as_known(orders: pl.DataFrame, lines: pl.DataFrame, moment: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders and lines as an export of that moment tells them: what happens later is not known.

    Adds refund_fen and has_open_refund to the orders. Shipping comes back with a cancelled order only.
    """
    known = orders.filter(pl.col("at") <= moment).with_columns(
        pl.when(pl.col(stamp) <= moment).then(stamp).alias(stamp) for stamp in ORDER_STAMPS
    )
    told = lines.join(known.select("order"), on="order", how="semi", maintain_order="left").with_columns(
        pl.when(pl.col("refunded_at") <= moment).then("refund_fen").otherwise(0).alias("refund_fen"),
        pl.when(pl.col("refunded_at") <= moment).then("refunded_at").alias("refunded_at"),
        pl.when(pl.col("applied_at") <= moment).then("applied_at").alias("applied_at"),
    )
    sums = told.group_by("order").agg(
        pl.col("refund_fen").sum(),
        has_open_refund=(pl.col("applied_at").is_not_null() & pl.col("refunded_at").is_null()).any(),
    )
    return known.join(sums, on="order", how="left", maintain_order="left"), told
