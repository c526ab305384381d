"""Random small clubs, and the sample retailer: the SQL says what plain Python says, customer by customer."""

import tempfile
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from customer_shop import shop_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from member_club import Club, bought
from plain_club import COLUMNS, Member, Order, memberships

from pipeline.lake import Table
from pipeline.settings import load_settings
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

AS_OFS = st.sampled_from((date(2026, 6, 30), date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2026, 1, 1)))
AMOUNTS = st.sampled_from(("4999.99", "5000", "15000", "0.99", "1", "2500.50")) | st.integers(1, 900_000).map(
    lambda fen: str(Decimal(fen) / 100)
)
AGES = st.sampled_from((0, 1, 364, 365, 366, 367, 730, 731, -1)) | st.integers(0, 800)
ORDERS = st.lists(
    st.tuples(AGES, AMOUNTS, st.sampled_from((True, True, True, False)), st.sampled_from(("pos", "tmall"))), max_size=7
)
POINTS = st.integers(-200, 20_000).map(Decimal)
MOVES = st.lists(st.tuples(AGES, POINTS, st.sampled_from(("消费累计", "积分兑换", "退货扣减"))), max_size=3)
PEOPLE = st.lists(
    st.tuples(ORDERS, st.lists(st.none() | POINTS, min_size=1, max_size=3), MOVES), min_size=1, max_size=5
)
SECTIONS = st.fixed_dictionaries({
    "tiers": st.fixed_dictionaries({
        "period": st.sampled_from(("rolling_year", "calendar_year")),
        "keep_months": st.sampled_from((None, None, 1, 3, 12)),
    }),
    "points": st.fixed_dictionaries({
        "ledger": st.sampled_from(("orders", "orders_and_movements", "movements")),
        "points_per_unit": st.sampled_from(("1", "2", "0.5")),
        "value_amount": st.sampled_from(("0.10", "0.015")),
        "channels": st.sampled_from(((), ("pos",))),
    }),
})  # fmt: skip


def members_of(people: list[Any], as_of: date) -> dict[str, Member]:
    return {
        f"c{number}": Member(
            tuple(
                Order(as_of - timedelta(days=age), Decimal(net), good, channel) for age, net, good, channel in orders
            ),
            tuple(balances),
            tuple((as_of - timedelta(days=age), points, reason) for age, points, reason in moves),
        )
        for number, (orders, balances, moves) in enumerate(people)
    }


def told(table: Table) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: {name: row[name] for name in COLUMNS} for row in table.read().rows(named=True)}


@settings(max_examples=25, deadline=None)
@given(people=PEOPLE, as_of=AS_OFS, sections=SECTIONS)
def test_random_clubs(people: list[Any], as_of: date, sections: dict[str, Any]) -> None:
    members = members_of(people, as_of)
    with tempfile.TemporaryDirectory() as folder:
        club = Club(Path(folder), shop_settings(**sections), as_of)
        club.trade(*(
            bought(who, one.on, one.net, is_purchase=one.is_purchase, channel=one.channel)
            for who, member in members.items()
            for one in member.orders
        ))  # fmt: skip
        club.join(members, [
            {"customer_id": who, "member_no": f"{who}-{number}", "points_balance": balance}
            for who, member in members.items()
            for number, balance in enumerate(member.balances)
        ])  # fmt: skip
        club.moved(*(
            (f"{who}-0", (as_of - on).days, points, reason)
            for who, member in members.items()
            for on, points, reason in member.moves
        ))  # fmt: skip
        assert told(club.memberships()) == memberships(members, as_of, club.settings.tiers, club.settings.points)


def sample_members(read: Any) -> dict[str, Member]:
    """The members of a published night, from its ledger and the rows of its member sources."""
    owner = {
        (row["source"], row["profile_key"]): row["customer_id"] for row in read("customer_profiles").rows(named=True)
    }
    people = read("customer_attributes").filter(pl.col("is_member"))["customer_id"].to_list()
    orders: dict[str, list[Order]] = {who: [] for who in people}
    for row in read("orders").drop_nulls("customer_id").rows(named=True):
        if row["customer_id"] in orders:
            kept = Order(row["ordered_on"], row["net_amount"], row["is_purchase"], row["channel"])
            orders[row["customer_id"]].append(kept)
    cards: dict[str, dict[str, Decimal | None]] = {who: {} for who in people}
    for row in read("clean_members").rows(named=True):
        cards[owner[row["source"], row["profile_key"]]][row["member_no"]] = row["points_balance"]
    moves: dict[str, list[tuple[date, Decimal, str]]] = {who: [] for who in people}
    for row in read("clean_points").rows(named=True):
        moves[owner[row["source"], row["profile_key"]]].append((row["event_on"], row["points"], row["reason"]))
    return {who: Member(tuple(orders[who]), tuple(cards[who].values()), tuple(moves[who])) for who in people}


def test_the_sample_retailer(published_sample: Workspace) -> None:
    night = SnapshotStore(published_sample.snapshots).current()
    assert night is not None
    chosen = load_settings(published_sample.settings_file)
    members = sample_members(lambda name: night.table(name).read())
    assert len(members) > 50
    assert told(night.table("memberships")) == memberships(members, night.as_of, chosen.tiers, chosen.points)
