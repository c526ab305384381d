"""The members export, once in the middle and once at the end: one row per card, with all that clerks get wrong.

A mistake belongs to the card, so both exports repeat it; what changed in between, such as a new phone, differs.
"""

import numpy as np
import polars as pl

from pipeline.samples.chance import FAR, stream
from pipeline.samples.contacts import PLACEHOLDER_PHONES, clerk_phones
from pipeline.samples.headers import MEMBERS
from pipeline.samples.ledger_of_points import PointLedger
from pipeline.samples.marketplace import first_state
from pipeline.samples.names import HOMOPHONES
from pipeline.samples.output import laid_out
from pipeline.samples.reach import phone_on
from pipeline.samples.traps import Traps
from pipeline.samples.wording import slashed
from pipeline.samples.world import World

TIERS = ("普通会员", "银卡会员", "金卡会员")
SOURCES = ("门店", "天猫", "抖音", "小程序", "朋友推荐", "京东")
PLACEHOLDER_BIRTHDAY = "1900-01-01"
FULL_WIDTH = dict(zip("0123456789", "０１２３４５６７８９", strict=True))
NO_PHONE, LANDLINE = 0.04, 0.005
CANCELLED_SHARE = 0.008
PERSON_FACTS = (
    "person_id", "name", "is_female", "birth_date", "phone", "family_phone", "old_phone", "phone_changed_day",
    "email", "unionid", "member_no", "second_no", "joined_day", "second_day", "second_replaces", "joined_store",
    "full_province", "province", "city", "address", "place_in_household",
)  # fmt: skip


def write_members(world: World, day: int, points: PointLedger) -> None:
    """Write the export of a day: the cards given out until then."""
    cards = _cards(world).filter(pl.col("opened_day") <= day)
    cards = cards.with_columns(today=pl.lit(day, pl.Int64))
    cards = _balances(cards, points, world.traps)
    on = world.calendar.on(day)
    sheet = laid_out(cards, MEMBERS, _cells(world))
    name = f"members/members_{on:%Y%m%d}"
    world.truth.profiles("club", cards.select("person_id", "member_no"))
    if world.in_workbooks:
        world.landing.xlsx(f"{name}.xlsx", "会员", sheet)
    else:
        world.landing.csv(f"{name}.csv", sheet)


def note_traps(world: World) -> None:
    """Tell the truth which members are hard to recognise, and why."""
    cards = _cards(world)
    world.truth.traps("clerk_phone", cards.filter("has_clerk_phone")["person_id"])
    world.truth.traps("name_typo", cards.filter("name_typo")["person_id"])
    world.truth.traps("phone_typo", cards.filter("phone_typo")["person_id"])
    people = world.population.people
    world.truth.traps("shared_phone", people.filter(pl.col("phone").is_null())["person_id"])
    world.truth.traps("changed_phone", people.filter(pl.col("old_phone").is_not_null())["person_id"])
    second = people.filter(pl.col("second_no").is_not_null() & pl.col("is_member"))
    world.truth.traps("reissued_card", second.filter("second_replaces")["person_id"])
    world.truth.traps("double_registration", second.filter(~pl.col("second_replaces"))["person_id"])


def _cards(world: World) -> pl.DataFrame:
    """One row per card ever given out, with its mistakes."""
    people = world.population.people.with_row_index("person").filter("is_member").select("person", *PERSON_FACTS)
    first = people.with_columns(opened_day="joined_day", is_second=pl.lit(value=False))
    second = people.filter(pl.col("second_day") < FAR).with_columns(
        member_no="second_no", opened_day="second_day", is_second=pl.lit(value=True)
    )
    cards = pl.concat([first, second]).sort("person", "is_second")
    rng = stream(world.seed, "member rows")
    draws = {name: pl.Series(rng.random(cards.height)) for name in ("d_phone", "d_name", "d_birth", "d_state", "d_odd")}
    traps = world.traps
    cards = cards.with_columns(**draws).with_columns(
        source=pl.Series(SOURCES).gather(rng.integers(0, len(SOURCES), cards.height)),
        opened_second=pl.Series(rng.integers(9 * 3_600, 21 * 3_600, cards.height)),
        wrong_digit=pl.Series(rng.integers(1, 10, cards.height)),
    )
    steps = np.cumsum([NO_PHONE, LANDLINE, traps.placeholder_phone, traps.clerk_phone, traps.phone_typo])
    draw, in_shop = pl.col("d_phone"), pl.col("joined_store") >= 0
    return cards.with_columns(
        no_phone=draw < steps[0],
        landline=draw.is_between(steps[0], steps[1], closed="left"),
        placeholder=draw.is_between(steps[1], steps[2], closed="left"),
        has_clerk_phone=draw.is_between(steps[2], steps[3], closed="left") & in_shop,
        phone_typo=draw.is_between(steps[3], steps[4], closed="left"),
        name_typo=(pl.col("d_name") < traps.name_typo) & _homophone().ne_missing(pl.col("name").str.slice(-1)),
    )


def _homophone() -> pl.Expr:
    last = pl.col("name").str.slice(-1)
    return last.replace_strict(list(HOMOPHONES), list(HOMOPHONES.values()), default=last, return_dtype=pl.String)


def _balances(cards: pl.DataFrame, points: PointLedger, traps: Traps) -> pl.DataFrame:
    """Points as reported: the ledger's, but for a few that a till forgot."""
    balance = points.balance_of(cards)
    lost = pl.col("d_state").is_between(0.5, 0.5 + traps.lost_points)
    return cards.with_columns(balance=balance).with_columns(
        balance=pl.when(lost).then(pl.col("balance") + 50).otherwise("balance")
    )


def _phone(traps: Traps, clerks: pl.Series) -> pl.Expr:
    real = phone_on("today")
    wrong = pl.concat_str(
        real.str.slice(0, 10), (real.str.slice(10, 1).cast(pl.Int64) + pl.col("wrong_digit")) % 10, ignore_nulls=False
    )
    invented = pl.lit(pl.Series(PLACEHOLDER_PHONES)).gather(pl.col("person") % len(PLACEHOLDER_PHONES))
    clerk = pl.lit(clerks).gather(pl.max_horizontal("joined_store", pl.lit(0)))
    written = _odd(real, traps)
    return (
        pl.when("no_phone")
        .then(None)
        .when("landline")
        .then(pl.format("021-6{}", (pl.col("person") % 9_000_000).cast(pl.String).str.zfill(7)))
        .when("placeholder")
        .then(invented)
        .when("has_clerk_phone")
        .then(clerk)
        .when("phone_typo")
        .then(wrong)
        .otherwise(written)
    )


def _odd(phone: pl.Expr, traps: Traps) -> pl.Expr:
    """A right number in another dress."""
    draw = pl.col("d_odd") / traps.odd_phone
    spaced = pl.concat_str(phone.str.slice(0, 3), phone.str.slice(3, 4), phone.str.slice(7, 4), separator=" ")
    return (
        pl.when(draw < 0.35)
        .then(pl.concat_str(pl.lit("+86 "), spaced))
        .when(draw < 0.65)
        .then(spaced.str.replace_all(" ", "-"))
        .when(draw < 0.85)
        .then(pl.concat_str(pl.lit(" "), phone, pl.lit(" ")))
        .when(draw < 1.0)
        .then(phone.str.replace_many(FULL_WIDTH))
        .otherwise(phone)
    )


def _birthday(traps: Traps) -> pl.Expr:
    draw, on = pl.col("d_birth"), pl.col("birth_date")
    invented = traps.missing_birthday + traps.placeholder_birthday
    return (
        pl.when(draw < traps.missing_birthday)
        .then(None)
        .when(draw < invented)
        .then(pl.lit(PLACEHOLDER_BIRTHDAY))
        .when(draw < invented + 0.1)
        .then(on.dt.strftime("%Y/%-m/%-d"))
        .otherwise(on.dt.strftime("%Y-%m-%d"))
    )


def _cells(world: World) -> dict[str, pl.Expr]:
    traps = world.traps
    stores = world.catalogue.stores["store_id"]
    opened_at = (
        pl.lit(world.calendar.start).cast(pl.Datetime("us"))
        + pl.duration(days=pl.col("opened_day"), seconds=pl.col("opened_second"))
    )  # fmt: skip
    typed = pl.concat_str(pl.col("name").str.head(-1), _homophone())
    at_a_shop = (pl.col("joined_store") >= 0) & (pl.col("d_odd") < 0.8)
    replaced = (pl.col("second_day") <= pl.col("today")) & pl.col("second_replaces") & ~pl.col("is_second")
    return {
        "会员卡号": pl.col("member_no"),
        "姓名": pl.when("name_typo").then(typed).otherwise("name"),
        "手机号": _phone(traps, clerk_phones(world.catalogue.store_count)),
        "邮箱": pl.when(pl.col("d_name") < 0.5).then(pl.col("email").str.to_uppercase()).otherwise("email"),
        "性别": pl.when(pl.col("d_name") > 0.8).then(None).when("is_female").then(pl.lit("女")).otherwise(pl.lit("男")),
        "生日": _birthday(traps),
        "入会时间": slashed(opened_at),
        "开卡门店": pl.lit(stores).gather(pl.when(pl.col("joined_store") >= 0).then("joined_store")),
        "会员等级": pl.lit(pl.Series(TIERS)).gather((pl.col("balance") // 5_000).clip(0, 2)),
        "积分": pl.col("balance"),
        "来源渠道": pl.when(at_a_shop).then(pl.lit("门店")).otherwise("source"),
        "状态": first_state((replaced, "挂失"), (pl.col("d_state") > 1 - CANCELLED_SHARE, "注销"), otherwise="正常"),
        "unionid": pl.when(pl.col("d_state") < 0.9).then("unionid"),
        "省份": pl.when(pl.col("d_birth") < 0.5).then("province").otherwise("full_province"),
        "城市": pl.col("city"),
        "地址": pl.when(pl.col("d_name") < 0.65).then("address"),
    }  # fmt: skip
