"""A shop with campaigns and spend, told in literal rows, for the tables of acquisition."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from customer_shop import AS_OF, Shop, aged

from pipeline.acquisition import steps
from pipeline.lake import Table


def at(age: int, hour: int = 12) -> datetime:
    """A moment on the day of that age."""
    return datetime.combine(aged(age), datetime.min.time()) + timedelta(hours=hour)


def purchase(customer: str, age: int, amount: Any = 10, **more: Any) -> dict[str, Any]:
    """One purchase of `orders`."""
    return {
        "order_key": f"pos:{customer}-{age}",
        "customer_id": customer,
        "channel": "pos",
        "is_purchase": True,
        "ordered_on": aged(age),
        "ordered_at": at(age),
        "net_amount": amount,
        **more,
    }


def message(customer: str, campaign: str, age: int, **more: Any) -> dict[str, Any]:
    """One campaign message, delivered when it was sent; `is_control` for a person held out."""
    return {
        "source": "log",
        "row_key": f"{campaign}-{customer}-{age}",
        "file_sha": "f",
        "row_number": abs(hash((customer, campaign, age))) % 1_000_000,
        "campaign_id": campaign,
        "profile_key": customer,
        "sent_at": at(age),
        "is_control": False,
        "has_delivery_column": False,
        **more,
    }


def campaign(name: str, channel: str | None, cost: Any = None) -> dict[str, Any]:
    """One campaign."""
    return {
        "source": "crm",
        "row_key": name,
        "file_sha": "c",
        "campaign_id": name,
        "channel": channel,
        "cost_amount": cost,
    }


def spend(channel: str, on: date, amount: Any, currency: str = "CNY") -> dict[str, Any]:
    """Marketing money of a day."""
    return {
        "source": "ads",
        "row_key": f"{channel}-{on}",
        "file_sha": "s",
        "spent_on": on,
        "channel": channel,
        "spend_amount": amount,
        "currency": currency,
    }


def profiles(shop: Shop, *customers: str) -> Table:
    """Everybody is their own profile of the message log."""
    return shop.table(
        "customer_profiles", [{"source": "log", "profile_key": who, "customer_id": who} for who in customers]
    )


def rates(shop: Shop) -> Table:
    """The yuan for ever, the pound at 9.10 from 2026 on."""
    always = {"held_from_on": date(1, 1, 1), "held_until_on": date(9999, 12, 31)}
    return shop.table(
        "exchange_rates",
        [
            {"currency": "CNY", "rate": Decimal(1), **always},
            {"currency": "GBP", "rate": Decimal("9.1"), **always, "held_from_on": date(2026, 1, 1)},
        ],
    )


def acquired(shop: Shop, orders: list[dict[str, Any]], **tables: Any) -> pl.DataFrame:
    """acquisitions of these purchases; `campaigns`, `messages`, `said` (customer: channel)."""
    people = sorted({row["customer_id"] for row in orders})
    said = tables.get("said", {})
    attributes = [{"customer_id": who, "acquisition_channel": said.get(who)} for who in people]
    return steps.acquisitions(
        shop.table("orders", orders),
        shop.table("clean_campaigns", tables.get("campaigns", [])),
        shop.table("clean_campaign_contacts", tables.get("messages", [])),
        profiles(shop, *people),
        shop.table("customer_attributes", attributes),
        engine=shop.engine,
        settings=shop.settings,
        path=shop.path("acquisitions"),
    ).read()


__all__ = ["AS_OF", "Shop", "acquired", "aged", "at", "campaign", "message", "profiles", "purchase", "rates", "spend"]
