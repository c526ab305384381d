"""The people of the sample and how they buy: rates in their bands, money to the fen, states in their order."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest

from pipeline.samples.baskets import Batch, build_batch
from pipeline.samples.behaviour import Skeleton, build_skeleton
from pipeline.samples.campaigns import Campaigns, build_campaigns
from pipeline.samples.catalogue import Catalogue, build_catalogue
from pipeline.samples.chance import picked_by_row, random_text, ranks_within, stream
from pipeline.samples.contacts import PLACEHOLDER_PHONES, phone_numbers
from pipeline.samples.days import Calendar, festival_strength
from pipeline.samples.fates import as_known, with_fates
from pipeline.samples.output import workbook
from pipeline.samples.population import Population, build_population
from pipeline.samples.traps import Traps
from pipeline.samples.wording import grouped, masked_name, masked_phone, slashed, yuan

CUSTOMERS = 6_000
CALENDAR = Calendar(date(2026, 10, 31), 365)
TRAPS = Traps()
NOON = datetime.fromisoformat("2026-09-01T14:05:07")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build_catalogue(3, CALENDAR, CUSTOMERS)


@pytest.fixture(scope="module")
def population(catalogue) -> Population:
    return build_population(3, CUSTOMERS, CALENDAR, catalogue, TRAPS)


@pytest.fixture(scope="module")
def campaigns(population) -> Campaigns:
    return build_campaigns(3, population, CALENDAR)


@pytest.fixture(scope="module")
def skeleton(population, campaigns) -> Skeleton:
    return build_skeleton(3, population, CALENDAR, campaigns)


@pytest.fixture(scope="module")
def batch(population, catalogue, skeleton) -> Batch:
    month = CALENDAR.months()[5]
    return with_fates(3, build_batch(3, month, skeleton, population, catalogue, CALENDAR, TRAPS), TRAPS)


def test_people_are_as_many_as_asked_and_their_keys_their_own(population):
    people = population.people
    assert people.height == CUSTOMERS
    for key in ("person_id", "phone", "old_phone", "email", "unionid", "external_userid", "tmall_nick", "jd_account"):
        assert people[key].drop_nulls().is_unique().all(), key
    cards = pl.concat([people["member_no"], people["second_no"].rename("member_no")]).drop_nulls()
    assert cards.is_unique().all()


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        (pl.col("is_member").mean(), 0.38, 0.52),
        (pl.col("old_phone").is_not_null().mean(), 0.04, 0.08),
        (pl.col("phone").is_null().mean(), 0.015, 0.06),
        (pl.col("second_no").is_not_null().mean(), 0.005, 0.03),
        (pl.col("email").is_not_null().mean(), 0.28, 0.36),
        ((pl.col("name").str.len_chars() == 3).mean(), 0.80, 0.90),
        (pl.col("name").str.starts_with("王").mean(), 0.07, 0.13),
    ],
)
def test_shares_of_people_are_in_their_bands(population, share, low, high):
    assert low < population.people.select(share).item() < high


def test_households_share_an_address_and_children_the_fathers_surname(population):
    people = population.people
    assert people.group_by("household").agg(pl.col("address").n_unique())["address"].max() == 1
    three = people.filter(pl.len().over("household") == 3).sort("household", "place_in_household")
    fathers = three.filter(~pl.col("is_female") & (pl.col("place_in_household") < 2))
    children = three.filter(pl.col("place_in_household") == 2)
    pairs = children.join(fathers, on="household")
    assert pairs.height == children.height
    assert (pairs["surname_pinyin"] == pairs["surname_pinyin_right"]).all()


def test_purchases_differ_from_person_to_person_more_than_chance(skeleton):
    counts = np.bincount(skeleton.person, minlength=CUSTOMERS)
    assert 4 < counts.mean() < 9
    assert counts.var() > 3 * counts.mean()
    assert 0.03 < (counts == 0).mean() < 0.15


def test_every_channel_sells_and_shops_the_most(skeleton):
    shares = np.bincount(skeleton.channel, minlength=6) / len(skeleton.channel)
    assert shares.argmax() == 0
    assert shares.min() > 0.03


def test_shopping_days_and_weekends_are_stronger(skeleton):
    per_day = np.bincount(skeleton.day, minlength=CALENDAR.count)
    number = (date(2026, 6, 18) - CALENDAR.start).days
    assert per_day[number] > 1.6 * per_day.mean()
    weekdays = np.array([CALENDAR.on(day).weekday() for day in range(CALENDAR.count)])
    assert per_day[weekdays == 5].mean() > per_day[weekdays == 1].mean()


def test_campaigns_move_the_treated_and_not_the_held_out(campaigns):
    contacts = campaigns.contacts
    held_out = contacts.filter("is_control")
    assert 0.08 < held_out.height / contacts.height < 0.16
    assert (held_out["delivered"] == -1).all()
    assert not held_out["buys"].any()
    assert contacts.filter(~pl.col("is_control"))["buys"].mean() > 0.02


def test_money_of_lines_adds_up_to_the_order_to_the_fen(batch):
    sums = batch.lines.group_by("order").agg(
        pl.col("paid_fen", "shipping_fen", "subsidy_fen", "coupon_fen", "list_fen", "discount_fen").sum()
    )
    both = batch.orders.filter(~pl.col("is_trial")).join(sums, on="order", suffix="_lines")
    assert (both["paid_fen"] == both["paid_fen_lines"] + both["shipping_fen_lines"]).all()
    assert (both["coupon_fen"] == both["coupon_fen_lines"]).all()
    assert (both["subsidy_fen"] == both["subsidy_fen_lines"]).all()
    assert (batch.lines["list_fen"] - batch.lines["discount_fen"] == batch.lines["paid_fen"]).all()
    assert (batch.lines["paid_fen"] >= 0).all()


def test_states_follow_each_other_and_returns_stay_below_what_was_paid(batch):
    orders, lines = batch.orders, batch.lines
    done = orders.filter(pl.col("done_at").is_not_null())
    assert (done["at"] <= done["paid_at"]).all()
    assert (done["paid_at"] <= done["shipped_at"]).all()
    assert (done["shipped_at"] <= done["done_at"]).all()
    assert (lines["refund_fen"] <= lines["paid_fen"] + lines["shipping_fen"]).all()
    assert 0.03 < (lines["refund_fen"] > 0).mean() < 0.12
    online = orders.filter(pl.col("channel") > 0)
    assert 0.01 < online["is_unpaid"].mean() < 0.045


def test_what_happens_later_is_not_known_yet(batch):
    moment = datetime.fromisoformat("2026-04-15T12:00")
    orders, lines = as_known(batch.orders, batch.lines, moment)
    assert (orders["at"] <= moment).all()
    assert (orders["done_at"].drop_nulls() <= moment).all()
    assert (lines["refunded_at"].drop_nulls() <= moment).all()
    assert lines.filter(pl.col("refunded_at").is_null())["refund_fen"].sum() == 0
    assert set(lines["order"]) == set(orders["order"])


def test_products_are_not_sold_before_they_are_born(batch, catalogue):
    launched = catalogue.products["launched_day"].gather(batch.lines["product"])
    assert (launched <= batch.month.first).all()


def test_phones_are_different_and_look_real():
    phones = phone_numbers(50_000)
    assert phones.is_unique().all()
    assert phones.str.contains(r"^1[3-9]\d{9}$").all()
    assert not phones.is_in(PLACEHOLDER_PHONES).any()
    assert phone_numbers(100).to_list() == phones.head(100).to_list()


def test_months_cover_every_day_once():
    months = CALENDAR.months()
    assert [day for month in months for day in range(month.first, month.last + 1)] == list(range(365))
    assert (months[0].starts_on, months[-1].ends_on, months[-1].stamp) == (
        date(2025, 11, 1),
        date(2026, 10, 31),
        "20261031",
    )
    assert Calendar(date(2026, 3, 10), 12).months()[0].starts_on == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("day", "strength"),
    [(date(2026, 11, 11), 3.2), (date(2026, 6, 18), 2.6), (date(2026, 4, 2), 1.0)],
)
def test_festival_strength(day, strength):
    assert festival_strength(day) == pytest.approx(strength)


def test_wording():
    frame = pl.DataFrame({"fen": [0, 5, -129900, 123456789], "at": [NOON] * 4, "phone": ["13812345678"] * 4})
    told = frame.select(
        yuan(pl.col("fen")).alias("yuan"),
        grouped(pl.col("fen")).alias("grouped"),
        slashed(pl.col("at")).alias("at"),
        masked_phone(pl.col("phone")).alias("phone"),
        masked_name(pl.lit("张三丰")).alias("name"),
    )
    assert told["yuan"].to_list() == ["0.00", "0.05", "-1299.00", "1234567.89"]
    assert told["grouped"].to_list() == ["0.00", "0.05", "-1,299.00", "1,234,567.89"]
    assert told.row(0)[2:] == ("2026/9/1 14:05", "138****5678", "张**")


def test_workbook_keeps_text_numbers_gaps_and_signs(tmp_path):
    empty = pl.Series([None] * 3, dtype=pl.String)
    frame = pl.DataFrame({"单号": ["0012", None, "a&<b>"], "积分": [5, 7, None], "空": empty})
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook("表", frame))
    read = pl.read_excel(path, infer_schema_length=0)
    assert read["单号"].to_list() == ["0012", None, "a&<b>"]
    assert read["积分"].to_list() == ["5", "7", None]
    assert read.columns == ["单号", "积分", "空"]


def test_draws():
    rng = stream(1, "x")
    assert ranks_within(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert picked_by_row(rng, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1, 1])).tolist() == [0, 1, 1]
    texts = random_text(rng, 3, 5)
    assert texts.str.len_chars().to_list() == [5, 5, 5]
    assert not texts.str.to_lowercase().str.contains("x").any()
    assert stream(1, "a", 2).integers(10**9) == stream(1, "a", 2).integers(10**9)
    assert stream(1, "a", 2).integers(10**9) != stream(1, "a", 3).integers(10**9)
