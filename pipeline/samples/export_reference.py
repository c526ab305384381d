"""The retailer's own tables in canonical columns: products, stores, stock, campaigns, contacts, marketing spend."""

import numpy as np
import polars as pl

from pipeline.samples.behaviour import Skeleton
from pipeline.samples.campaigns import campaign_codes
from pipeline.samples.chance import stream
from pipeline.samples.temperament import CHANNELS
from pipeline.samples.wording import moment, yuan
from pipeline.samples.world import World

COST_PER_NEW_FEN = np.array([3_500, 9_000, 8_000, 4_500, 11_000, 3_000])
MOST_ON_HAND = 240
YES, NO = "是", "否"


def write_reference(world: World, skeleton: Skeleton) -> None:
    """Write all of them as they stand on the last day."""
    stamp = world.calendar.until.strftime("%Y%m%d")
    _write_products(world, stamp)
    stores = world.catalogue.stores.select(
        "store_id", "store_name", "province", "city", is_test=pl.when("is_test").then(pl.lit(YES)).otherwise(pl.lit(NO))
    )
    world.landing.csv(f"stores/stores_{stamp}.csv", stores)
    _write_stock(world, stamp)
    _write_spend(world, stamp, skeleton)
    _write_campaigns(world, stamp)


def _write_products(world: World, stamp: str) -> None:
    """Each product under its own number and under Tmall's, which is all that Tmall's newest report tells."""
    products = world.catalogue.products
    listed = pl.concat([products, products.with_columns(sku=pl.col("item_id").cast(pl.String))])
    sheet = listed.select(
        "sku",
        "product_name",
        "category",
        "brand",
        unit_cost=yuan(pl.col("cost_fen")),
        list_price=yuan(pl.col("list_fen")),
        launched_on="launched_on",
    )
    world.landing.csv(f"products/products_{stamp}.csv", sheet)


def _write_stock(world: World, stamp: str) -> None:
    rng = stream(world.seed, "stock")
    stores = world.catalogue.stores.filter(~pl.col("is_test")).select("store_id")
    rows = stores.join(world.catalogue.products.select("sku"), how="cross")
    counted = pl.Series(rng.integers(0, MOST_ON_HAND, rows.height))
    rows = rows.select("sku", "store_id", on_hand=counted, counted_on=pl.lit(world.calendar.until))
    world.landing.csv(f"stock/stock_{stamp}.csv", rows)


def _write_spend(world: World, stamp: str, skeleton: Skeleton) -> None:
    """Money for each channel and day: more on strong days, in step with the new buyers it brings."""
    rng = stream(world.seed, "spend")
    days = world.calendar.count
    channel = skeleton.channel[np.unique(skeleton.person, return_index=True)[1]]
    per_day = np.bincount(channel, minlength=len(CHANNELS)) / days
    base = per_day * COST_PER_NEW_FEN
    weights = world.calendar.weights()[:, None] * rng.gamma(12, 1 / 12, (days, len(CHANNELS)))
    spend = np.rint(base[None, :] * weights).astype(np.int64)
    on = pl.Series([world.calendar.on(day) for day in range(days)])
    rows = pl.DataFrame(
        {
            "spent_on": on.gather(np.repeat(np.arange(days), len(CHANNELS))),
            "channel": pl.Series(CHANNELS).gather(np.tile(np.arange(len(CHANNELS)), days)),
            "fen": spend.ravel(),
        }
    )
    rows = rows.select("spent_on", "channel", spend_amount=yuan(pl.col("fen")))
    world.landing.csv(f"spend/spend_{stamp}.csv", rows)


def _write_campaigns(world: World, stamp: str) -> None:
    campaigns = world.campaigns.campaigns
    if campaigns.is_empty():
        return
    sheet = campaigns.select(
        "campaign_id", "name", "channel", "started_on", "ended_on", cost_amount=yuan(pl.col("cost_fen"))
    )
    world.landing.csv(f"campaigns/campaigns_{stamp}.csv", sheet)
    end = (world.calendar.count) * 86_400 - 1
    facts = world.population.of(world.campaigns.contacts["person"], "member_no", "person_id")
    contacts = world.campaigns.contacts.hstack(facts)
    start = pl.lit(world.calendar.start).cast(pl.Datetime("us"))

    def told(name: str) -> pl.Expr:
        known = pl.col(name).is_between(0, end)
        return moment(pl.when(known).then(start + pl.duration(seconds=pl.col(name))))

    rows = contacts.select(
        campaign_id=campaign_codes(),
        member_no="member_no",
        sent_at=told("sent"),
        is_control=pl.when("is_control").then(pl.lit(YES)).otherwise(pl.lit(NO)),
        delivered_at=told("delivered"),
        opened_at=told("opened"),
        clicked_at=told("clicked"),
        responded_at=told("responded"),
    )
    world.landing.csv(f"contacts/contacts_{stamp}.csv", rows)
    world.truth.profiles("contacts", contacts.select("person_id", "member_no"))
