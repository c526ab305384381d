"""One list after the other: the gate, the cells, the files, and an account of every member of the segment.

Masked lists for people belong to `pipeline.deliver.lists`, what the manifest says of a list to
`pipeline.exports.entries`, publishing the folder to `pipeline.exports.folder`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import HuitouError
from pipeline.exports.cells import headers, spelt, split_names, values_needed
from pipeline.exports.definition import NAMES
from pipeline.exports.entries import Counts, list_entry, list_warnings
from pipeline.exports.gate import REASONS, Gate, open_gate
from pipeline.exports.night import ExportNight
from pipeline.exports.orders import TAG, Order
from pipeline.exports.recipients import SCHEMA, last_recipients
from pipeline.exports.writers import WrittenFile, write_files


@dataclass(frozen=True)
class WrittenList:
    """One list: its entry in the manifest, who is on it, and what a person should know."""

    entry: Mapping[str, Any]
    recipients: pl.DataFrame
    warnings: tuple[str, ...]


def write_tool_lists(night: ExportNight, found: Sequence[Order], folder: Path) -> list[WrittenList]:
    """Write every order's files into `folder`, in the order of the settings; the gate is opened once."""
    if not found:
        return []
    gate = open_gate(night, [order.policy for order in found])
    definitions = {row["segment"]: row for row in night.tables["segment_definitions"].read().iter_rows(named=True)}
    return [_Writing(night, gate, order, definitions[order.wanted.segment]).write(folder) for order in found]


class _Writing:
    """The making of one list."""

    def __init__(self, night: ExportNight, gate: Gate, order: Order, definition: Mapping[str, str]) -> None:
        self.night, self.gate, self.order, self.definition = night, gate, order, definition

    def write(self, folder: Path) -> WrittenList:
        """Judge, spell, write and count."""
        members = self._members()
        passed, verdicts = self._spelt(self._verdicts(members))
        on_list = passed["customer_id"]
        excluded = counted(verdicts, members.height, on_list.len(), self.order.name)
        files, removed = self._files(passed, folder)
        if self.order.destination.is_message:
            self.gate.sent[self.order.name] = on_list
        counts = Counts(members.height, on_list.len(), removed, excluded)
        entry = list_entry(self.night, self.order, self.definition, counts, files)
        return WrittenList(entry, self._recipients(on_list), tuple(list_warnings(self.order, counts)))

    def _members(self) -> pl.DataFrame:
        members = self.night.tables["segment_members"].scan().filter(pl.col("segment") == self.order.wanted.segment)
        return members.select("customer_id").sort("customer_id").collect()

    def _verdicts(self, members: pl.DataFrame) -> pl.DataFrame:
        closed = self.order.closed(self.night.settings.privacy)
        if closed is not None:
            return members.with_columns(reason=pl.lit(closed))
        return self.gate.judged(members, self.order.asked)

    def _spelt(self, verdicts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of the list, and the verdicts with what the cells and the size of the list had against them."""
        passing = verdicts.filter(pl.col("reason").is_null())
        nobody = pl.DataFrame(schema={"customer_id": pl.String})
        if passing.is_empty():
            return nobody, verdicts
        cells = spelt(self._valued(passing), self.order.destination, self.order.wanted.variables)
        why = cells.select("customer_id", spelt="reason")
        verdicts = verdicts.join(why, on="customer_id", how="left", maintain_order="left")
        verdicts = verdicts.with_columns(reason=pl.coalesce("reason", "spelt")).drop("spelt")
        rows = cells.filter(pl.col("reason").is_null()).drop("reason")
        limit = self.night.settings.privacy.approval_rows
        if limit is not None and rows.height > limit and not self.order.wanted.approved_by:
            return nobody, verdicts.with_columns(pl.col("reason").fill_null("approval_missing"))
        return rows, verdicts

    def _valued(self, passing: pl.DataFrame) -> pl.DataFrame:
        """Every value that the columns name, one row per person who passed."""
        needed = values_needed(self.order.destination, self.order.wanted.variables)
        frame = passing.drop("reason").with_columns(self._given(add_tag=self._tag(), remove_tag=None))
        others = self._customers(needed - set(frame.columns))
        frame = frame.join(others, on="customer_id", how="left", maintain_order="left")
        if needed & set(NAMES):
            frame = frame.join(self._names(passing), on="customer_id", how="left", maintain_order="left")
        missing = sorted(needed - set(frame.columns))
        return frame.with_columns(pl.lit(None, pl.String).alias(name) for name in missing)

    def _given(self, *, add_tag: str | None, remove_tag: str | None) -> list[pl.Expr]:
        given = {
            "segment": self.order.wanted.segment,
            "segment_label": self.definition["label"],
            "as_of": self.night.as_of.isoformat(),
            "add_tag": add_tag,
            "remove_tag": remove_tag,
        }
        return [pl.lit(value, pl.String).alias(name) for name, value in given.items()]

    def _customers(self, needed: set[str]) -> pl.DataFrame:
        customers = self.night.tables["customers"].scan()
        columns = sorted(needed & set(customers.collect_schema().names()))
        return customers.select("customer_id", *columns).collect()

    def _names(self, passing: pl.DataFrame) -> pl.DataFrame:
        names = self.night.tables["customer_values"].scan().filter(pl.col("attribute") == "name")
        wanted = names.select("customer_id", name="attribute_value").join(passing.lazy(), on="customer_id", how="semi")
        return split_names(wanted.collect())

    def _tag(self) -> str:
        return self.order.wanted.variables.get(TAG) or self.definition["label"] or self.order.wanted.segment

    def _files(self, passed: pl.DataFrame, folder: Path) -> tuple[list[WrittenFile], int]:
        """The files of the list, and how many people it takes off; of a diff list only what changed."""
        cells, removed = passed.drop("customer_id"), 0
        if self.order.destination.mode == "diff":
            before = last_recipients(self.night, self.order.name)
            leaving = self._leaving(before, passed)
            added = passed.filter(~pl.col("customer_id").is_in(before.implode())).drop("customer_id")
            cells, removed = pl.concat([added, leaving], how="diagonal_relaxed"), leaving.height
        names = headers(self.order.destination, self.order.wanted.variables)
        return write_files(cells, names, self.order.destination.file, folder, self.order.stem), removed

    def _leaving(self, before: pl.Series, passed: pl.DataFrame) -> pl.DataFrame:
        """The cells of those who were on the last list and are not on this one: their tag is taken off.

        Taking a tag off needs no consent; whoever has no contact any more cannot be told.
        """
        gone = before.filter(~before.is_in(passed["customer_id"].implode())).unique().to_frame("customer_id")
        is_account = (pl.col("contact_type") == "external_userid") & pl.col("is_preferred")
        points = self.night.tables["contact_points"].scan().filter(is_account)
        known = points.select("customer_id", external_userid="contact_value")
        frame = known.join(gone.lazy(), on="customer_id", how="semi").sort("customer_id").collect()
        needed = values_needed(self.order.destination, self.order.wanted.variables)
        frame = frame.with_columns(self._given(add_tag=None, remove_tag=self._tag()))
        frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in sorted(needed - set(frame.columns)))
        cells = spelt(frame, self.order.destination, self.order.wanted.variables)
        return cells.filter(pl.col("reason").is_null()).drop("reason", "customer_id")

    def _recipients(self, on_list: pl.Series) -> pl.DataFrame:
        order = self.order
        told = {
            "export": order.name,
            "destination": order.destination.name,
            "recipient": order.destination.recipient,
            "purpose": order.wanted.purpose,
            "channel": order.policy.channel,
            "is_message": order.destination.is_message,
        }
        frame = pl.DataFrame({"customer_id": on_list})
        return frame.with_columns(pl.lit(value).alias(name) for name, value in told.items()).select(SCHEMA.names())


def counted(verdicts: pl.DataFrame, size: int, exported: int, name: str) -> dict[str, int]:
    """Excluded by reason, in the order of REASONS.

    Raises HuitouError unless segment size = exported + excluded, with one verdict for each member.
    """
    counts = dict(verdicts.drop_nulls("reason").group_by("reason").len().iter_rows())
    if exported + sum(counts.values()) != size or verdicts.height != size or not set(counts) <= set(REASONS):
        raise HuitouError("its counts do not add up, so it was not written", where=f"list {name}")
    return {reason: counts[reason] for reason in REASONS if reason in counts}
