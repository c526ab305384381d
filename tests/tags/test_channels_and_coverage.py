"""Preferred channels, what is known of customers by store, and what tags cover."""

from datetime import datetime, time
from typing import Any

import pytest
from customer_shop import AS_OF, aged
from tag_shop import Line, Sale, TagShop

from pipeline.lake import Table
from pipeline.schemas.tags import COMPLETENESS_FIELDS
from pipeline.tags import steps

Row = dict[str, Any]


def preferred(shop: TagShop, rows: list[Row]) -> dict[str, tuple[Any, ...]]:
    table = steps.preferred_channels(
        shop.table("customer_channels", rows), engine=shop.engine, settings=shop.settings, path=shop.path("preferred")
    )
    return {row[0]: row[1:] for row in table.read().iter_rows()}


def contact(channel: str, sent: int, answered: int, rate: float) -> Row:
    counts = {"delivered_count": sent, "response_count": answered, "response_rate": rate}
    return {"customer_id": "a", "channel": channel, **counts}


def bought(channel: str, times: int, age: int) -> Row:
    return {"customer_id": "a", "channel": channel, "order_count": times, "last_order_on": aged(age)}


CHANNELS = [
    ([contact("sms", 9, 1, 0.1), contact("email", 9, 2, 0.2), bought("pos", 5, 1)],
     ("email", "response", "email", "pos"), "the best answered"),
    ([contact("sms", 2, 2, 0.9), bought("pos", 1, 1)], ("pos", "purchases", None, "pos"), "2 messages are too few"),
    ([contact("sms", 3, 1, 0.1)], ("sms", "response", "sms", None), "3 messages and an answer"),
    ([contact("sms", 9, 0, 0.9), bought("pos", 1, 1)], ("pos", "purchases", None, "pos"), "no answer"),
    ([contact("sms", 9, 2, 0.2), contact("email", 9, 3, 0.2)], ("email", "response", "email", None), "more answers"),
    ([contact("sms", 9, 2, 0.2), contact("email", 9, 2, 0.2)], ("email", "response", "email", None), "by name"),
    ([bought("pos", 2, 9), bought("jd", 3, 99)], ("jd", "purchases", None, "jd"), "most purchases"),
    ([bought("pos", 2, 9), bought("jd", 2, 8)], ("jd", "purchases", None, "jd"), "the most recent"),
    ([contact("sms", 1, 0, 0.1)], None, "neither bought nor answered"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "expected", "why"), CHANNELS, ids=[row[2] for row in CHANNELS])
def test_preferred_channel(shop: TagShop, rows: list[Row], expected: tuple[str, ...] | None, why: str) -> None:
    assert preferred(shop, rows).get("a") == expected, why


def test_channel_counts(shop: TagShop) -> None:
    at, later = (datetime.combine(aged(age), time(9)) for age in (29, -1))
    sent = {"source": "mail", "profile_key": "k", "campaign_id": "s1", "sent_at": at}
    contacts = [
        {**sent, "row_key": "1", "responded_at": at},
        {**sent, "row_key": "2", "clicked_at": later},
        {**sent, "row_key": "3", "is_control": True, "responded_at": at},
        {**sent, "row_key": "4", "has_delivery_column": True},
        {**sent, "row_key": "5", "sent_at": later},
        {**sent, "row_key": "6", "campaign_id": "e1", "has_delivery_column": True, "delivered_at": at},
        {**sent, "row_key": "7", "campaign_id": "unknown"},
        {**sent, "row_key": "8", "profile_key": "nobody"},
    ]
    campaigns = [
        {"source": source, "row_key": name, "campaign_id": name, "channel": channel}
        for source, name, channel in (("x", "s1", "sms"), ("x", "e1", "email"), ("x", "unknown", None))
    ]
    table = steps.channel_counts(
        shop.table("clean_campaign_contacts", contacts),
        shop.table("clean_campaigns", campaigns),
        shop.table("customer_profiles", [{"source": "mail", "profile_key": "k", "customer_id": "a"}]),
        shop.table("orders", shop.order_rows([Sale("a", 3), Sale("a", 2), Sale("a", 1, channel="sms"), Sale(None, 1)])),
        engine=shop.engine,
        as_of=AS_OF,
        path=shop.path("counts"),
    )
    assert table.read().rows() == [
        ("a", "email", 1, 0, 0, None),
        ("a", "pos", 0, 0, 2, aged(2)),
        ("a", "sms", 2, 1, 1, aged(1)),
    ]


@pytest.fixture
def completeness(shop: TagShop) -> Table:
    """Three customers: a of store S1 with everything, b of S1 with a phone, c without anything."""
    everything = {
        "name_masked": "张*", "phone_masked": "138****5678", "email_masked": "a***@x.cn", "gender": "female",
        "birth_year": 1990, "city": "上海", "acquisition_channel": "门店", "home_store_id": "S1",
    }  # fmt: skip
    people = [
        {"customer_id": "a", **everything},
        {"customer_id": "b", "home_store_id": "S1", "phone_masked": "139****0000"},
        {"customer_id": "c", "profiling_opt_out": True},
    ]
    facts = [{"customer_id": who, "order_count": count} for who, count in (("a", 2), ("b", 0), ("c", 1))]
    profiles = [
        {"source": "club", "profile_key": "1", "customer_id": "a", "key_types": "member_no,unionid"},
        {"source": "club", "profile_key": "2", "customer_id": "b", "key_types": "member_no"},
    ]
    consents = [
        {"customer_id": who, "consent_channel": channel, "reach": "missing", "consent": consent}
        for who, channel, consent in (
            ("a", "sms", "withdrawn"), ("a", "email", "granted"), ("b", "sms", "withdrawn"), ("b", "ads", "unknown"),
            ("c", "sms", "unknown"),
        )
    ]  # fmt: skip
    return steps.customer_completeness(
        shop.table("customer_attributes", people),
        shop.table("customer_facts", facts),
        shop.table("customer_profiles", profiles),
        shop.table("channel_consents", consents),
        engine=shop.engine,
        path=shop.path("completeness"),
    )


def test_data_completeness(shop: TagShop, completeness: Table) -> None:
    table = steps.data_completeness(completeness, engine=shop.engine, path=shop.path("data")).read()
    rates = {(store, field): (count, filled, rate) for store, field, count, filled, rate in table.iter_rows()}
    assert set(rates) == {(store, field) for store in ("*", "-", "S1") for field in COMPLETENESS_FIELDS}
    assert rates["*", "phone"] == (3, 2, 0.666667)
    assert rates["S1", "phone"] == (2, 2, 1.0)
    assert rates["S1", "wechat"] == (2, 1, 0.5)
    assert (rates["S1", "consent_known"], rates["S1", "consent_granted"]) == ((2, 2, 1.0), (2, 1, 0.5))
    assert rates["S1", "purchase"] == (2, 1, 0.5)
    assert {rates["-", field][1] for field in COMPLETENESS_FIELDS if field != "purchase"} == {0}
    assert rates["-", "purchase"] == (1, 1, 1.0)


def test_tag_coverage(shop: TagShop, completeness: Table) -> None:
    tags = [{"customer_id": who, "tag": tag} for who, tag in (("a", "vip"), ("a", "gender"), ("b", "gender"))]
    facts = [{"customer_id": who, "net_amount": amount} for who, amount in (("a", 60), ("b", 0), ("c", 20))]
    definitions = [{"tag": tag} for tag in ("gender", "unheard", "vip")]
    table = steps.tag_coverage(
        shop.table("customer_tags", tags),
        shop.table("tag_definitions", definitions),
        completeness,
        shop.table("customer_facts", facts),
        engine=shop.engine,
        path=shop.path("coverage"),
    ).read()
    rows = {(kind, tag): values for kind, tag, *values in table.iter_rows()}
    assert rows["tag", "vip"] == [1, 0.333333, 0.75]
    assert rows["tag", "gender"] == [2, 0.666667, 0.75]
    assert rows["tag", "*"] == [2, 0.666667, 0.75]
    assert rows["tag", "unheard"] == [0, 0.0, 0.0]
    assert rows["data", "purchase"] == [2, 0.666667, 1.0]
    assert {tag for kind, tag in rows if kind == "data"} == set(COMPLETENESS_FIELDS)


def test_a_shop_without_customers_has_coverage_of_nothing(shop: TagShop) -> None:
    tables = [
        shop.table(name) for name in ("customer_tags", "tag_definitions", "customer_completeness", "customer_facts")
    ]
    table = steps.tag_coverage(*tables, engine=shop.engine, path=shop.path("coverage")).read()
    assert set(table["share"]) == set(table["revenue_share"]) == {0.0}


def test_cities_of_stores(shop: TagShop) -> None:
    sales = [
        ("a", "S1", 9),
        ("a", "S2", 5),
        ("a", "S3", 1),
        ("b", "S3", 1),
        ("b", "S1", 2),
        ("c", "S9", 1),
        ("d", "S1", 1),
    ]
    orders = [
        {**row, "store_id": store}
        for (_, store, _), row in zip(sales, shop.order_rows([Sale(who, age) for who, _, age in sales]), strict=True)
    ]
    stores = [("S1", "上海", "上海"), ("S2", "上海", "上海"), ("S3", "江苏", "苏州"), ("S9", None, None)]
    table = steps.shop_cities(
        shop.table("orders", orders),
        shop.table(
            "clean_stores",
            [
                {"row_key": name, "store_id": name, "province": province, "city": city}
                for name, province, city in stores
            ],
        ),
        shop.table("customer_attributes", [{"customer_id": who, "is_minor": who == "d"} for who in "abcd"]),
        engine=shop.engine,
        as_of=AS_OF,
        path=shop.path("cities"),
    )
    assert table.read().rows() == [("a", "上海", "上海", 2, 0.666667), ("b", "江苏", "苏州", 1, 0.5)], (
        "ties: the newest"
    )


def test_category_counts_leave_out_who_refused(shop: TagShop) -> None:
    sales = [Sale("a", 1, (Line(), Line())), Sale("a", 400), Sale("b", 1), Sale("a", 2, (Line(category=None),))]
    table = steps.category_counts(
        shop.table("order_lines", shop.line_rows(sales)),
        shop.table("customer_attributes", [{"customer_id": "a"}, {"customer_id": "b", "profiling_opt_out": True}]),
        engine=shop.engine,
        settings=shop.settings,
        as_of=AS_OF,
        path=shop.path("categories"),
    )
    assert table.read().rows() == [("a", "tea", 2)]
