"""Complaints, returns and activity: which rows count, for whom, and on which day."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, Shop, aged, by_customer, shop_settings

from pipeline.errors import SettingsError
from pipeline.scores.signal_steps import customer_signals, customer_tickets

SOURCES = [
    {"name": "pos", "kind": "orders", "path": "pos/*"},
    {"name": "web", "kind": "orders", "path": "web/*"},
    {"name": "desk", "kind": "tickets", "path": "desk/*"},
    {"name": "pos_desk", "kind": "tickets", "path": "pos_desk/*", "orders_of": "pos"},
]
PROFILES = [
    {"source": source, "profile_key": f"key of {who}", "customer_id": who}
    for source in ("desk", "sms", "site")
    for who in "ab"
]
ORDERS = [
    {"order_key": "pos:1", "source": "pos", "order_id": "1", "customer_id": "a", "ordered_on": aged(50)},
    {"order_key": "web:1", "source": "web", "order_id": "1", "customer_id": "b", "ordered_on": aged(60)},
    {"order_key": "web:2", "source": "web", "order_id": "2", "customer_id": "b", "ordered_on": aged(70)},
    {"order_key": "web:3", "source": "web", "order_id": "3", "customer_id": None, "ordered_on": aged(70)},
]


def found(tmp_path: Path, complaints: Mapping[str, Any] | None = None, **tables: Iterable[dict[str, Any]]) -> Any:
    shop = Shop(tmp_path, shop_settings(sources=SOURCES, complaints=complaints or {}))
    contacts, events, tickets = (
        shop.table(name, [{"row_key": str(number), **row} for number, row in enumerate(tables.get(name, ()))])
        for name in ("clean_campaign_contacts", "clean_events", "clean_tickets")
    )
    known, orders = shop.table("customer_profiles", PROFILES), shop.table("orders", ORDERS)
    told = customer_tickets(
        tickets, known, orders, engine=shop.engine, settings=shop.settings, as_of=AS_OF, path=shop.path("tickets")
    )
    table = customer_signals(
        contacts,
        events,
        known,
        told,
        orders,
        shop.table("refunds", tables.get("refunds", ())),
        engine=shop.engine,
        as_of=AS_OF,
        path=shop.path("signals"),
    )
    return by_customer(table, "complaint_on", "return_on", "activity_on")


def at(age: int) -> datetime:
    return datetime.combine(aged(age), time(23, 59, 59))


def ticket(**more: Any) -> dict[str, Any]:
    return {"source": "desk", "profile_key": "key of a", "event_on": aged(9), "reason": "投诉", **more}


TICKETS = [
    ("a complaint", ticket(), "a"),
    ("one of the words within the reason", ticket(reason="商品质量问题"), "a"),
    ("letters of any case", ticket(reason="COMPLAINT about delivery"), "a"),
    ("another reason", ticket(reason="发票"), None),
    ("no reason", ticket(reason=None), None),
    ("rated 2", ticket(reason="发票", satisfaction_score=2), "a"),
    ("rated 3", ticket(reason="发票", satisfaction_score=3), None),
    (
        "rated badly when it was closed, after as_of",
        ticket(reason="发票", satisfaction_score=1, closed_at=at(-1)),
        None,
    ),
    ("rated badly when it was closed, on as_of", ticket(reason="发票", satisfaction_score=1, closed_at=at(0)), "a"),
    ("a complaint rated 5 is a complaint", ticket(satisfaction_score=5), "a"),
    ("on as_of", ticket(event_on=aged(0)), "a"),
    ("after as_of", ticket(event_on=aged(-1)), None),
    ("the customer's own key goes before the order", ticket(order_id="2"), "a"),
    ("no key, an order of one source", ticket(profile_key=None, order_id="2"), "b"),
    ("no key, an order number of two sources", ticket(profile_key=None, order_id="1"), None),
    ("no key, two sources, but orders_of tells", ticket(source="pos_desk", profile_key=None, order_id="1"), "a"),
    ("an anonymous order", ticket(profile_key=None, order_id="3"), None),
    ("nobody known", ticket(profile_key="key of nobody"), None),
]


@pytest.mark.parametrize(("why", "row", "who"), TICKETS, ids=[row[0] for row in TICKETS])
def test_complaints(tmp_path: Path, why: str, row: dict[str, Any], who: str | None) -> None:
    expected = {} if who is None else {who: (row["event_on"], None, None)}
    assert found(tmp_path, clean_tickets=[row]) == expected, why


OWN_RULES = [
    ({"words": [" Angry "]}, ticket(reason="an angry call"), "a"),
    ({"words": ["angry"]}, ticket(reason="投诉"), None),
    ({"words": []}, ticket(reason="投诉"), None),
    ({"satisfaction_score": 0}, ticket(reason="发票", satisfaction_score=1), None),
    ({"satisfaction_score": 3}, ticket(reason="发票", satisfaction_score=3), "a"),
]


@pytest.mark.parametrize(("complaints", "row", "who"), OWN_RULES)
def test_settings_say_what_a_complaint_is(
    tmp_path: Path, complaints: dict[str, Any], row: dict[str, Any], who: str | None
) -> None:
    expected = {} if who is None else {who: (row["event_on"], None, None)}
    assert found(tmp_path, complaints, clean_tickets=[row]) == expected


@pytest.mark.parametrize("nonsense", [{"words": ["投诉", " "]}, {"satisfaction_score": 6}])
def test_nonsense_about_complaints_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="complaints"):
        shop_settings(complaints=nonsense)


def refund(**more: Any) -> dict[str, Any]:
    return {
        "order_key": "pos:1", "refund_id": "r", "customer_id": "a", "refunded_on": aged(9), "refund_amount": 5, **more,
    }  # fmt: skip


REFUNDS = [
    ("a refund", refund(), aged(9)),
    ("without a day: that of its order", refund(refunded_on=None), aged(50)),
    ("on as_of", refund(refunded_on=aged(0)), aged(0)),
    ("after as_of", refund(refunded_on=aged(-1)), None),
    ("of nothing", refund(refund_amount=0), None),
    ("of an anonymous order", refund(customer_id=None), None),
]


@pytest.mark.parametrize(("why", "row", "day"), REFUNDS, ids=[row[0] for row in REFUNDS])
def test_returns(tmp_path: Path, why: str, row: dict[str, Any], day: Any) -> None:
    assert found(tmp_path, refunds=[row]) == ({} if day is None else {"a": (None, day, None)}), why


def contact(**more: Any) -> dict[str, Any]:
    return {"source": "sms", "profile_key": "key of a", "campaign_id": "m", "sent_at": at(9), **more}


def visit(age: int, **more: Any) -> dict[str, Any]:
    return {"source": "site", "profile_key": "key of a", "event_on": aged(age), **more}


ACTIVITY = [
    ("a visit", {"clean_events": [{"source": "site", "profile_key": "key of a", "event_on": aged(3)}]}, aged(3)),
    (
        "a visit after as_of",
        {"clean_events": [{"source": "site", "profile_key": "key of a", "event_on": aged(-1)}]},
        None,
    ),
    ("a visit of nobody", {"clean_events": [{"source": "site", "profile_key": None, "event_on": aged(3)}]}, None),
    ("a message alone", {"clean_campaign_contacts": [contact(opened_at=at(8))]}, None),
    ("a click", {"clean_campaign_contacts": [contact(clicked_at=at(4))]}, aged(4)),
    ("an answer", {"clean_campaign_contacts": [contact(responded_at=at(5))]}, aged(5)),
    ("an answer after as_of", {"clean_campaign_contacts": [contact(responded_at=at(-1), clicked_at=at(6))]}, aged(6)),
]


@pytest.mark.parametrize(("why", "tables", "day"), ACTIVITY, ids=[row[0] for row in ACTIVITY])
def test_activity(tmp_path: Path, why: str, tables: dict[str, Any], day: Any) -> None:
    assert found(tmp_path, **tables) == ({} if day is None else {"a": (None, None, day)}), why


def test_the_last_day_of_each_counts(tmp_path: Path) -> None:
    tables = {
        "clean_tickets": [ticket(event_on=aged(7)), ticket(event_on=aged(5)), ticket(event_on=aged(6))],
        "refunds": [refund(refund_id="1", refunded_on=aged(3)), refund(refund_id="2", refunded_on=aged(4))],
        "clean_events": [visit(2), visit(1)],
        "clean_campaign_contacts": [contact(clicked_at=at(9))],
    }
    assert found(tmp_path, **tables) == {"a": (aged(5), aged(3), aged(1))}
