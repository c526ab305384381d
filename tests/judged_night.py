"""A finished night that plain Python judges: its tables as rows, and the settings it was made with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pipeline.settings import Settings, load_settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.workspace import Workspace


@dataclass(frozen=True)
class JudgedNight:
    """The current night of a workspace. `is_sample`: the sample retailer, who has every kind of source."""

    snapshot: Snapshot
    settings: Settings
    is_sample: bool

    @property
    def as_of(self) -> date:
        """The last day that the night knows."""
        return self.snapshot.as_of

    def rows(self, table: str, *columns: str) -> Iterator[dict[str, Any]]:
        """Rows of a table, with these columns or all."""
        frame = self.snapshot.table(table).scan()
        yield from (frame.select(columns) if columns else frame).collect().iter_rows(named=True)

    @cached_property
    def owners(self) -> dict[tuple[str, str], str]:
        """(source, profile_key) → customer."""
        rows = self.rows("customer_profiles", "source", "profile_key", "customer_id")
        return {(row["source"], row["profile_key"]): row["customer_id"] for row in rows}

    @cached_property
    def left_alone(self) -> set[str]:
        """Customers who refused profiling or are minors."""
        people = self.rows("customer_attributes", "customer_id", "profiling_opt_out", "is_minor")
        return {row["customer_id"] for row in people if row["profiling_opt_out"] or row["is_minor"]}

    def owned(self, table: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Customer and row of a clean table; rows of nobody known are left out."""
        for row in self.rows(table):
            who = self.owners.get((row["source"], row["profile_key"]))
            if who is not None:
                yield who, row


def night_of(workspace: Workspace, *, is_sample: bool) -> JudgedNight:
    """The current night of a workspace."""
    snapshot = SnapshotStore(workspace.snapshots).current()
    assert snapshot is not None
    return JudgedNight(snapshot, load_settings(workspace.settings_file), is_sample)


def complaints(night: JudgedNight) -> Iterable[tuple[str | None, dict[str, Any], bool]]:
    """Customer, row and whether it is a complaint, of every ticket: by the key on it, else by the only such order."""
    by_number: dict[str, list[str | None]] = {}
    for order in night.rows("orders", "order_id", "customer_id"):
        by_number.setdefault(order["order_id"], []).append(order["customer_id"])
    rules = night.settings.complaints
    for ticket in night.rows("clean_tickets"):
        closed, rating = ticket["closed_at"], ticket["satisfaction_score"]
        is_rated = rating is not None and (closed is None or closed.date() <= night.as_of)
        reason = (ticket["reason"] or "").lower()
        is_bad = (is_rated and rating <= rules.satisfaction_score) or any(
            word.lower() in reason for word in rules.words
        )
        who = night.owners.get((ticket["source"], ticket["profile_key"]))
        named = by_number.get(ticket["order_id"], []) if ticket["order_id"] else []
        yield (named[0] if who is None and len(named) == 1 else who), ticket, is_bad
