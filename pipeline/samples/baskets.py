"""What lies in each basket of a month, and what it costs: orders and lines in whole fen.

List price, price after the shop's own discount, then the order's coupon, platform subsidy and shipping; the
shares of a line add up to the order to the fen. What becomes of the order later does not belong here.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.samples.behaviour import NONE, Skeleton
from pipeline.samples.catalogue import Catalogue
from pipeline.samples.chance import Floats, Ints, picked_by_row, ranks_within, stream
from pipeline.samples.days import Calendar, Month
from pipeline.samples.goods import CATEGORIES, MODELS_PER_SHELF, SEASONS, SHELVES
from pipeline.samples.population import Population
from pipeline.samples.temperament import DOUYIN, JD, PINDUODUO, POS
from pipeline.samples.traps import Traps

EXTRA_LINES = np.array([2.0, 1.3, 0.9, 0.0, 0.6, 0.9])
MOST_LINES = 6
COUPON_FROM_FEN, COUPON_FEN = 30_000, 5_000
FREE_SHIPPING_FEN, SHIPPING_FEN = 9_900, 800
SUBSIDY_RATES = np.array([0.0, 0.0, 0.03, 0.05, 0.04, 0.0])
SUBSIDY_SHARE = 0.25
UNBORN = 1e-9


@dataclass(frozen=True)
class Batch:
    """The orders of one month with their lines, both by order number."""

    month: Month
    orders: pl.DataFrame
    lines: pl.DataFrame


def build_batch(
    seed: int,
    month: Month,
    skeleton: Skeleton,
    population: Population,
    catalogue: Catalogue,
    calendar: Calendar,
    traps: Traps,
) -> Batch:
    """Fill the baskets of one month.

    orders: order (its number), person, channel, at, campaign, coupon_fen, subsidy_fen, shipping_fen, list_fen,
    paid_fen, pieces. lines: order, line (1, 2 …), product, pieces, list_unit_fen, unit_fen, list_fen,
    discount_fen, subsidy_fen, paid_fen (goods only).
    """
    rng = stream(seed, "baskets", month.number)
    heads, first = skeleton.between(month.first, month.last)
    people = population.of(heads["person"], "persona", "spend_level", "coupon_fondness")
    heads = heads.hstack(people).with_columns(order=pl.int_range(first, first + heads.height, dtype=pl.Int64))
    lines = _lines(rng, heads, month, catalogue, traps)
    lines = _priced(rng, lines, heads, first, catalogue, calendar)
    orders = _order_money(rng, heads, lines)
    lines = _shared_out(lines, orders)
    start = pl.lit(calendar.start).cast(pl.Datetime("us"))
    at = start + pl.duration(days="day", seconds="second")
    orders = orders.with_columns(at=at).drop("persona", "spend_level", "coupon_fondness", "second", "habit")
    return Batch(month, orders, lines)


def _lines(
    rng: np.random.Generator, heads: pl.DataFrame, month: Month, catalogue: Catalogue, traps: Traps
) -> pl.DataFrame:
    """Which products and how many pieces; only tills tell the same product twice in one order."""
    channel = heads["channel"].to_numpy()
    counts = 1 + np.minimum(rng.poisson(EXTRA_LINES[channel]), MOST_LINES - 1)
    at = np.repeat(np.arange(heads.height, dtype=np.int64), counts)
    persona = heads["persona"].to_numpy()[at]
    category = picked_by_row(rng, _tastes(month), persona)
    habit = heads["habit"].to_numpy()[at]
    category = np.where((habit != NONE) & (ranks_within(counts) == 0), habit, category)
    level = heads["spend_level"].to_numpy()[at] + rng.normal(0, 0.8, len(at))
    shelf = np.digitize(level, [-0.2, 1.3])
    product = _products(rng, category * SHELVES + shelf, month, catalogue)
    most = np.array([kind.max_pieces for kind in CATEGORIES])[category]
    most = np.where(channel[at] == DOUYIN, 1, most)
    pieces = np.minimum(rng.geometric(0.72, len(at)), most)
    twin = (channel[at] == POS) & (rng.random(len(at)) < traps.twin_line)
    repeats = np.where(twin, 2, 1)
    frame = pl.DataFrame({"at": at, "product": product, "pieces": pieces})
    frame = frame.select(pl.all().gather(np.repeat(np.arange(len(at)), repeats)))
    once = frame.filter(pl.Series(channel).gather(frame["at"]) != POS).unique(["at", "product"], keep="first")
    tills = frame.filter(pl.Series(channel).gather(frame["at"]) == POS)
    return pl.concat([once, tills]).sort("at", "product", "pieces")


def _tastes(month: Month) -> Floats:
    table = np.array([kind.tastes for kind in CATEGORIES]).T
    season = np.array([SEASONS[kind.season][month.starts_on.month - 1] for kind in CATEGORIES])
    return np.asarray(table * season)


def _products(rng: np.random.Generator, place: Ints, month: Month, catalogue: Catalogue) -> Ints:
    """A product of the shelf: the first models sell best, the unborn only where nothing else is on the shelf."""
    weights = np.tile(1 / np.arange(1, MODELS_PER_SHELF + 1), len(CATEGORIES) * SHELVES)
    born = catalogue.products["launched_day"].to_numpy() <= month.first
    table = (weights * born + UNBORN * (~born)).reshape(-1, MODELS_PER_SHELF)
    model = picked_by_row(rng, table, place)
    return np.asarray(place * MODELS_PER_SHELF + model)


def _priced(
    rng: np.random.Generator,
    lines: pl.DataFrame,
    heads: pl.DataFrame,
    first: int,
    catalogue: Catalogue,
    calendar: Calendar,
) -> pl.DataFrame:
    """Prices after the shop's own discount: promotions of the month, shopping days, and odd ones."""
    at, product = lines["at"].to_numpy(), lines["product"].to_numpy()
    promoted = np.where(rng.random(catalogue.products.height) < 0.28, rng.uniform(0.08, 0.25), 0.0)
    strength = calendar.festival_strengths()[heads["day"].to_numpy()[at]] - 1
    odd = np.where(rng.random(len(at)) < 0.06, 0.1, 0.0)
    rate = np.minimum(promoted[product] + 0.09 * strength + odd, 0.55)
    list_unit = catalogue.products["list_fen"].to_numpy()[product]
    unit = np.maximum(np.rint(list_unit * (1 - rate) / 10) * 10, 10).astype(np.int64)
    frame = lines.with_columns(
        order=pl.col("at") + first,
        list_unit_fen=pl.Series(list_unit),
        unit_fen=pl.Series(unit),
    )
    return frame.with_columns(
        list_fen=pl.col("list_unit_fen") * pl.col("pieces"),
        goods_fen=pl.col("unit_fen") * pl.col("pieces"),
        line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("at"),
    )


def _order_money(rng: np.random.Generator, heads: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    size = heads.height
    sums = lines.group_by("order").agg(pl.col("list_fen", "goods_fen", "pieces").sum(), line_count=pl.len())
    orders = heads.join(sums, on="order", maintain_order="left", how="left")
    goods, channel = orders["goods_fen"].to_numpy(), orders["channel"].to_numpy()
    invited = orders["campaign"].to_numpy() != NONE
    uses = (rng.random(size) < orders["coupon_fondness"].to_numpy() * 0.8) | invited
    coupon = np.where(uses & (goods >= COUPON_FROM_FEN), COUPON_FEN, 0)
    helped = (rng.random(size) < SUBSIDY_SHARE) & np.isin(channel, [JD, PINDUODUO, DOUYIN])
    subsidy = np.where(helped, np.rint((goods - coupon) * SUBSIDY_RATES[channel] / 10) * 10, 0).astype(np.int64)
    pays_shipping = (channel != POS) & (goods < FREE_SHIPPING_FEN) & (rng.random(size) < 0.35)
    shipping = np.where(pays_shipping, SHIPPING_FEN, 0)
    return orders.with_columns(
        coupon_fen=pl.Series(coupon),
        subsidy_fen=pl.Series(subsidy),
        shipping_fen=pl.Series(shipping),
        paid_fen=pl.Series(goods - coupon - subsidy + shipping),
    )


def _shared_out(lines: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """Give each line its share of coupon and subsidy: rounded running totals, so the shares add up exactly."""
    place = lines["at"].to_numpy()
    goods = lines["goods_fen"].to_numpy()
    total = orders["goods_fen"].to_numpy()[place]
    overall = np.cumsum(goods)
    begins = np.searchsorted(place, place, side="left")
    running = overall - np.where(begins > 0, overall[begins - 1], 0)

    def share(column: str) -> pl.Series:
        amount = orders[column].to_numpy()[place]
        return pl.Series(amount * running // total - amount * (running - goods) // total)

    frame = lines.with_columns(coupon_fen=share("coupon_fen"), subsidy_fen=share("subsidy_fen"))
    paid = pl.col("goods_fen") - pl.col("coupon_fen") - pl.col("subsidy_fen")
    return frame.with_columns(discount_fen=pl.col("list_fen") - paid, paid_fen=paid).drop("at")
