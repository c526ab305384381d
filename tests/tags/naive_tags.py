"""Tags of habits again in plain Python, slowly and with fractions, straight from the rows: the judge of the SQL.

The other tags stand in `naive_traits`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from typing import Any

from pipeline.tag_settings import TaggingSettings

Row = Mapping[str, Any]
Given = dict[tuple[str, str], str]


def millionths(share: Fraction) -> Fraction:
    """A share rounded to 6 places, halves up."""
    return Fraction(int(share * 1_000_000 + Fraction(1, 2)), 1_000_000)


def at_least(share: Fraction | None, limit: float) -> bool:
    return share is not None and millionths(share) >= Fraction(str(limit))


@dataclass
class Rows:
    """Orders, lines, events and launches as the tables tell them; customers with a null id are nobody."""

    orders: list[Row]
    lines: list[Row]
    events: list[tuple[str, str, date, str | None]]
    launched: Mapping[str, date]
    as_of: date
    rules: TaggingSettings

    def __post_init__(self) -> None:
        self.window = self.rules.window_days
        year = self.as_of.replace(year=self.as_of.year - 1)
        self.bought: dict[str, list[Row]] = defaultdict(list)
        self.recent: dict[str, list[Row]] = defaultdict(list)
        self.paid: dict[str, list[Row]] = defaultdict(list)
        self.year: dict[str, list[Row]] = defaultdict(list)
        for order in self.orders:
            if order["customer_id"] is not None and order["ordered_on"] <= self.as_of:
                self._sort_order(order, year)
        self.kept: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            is_kept = line["is_purchase"] and line["line_kind"] == "goods" and line["net_amount"] > 0
            if is_kept and line["customer_id"] and 0 <= self.age(line["ordered_on"]) < self.window:
                self.kept[line["customer_id"]].append(line)

    def _sort_order(self, order: Row, year: date) -> None:
        who, is_recent = order["customer_id"], self.age(order["ordered_on"]) < self.window
        if order["is_purchase"]:
            self.bought[who].append(order)
            if is_recent:
                self.recent[who].append(order)
            if order["ordered_on"] > year:
                self.year[who].append(order)
        if is_recent and (order["is_purchase"] or order["excluded_because"] == "fully_returned"):
            self.paid[who].append(order)

    def age(self, day: date) -> int:
        return (self.as_of - day).days

    def spend(self, lines: Iterable[Row]) -> Fraction:
        return sum((Fraction(line["net_amount"]) for line in lines), Fraction(0))


def worse_share(values: Mapping[str, Any]) -> dict[str, Fraction]:
    """For each customer the share of all whose value is strictly smaller."""
    counts = Counter(values.values())
    below, total = {}, 0
    for value in sorted(counts):
        below[value] = total
        total += counts[value]
    return {who: Fraction(below[value], total) for who, value in values.items()}


def high_frequency(rows: Rows) -> Given:
    ranks = worse_share({who: len(orders) for who, orders in rows.bought.items()})
    recent = {who: sum(rows.age(order["ordered_on"]) < 90 for order in orders) for who, orders in rows.bought.items()}
    limit = round(1 - rows.rules.frequent_share, 6)
    return {
        (who, "high_frequency"): "true"
        for who in rows.bought
        if at_least(ranks[who], limit) or recent[who] >= rows.rules.frequent_orders
    }


def price_sensitive(rows: Rows) -> Given:
    rules, means, shares = rows.rules, {}, {}
    for who, lines in rows.kept.items():
        if len(rows.recent[who]) < rules.discount_orders:
            continue
        discounted = [line for line in lines if (line["discount_amount"] or 0) > 0]
        shares[who] = rows.spend(discounted) / rows.spend(lines)
        given, full = Fraction(0), Fraction(0)
        for line in lines:
            discount = Fraction(line["discount_amount"] or 0)
            listed = line["list_amount"]
            price = Fraction(listed) if listed is not None else Fraction(line["paid_amount"]) + discount
            given += max(min(discount, price), 0)
            full += max(price, 0)
        if full:
            means[who] = millionths(given / full)
    ranks = worse_share(means)
    return {
        (who, "price_sensitive"): "true"
        for who in shares
        if at_least(shares[who], rules.discounted_share)
        or (means.get(who, 0) > 0 and at_least(ranks.get(who), rules.discount_rank))
    }


def new_product_trier(rows: Rows) -> Given:
    first: dict[str, date] = {}
    for line in rows.lines:
        if line["is_purchase"] and line["line_kind"] == "goods" and line["sku"] and line["ordered_on"] <= rows.as_of:
            first[line["sku"]] = min(first.get(line["sku"], line["ordered_on"]), line["ordered_on"])
    start = min((line["ordered_on"] for line in rows.lines), default=rows.as_of)
    new_from = {sku: day for sku, day in first.items() if (day - start).days >= rows.rules.settling_days}
    new_from |= {sku: rows.launched[sku] for sku in first if sku in rows.launched}
    tried = defaultdict(set)
    for who, lines in rows.kept.items():
        for line in lines:
            if line["sku"] in new_from:
                days = (line["ordered_on"] - new_from[line["sku"]]).days
                if 0 <= days < rows.rules.new_product_days:
                    tried[who].add(line["order_key"])
    enough = rows.rules.new_product_orders
    return {(who, "new_product_trier"): "true" for who, orders in tried.items() if len(orders) >= enough}


def category_preference(rows: Rows) -> Given:
    rules, given = rows.rules, {}
    known = {who: [line for line in lines if line["category"]] for who, lines in rows.kept.items()}
    spent: Counter[str] = Counter()
    for lines in known.values():
        for line in lines:
            spent[line["category"]] += Fraction(line["net_amount"])
    for who, lines in known.items():
        fitting = []
        for category in {line["category"] for line in lines}:
            own = [line for line in lines if line["category"] == category]
            share = rows.spend(own) / rows.spend(lines)
            lift = share / (spent[category] / sum(spent.values()))
            is_clear = at_least(share, rules.preference_share) and at_least(lift, rules.preference_lift)
            if is_clear and len(own) >= rules.preference_lines:
                fitting.append((-rows.spend(own), -len(own), category))
        if fitting:
            given[who, "category_preference"] = min(fitting)[2]
    return given


def category_affinity(rows: Rows) -> Given:
    given = {}
    for who, lines in rows.kept.items():
        orders = defaultdict(set)
        for line in lines:
            if line["category"] and rows.age(line["ordered_on"]) < rows.rules.affinity_days:
                orders[line["category"]].add(line["order_key"])
        often = [(-len(keys), name) for name, keys in orders.items() if len(keys) >= rows.rules.affinity_orders]
        if often:
            given[who, "category_affinity"] = min(often)[1]
    return given


def unpaid_cart(rows: Rows) -> Given:
    bought: dict[tuple[str, str | None], date] = {}
    for line in rows.lines:
        is_paid = line["is_purchase"] or line["excluded_because"] == "fully_returned"
        if is_paid and line["customer_id"] and line["ordered_on"] <= rows.as_of:
            for key in ((line["customer_id"], line["sku"]), (line["customer_id"], None)):
                bought[key] = max(bought.get(key, line["ordered_on"]), line["ordered_on"])
    given = {}
    for who, kind, day, sku in rows.events:
        is_fresh = kind == "cart" and 0 <= rows.age(day) < rows.rules.cart_days
        if is_fresh and bought.get((who, sku), date.min) < day:
            given[who, "unpaid_cart"] = "true"
    return given


def _share_of_orders(
    rows: Rows, tag: str, counts: Callable[[Row], bool], least: int, share: float, among: Callable[[Row], bool] | None
) -> Given:
    given = {}
    for who, orders in rows.recent.items():
        all_orders = [order for order in orders if among is None or among(order)]
        fitting = [order for order in all_orders if counts(order)]
        if len(fitting) >= least and at_least(Fraction(len(fitting), len(all_orders)), share):
            given[who, tag] = "true"
    return given


def weekend_shopper(rows: Rows) -> Given:
    rules = rows.rules
    is_weekend: Callable[[Row], bool] = lambda order: order["ordered_on"].isoweekday() >= 6  # noqa: E731
    return _share_of_orders(rows, "weekend_shopper", is_weekend, rules.weekend_orders, rules.weekend_share, among=None)


def night_shopper(rows: Rows) -> Given:
    rules = rows.rules

    def is_night(order: Row) -> bool:
        return order["ordered_at"].hour >= rules.night_from_hour or order["ordered_at"].hour < rules.night_until_hour

    def has_time(order: Row) -> bool:
        return bool(order["ordered_at"].time() != time(0))

    return _share_of_orders(rows, "night_shopper", is_night, rules.night_orders, rules.night_share, among=has_time)


def frequent_returner(rows: Rows) -> Given:
    given = {}
    for who, orders in rows.paid.items():
        back = sum(order["refund_amount"] > 0 for order in orders)
        if back >= rows.rules.returned_orders and at_least(Fraction(back, len(orders)), rows.rules.returned_share):
            given[who, "frequent_returner"] = "true"
    return given


def big_basket(rows: Rows) -> Given:
    means = {}
    for who, orders in rows.recent.items():
        fen = sum(Fraction(order["net_amount"]) for order in orders) * 100 / len(orders)
        means[who] = int(fen + Fraction(1, 2))
    ranks, limit = worse_share(means), round(1 - rows.rules.basket_share, 6)
    return {
        (who, "big_basket"): "true"
        for who, orders in rows.recent.items()
        if len(orders) >= rows.rules.basket_orders and at_least(ranks[who], limit)
    }


def vip(rows: Rows) -> Given:
    return {
        (who, "vip"): "true"
        for who, orders in rows.year.items()
        if sum(order["net_amount"] for order in orders) >= rows.rules.vip_amount
    }


def multi_channel(rows: Rows) -> Given:
    return {
        (who, "multi_channel"): "true"
        for who, orders in rows.recent.items()
        if len({order["channel"] for order in orders}) >= rows.rules.channels
    }


TAGS = {
    each.__name__: each
    for each in (
        high_frequency, price_sensitive, new_product_trier, category_preference, category_affinity, unpaid_cart,
        weekend_shopper, night_shopper, frequent_returner, big_basket, vip, multi_channel,
    )
}  # fmt: skip


def naive_tags(rows: Rows) -> Given:
    """(customer, tag) → value for all of TAGS."""
    return {key: value for tag in TAGS.values() for key, value in tag(rows).items()}
