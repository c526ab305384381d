"""The wide row of every customer of finished nights: facts counted from orders, everything else joined by hand.

Scores, stages, tags, tiers and forecasts have judges of their own; here is that `customers` shows the right ones.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from judged_night import JudgedNight

Row = dict[str, Any]
SHOWN = {
    "rfm_scores": ("r_score", "f_score", "m_score", "c_score", "rfm_class", "rfrc_class"),
    "response_rates": ("response_rate",),
    "memberships": (
        "tier", "earned_tier", "reported_tier", "spend_12m_amount", "next_tier", "amount_to_next_tier",
        "points_balance", "points_liability_amount", "ledger_difference",
    ),
    "churn_scores": ("churn_probability", "alive_probability", "risk_level"),
    "lifetime_values": (
        "historic_revenue_amount", "historic_margin_amount", "expected_orders_12m", "expected_revenue_12m_amount",
        "expected_margin_12m_amount", "revenue_12m_low_amount", "revenue_12m_high_amount", "discounted_ltv_amount",
    ),
    "acquisitions": ("acquired_channel",),
    "contact_values": ("is_worth_contacting",),
    "preferred_channels": (
        "preferred_channel", "preferred_channel_source", "preferred_contact_channel", "preferred_purchase_channel",
    ),
    "customer_attributes": (
        "name_masked", "phone_masked", "email_masked", "birth_year", "birth_year_source", "is_member", "registered_on",
        "home_store_id", "acquisition_channel", "profiling_opt_out", "is_minor", "profile_count",
    ),
}  # fmt: skip
"""Columns that stand in `customers` as another table tells them; null for who is not in it."""
NAMED = {
    "lifecycle_stages": ("profile", "stage", {
        "guide": "lifecycle_stage", "active": "activity_stage", "funnel": "funnel_stage",
        "own_cycle": "own_cycle_stage",
    }),
    "rfm_groups": ("rfm_grouping", "rfm_group", {
        "classic_style": "rfm_group", "shopify_style": "shopify_group", "klaviyo_style": "klaviyo_group",
    }),
    "channel_consents": ("consent_channel", "consent", {
        "sms": "sms_consent", "email": "email_consent", "wecom": "wecom_consent", "ads": "ads_consent",
    }),
}  # fmt: skip
"""Tables with several rows of a customer: the column that names a row, the one that is shown, and as what."""


def by_customer(rows: Iterable[Row]) -> dict[str, Row]:
    return {row["customer_id"]: row for row in rows}


def compare(judged: JudgedNight, expected: Callable[[str], Row]) -> None:
    """Every customer's row holds what is expected of it."""
    for row in judged.rows("customers"):
        told = expected(row["customer_id"])
        assert {name: row[name] for name in told} == told


def test_everybody_once(judged: JudgedNight) -> None:
    shown = [row["customer_id"] for row in judged.rows("customers", "customer_id")]
    assert sorted(shown) == sorted(row["customer_id"] for row in judged.rows("customer_attributes", "customer_id"))
    assert sorted(set(shown)) == sorted(set(judged.owners.values()))


def test_facts_are_counted_from_orders(judged: JudgedNight) -> None:
    bought: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    first = judged.as_of
    for order in judged.rows("orders", "customer_id", "is_purchase", "ordered_on", "net_amount"):
        first = min(first, order["ordered_on"])
        if order["is_purchase"] and order["customer_id"] is not None:
            bought[order["customer_id"]].append((order["ordered_on"], order["net_amount"]))
    assert judged.settings.rfm.window_days is None

    def facts(who: str) -> Row:
        ages = [(judged.as_of - day).days for day, _ in bought[who]]
        money = sum((amount for _, amount in bought[who]), Decimal(0))
        return {
            "first_order_on": min((day for day, _ in bought[who]), default=None),
            "last_order_on": max((day for day, _ in bought[who]), default=None),
            "recency_days": min(ages, default=None),
            "order_count": len(ages), "frequency": len(ages), "net_amount": money, "monetary_amount": money,
            **{f"orders_{days}d_count": sum(age < days for age in ages) for days in (30, 60, 90)},
            "history_starts_on": first,
        }  # fmt: skip

    compare(judged, facts)


def test_scores_tiers_and_forecasts_stand_where_they_belong(judged: JudgedNight) -> None:
    tables = {name: by_customer(judged.rows(name, "customer_id", *columns)) for name, columns in SHOWN.items()}
    reasons = {row["customer_id"]: row["reason_1"] for row in judged.rows("churn_scores")}

    def shown(who: str) -> Row:
        found = {column: tables[name].get(who, {}).get(column) for name, columns in SHOWN.items() for column in columns}
        return {**found, "churn_reason": reasons.get(who)}

    compare(judged, shown)


def test_stages_groups_and_consents(judged: JudgedNight) -> None:
    told: dict[str, Row] = defaultdict(lambda: dict.fromkeys(blank))
    blank = [column for _, _, names in NAMED.values() for column in names.values()]
    for table, (key, value, names) in NAMED.items():
        for row in judged.rows(table):
            if row[key] in names:
                told[row["customer_id"]][names[row[key]]] = row[value]
    compare(judged, lambda who: told[who])


def test_tags_next_orders_and_preferred_category(judged: JudgedNight) -> None:
    tags: dict[str, dict[str, str]] = defaultdict(dict)
    for row in judged.rows("customer_tags"):
        tags[row["customer_id"]][row["tag"]] = row["value"]
    expected: dict[str, list[tuple[date, bool]]] = defaultdict(list)
    for row in judged.rows("next_orders"):
        expected[row["customer_id"]].append((row["expected_on"], row["is_due"]))

    def shown(who: str) -> Row:
        return {
            "tags": f",{','.join(sorted(tags[who]))}," if tags[who] else None,
            "preferred_category": tags[who].get("category_preference"),
            "next_order_expected_on": min((day for day, _ in expected[who]), default=None),
            "is_order_due": any(due for _, due in expected[who]) if expected[who] else None,
        }

    compare(judged, shown)


def test_what_nobody_told_is_concluded_and_says_so(judged: JudgedNight) -> None:
    people = by_customer(judged.rows("customer_attributes"))
    concluded = by_customer(judged.rows("imputed_attributes"))

    def shown(who: str) -> Row:
        one, guess = people[who], concluded.get(who, {})
        gender, band = guess.get("imputed_gender"), guess.get("imputed_age_band")
        told_place = one["city"] is not None or one["province"] is not None
        city, province = (one["city"], one["province"]) if told_place else (
            guess.get("imputed_city"), guess.get("imputed_province"),
        )  # fmt: skip
        return {
            "gender": one["gender"] or gender,
            "gender_source": one["gender_source"] or ("imputed" if gender else None),
            "age_band": one["age_band"] or band,
            "age_band_source": one["birth_year_source"] if one["age_band"] else "imputed" if band else None,
            "city": city,
            "province": province,
            "city_source": "imputed" if not told_place and city else one["city_source"],
        }

    compare(judged, shown)
