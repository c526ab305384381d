"""Which contacts were delivered and answered by the end of as_of."""

from datetime import datetime, time
from typing import Any

import pytest
from customer_shop import AS_OF, Shop, aged, by_customer

from pipeline.lake import Table
from pipeline.scores.steps import response_counts


def at(age: int) -> datetime:
    return datetime.combine(aged(age), time(23, 59, 59))


def counts_of(shop: Shop, *contacts: dict[str, Any]) -> Any:
    rows = [
        {"source": "sms", "row_key": str(number), "profile_key": "p1", "campaign_id": "m", "sent_at": at(9), **contact}
        for number, contact in enumerate(contacts)
    ]
    profiles = [
        {"source": "sms", "profile_key": "p1", "customer_id": "a"},
        {"source": "sms", "profile_key": "p2", "customer_id": "a"},
        {"source": "mail", "profile_key": "p1", "customer_id": "b"},
    ]
    table = response_counts(
        shop.table("clean_campaign_contacts", rows),
        shop.table("customer_profiles", profiles),
        engine=shop.engine,
        as_of=AS_OF,
        path=shop.path("counts"),
    )
    return by_customer(table, "delivered_count", "response_count")


CASES = [
    ("sent counts as delivered without such a column", {}, (1, 0)),
    ("a column says not delivered", {"has_delivery_column": True}, None),
    ("delivered", {"has_delivery_column": True, "delivered_at": at(8)}, (1, 0)),
    ("delivered on the last second of as_of", {"has_delivery_column": True, "delivered_at": at(0)}, (1, 0)),
    ("delivered after as_of", {"has_delivery_column": True, "delivered_at": at(-1)}, None),
    ("sent after as_of", {"sent_at": at(-1)}, None),
    ("responded", {"responded_at": at(3)}, (1, 1)),
    ("clicked", {"clicked_at": at(3)}, (1, 1)),
    ("clicked and responded is one answer", {"clicked_at": at(3), "responded_at": at(2)}, (1, 1)),
    ("opened is no answer", {"opened_at": at(3)}, (1, 0)),
    ("responded after as_of", {"responded_at": at(-1)}, (1, 0)),
    ("clicked in time, responded after as_of", {"clicked_at": at(0), "responded_at": at(-1)}, (1, 1)),
    ("answered but not delivered", {"has_delivery_column": True, "responded_at": at(3)}, None),
    ("control group", {"is_control": True, "responded_at": at(3)}, None),
    ("nobody known", {"profile_key": None}, None),
    ("a key of another source only", {"profile_key": "p9"}, None),
]


@pytest.mark.parametrize(("why", "contact", "counts"), CASES, ids=[case[0] for case in CASES])
def test_one_contact(shop: Shop, why: str, contact: dict[str, Any], counts: tuple[int, int] | None) -> None:
    assert counts_of(shop, contact) == ({} if counts is None else {"a": counts}), why


def test_contacts_of_all_profiles_of_a_customer_add_up(shop: Shop) -> None:
    answered = {"responded_at": at(1)}
    found = counts_of(shop, {}, answered, {"profile_key": "p2", **answered}, {"source": "mail"}, {"profile_key": None})
    assert found == {"a": (3, 2), "b": (1, 0)}


def test_no_contacts_at_all(shop: Shop) -> None:
    empty: Table = shop.table("clean_campaign_contacts")
    profiles = shop.table("customer_profiles")
    table = response_counts(empty, profiles, engine=shop.engine, as_of=AS_OF, path=shop.path("counts"))
    assert table.read().is_empty()
