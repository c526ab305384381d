"""Who was woken up by a campaign: boundary days on literal rows, and a night of the sample retailer."""

from collections import defaultdict
from datetime import datetime, time
from typing import Any

import pytest
from customer_shop import AS_OF, aged, shop_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from member_club import Club, bought
from plain_wake_up import wake_ups

from pipeline.kpis import steps
from pipeline.settings import load_settings
from pipeline.snapshots import SnapshotStore
from pipeline.workspace import Workspace

COUNTS = ("dormant_contact_count", "woken_contact_count", "wake_up_rate", "dormant_control_count",
          "woken_control_count", "control_wake_up_rate", "wake_up_lift_rate", "pending_count")  # fmt: skip
SENT = 40
"""Age of the sending in days: its window of 30 days is over."""


def at(age: int, hour: int = 12) -> datetime:
    return datetime.combine(aged(age), time(hour))


def results(club: Club, *contacts: tuple[str, str, datetime, bool]) -> dict[str, tuple[Any, ...]]:
    """Campaign → COUNTS."""
    names = sorted({who for _, who, _, _ in contacts})
    club.write("customer_profiles", [{"source": "crm", "profile_key": who, "customer_id": who} for who in names])
    club.write("clean_campaign_contacts", [
        {"source": "crm", "row_key": str(number), "profile_key": who, "campaign_id": campaign, "sent_at": sent,
         "is_control": held}
        for number, (campaign, who, sent, held) in enumerate(contacts)
    ])  # fmt: skip
    club.write("clean_campaigns", [{"row_key": "1", "campaign_id": "C1", "campaign_name": "wake up"}])
    rows = club.run(steps.wake_up_results).read().rows(named=True)
    assert all(row["campaign_name"] == ("wake up" if row["campaign_id"] == "C1" else None) for row in rows)
    return {row["campaign_id"]: tuple(row[name] for name in COUNTS) for row in rows}


@pytest.mark.parametrize(
    ("why", "ages", "counts"),
    [
        ("89 days without a purchase are not dormant", [SENT + 89, SENT - 1], None),
        ("90 days are, and the next day wakes", [SENT + 90, SENT - 1], (1, 1)),
        ("never came back", [SENT + 90], (1, 0)),
        ("the 30th day is the last", [SENT + 90, SENT - 29], (1, 1)),
        ("the 31st is too late", [SENT + 90, SENT - 30], (1, 0)),
        ("who never bought is no sleeper", [SENT - 1], None),
        ("gone for two years", [SENT + 730, SENT - 3], (1, 1)),
    ],
)
def test_dormant_and_woken(club: Club, why: str, ages: list[int], counts: tuple[int, int] | None) -> None:
    club.trade(*(bought("a", age, 5) for age in ages))
    found = results(club, ("C1", "a", at(SENT, 9), False))
    assert {name: row[:2] for name, row in found.items()} == ({"C1": counts, "*": counts} if counts else {}), why


@pytest.mark.parametrize(("hour", "woken"), [(11, 0), (13, 1)])
def test_on_the_day_of_the_sending_the_hour_decides(club: Club, hour: int, woken: int) -> None:
    """Bought at noon, 95 days before and on the day; before the message nobody was woken by it."""
    club.trade(bought("a", SENT + 95, 5), bought("a", SENT, 5, ordered_at=at(SENT, hour)))
    found = results(club, ("C1", "a", at(SENT), False))
    assert [row[1] for row in found.values()] == [woken] * len(found)
    assert bool(found) is bool(woken), "who bought in the morning was no sleeper at noon"


def test_against_the_hold_out(club: Club) -> None:
    """Contacted: 2 of 4 woke up; held out: 1 of 5 did so anyway."""
    club.trade(
        *(bought(who, SENT + 100, 5) for who in "abcdvwxyz"),
        *(bought(who, SENT - 10, 5) for who in "abv"),
    )
    contacts = [("C1", who, at(SENT), who in "vwxyz") for who in "abcdvwxyz"]
    assert results(club, *contacts)["C1"] == (4, 2, 0.5, 5, 1, 0.2, 0.3, 0)


def test_all_campaigns_add_up_and_open_windows_wait(club: Club) -> None:
    club.trade(*(bought(who, 300, 5) for who in "ab"), bought("a", 30, 5))
    found = results(
        club,
        ("C1", "a", at(29), False), ("C1", "b", at(29), False),  # the 30th day is as_of
        ("C2", "b", at(28), False), ("C2", "a", at(58), True),  # a: bought 28 days after
    )  # fmt: skip
    assert found == {
        "C1": (1, 0, 0.0, 0, 0, None, None, 0),
        "C2": (0, 0, None, 1, 1, 1.0, None, 1),
        "*": (1, 0, 0.0, 1, 1, 1.0, -1.0, 1),
    }, "a bought the day before C1, so C1 found b alone asleep"


def test_who_is_in_both_arms_and_who_hears_twice(club: Club) -> None:
    club.trade(*(bought(who, 300, 5) for who in "ab"), bought("b", SENT - 35, 5))
    both = [("C1", "a", at(SENT), False), ("C1", "a", at(SENT), True)]
    twice = [("C1", "b", at(SENT), False), ("C1", "b", at(SENT - 10), False)]
    assert results(club, *both, *twice)["C1"][:2] == (1, 0), "the window begins with the first message"


def test_days_are_settings(club: Club) -> None:
    club.settings = shop_settings(kpis={"wake_up_days": 7}, lifecycle={"dormant_days": 20})
    club.trade(bought("a", SENT + 20, 5), bought("a", SENT - 6, 5), bought("b", SENT + 20, 5), bought("b", SENT - 7, 5))
    assert results(club, ("C1", "a", at(SENT), False), ("C1", "b", at(SENT), False))["C1"][:2] == (2, 1)


def test_nobody_was_contacted(club: Club) -> None:
    club.trade(bought("a", 300, 5))
    assert results(club) == {}


AGES = st.sampled_from((28, 29, 30, 39, 40, 41, 119, 120, 129, 130, 131)) | st.integers(0, 200)
CONTACTS = st.lists(
    st.tuples(st.sampled_from(("C1", "C2")), st.sampled_from("abcd"), AGES, st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=30, deadline=None)
@given(contacts=CONTACTS, trades=st.lists(st.tuples(st.sampled_from("abcd"), AGES, st.integers(0, 23)), max_size=20))
def test_random_shops(tmp_path_factory: pytest.TempPathFactory, contacts: list[Any], trades: list[Any]) -> None:
    club = Club(tmp_path_factory.mktemp("club"))
    club.trade(*(bought(who, age, 5, ordered_at=at(age, hour)) for who, age, hour in trades))
    sent = [(campaign, who, at(age), held) for campaign, who, age, held in contacts]
    purchases: dict[str, list[datetime]] = defaultdict(list)
    for who, age, hour in trades:
        purchases[who].append(at(age, hour))
    assert results(club, *sent) == wake_ups(sent, purchases, AS_OF, 90, 30)


def test_the_sample_retailer(published_sample: Workspace) -> None:
    night = SnapshotStore(published_sample.snapshots).current()
    assert night is not None
    chosen = load_settings(published_sample.settings_file)

    def rows(name: str) -> list[dict[str, Any]]:
        return night.table(name).read().rows(named=True)

    owners = {(row["source"], row["profile_key"]): row["customer_id"] for row in rows("customer_profiles")}
    contacts = [
        (row["campaign_id"], owners[row["source"], row["profile_key"]], row["sent_at"], row["is_control"])
        for row in rows("clean_campaign_contacts")
        if (row["source"], row["profile_key"]) in owners
    ]
    purchases: dict[str, list[datetime]] = defaultdict(list)
    for row in rows("orders"):
        if row["is_purchase"] and row["customer_id"] is not None:
            purchases[row["customer_id"]].append(row["ordered_at"])
    days = chosen.lifecycle.dormant_days, chosen.kpis.wake_up_days
    expected = wake_ups(contacts, purchases, night.as_of, *days)
    assert {row["campaign_id"]: tuple(row[name] for name in COUNTS) for row in rows("wake_up_results")} == expected
    assert "*" in expected, "somebody was asleep"
