"""A shop with members: literal rows in, the steps of membership, tables out. Days are told as ages (0 = as_of)."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from customer_shop import Shop, aged

from pipeline.lake import Table
from pipeline.membership import steps
from pipeline.schemas.catalog import TABLES

TO_MEMBERSHIPS = (
    steps.tier_ladder,
    steps.tier_words,
    steps.cause_words,
    steps.member_cards,
    steps.member_spend,
    steps.member_points,
    steps.memberships,
)
NEEDED = (
    "orders",
    "order_lines",
    "customer_attributes",
    "customer_profiles",
    "customer_values",
    "profile_values",
    "clean_members",
    "clean_points",
    "clean_events",
    "clean_tickets",
    "lifecycle_stages",
    "segment_members",
)
Card = Mapping[str, Any]


def bought(who: str | None, age: int | date, net: Any, **more: Any) -> dict[str, Any]:
    """An order of a customer: paid and kept, unless `refund_amount` says what came back."""
    on = age if isinstance(age, date) else aged(age)
    refund = more.get("refund_amount", 0)
    return {
        "customer_id": who,
        "channel": "pos",
        "is_purchase": True,
        "ordered_on": on,
        "ordered_at": datetime.combine(on, time(12)),
        "paid_amount": net + refund if not isinstance(net, str) else net,
        "net_amount": net,
        **more,
    }


@dataclass
class Club(Shop):
    """Tables by name; those that nobody wrote have no rows."""

    made: dict[str, Table] = field(default_factory=dict)

    def write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Table:
        """A literal table for the steps to come."""
        self.made[name] = self.table(name, rows)
        return self.made[name]

    def trade(self, *orders: Mapping[str, Any]) -> None:
        """Orders, numbered pos:0, pos:1 …"""
        self.write("orders", [{"order_key": f"pos:{number}", **order} for number, order in enumerate(orders)])

    def join(self, members: Iterable[str], cards: Iterable[Card] = (), **facts: Mapping[str, Any]) -> None:
        """Members and what the club's file says of their cards (customer_id, member_no, …); facts by customer."""
        people = [{"customer_id": who, "is_member": True, **facts.get(who, {})} for who in members]
        self.write("customer_attributes", people)
        told = list(cards)
        owned = [{"source": "club", "profile_key": card["member_no"], **card} for card in told]
        self.write("customer_profiles", owned and [self._picked(card, "customer_profiles") for card in owned])
        values = [{**card, "attribute": "member_no", "attribute_value": card["member_no"]} for card in owned]
        self.write("profile_values", [self._picked(value, "profile_values") for value in values])
        rows = [{"row_key": card["member_no"], **card} for card in owned]
        self.write("clean_members", [self._picked(row, "clean_members") for row in rows])

    def _picked(self, row: Mapping[str, Any], table: str) -> dict[str, Any]:
        names = TABLES[table].names
        return {name: value for name, value in row.items() if name in names}

    def moved(self, *moves: tuple[str, int, int, str]) -> None:
        """Movements of points: member number, age, points, reason; the cards must be joined before."""
        rows = [
            {
                "source": "club",
                "profile_key": number,
                "member_no": number,
                "row_key": str(place),
                "event_on": aged(age, self.as_of),
                "changed_at": datetime.combine(aged(age, self.as_of), time(12)),
                "points": points,
                "reason": reason,
            }
            for place, (number, age, points, reason) in enumerate(moves)
        ]
        self.write("clean_points", rows)

    def run(self, *chosen: Callable[..., Table]) -> Table:
        """Run steps in order; the last table."""
        for name in NEEDED:
            if name not in self.made:
                self.write(name, [])
        for step in chosen:
            self.made[step.__name__] = self._run(step)
        return self.made[chosen[-1].__name__]

    def _run(self, step: Callable[..., Table]) -> Table:
        parameters = inspect.signature(step).parameters.values()
        inputs = [self.input(one.name) for one in parameters if one.annotation is Table]
        needs = [one.name for one in parameters if one.annotation is not Table]
        given = {name: self.path(step.__name__) if name == "path" else getattr(self, name) for name in needs}
        return step(*inputs, **given)

    def input(self, name: str) -> Table:
        """A table that was made, or an earlier night's (none unless it was made)."""
        if name.startswith("previous_") and name not in self.made:
            return Table(name, self.table(name.removeprefix("previous_")).paths)
        return self.made[name]

    def memberships(self) -> Table:
        """Every step up to memberships."""
        return self.run(*TO_MEMBERSHIPS)
