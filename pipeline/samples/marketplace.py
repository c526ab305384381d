"""The monthly exports of one platform: what is told again, what is told late, what is left for next month.

An export tells the orders of its month and again those of the last days before, with the states of its own day;
after-sale reports tell what was settled since the one before. How a platform's columns look does not belong
here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time

import polars as pl

from pipeline.samples.baskets import Batch
from pipeline.samples.catalogue import Catalogue
from pipeline.samples.chance import stream
from pipeline.samples.days import Month
from pipeline.samples.fates import as_known
from pipeline.samples.reach import receivers
from pipeline.samples.world import World

TOLD_AGAIN_DAYS = 12
PRODUCT_FACTS = ("sku", "product_name", "category", "item_id")
BUYER_FACTS = ("person_id", "tmall_nick", "jd_account", "external_userid", "phone")
Orders = pl.DataFrame
Lines = pl.DataFrame


@dataclass(frozen=True)
class Report:
    """What an export of one month is to tell."""

    month: Month
    moment: datetime
    orders: Orders
    lines: Lines
    refunds: Lines
    """Lines asked back, not yet settled in an earlier report; with the static columns of their orders."""


@dataclass
class Marketplace:
    """One platform. `dress` adds what stays the same in every export of an order (masks, order_id, buyer keys)."""

    name: str
    channel: int
    dress: Callable[[World, Month, Orders], Orders]
    write: Callable[[World, Report], None]
    moment: Callable[[World, Month], datetime] = field(default=lambda world, month: end_of(month))
    repeats: Callable[[World, Month], bool] = field(default=lambda world, month: True)
    """Whether this month's export tells the last days before it again."""
    earlier: tuple[Orders, Lines] | None = None
    unsettled: Lines | None = None

    def month(self, world: World, batch: Batch) -> tuple[Orders, Lines]:
        """Write the export of a month; gives its own orders and lines."""
        orders = batch.orders.filter(pl.col("channel") == self.channel)
        lines = batch.lines.join(orders.select("order"), on="order", how="semi", maintain_order="left")
        orders = self.dress(world, batch.month, self._with_parties(world, batch.month, orders))
        lines = lines.hstack(product_facts(world.catalogue, lines["product"]))
        moment = self.moment(world, batch.month)
        told = self._told(world, batch.month, orders, lines)
        known = as_known(*told, moment)
        self.write(world, Report(batch.month, moment, *known, self._refunds(orders, lines, moment)))
        self.earlier = self._recent(batch.month, orders, lines)
        world.truth.orders(self.name, orders.filter(~pl.col("is_brushing")))
        return orders, lines

    def _with_parties(self, world: World, month: Month, orders: Orders) -> Orders:
        rng = stream(world.seed, f"{self.name} receivers", month.number)
        orders = orders.hstack(world.population.of(orders["person"], *BUYER_FACTS))
        others = rng.random(orders.height) < world.traps.sent_to_other
        return receivers(rng, orders, world.population, others)

    def _told(self, world: World, month: Month, orders: Orders, lines: Lines) -> tuple[Orders, Lines]:
        if self.earlier is None or not self.repeats(world, month):
            return orders, lines
        return pl.concat([self.earlier[0], orders]), pl.concat([self.earlier[1], lines])

    def _recent(self, month: Month, orders: Orders, lines: Lines) -> tuple[Orders, Lines]:
        recent = orders.filter(pl.col("day") > month.last - TOLD_AGAIN_DAYS)
        return recent, lines.join(recent.select("order"), on="order", how="semi", maintain_order="left")

    def _refunds(self, orders: Orders, lines: Lines, moment: datetime) -> Lines:
        facts = orders.select("order", "order_id", "at", "is_cancelled", order_paid_fen="paid_fen")
        asked = lines.filter(pl.col("applied_at").is_not_null()).join(facts, on="order", maintain_order="left")
        waiting = asked if self.unsettled is None else pl.concat([self.unsettled, asked])
        self.unsettled = waiting.filter(pl.col("refunded_at") > moment)
        return (
            waiting.filter(pl.col("applied_at") <= moment)
            .with_columns(pl.when(pl.col("refunded_at") <= moment).then("refunded_at").alias("refunded_at"))
            .sort("applied_at", "order", "line")
        )


def end_of(month: Month) -> datetime:
    """The last second of a month's last day."""
    return datetime.combine(month.ends_on, time(23, 59, 59))


def product_facts(catalogue: Catalogue, product: pl.Series) -> pl.DataFrame:
    """sku, product_name, category and item_id of products by their numbers."""
    return catalogue.products.select(pl.col(name).gather(product) for name in PRODUCT_FACTS)


def is_fully_refunded() -> pl.Expr:
    """Whether an order, as known, gave everything back."""
    return (pl.col("refund_fen") >= pl.col("paid_fen")) & (pl.col("paid_fen") > 0)


def first_state(*choices: tuple[pl.Expr, str], otherwise: str) -> pl.Expr:
    """The word of the first condition that holds."""
    return pl.coalesce([pl.when(condition).then(pl.lit(word)) for condition, word in choices] + [pl.lit(otherwise)])


def order_remarks(rng_numbers: pl.Expr, odd_share: float) -> pl.Expr:
    """What buyers write: mostly nothing, now and then a wish, rarely text with a line break or like a formula."""
    place = (rng_numbers / odd_share * 4).floor().cast(pl.Int64)
    odd = place.replace_strict(
        [0, 1, 2, 3],
        ["请放驿站\n电话联系", "=1+1", "@客服 麻烦快点", '要"大号"的，谢谢'],
        default=None,
        return_dtype=pl.String,
    )
    usual = pl.when(rng_numbers > 0.97).then(pl.lit("请尽快发货")).when(rng_numbers > 0.95).then(pl.lit("包装好一点"))
    return pl.coalesce(odd, usual)
