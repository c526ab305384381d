"""The wide row: nobody is lost, and every column comes from its own table."""

from datetime import datetime, time
from typing import Any

from customer_shop import Shop, aged, by_customer


def at(age: int, hour: int = 12) -> datetime:
    return datetime.combine(aged(age), time(hour))


def order(number: int, channel: str, age: int, hour: int = 12, **more: Any) -> dict[str, Any]:
    return {
        "order_key": f"x:{number}", "customer_id": "a", "channel": channel, "is_purchase": True, "net_amount": 10,
        "ordered_on": aged(age), "ordered_at": at(age, hour), **more,
    }  # fmt: skip


def test_concluded_values_stand_in_for_untold_ones_and_say_so(shop: Shop) -> None:
    told = {"gender": "male", "gender_source": "club", "city": "杭州", "province": "浙江", "city_source": "club"}
    people = [{"customer_id": "told", **told}, {"customer_id": "silent"}]
    concluded = {
        "imputed_gender": "female",
        "imputed_age_band": "25-34",
        "imputed_city": "上海",
        "imputed_province": "上海",
    }
    wide = {"imputed_attributes": [{"customer_id": who, **concluded} for who in ("told", "silent")]}
    customers = shop.customers(shop.orders([]), shop.table("customer_attributes", people), wide=wide)
    columns = ("gender", "gender_source", "age_band", "age_band_source", "province", "city", "city_source")
    assert by_customer(customers, *columns) == {
        "told": ("male", "club", "25-34", "imputed", "浙江", "杭州", "club"),
        "silent": ("female", "imputed", "25-34", "imputed", "上海", "上海", "imputed"),
    }


def test_tags_consents_and_next_orders_are_gathered(shop: Shop) -> None:
    wide = {
        "customer_tags": [
            {"customer_id": "a", "tag": tag, "value": value}
            for tag, value in (("vip", "true"), ("category_preference", "护肤"), ("gift_buyer", "true"))
        ],
        "channel_consents": [
            {"customer_id": "a", "consent_channel": "sms", "reach": "reachable", "consent": "granted"},
            {"customer_id": "a", "consent_channel": "email", "reach": "missing", "consent": "withdrawn"},
        ],
        "next_orders": [
            {"customer_id": "a", "category": "奶粉", "expected_on": aged(-9), "is_due": False},
            {"customer_id": "a", "category": "尿布", "expected_on": aged(2), "is_due": True},
        ],
    }
    customers = shop.customers(shop.orders([]), shop.people({"a": None, "b": None}), wide=wide)
    columns = (
        "tags",
        "preferred_category",
        "sms_consent",
        "email_consent",
        "ads_consent",
        "next_order_expected_on",
        "is_order_due",
    )
    assert by_customer(customers, *columns) == {
        "a": (",category_preference,gift_buyer,vip,", "护肤", "granted", "withdrawn", None, aged(2), True),
        "b": (None, None, None, None, None, None, None),
    }


def test_everybody_has_one_row_with_scores_where_they_have_them(shop: Shop) -> None:
    people = shop.people({"buyer": aged(400), "asked": aged(300), "silent": None}, is_member=True)
    customers = shop.customers(shop.orders([("buyer", 10, 5)]), people, {"asked": 0.125})
    assert by_customer(
        customers, "is_member", "order_count", "recency_days", "response_rate", "r_score", "lifecycle_stage",
        "activity_stage", "rfm_class",
    ) == {
        "buyer": (True, 1, 10, None, 1, "regular", "new", "general_win_back"),
        "asked": (True, 0, None, 0.125, None, "prospect", "prospect", None),
        "silent": (True, 0, None, None, None, "prospect", "prospect", None),
    }  # fmt: skip


def test_history_starts_with_the_first_order_of_anybody(shop: Shop) -> None:
    rows = [order(1, "pos", 500, customer_id=None), order(2, "pos", 9)]
    customers = shop.customers(shop.orders([], rows), shop.people({"a": None, "b": None}))
    assert by_customer(customers, "history_starts_on") == {"a": aged(500), "b": aged(500)}


def test_a_retailer_without_orders(shop: Shop) -> None:
    customers = shop.customers(shop.orders([]), shop.people({"a": None}))
    assert by_customer(customers, "history_starts_on", "order_count") == {"a": (None, 0)}
