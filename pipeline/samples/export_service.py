"""What else the retailer knows of people, in canonical columns: consents, service tickets, visits of the app."""

import numpy as np
import polars as pl

from pipeline.samples.chance import FAR, stream
from pipeline.samples.days import Month
from pipeline.samples.marketplace import PRODUCT_FACTS, end_of, product_facts
from pipeline.samples.temperament import CHANNELS
from pipeline.samples.wording import moment, seconds_later, text
from pipeline.samples.world import World

TICKET_SHARE = 0.02
TICKET_CHANNELS = ("电话", "微信", "APP", "门店")
TICKET_REASONS = ("物流查询", "退换货", "商品质量", "发票", "投诉", "积分问题")
GRANTED = {"sms": 0.72, "email": 0.35, "wecom": 0.55, "ads": 0.25}
WITHDRAWN = 0.07
SEEN_SHARE = 0.30
MOST_VIEWS = 4
VIEW_DAYS = 7
BROWSED_SHARE = 0.5
KEYWORDS = ("面霜", "连衣裙", "奶粉", "猫粮", "坚果", "运动鞋", "口红")
REFERRERS = ("小程序", "公众号", "微信广告", "直接访问")


def write_consents(world: World) -> None:
    """One row per change of a consent: given on joining, by some withdrawn later."""
    members = world.population.people.filter("is_member")
    parts = [_consents_of(world, members, number, channel) for number, channel in enumerate(GRANTED)]
    rows = pl.concat(parts).sort("changed_at", "member_no", "phone", "channel", "state")
    stamp = world.calendar.until.strftime("%Y%m%d")
    world.landing.csv(
        f"consents/consents_{stamp}.csv", rows.drop("person_id").with_columns(moment(pl.col("changed_at")))
    )
    world.truth.profiles("consents", rows.select("person_id", "member_no", "phone"))


def _consents_of(world: World, members: pl.DataFrame, number: int, channel: str) -> pl.DataFrame:
    """Texts are agreed to by number, everything else by card; who has no number of their own shows the card."""
    rng = stream(world.seed, "consents", number)
    size, days = members.height, world.calendar.count
    grants = rng.random(size) < GRANTED[channel]
    joined = members["joined_day"].to_numpy()
    withdrawn_day = np.maximum(joined, 0) + 1 + rng.integers(0, days, size)
    withdraws = grants & (rng.random(size) < WITHDRAWN) & (withdrawn_day < days)
    start = pl.lit(world.calendar.start).cast(pl.Datetime("us"))
    second = pl.Series(rng.integers(9 * 3_600, 21 * 3_600, size))
    by_phone = pl.lit(channel == "sms") & pl.col("phone").is_not_null() & pl.Series(rng.random(size) < 0.5)
    facts = members.with_columns(by_phone=by_phone, second=second)

    def change(days_column: pl.Series, state: str, source: str) -> pl.DataFrame:
        return facts.select(
            "person_id",
            phone=pl.when("by_phone").then("phone"),
            member_no=pl.when(~pl.col("by_phone")).then("member_no"),
            channel=pl.lit(channel),
            purpose=pl.lit("marketing"),
            state=pl.lit(state),
            changed_at=start + pl.duration(days=pl.lit(days_column), seconds=pl.col("second")),
            source=pl.lit(source),
        )

    granted = change(pl.Series(joined), "granted", "入会协议").filter(pl.Series(grants))
    withdrawn = change(pl.Series(np.minimum(withdrawn_day, FAR)), "withdrawn", "退订").filter(pl.Series(withdraws))
    return pl.concat([granted, withdrawn])


def write_tickets(world: World, month: Month, orders: pl.DataFrame) -> None:
    """Service tickets of a month, about orders of it; `orders`: order, order_id, channel, person, at."""
    rng = stream(world.seed, "tickets", month.number)
    asks = pl.Series(rng.random(orders.height) < TICKET_SHARE)
    rows = orders.filter(asks)
    size = rows.height
    facts = world.population.of(rows["person"], "person_id", "member_no", "joined_day", "phone", "phone_changed_day")
    opened = seconds_later(pl.col("at"), pl.lit(pl.Series(rng.integers(3_600, 5 * 86_400, size))))
    wait, work = rng.exponential(2_400, size).astype(np.int64) + 20, rng.exponential(70_000, size).astype(np.int64)
    rows = rows.hstack(facts).with_columns(
        opened_at=opened,
        wait=pl.Series(wait),
        work=pl.Series(work),
        reason=pl.Series(TICKET_REASONS).gather(rng.integers(0, len(TICKET_REASONS), size)),
        asked_by=pl.Series(TICKET_CHANNELS).gather(rng.integers(0, len(TICKET_CHANNELS), size)),
        score=pl.Series(np.minimum(rng.binomial(5, 0.82, size) + 1, 5)),
        rates=pl.Series(rng.random(size) < 0.6),
    )
    rows = rows.filter(pl.col("opened_at") <= _last_moment(world)).with_columns(
        known_member=pl.when(pl.col("joined_day") <= pl.col("day")).then("member_no"),
        known_phone=pl.when(pl.col("day") >= pl.col("phone_changed_day")).then("phone")
        .when(pl.col("phone_changed_day") == FAR).then("phone"),
    )  # fmt: skip
    _write_ticket_rows(world, month, rows)


def _last_moment(world: World) -> pl.Expr:
    return pl.lit(end_of(world.calendar.months()[-1]))


def _write_ticket_rows(world: World, month: Month, rows: pl.DataFrame) -> None:
    first = seconds_later(pl.col("opened_at"), pl.col("wait"))
    closed = seconds_later(first, pl.col("work"))
    last = _last_moment(world)
    is_closed = closed <= last
    phone = pl.when(pl.col("known_member").is_null()).then("known_phone")
    sheet = rows.sort("opened_at", "order").select(
        "person_id",
        ticket_id=pl.format("GD{}", pl.col("order") + 10_000_000),
        opened_at=moment(pl.col("opened_at")),
        channel="asked_by",
        reason="reason",
        order_id="order_id",
        member_no="known_member",
        phone=phone,
        first_response_at=moment(pl.when(first <= last).then(first)),
        closed_at=moment(pl.when(is_closed).then(closed)),
        satisfaction_score=pl.when(is_closed & pl.col("rates")).then(text(pl.col("score"))),
    )
    world.landing.csv(f"tickets/tickets_{month.stamp}.csv", sheet.drop("person_id"))
    world.truth.profiles("tickets", sheet.select("person_id", "member_no", "phone"))


def write_events(world: World, month: Month, lines: pl.DataFrame) -> None:
    """Visits in the days before an order, by people whom WeChat knows; `lines`: person, at, product.

    Half of them look at what they then buy, in a shop or online; the others at something else.
    """
    rng = stream(world.seed, "events", month.number)
    facts = world.population.of(lines["person"], "person_id", "unionid", "external_userid", "member_no", "joined_day")
    seen = pl.Series(rng.random(lines.height) < SEEN_SHARE)
    rows = lines.select("person", "at", "day", "product").hstack(facts)
    rows = rows.filter(seen & pl.col("unionid").is_not_null())
    rows = rows.select(pl.all().gather(np.repeat(np.arange(rows.height), rng.integers(1, MOST_VIEWS + 1, rows.height))))
    size = rows.height
    other = rng.integers(0, world.catalogue.products.height, size)
    product = np.where(rng.random(size) < BROWSED_SHARE, rows["product"].to_numpy(), other)
    kind = pl.Series(["view", "cart", "favourite", "search", "share"]).gather(
        np.searchsorted([0.72, 0.84, 0.89, 0.97], rng.random(size))
    )
    rows = rows.drop("product").hstack(product_facts(world.catalogue, pl.Series(product)).select(PRODUCT_FACTS[0]))
    before = pl.lit(pl.Series(-rng.integers(600, VIEW_DAYS * 86_400, size)))
    rows = rows.with_columns(
        event_at=seconds_later(pl.col("at"), before),
        event_type=kind,
        word=pl.Series(KEYWORDS).gather(rng.integers(0, len(KEYWORDS), size)),
        seconds=pl.Series(rng.integers(3, 240, size)),
        came_from=pl.Series(REFERRERS).gather(rng.integers(0, len(REFERRERS), size)),
    ).sort("event_at", "unionid", "sku", "event_type")
    _write_event_rows(world, month, rows)


def _write_event_rows(world: World, month: Month, rows: pl.DataFrame) -> None:
    searches = pl.col("event_type") == "search"
    sheet = rows.select(
        "person_id",
        event_at=moment(pl.col("event_at")),
        event_type="event_type",
        unionid="unionid",
        external_userid="external_userid",
        member_no=pl.when(pl.col("joined_day") <= pl.col("day")).then("member_no"),
        sku=pl.when(~searches).then("sku"),
        keyword=pl.when(searches).then("word"),
        duration_seconds=pl.when(pl.col("event_type") == "view").then(text(pl.col("seconds"))),
        referrer="came_from",
    )
    world.landing.csv(f"events/events_{month.stamp}.csv", sheet.drop("person_id"))
    world.truth.profiles("events", sheet.select("person_id", "unionid", "external_userid", "member_no"))


def all_orders(parts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The orders of all channels of a month as the service desk sees them."""
    columns = ("order", "order_id", "person", "day", "at")
    frames = [part.select(*columns, pl.lit(name).alias("channel")) for name, part in parts.items()]
    order = {name: place for place, name in enumerate(CHANNELS)}
    return pl.concat(frames).sort(pl.col("channel").replace_strict(order), "order")
