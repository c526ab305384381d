"""The sample retailer's customers, one by one: scores, groups and stages of a night are those of plain Python.

Persons are put together from orders, refunds, tickets, visits and contacts of the snapshot, row by row; nothing that
the scores computed is read but what is judged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pytest
from naive import Person, rfm_scores, stages
from naive_groups import groups

from pipeline.settings import Settings, load_settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace

Rows = Callable[..., Iterable[dict[str, Any]]]


@pytest.fixture(scope="module")
def night(published_sample: Workspace) -> tuple[Snapshot, Settings]:
    snapshot = SnapshotStore(published_sample.snapshots).current()
    assert snapshot is not None
    return snapshot, load_settings(published_sample.settings_file)


@pytest.fixture(scope="module")
def people(night: tuple[Snapshot, Settings]) -> dict[str, Person]:
    snapshot, settings = night
    as_of = snapshot.as_of

    def rows(name: str) -> Iterable[dict[str, Any]]:
        return snapshot.table(name).read().iter_rows(named=True)

    def age(day: date | None) -> int | None:
        return None if day is None or day > as_of else (as_of - day).days

    orders = list(rows("orders"))
    purchases: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for order in orders:
        if order["is_purchase"] and order["customer_id"]:
            purchases[order["customer_id"]].append(((as_of - order["ordered_on"]).days, int(order["net_amount"] * 100)))
    owners = {(row["source"], row["profile_key"]): row["customer_id"] for row in rows("customer_profiles")}
    complained = newest(complaints(rows, owners, orders, settings, as_of), age)
    days = {order["order_key"]: order["ordered_on"] for order in orders}
    returns = [
        (row["customer_id"], row["refunded_on"] or days.get(row["order_key"]))
        for row in rows("refunds")
        if row["refund_amount"] > 0
    ]
    visits = newest(activities(rows, owners), age)
    rates = {row["customer_id"]: row["response_rate"] for row in rows("response_rates")}
    returned = newest(returns, age)
    return {
        who: Person(
            tuple(purchases[who]), age(one["registered_on"]), rates.get(who), complained.get(who), returned.get(who),
            visits.get(who),
        )
        for one in rows("customer_attributes")
        for who in [one["customer_id"]]
    }  # fmt: skip


def newest(told: Iterable[tuple[str | None, date | None]], age: Callable[[date | None], int | None]) -> dict[str, int]:
    """customer → the smallest age; days after as_of and nobody's are left out."""
    found: dict[str, int] = {}
    for who, day in told:
        days = age(day)
        if who is not None and days is not None:
            found[who] = min(days, found.get(who, days))
    return found


def complaints(
    rows: Rows, owners: dict[tuple[str, str], str], orders: list[dict[str, Any]], settings: Settings, as_of: date
) -> Iterable[tuple[str | None, date]]:
    """Customer and day of every ticket that is a complaint."""
    by_number: dict[str, list[str | None]] = defaultdict(list)
    for order in orders:
        by_number[order["order_id"]].append(order["customer_id"])
    rules = settings.complaints
    for ticket in rows("clean_tickets"):
        closed = ticket["closed_at"]
        is_rated = ticket["satisfaction_score"] is not None and (closed is None or closed.date() <= as_of)
        is_bad = is_rated and ticket["satisfaction_score"] <= rules.satisfaction_score
        reason = (ticket["reason"] or "").lower()
        if is_bad or any(word.lower() in reason for word in rules.words):
            who = owners.get((ticket["source"], ticket["profile_key"]))
            named = by_number[ticket["order_id"]] if ticket["order_id"] else []
            yield (named[0] if who is None and len(named) == 1 else who), ticket["opened_at"].date()


def activities(rows: Rows, owners: dict[tuple[str, str], str]) -> Iterable[tuple[str | None, date | None]]:
    """Customer and day of every visit, click and answer."""
    for event in rows("clean_events"):
        yield owners.get((event["source"], event["profile_key"])), event["event_at"].date()
    for contact in rows("clean_campaign_contacts"):
        for moment in (contact["clicked_at"], contact["responded_at"]):
            if moment is not None:
                yield owners.get((contact["source"], contact["profile_key"])), moment.date()


def test_scores_and_classes(night: tuple[Snapshot, Settings], people: dict[str, Person]) -> None:
    snapshot, settings = night
    columns = ("customer_id", "r_score", "f_score", "m_score", "c_score", "rfm_class", "rfrc_class")
    found = {row[0]: row[1:] for row in snapshot.table("rfm_scores").read().select(columns).iter_rows()}
    assert len(found) > 100
    assert found == rfm_scores(people, settings.rfm)


def test_groups(night: tuple[Snapshot, Settings], people: dict[str, Person]) -> None:
    snapshot, settings = night
    rows = snapshot.table("rfm_groups").read().select("customer_id", "rfm_grouping", "rfm_group").iter_rows()
    assert {row[:2]: row[2] for row in rows} == groups(people, settings.rfm)


def test_stages_of_all_four_profiles(night: tuple[Snapshot, Settings], people: dict[str, Person]) -> None:
    snapshot, settings = night
    rows = snapshot.table("lifecycle_stages").read().select("customer_id", "profile", "matched_stages").iter_rows()
    assert {row[:2]: row[2] for row in rows} == stages(people, settings.lifecycle)


def test_the_sample_has_every_signal(people: dict[str, Person]) -> None:
    for name in ("complaint", "returned", "visit", "rate", "registered"):
        assert any(getattr(person, name) is not None for person in people.values()), name
