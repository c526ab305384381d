"""The figures of the shop again in plain Python, one order at a time: the judge of the SQL."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from pipeline.settings import Settings

Order = Mapping[str, Any]
Place = tuple[str, str]
Figures = dict[tuple[str, str, str, str], Fraction | None]
"""(period, scope, scope value, metric) → figure; None = a share of nothing."""


def places(order: Order) -> tuple[Place, Place, Place]:
    return ("total", "all"), ("channel", order["channel"]), ("store", order["store_id"] or "-")


def share(part: Fraction | int, whole: Fraction | int, places: int = 6) -> Fraction | None:
    """Rounded half up; None where there is no whole."""
    return Fraction(int(Fraction(part) / whole * 10**places + Fraction(1, 2)), 10**places) if whole > 0 else None


def first_orders(orders: Iterable[Order]) -> set[str]:
    """Keys of the first purchase of every customer."""
    best: dict[str, tuple[Any, str]] = {}
    for order in orders:
        who, mark = order["customer_id"], (order["ordered_at"], order["order_key"])
        if who is not None:
            best[who] = min(best.get(who, mark), mark)
    return {key for _, key in best.values()}


def trade(orders: list[Order], members: set[str], until: date, days: int, settings: Settings) -> Figures:
    """Figures of the last `days` days up to `until`, of every place that sold in them."""
    firsts, figures = first_orders(orders), {}
    sold = defaultdict(list)
    for order in orders:
        if until - timedelta(days=days) < order["ordered_on"] <= until:
            for place in places(order):
                sold[place].append(order)
    for (scope, value), mine in sold.items():
        online = [order for order in mine if order["channel"] not in settings.kpis.store_channels]
        net, online_net = total(mine), total(online)
        known = [order for order in mine if order["customer_id"] is not None]
        told = {
            "net_amount": net,
            "order_count": len(mine),
            "online_order_count": len(online),
            "new_customer_count": sum(order["order_key"] in firsts for order in mine),
            "online_new_customer_count": sum(order["order_key"] in firsts for order in online),
            "online_order_rate": share(len(online), len(mine)),
            "online_net_rate": share(online_net, net),
            "member_net_rate": share(total([order for order in known if order["customer_id"] in members]), net),
            "returning_order_rate": share(sum(order["order_key"] not in firsts for order in known), len(mine)),
            "refund_rate": share(total(mine, "refund_amount"), total(mine, "paid_amount")),
            "average_order_amount": share(net, len(mine), 2),
        }
        figures |= {(scope, value, metric): number for metric, number in told.items()}
    return {("window", *key): None if number is None else Fraction(number) for key, number in figures.items()}


def total(orders: Iterable[Order], column: str = "net_amount") -> Fraction:
    return sum((Fraction(order[column]) for order in orders), Fraction(0))


def buyers(orders: list[Order], until: date, settings: Settings) -> Figures:
    """Figures of buyers as of `until`, of every place that ever sold to a known customer."""
    ages: dict[Place, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for order in orders:
        if order["customer_id"] is not None:
            for place in places(order):
                ages[place][order["customer_id"]].append((until - order["ordered_on"]).days)
    return {key: number for place, people in ages.items() for key, number in _of_place(place, people, settings).items()}


def _of_place(place: Place, people: Mapping[str, list[int]], settings: Settings) -> Figures:
    kpis, lifecycle, counts = settings.kpis, settings.lifecycle, Counter[str]()
    for ages in ([age for age in told if age >= 0] for told in people.values()):
        if ages:
            recency = min(ages)
            earlier = any(kpis.churn_window_days <= age < 2 * kpis.churn_window_days for age in ages)
            again = sum(age < kpis.repurchase_window_days for age in ages)
            counts["active_customer_count"] += recency < lifecycle.dormant_days
            counts["dormant_customer_count"] += lifecycle.dormant_days <= recency < lifecycle.churned_days
            counts["churned_customer_count"] += recency >= lifecycle.churned_days
            counts["buyer_count"] += recency < kpis.window_days
            counts["churn_base_count"] += earlier
            counts["lost"] += earlier and recency >= kpis.churn_window_days
            counts["repurchase_base_count"] += again > 0
            counts["repeated"] += again > 1
    shown = ("active_customer_count", "dormant_customer_count", "churned_customer_count", "churn_base_count",
             "repurchase_base_count")  # fmt: skip
    found: Figures = {("state", *place, metric): Fraction(counts[metric]) for metric in shown}
    found["window", *place, "buyer_count"] = Fraction(counts["buyer_count"])
    found["state", *place, "churn_rate"] = share(counts["lost"], counts["churn_base_count"])
    found["state", *place, "repurchase_rate"] = share(counts["repeated"], counts["repurchase_base_count"])
    return found
