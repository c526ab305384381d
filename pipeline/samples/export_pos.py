"""The tills' ticket lists: one file per store and month, returns as negative rows, a total at the foot.

Tickets start again every day in every store. Some files tell the last days of the month before again, some come
compressed, some write money with separators; the test store rings up goods that nobody bought.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.samples.baskets import Batch
from pipeline.samples.campaigns import campaign_codes
from pipeline.samples.catalogue import TEST_STORE_ID
from pipeline.samples.chance import picked, stream
from pipeline.samples.days import Month
from pipeline.samples.fates import DAY, REFUNDED
from pipeline.samples.headers import POS_TICKETS
from pipeline.samples.marketplace import product_facts
from pipeline.samples.output import laid_out
from pipeline.samples.temperament import POS
from pipeline.samples.tills import TICKET_FACTS, shown_keys
from pipeline.samples.wording import grouped, moment, slashed, text, yuan
from pipeline.samples.world import World

AGAIN_DAYS = 3
OTHER_STORE = 0.08
TEST_TICKETS = 6
TEST_EVERY_MONTHS = 3
PAYMENTS = ("微信支付", "支付宝", "现金", "银行卡", "储值卡")
PAYMENT_WEIGHTS = np.array([0.50, 0.30, 0.08, 0.07, 0.05])
OPENS, OPEN_SECONDS = 10 * 3_600, 11 * 3_600
FOOTER = "合计"
Rows = pl.DataFrame


@dataclass
class Tills:
    """All stores' tills; keeps what comes back next month and what is told again."""

    returning: Rows | None = None
    last_days: Rows | None = None

    def month(self, world: World, batch: Batch) -> Rows:
        """Write the files of a month; gives the rows of tickets, sales and returns, with their buyers."""
        sales = self._sales(world, batch)
        returns = self._due_returns(sales, batch.month)
        tickets = _numbered(pl.concat([sales, returns]))
        world.truth.profiles("pos", tickets.select("person_id", "member_no", "phone"))
        world.truth.orders("pos", tickets.unique("order_id", maintain_order=True))
        told = pl.concat([tickets, _test_tickets(world, batch, tickets)])
        _write(world, batch.month, told, self.last_days)
        self.last_days = told.filter(pl.col("day") > batch.month.last - AGAIN_DAYS)
        return tickets

    def _sales(self, world: World, batch: Batch) -> Rows:
        rng = stream(world.seed, "tills", batch.month.number)
        orders = batch.orders.filter(pl.col("channel") == POS)
        size = orders.height
        people = world.population.of(orders["person"], *TICKET_FACTS)
        home = people["home_store"].to_numpy()
        store = np.where(rng.random(size) < OTHER_STORE, rng.integers(0, world.catalogue.store_count, size), home)
        orders = shown_keys(rng, orders.hstack(people), world.traps).with_columns(
            store=pl.Series(store),
            till=pl.Series(rng.integers(1, 4, size)),
            payment=pl.Series(PAYMENTS).gather(picked(rng, PAYMENT_WEIGHTS, size)),
        )
        facts = orders.select(
            "order", "person", "person_id", "store", "till", "payment", "day", "at", "campaign",
            "member_no", "phone", "shown_phone",
        )  # fmt: skip
        lines = batch.lines.join(facts, on="order", how="inner", maintain_order="left")
        lines = lines.hstack(product_facts(world.catalogue, lines["product"]))
        return lines.with_columns(is_return=pl.lit(value=False)).sort("order", "line")

    def _due_returns(self, sales: Rows, month: Month) -> Rows:
        """Goods brought back this month, whenever they were bought: their own tickets, in the same store."""
        back = _as_returns(sales.filter(pl.col("refund_state") == REFUNDED))
        waiting = back if self.returning is None else pl.concat([self.returning, back])
        self.returning = waiting.filter(pl.col("day") > month.last)
        return waiting.filter(pl.col("day") <= month.last)


def _as_returns(rows: Rows) -> Rows:
    later = (pl.col("refunded_at") - pl.col("at")).dt.total_seconds() // DAY + 1
    pieces = pl.col("refund_pieces")
    second = OPENS + (pl.col("order") * 37 + pl.col("line") * 601) % OPEN_SECONDS
    paid, full = -pl.col("refund_fen"), -(pl.col("list_unit_fen") * pieces)
    return rows.with_columns(
        day=pl.col("day") + later,
        at=pl.col("at").dt.truncate("1d") + pl.duration(days=later, seconds=second),
        pieces=-pieces,
        list_fen=full,
        discount_fen=full - paid,
        paid_fen=paid,
        is_return=pl.lit(value=True),
        campaign=pl.lit(-1, pl.Int64),
        coupon_fen=pl.lit(0, pl.Int64),
    )


def _numbered(rows: Rows) -> Rows:
    """Give every sale and every return its ticket and order_id."""
    documents = rows.group_by("store", "day", "order", "is_return").agg(first_at=pl.col("at").min())
    documents = documents.sort("store", "day", "first_at", "order", "is_return").with_columns(
        ticket=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("store", "day").cast(pl.String).str.zfill(4)
    )
    rows = rows.join(documents, on=["store", "day", "order", "is_return"], how="left", maintain_order="left")
    store_id = pl.format("S{}", (pl.col("store") + 1).cast(pl.String).str.zfill(3))
    rows = rows.with_columns(at="first_at", store_id=store_id).sort("store", "at", "ticket", "line")
    return rows.with_columns(
        order_id=pl.format("{}@{}@{}", "ticket", "store_id", pl.col("at").dt.strftime("%Y%m%d")),
        row_in_ticket=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("store", "day", "ticket"),
    ).drop("first_at")


def _test_tickets(world: World, batch: Batch, tickets: Rows) -> Rows:
    """What the head office rings up to try its tills, every few months."""
    if batch.month.number % TEST_EVERY_MONTHS or tickets.is_empty():
        return tickets.clear()
    chosen = tickets.filter(~pl.col("is_return")).unique(["store", "day"], keep="first", maintain_order=True)
    nobody = pl.lit(None, pl.String)
    return chosen.head(TEST_TICKETS).with_columns(
        store=pl.lit(world.catalogue.store_count, pl.Int64),
        store_id=pl.lit(TEST_STORE_ID),
        ticket=pl.format("9{}", pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(3)),
        row_in_ticket=pl.lit(1, pl.Int64),
        member_no=nobody,
        phone=nobody,
        shown_phone=nobody,
        person_id=nobody,
    )


def _write(world: World, month: Month, tickets: Rows, last_days: Rows | None) -> None:
    rng = stream(world.seed, "pos files", month.number)
    stores = world.catalogue.stores
    again = rng.random(stores.height) < world.traps.pos_overlap
    packed = rng.random(stores.height) < world.traps.pos_gzip
    if last_days is not None:
        repeated = last_days.filter(pl.Series(again).gather(last_days["store"]))
        tickets = pl.concat([repeated, tickets])
    parts = tickets.partition_by("store", as_dict=True, maintain_order=True)
    for (number,), rows in sorted(parts.items()):
        ending = ".csv.gz" if packed[number] else ".csv"
        name = f"pos/{stores['store_id'][number]}_{month.stamp}{ending}"
        world.landing.csv(name, _sheet(rows, number, stores["store_name"][number]), "gb18030")


def _sheet(rows: Rows, number: int, store_name: str) -> pl.DataFrame:
    """One store's file in its dress, with the total at its foot."""
    money = grouped if number % 3 == 1 else yuan
    time = slashed if number % 2 else moment
    nothing = pl.lit("-") if number % 4 == 2 else pl.lit(None, pl.String)
    cells = {
        "门店编号": pl.col("store_id"),
        "门店名称": pl.lit(store_name),
        "收款台": pl.format("0{}", "till"),
        "小票号": pl.col("ticket"),
        "行号": text(pl.col("row_in_ticket")),
        "消费时间": time(pl.col("at")),
        "会员卡号": pl.col("member_no").fill_null(nothing),
        "手机号": pl.col("shown_phone").fill_null(nothing),
        "商品编码": pl.col("sku"),
        "商品名称": pl.col("product_name"),
        "商品分类": pl.col("category"),
        "销售数量": text(pl.col("pieces")),
        "原价": money(pl.col("list_unit_fen")),
        "折扣金额": money(pl.col("discount_fen")),
        "实收金额": money(pl.col("paid_fen")),
        "支付方式": pl.col("payment"),
        "优惠券号": pl.when(pl.col("coupon_fen") > 0).then(pl.lit("MJ300-50")),
        "活动编号": pl.when(pl.col("campaign") >= 0).then(campaign_codes()),
        "收款员代码": pl.format("{}{}", "store_id", "till"),
    }
    totals = rows.select(pl.col("pieces", "discount_fen", "paid_fen").sum())
    footer = {
        "门店编号": pl.lit(FOOTER),
        "销售数量": text(pl.col("pieces")),
        "折扣金额": money(pl.col("discount_fen")),
        "实收金额": money(pl.col("paid_fen")),
    }
    return pl.concat([laid_out(rows, POS_TICKETS, cells), laid_out(totals, POS_TICKETS, footer)])
