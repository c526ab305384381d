"""A small shop for tags: sales, events and tickets told by hand, all steps up to customer_tags run on them.

Days are ages: 0 is as_of. Money is whole fen. A sale is one order; its lines tell list price, discount and refund.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from itertools import accumulate
from typing import Any

from customer_shop import AS_OF, Shop, aged

from pipeline.lake import Table
from pipeline.scores.signal_steps import customer_tickets
from pipeline.tags import steps

SOURCES = [
    {"name": "pos", "kind": "orders", "path": "pos/*"},
    {"name": "web", "kind": "events", "path": "web/*"},
    {"name": "desk", "kind": "tickets", "path": "desk/*"},
]
LONG_AGO = 1000
"""Age of an anonymous sale that opens the history, so that what is sold later can be new."""


@dataclass(frozen=True)
class Line:
    """Goods of a sale, in fen."""

    sku: str = "s"
    category: str | None = "tea"
    price: int = 10_000
    discount: int | None = 0
    refund: int = 0
    name: str | None = None
    kind: str = "goods"

    @property
    def paid(self) -> int:
        return self.price - (self.discount or 0)

    @property
    def net(self) -> int:
        return self.paid - self.refund


@dataclass(frozen=True)
class Sale:
    """One order of one customer (None = nobody known)."""

    who: str | None
    age: int
    lines: tuple[Line, ...] = (Line(),)
    channel: str = "pos"
    at: time = time(12)
    is_gift: bool = False
    coupon: str | None = None
    is_unpaid: bool = False

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def is_purchase(self) -> bool:
        return not self.is_unpaid and self.net > 0

    @property
    def excluded_because(self) -> str | None:
        if self.is_purchase:
            return None
        return "unpaid" if self.is_unpaid else "fully_returned"


@dataclass(frozen=True)
class Event:
    """Something a customer did on the web."""

    who: str
    age: int
    kind: str
    sku: str | None = None


@dataclass(frozen=True)
class Ticket:
    """A service ticket; without `who` only the order (its number in the list of sales) is known."""

    who: str | None
    age: int
    reason: str | None = None
    rating: int | None = None
    sale: int | None = None
    closed_age: int | None = None


@dataclass
class World:
    """Everything that tags are made of; `people` adds attributes to customers, who exist where anything names them."""

    sales: Sequence[Sale] = ()
    events: Sequence[Event] = ()
    tickets: Sequence[Ticket] = ()
    products: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    people: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        rows: list[Any] = [*self.sales, *self.events, *self.tickets]
        return sorted({row.who for row in rows if row.who} | set(self.people) | set(self.scores) | set(self.answers))


def together(worlds: Sequence[World]) -> World:
    """All worlds in one, customer `a` of the third as `2:a`; orders keep meaning the sales of their own world."""
    starts = list(accumulate((len(world.sales) for world in worlds), initial=0))
    crowd = World([], [], [], {}, {}, {}, {}, {})
    parts: list[tuple[list[Any], str]] = [([], "sales"), ([], "events"), ([], "tickets")]
    for number, world in enumerate(worlds):
        for found, kind in parts:
            for row in getattr(world, kind):
                moved = {"sale": row.sale + starts[number]} if kind == "tickets" and row.sale is not None else {}
                found.append(replace(row, who=row.who and f"{number}:{row.who}", **moved))
        for kind in ("people", "scores", "answers", "keys"):
            getattr(crowd, kind).update({f"{number}:{who}": told for who, told in getattr(world, kind).items()})
    return replace(crowd, **{kind: found for found, kind in parts})


def yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


class TagShop(Shop):
    """Runs the steps of `pipeline.tags` on a world."""

    def order_rows(self, sales: Sequence[Sale]) -> list[dict[str, Any]]:
        return [
            {
                "order_key": f"pos:{number}", "source": "pos", "order_id": str(number), "customer_id": sale.who,
                "channel": sale.channel, "ordered_on": aged(sale.age),
                "ordered_at": datetime.combine(aged(sale.age), sale.at), "is_purchase": sale.is_purchase,
                "excluded_because": sale.excluded_because, "net_amount": yuan(sale.net),
                "refund_amount": yuan(sum(line.refund for line in sale.lines)), "is_gift": sale.is_gift,
                "coupon_code": sale.coupon,
            }
            for number, sale in enumerate(sales)
        ]  # fmt: skip

    def line_rows(self, sales: Sequence[Sale]) -> list[dict[str, Any]]:
        return [
            {
                "order_key": f"pos:{number}", "line_id": str(place), "customer_id": sale.who, "channel": sale.channel,
                "ordered_on": aged(sale.age), "ordered_at": datetime.combine(aged(sale.age), sale.at),
                "is_purchase": sale.is_purchase, "excluded_because": sale.excluded_because, "line_kind": line.kind,
                "sku": line.sku, "product_name": line.name, "category": line.category, "list_amount": yuan(line.price),
                "discount_amount": None if line.discount is None else yuan(line.discount),
                "paid_amount": yuan(line.paid), "refund_amount": yuan(line.refund), "net_amount": yuan(line.net),
            }
            for number, sale in enumerate(sales)
            for place, line in enumerate(sale.lines)
        ]  # fmt: skip

    def event_rows(self, events: Sequence[Event]) -> list[dict[str, Any]]:
        return [
            {
                "source": "web", "row_key": str(number), "profile_key": event.who, "event_type": event.kind,
                "event_at": datetime.combine(aged(event.age), time(9)), "sku": event.sku,
            }
            for number, event in enumerate(events)
        ]  # fmt: skip

    def ticket_rows(self, tickets: Sequence[Ticket]) -> list[dict[str, Any]]:
        return [
            {
                "source": "desk", "row_key": str(number), "profile_key": ticket.who, "reason": ticket.reason,
                "event_on": aged(ticket.age), "satisfaction_score": ticket.rating,
                "order_id": None if ticket.sale is None else str(ticket.sale),
                "closed_at": None if ticket.closed_age is None
                else datetime.combine(aged(ticket.closed_age), time(9)),
            }
            for number, ticket in enumerate(tickets)
        ]  # fmt: skip

    def habits(self, world: World) -> Table:
        """customer_habits of a world."""
        names = world.names
        profiles = [
            {"source": source, "profile_key": name, "customer_id": name, "key_types": world.keys.get(name, "phone")}
            for name in names
            for source in ("web", "desk")
        ]
        stages = [
            {"customer_id": name, "profile": profile, "stage": "regular"}
            for name in names
            for profile in ("guide", "active")
        ]
        responses = [
            {"customer_id": name, "delivered_count": sent, "response_count": answered, "response_rate": 0.1}
            for name, (sent, answered) in world.answers.items()
        ]
        people = self.table(
            "customer_attributes", [{"customer_id": name, **world.people.get(name, {})} for name in names]
        )
        orders = self.table("orders", self.order_rows(world.sales))
        lines = self.table("order_lines", self.line_rows(world.sales))
        products = [{"row_key": sku, "sku": sku, **told} for sku, told in world.products.items()]
        given = {"engine": self.engine, "settings": self.settings, "as_of": AS_OF}
        known = self.table("customer_profiles", profiles)
        traits = steps.product_traits(lines, self.table("clean_products", products), path=self.path("traits"), **given)
        has_names = any(line.name for sale in world.sales for line in sale.lines)
        styles = (
            steps.product_styles(lines, path=self.path("styles"), **given)
            if has_names
            else self.table("product_styles")
        )
        tickets = self._tickets(world, known, orders, given)
        return steps.customer_habits(
            people,
            known,
            self.facts(orders, people),
            self.table("rfm_scores", [{"customer_id": name, **told} for name, told in world.scores.items()]),
            self.table("lifecycle_stages", stages),
            self.table("response_rates", responses),
            steps.line_habits(lines, traits, path=self.path("line_habits"), **given),
            steps.order_habits(orders, path=self.path("order_habits"), **given),
            self._interests(world, known, orders, lines, given),
            tickets,
            steps.customer_preferences(lines, traits, styles, tickets, path=self.path("preferences"), **given),
            path=self.path("habits"),
            **given,
        )

    def _tickets(self, world: World, known: Table, orders: Table, given: dict[str, Any]) -> Table:
        if not world.tickets:
            return self.table("customer_tickets")
        told = self.table("clean_tickets", self.ticket_rows(world.tickets))
        return customer_tickets(told, known, orders, path=self.path("tickets"), **given)

    def _interests(self, world: World, known: Table, orders: Table, lines: Table, given: dict[str, Any]) -> Table:
        if not world.events:
            return self.table("interest_habits")
        told = self.table("clean_events", self.event_rows(world.events))
        return steps.interest_habits(told, known, orders, lines, path=self.path("interest_habits"), **given)

    def tags(self, habits: Table, previous: Table | None = None) -> Table:
        """customer_tags after those of the previous night."""
        return steps.customer_tags(
            habits,
            previous or self.table("customer_tags"),
            engine=self.engine,
            settings=self.settings,
            as_of=AS_OF,
            path=self.path("tags"),
        )

    def given(self, world: World, *names: str) -> dict[tuple[str, str], str]:
        """(customer, tag) → value, of these tags."""
        rows = self.tags(self.habits(world)).read().select("customer_id", "tag", "value").iter_rows()
        return {(who, tag): value for who, tag, value in rows if tag in names}


def owners(given: Iterable[tuple[str, str]], tag: str) -> str:
    """Names of the customers with a tag, by name."""
    return " ".join(sorted(who for who, name in given if name == tag))
