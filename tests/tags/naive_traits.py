"""The other tags in plain Python, straight from the rows: who people are, what they answer, what they like.

Together with `naive_tags`, which has the tags of habits, the judge of the SQL.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from naive_tags import Given, Row, Rows, at_least

Words = Mapping[str, Iterable[str]]
Ticket = tuple[str, date, str | None, bool, str]
"""Customer, day, reason, whether it is a complaint, key."""
WECHAT = ("unionid", "openid", "external_userid")


@dataclass
class Told:
    """What the tables tell beside orders, lines and events."""

    rows: Rows
    people: list[Row]
    keys: Mapping[str, set[str]]
    """customer → kinds of key."""
    scores: Mapping[str, Row]
    tickets: list[Ticket]
    answers: Mapping[str, tuple[int, int]]
    """customer → contacts delivered, answered."""
    brands: Mapping[str, str]
    styles: Words
    services: Words
    high_score: int
    store_channels: Iterable[str]

    @property
    def members(self) -> Iterator[Row]:
        return (one for one in self.people if one["is_member"])

    def recency(self, who: str) -> int | None:
        """Days since the last purchase; None for who never bought."""
        return min((self.rows.age(order["ordered_on"]) for order in self.rows.bought.get(who, ())), default=None)

    def lately(self, day: date, days: int) -> bool:
        return 0 <= self.rows.age(day) < days


def _known(column: str) -> Callable[[Told], Given]:
    """The value of a column, where anybody told it."""
    return lambda told: {(one["customer_id"], ""): one[column] for one in told.people if one[column] is not None}


def student_age(told: Told) -> Given:
    youngest, oldest = told.rows.rules.student_ages
    born = {one["customer_id"]: one["birth_year"] for one in told.people if one["birth_year"] is not None}
    return {(who, ""): "true" for who, year in born.items() if youngest <= told.rows.as_of.year - year <= oldest}


def referral(told: Told) -> Given:
    words = [word.strip().lower() for word in told.rows.rules.referral_words]
    channels = {one["customer_id"]: one["acquisition_channel"] or "" for one in told.people}
    return {(who, ""): text for who, text in channels.items() if any(word in text.lower() for word in words)}


def wechat_member(told: Told) -> Given:
    kinds = set(WECHAT)
    return {
        (one["customer_id"], ""): "true" for one in told.members if kinds & told.keys.get(one["customer_id"], set())
    }


def new_member(told: Told) -> Given:
    days = told.rows.rules.new_member_days
    dated = {one["customer_id"]: one["registered_on"] for one in told.members if one["registered_on"] is not None}
    return {(who, ""): "true" for who, day in dated.items() if told.lately(day, days)}


def dormant_member(told: Told) -> Given:
    ages = {one["customer_id"]: told.recency(one["customer_id"]) for one in told.members}
    days = told.rows.rules.dormant_days
    return {(who, ""): "true" for who, age in ages.items() if age is not None and age >= days}


def occasional(told: Told) -> Given:
    most = told.rows.rules.occasional_orders
    return {(who, ""): "true" for who, orders in told.rows.year.items() if len(orders) <= most}


def coupon_user(told: Told) -> Given:
    rules, given = told.rows.rules, {}
    for who, orders in told.rows.recent.items():
        used = sum(bool(order["coupon_code"]) for order in orders)
        if len(orders) >= rules.coupon_orders and at_least(Fraction(used, len(orders)), rules.coupon_share):
            given[who, ""] = "true"
    return given


def gift_buyer(told: Told) -> Given:
    rules, given = told.rows.rules, {}
    for who, orders in told.rows.recent.items():
        gifts = sum(bool(order["is_gift"]) for order in orders)
        if gifts >= rules.gift_orders and at_least(Fraction(gifts, len(orders)), rules.gift_share):
            given[who, ""] = "true"
    return given


def store_and_online(told: Told) -> Given:
    shops = set(told.store_channels)
    places = {who: {order["channel"] in shops for order in orders} for who, orders in told.rows.recent.items()}
    return {(who, ""): "true" for who, kinds in places.items() if kinds == {True, False}}


def _scored(holds: Callable[[Told, Row], bool]) -> Callable[[Told], Given]:
    return lambda told: {(who, ""): "true" for who, score in told.scores.items() if holds(told, score)}


def _high(told: Told, score: Row, letters: str) -> str:
    """Those of the letters of which the score is high."""
    return "".join(each for each in letters if (score[f"{each}_score"] or 0) >= told.high_score)


def responsive(told: Told) -> Given:
    willing = {who for who, score in told.scores.items() if _high(told, score, "c")}
    return {(who, ""): "true" for who, (_, answered) in told.answers.items() if answered > 0 and who in willing}


def tired_of_messages(told: Told) -> Given:
    least = told.rows.rules.tired_contacts
    return {(who, ""): "true" for who, (sent, answered) in told.answers.items() if answered == 0 and sent >= least}


def unpaid_order(told: Told) -> Given:
    """An order of late that was never paid, and no purchase on its day or later."""
    given: Given = {}
    for order in told.rows.orders:
        who, day = order["customer_id"], order["ordered_on"]
        is_open = order["excluded_because"] == "unpaid" and told.lately(day, told.rows.rules.cart_days)
        if who and is_open and all(bought["ordered_on"] < day for bought in told.rows.bought.get(who, ())):
            given[who, ""] = "true"
    return given


def window_shopper(told: Told) -> Given:
    rules = told.rows.rules
    seen = Counter(
        who for who, kind, day, _ in told.rows.events if kind == "view" and told.lately(day, rules.browsing_days)
    )
    lookers = {who: told.recency(who) for who, views in seen.items() if views >= rules.browsing_views}
    return {(who, ""): "true" for who, age in lookers.items() if age is None or age >= rules.browsing_days}


def sharer(told: Told) -> Given:
    rules = told.rows.rules
    shared = Counter(
        who for who, kind, day, _ in told.rows.events if kind == "share" and told.lately(day, rules.window_days)
    )
    return {(who, ""): "true" for who, count in shared.items() if count >= rules.shares}


def complaint(told: Told) -> Given:
    days = told.rows.rules.complaint_days
    return {(who, ""): "true" for who, day, _, is_bad, _ in told.tickets if is_bad and told.lately(day, days)}


def _preferred(told: Told, values: Callable[[Row], Iterable[str]], has_value: Callable[[Row], bool]) -> Given:
    """The value with the largest share of the own spend, where that is large and unusual; ties: lines, then name."""
    rules, given = told.rows.rules, {}
    everybody: dict[str, Fraction] = defaultdict(Fraction)
    total = Fraction(0)
    own: dict[str, dict[str, list[Fraction]]] = {}
    wholes: dict[str, Fraction] = {}
    for who, lines in told.rows.kept.items():
        own[who] = defaultdict(list)
        wholes[who] = told.rows.spend(line for line in lines if has_value(line))
        total += wholes[who]
        for line in lines:
            for value in values(line):
                own[who][value].append(Fraction(line["net_amount"]))
                everybody[value] += Fraction(line["net_amount"])
    for who, spends in own.items():
        fitting = []
        for value, amounts in spends.items():
            share = sum(amounts) / wholes[who]
            lift = share / (everybody[value] / total)
            is_clear = at_least(share, rules.preference_share) and at_least(lift, rules.preference_lift)
            if is_clear and len(amounts) >= rules.preference_lines:
                fitting.append((-sum(amounts), -len(amounts), value))
        if fitting:
            given[who, ""] = min(fitting)[2]
    return given


def brand_preference(told: Told) -> Given:
    def brand(line: Row) -> list[str]:
        return [told.brands[line["sku"]]] if line["sku"] in told.brands else []

    return _preferred(told, brand, lambda line: bool(brand(line)))


def style_preference(told: Told) -> Given:
    names = {line["product_name"] for lines in told.rows.kept.values() for line in lines if line["product_name"]}
    found = {name: [style for style, words in told.styles.items() if _holds(name, words)] for name in names}
    return _preferred(
        told, lambda line: found.get(line["product_name"], ()), lambda line: line["product_name"] is not None
    )


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word.strip().lower() in text.lower() for word in words)


def service_preference(told: Told) -> Given:
    """Named in tickets and service lines of the window; ties by name."""
    rules = told.rows.rules
    mentions: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    texts = [(who, day, reason, f"ticket {key}") for who, day, reason, _, key in told.tickets]
    texts += [
        (line["customer_id"], line["ordered_on"], line["product_name"], f"{line['order_key']}:{line['line_id']}")
        for line in told.rows.lines
        if line["line_kind"] == "service" and line["is_purchase"] and line["customer_id"]
    ]
    for who, day, text, key in texts:
        if text and told.lately(day, rules.window_days):
            for service, words in told.services.items():
                if _holds(text, words):
                    mentions[who][service].add(key)
    best = {who: min((-len(keys), name) for name, keys in named.items()) for who, named in mentions.items()}
    return {(who, ""): name for who, (count, name) in best.items() if -count >= rules.service_count}


TRAITS: Mapping[str, Callable[[Told], Given]] = {
    "gender": _known("gender"),
    "age_group": _known("age_band"),
    "region": _known("city"),
    "high_value": _scored(lambda told, score: _high(told, score, "rfm") == "rfm"),
    "promising": _scored(lambda told, score: _high(told, score, "fm") == "f"),
    "slipping_away": _scored(lambda told, score: _high(told, score, "rf") == ""),
    **{
        each.__name__: each
        for each in (
            student_age, referral, wechat_member, new_member, dormant_member, occasional, coupon_user, gift_buyer,
            store_and_online, responsive, tired_of_messages, unpaid_order, window_shopper, sharer, complaint,
            brand_preference, style_preference, service_preference,
        )
    },
}  # fmt: skip


def naive_traits(told: Told) -> Given:
    """(customer, tag) → value for all of TRAITS."""
    return {(who, tag): value for tag, rule in TRAITS.items() for (who, _), value in rule(told).items()}
