"""Tmall's reports through three vintages of their format: orders, items and, in the last, refunds.

The oldest shows nicknames and many phones, the middle one masks them, the newest has no buyer at all.
"""

from datetime import datetime, timedelta

import polars as pl

from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.marketplace import Marketplace, Orders, Report, end_of, order_remarks
from pipeline.samples.reach import MASKED, PLAIN, VIRTUAL, with_brushers
from pipeline.samples.temperament import TMALL
from pipeline.samples.tmall_new import write_newest
from pipeline.samples.tmall_old import write_old
from pipeline.samples.tmall_states import FIRST_ORDER, ORDER_STEP, received, state
from pipeline.samples.wording import text
from pipeline.samples.world import World

OLD_SHARE = 0.4
LAST_OF_VINTAGE_DAYS = 15
PLAIN_SHARE, MASKED_SHARE = 0.62, 0.25


def tmall() -> Marketplace:
    """Tmall's desk: exports overlap within a vintage; the last of a vintage is made when its orders are settled."""
    return Marketplace("tmall", TMALL, _dress, _write, _moment, _repeats)


def vintage(world: World, month: Month) -> str:
    """A for the first months, B for one, C from then on."""
    old = int(len(world.calendar.months()) * OLD_SHARE)
    return "A" if month.number < old else "B" if month.number == old else "C"


def _is_last_of_vintage(world: World, month: Month) -> bool:
    months = world.calendar.months()
    following = months[min(month.number + 1, len(months) - 1)]
    return vintage(world, following) != vintage(world, month)


def _moment(world: World, month: Month) -> datetime:
    late = LAST_OF_VINTAGE_DAYS if _is_last_of_vintage(world, month) else 0
    ends = end_of(month)
    return min(ends + timedelta(days=late), ends + (world.calendar.until - month.ends_on))


def _repeats(world: World, month: Month) -> bool:
    before = world.calendar.months()[max(month.number - 1, 0)]
    return vintage(world, before) == vintage(world, month)


def _dress(world: World, month: Month, orders: Orders) -> Orders:
    rng = stream(world.seed, "tmall masks", month.number)
    size = orders.height
    kind = vintage(world, month)
    shown = rng.random(size)
    plain = pl.when(pl.col("shown") < PLAIN_SHARE).then(PLAIN).when(pl.col("shown") < PLAIN_SHARE + MASKED_SHARE)
    orders = with_brushers(orders).with_columns(
        shown=pl.Series(shown),
        remark_draw=pl.Series(rng.random(size)),
        nick_masked=pl.Series(rng.random(size) < (world.traps.masked_nick if kind == "B" else 0.0)),
        order_id=text(pl.col("order") * ORDER_STEP + FIRST_ORDER),
    )
    orders = orders.with_columns(
        style=(plain.then(MASKED).otherwise(VIRTUAL) if kind == "A" else pl.lit(VIRTUAL)).cast(pl.Int64),
        buyer_remark=order_remarks(pl.col("remark_draw"), world.traps.odd_remark),
        seller_remark=pl.when("is_brushing").then(pl.format("G-{}", pl.col("order") % 997)),
    ).drop("shown", "remark_draw")
    if kind != "C":
        named = orders.filter(~pl.col("nick_masked"))
        world.truth.profiles("tmall", named.select("person_id", platform_user_id="tmall_nick"))
    return orders


def _write(world: World, report: Report) -> None:
    kind = vintage(world, report.month)
    stamp = report.moment.strftime("%Y%m%d")
    comma = "，" if kind == "C" else ","
    titles = report.lines.group_by("order", maintain_order=True).agg(
        titles=pl.col("product_name").str.join("，"), kinds=pl.len(), first_sku=pl.col("sku").first()
    )
    orders = report.orders.join(titles, on="order", how="left", maintain_order="left")
    orders = orders.with_columns(state=state(comma), received_fen=received())
    facts = orders.select("order", "order_id", "state", "at", "paid_at", "shipped_at", "buyer_remark")
    items = report.lines.join(facts, on="order", maintain_order="left")
    if kind == "C":
        write_newest(world, stamp, orders, items, report.refunds)
    else:
        write_old(world, stamp, kind, orders, items)
