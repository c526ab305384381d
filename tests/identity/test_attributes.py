"""Surviving values, contact points, and what the audit tables say."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from retailer import AS_OF, Retailer

from pipeline.identity.attributes import age_band, age_on, birthday_bound

MEMBER = {
    "source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "email": "wang@example.cn",
    "name": "王小明", "gender": "male", "birth_date": date(1990, 9, 30), "registered_on": date(2025, 3, 1),
    "store_id": "S1", "acquisition_channel": "抖音", "province": "浙江",
}  # fmt: skip
OLD = {"source": "pos", "kind": "order", "member_no": "M1", "event_on": date(2026, 1, 5)}
NEW = {"source": "web", "kind": "order", "member_no": "M1", "event_on": date(2026, 8, 5)}


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path)


def person(shop: Retailer) -> dict[str, Any]:
    """The only person's attributes."""
    return shop.read("customer_attributes").row(0, named=True)


def test_a_person_is_shown_masked_with_the_source_of_each_value(shop: Retailer) -> None:
    found = person(shop.run([MEMBER]))
    assert found == {
        "customer_id": found["customer_id"],
        "name_masked": "王*", "phone_masked": "138****1001", "email_masked": "w***@example.cn",
        "gender": "male", "gender_source": "club", "birth_year": 1990, "birth_year_source": "club",
        "age_band": "35-44", "province": "浙江", "city": None, "city_source": "club", "is_member": True,
        "registered_on": date(2025, 3, 1), "home_store_id": "S1", "acquisition_channel": "抖音",
        "profiling_opt_out": False, "is_minor": False, "profile_count": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([MEMBER, {**NEW, "name": "王大明"}], "王小明"),
        ([{**MEMBER, "name": "李*"}, {**OLD, "name": "王小明"}], "王小明"),
        ([{**MEMBER, "name": "快乐猫"}, {**OLD, "name": "李*"}], "李*"),
        ([{**MEMBER, "name": None}, {**OLD, "name": "王小明"}, {**NEW, "name": "李小明"}], "李小明"),
        ([{**MEMBER, "name": None}, {**OLD, "name": "王明"}, {**OLD, "name": "李小明"}], "李小明"),
        ([{**MEMBER, "name": None}, {**OLD, "name": "李明"}, {**OLD, "source": "a", "name": "王明"}], "王明"),
    ],
    ids=["member file first", "full before masked", "masked before nickname", "newest", "longest", "source name"],
)
def test_which_name_survives(rows: list[dict[str, Any]], shown: str, shop: Retailer) -> None:
    values = shop.run(rows).read("customer_values")
    assert values.filter(pl.col("attribute") == "name")["attribute_value"].to_list() == [shown]


def test_province_and_city_survive_together_and_gifts_tell_no_place(shop: Retailer) -> None:
    ordered = {**OLD, "province": "江苏", "city": "苏州市"}
    gift = {**NEW, "province": "广东", "city": "广州市", "is_gift": True}
    found = person(shop.run([MEMBER, ordered, gift]))
    assert (found["province"], found["city"], found["city_source"]) == ("江苏", "苏州市", "pos")


def test_registration_is_the_earliest_and_never_after_as_of(shop: Retailer) -> None:
    second = {**MEMBER, "source": "app", "registered_on": date(2024, 7, 1)}
    late = {**MEMBER, "source": "zoo", "registered_on": date(2026, 10, 1)}
    assert person(shop.run([MEMBER, second, late]))["registered_on"] == date(2024, 7, 1)
    assert person(shop.run([late]))["registered_on"] is None


def test_one_refusal_and_one_child_s_birth_date_are_enough(shop: Retailer) -> None:
    child = {**MEMBER, "source": "app", "birth_date": date(2013, 1, 1), "profiling_opt_out": True}
    found = person(shop.run([MEMBER, child]))
    assert (found["profiling_opt_out"], found["is_minor"], found["profile_count"]) == (True, True, 2)


@pytest.mark.parametrize(
    ("born", "minor", "band"),
    [
        (date(2012, 9, 30), False, "14-17"),
        (date(2012, 10, 1), True, "0-13"),
        (date(1961, 9, 30), False, "65+"),
        (date(1961, 10, 1), False, "55-64"),
        (date(2027, 1, 1), True, None),
    ],
    ids=["14 today", "14 tomorrow", "65 today", "65 tomorrow", "not born"],
)
def test_age_is_told_as_of_the_night(born: date, minor: bool, band: str | None, shop: Retailer) -> None:
    found = person(shop.run([{**MEMBER, "birth_date": born}]))
    assert (found["is_minor"], found["age_band"]) == (minor, band)


@pytest.mark.parametrize(
    ("as_of", "age", "bound"),
    [
        (date(2026, 9, 30), 14, date(2012, 9, 30)),
        (date(2024, 2, 29), 14, date(2010, 2, 28)),
        (date(2024, 2, 29), 16, date(2008, 2, 29)),
    ],
)
def test_the_bound_of_an_age(as_of: date, age: int, bound: date) -> None:
    assert birthday_bound(as_of, age) == bound


def test_ages_and_bands_meet() -> None:
    births = pl.DataFrame({"born": [date(2008, 9, 30), date(2008, 10, 1), date(2001, 1, 1)]})
    age = age_on(pl.col("born"), AS_OF)
    found = births.select(age=age, band=age_band(age))
    assert found.rows() == [(18, "18-24"), (17, "14-17"), (25, "25-34")]


def test_contacts_are_raw_and_the_member_file_s_comes_first(shop: Retailer) -> None:
    shop.run([MEMBER, {**NEW, "phone": "13900002002", "unionid": "oU-1"}])
    contacts = shop.read("contact_points").select("contact_type", "contact_value", "source", "seen_on", "is_preferred")
    assert contacts.rows() == [
        ("email", "wang@example.cn", "club", date(2025, 3, 1), True),
        ("phone", "13800001001", "club", date(2025, 3, 1), True),
        ("phone", "13900002002", "web", date(2026, 8, 5), False),
        ("unionid", "oU-1", "web", date(2026, 8, 5), True),
    ]


def test_one_contact_is_preferred_even_if_two_cards_tell_it(shop: Retailer) -> None:
    shop.run([MEMBER, {**MEMBER, "member_no": "M2"}])
    contacts = shop.read("contact_points").select("contact_type", "is_preferred")
    assert contacts.rows() == [("email", True), ("phone", True)]


def test_a_shared_phone_is_nobody_s_contact(shop: Retailer) -> None:
    names = ["王小明", "李梅", "张伟", "赵敏", "孙悦", "周杰"]
    cards = [{**MEMBER, "member_no": f"M{place}", "name": name, "email": None} for place, name in enumerate(names)]
    shop.run(cards)
    assert shop.read("contact_points").is_empty()
    assert set(shop.read("customer_attributes")["phone_masked"]) == {None}
    guards = shop.read("key_guards").select("key_type", "guard_reason", "profile_count", "name_count")
    assert guards.rows() == [("phone", "too_many_names", 6, 6)]


def test_links_are_evidence_without_personal_values(shop: Retailer) -> None:
    till = {"source": "pos", "kind": "order", "phone": "13800001001", "name": "王小明"}
    wife = {"source": "web", "kind": "order", "phone": "13800001001", "name": "李梅"}
    shop.run([MEMBER, till, {**wife, "unionid": "oU-12345"}])
    links = shop.read("identity_links").select("right_source", "rule", "evidence", "probability", "decision")
    assert links.rows() == [
        ("pos", "phone", "phone 138****1001", 1.0, "accepted"),
        ("web", "phone_names_differ", "phone 138****1001, names 王* / 李*", 1.0, "refused"),
    ]


def test_a_receiver_is_shown_masked(shop: Retailer) -> None:
    parcel = {"source": "tmall", "kind": "head", "platform_user_id": "7001", "receiver_phone": "13800001001"}
    shop.run(
        [MEMBER, {**parcel, "receiver_name": "王小明"}, {**parcel, "platform_user_id": "7002", "receiver_name": "李梅"}]
    )
    links = shop.read("identity_links").select("right_key", "rule", "evidence", "decision")
    assert links.rows() == [
        ("7001", "receiver_phone", "receiver_phone 138****1001, receiver 王*", "accepted"),
        ("7002", "receiver_phone_names_differ", "receiver_phone 138****1001, receiver 李*", "refused"),
    ]


def test_a_profile_is_seen_from_its_first_to_its_last_row(shop: Retailer) -> None:
    shop.run([OLD, {**NEW, "source": "pos", "kind": "event"}])
    seen = shop.read("profiles").select("key_types", "is_member", "first_seen_on", "last_seen_on")
    assert seen.rows() == [("member_no", True, date(2026, 1, 5), date(2026, 8, 5))]


def test_rows_without_a_key_are_nobody(shop: Retailer) -> None:
    shop.run([{"source": "pos", "kind": "order", "name": "王小明"}])
    assert shop.read("profiles").is_empty()
    assert shop.read("customer_attributes").is_empty()


@pytest.mark.parametrize(
    ("rows", "rule", "losing"),
    [
        ([MEMBER], "only", 0),
        ([MEMBER, {**NEW, "name": "王小明"}], "only", 0),
        ([MEMBER, {**NEW, "name": "王大明"}], "most_trusted", 1),
        ([{**MEMBER, "name": "李*"}, {**OLD, "name": "王小明"}], "most_telling", 1),
        ([{**MEMBER, "name": None}, {**OLD, "name": "王小明"}, {**NEW, "name": "李小明"}], "latest", 1),
        ([{**MEMBER, "name": None}, {**OLD, "name": "王明"}, {**OLD, "name": "李小明"}], "longest", 1),
        ([{**MEMBER, "name": None}, {**OLD, "name": "李明"}, {**OLD, "source": "a", "name": "王明"}], "tie", 1),
        ([MEMBER, {**NEW, "name": "王大明"}, {**OLD, "name": "王中明"}], "most_trusted", 2),
    ],
)
def test_why_a_value_survives_and_how_many_lost(
    rows: list[dict[str, Any]], rule: str, losing: int, shop: Retailer
) -> None:
    values = shop.run(rows).read("customer_values").filter(pl.col("attribute") == "name")
    assert values.select("survival_rule", "losing_count").rows() == [(rule, losing)]


def test_of_two_phones_the_preferred_contact_survives(shop: Retailer) -> None:
    values = shop.run([MEMBER, {**NEW, "phone": "13900002002"}]).read("customer_values")
    phone = values.filter(pl.col("attribute") == "phone")
    assert phone.select("attribute_value", "survival_rule", "losing_count").rows() == [
        ("13800001001", "preferred_contact", 1)
    ]
