"""The entries of `exports:` with everything they name found, or what is wrong with them, in words.

Writing them belongs to `pipeline.exports.lists`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.errors import SettingsError
from pipeline.export_settings import Channel, ExportSettings, PrivacySettings
from pipeline.exports.cells import unknown_variables
from pipeline.exports.definition import Destination, DestinationLibrary
from pipeline.exports.gate import Asked
from pipeline.exports.policy import CHANNEL_OF_PURPOSE, Policy, is_allowed, policy_of
from pipeline.settings import Settings

FOLDER = "for_tools"
"""Where in the folder of a night the files for tools lie, apart from the masked lists for people."""
TAG = "tag"
"""The variable that names the tag of a diff list; every other destination writes variables as columns."""


@dataclass(frozen=True)
class Order:
    """One entry of `exports:`; `number` tells entries of one segment and destination apart."""

    number: int
    wanted: ExportSettings
    destination: Destination
    policy: Policy

    @property
    def name(self) -> str:
        """What the list is called in manifest and log; the same every night."""
        return f"{self.wanted.segment}.{self.destination.name}" + (f".{self.number}" if self.number > 1 else "")

    @property
    def stem(self) -> str:
        """Where its files lie in the folder of the night, without their suffix.

        Such a file may hold raw contacts, so neither its place nor its name can be taken for a masked list's, not
        even where the destination is called as its kind of file is: `for_tools/best.for_csv.csv`.
        """
        number = f".{self.number}" if self.number > 1 else ""
        return f"{FOLDER}/{self.wanted.segment}.for_{self.wanted.destination}{number}"

    @property
    def place(self) -> str:
        """What the list is called in messages."""
        return f"export of {self.wanted.segment} to {self.wanted.destination}"

    @property
    def asked(self) -> Asked:
        """What this list asks of the gate."""
        wanted, destination = self.wanted, self.destination
        return Asked(self.policy, wanted.segment, wanted.purpose, destination.is_message, wanted.holdout_share)

    def closed(self, privacy: PrivacySettings) -> str | None:
        """Why the list is closed as a whole, whoever is in it; None where it is open."""
        if not is_allowed(self.wanted.purpose, self.policy.channel, self.destination.purposes):
            return "purpose_not_allowed"
        approved = privacy.cross_border
        is_approved = approved == "approved" or self.destination.name in approved
        return "cross_border_not_approved" if self.destination.abroad and not is_approved else None


WHY_CLOSED = {
    "purpose_not_allowed": "its purpose is none that the destination serves",
    "cross_border_not_approved": "the destination keeps the data abroad, which privacy.cross_border does not approve",
    "approval_missing": "a list of so many rows needs approved_by",
}


def orders(
    wanted: Sequence[ExportSettings], library: DestinationLibrary, segments: Sequence[str]
) -> Iterator[Order | SettingsError]:
    """Every entry of `exports:` as an order, or what is wrong with it."""
    seen: dict[tuple[str, str], int] = {}
    for export in wanted:
        both = (export.segment, export.destination)
        seen[both] = seen.get(both, 0) + 1
        try:
            yield _order(export, library, segments, seen[both])
        except SettingsError as error:
            yield error


def check_exports(settings: Settings, library: DestinationLibrary, segments: Sequence[str]) -> None:
    """Raise one SettingsError that lists every export which a night would refuse or close as a whole."""
    mistakes = []
    for found in orders(settings.exports, library, segments):
        if isinstance(found, SettingsError):
            mistakes.append(str(found).rstrip("."))
        elif (closed := found.closed(settings.privacy)) is not None:
            mistakes.append(f"{found.place}: {WHY_CLOSED[closed]}")
    if mistakes:
        raise SettingsError("; ".join(mistakes), where="settings.yaml", remedy="See docs/how-to-new-destination.md.")


def _order(export: ExportSettings, library: DestinationLibrary, segments: Sequence[str], number: int) -> Order:
    where = f"export of {export.segment} to {export.destination}"
    if export.segment not in segments:
        raise SettingsError("no segment has this name", where=where)
    try:
        destination = library.get(export.destination)
    except SettingsError as error:
        raise SettingsError(error.what, where=where, remedy=error.remedy) from error
    _check_variables(export, destination, where)
    channel = _channel(export, destination, where)
    return Order(number, export, destination, policy_of(export.purpose, channel, destination.recipient))


def _check_variables(export: ExportSettings, destination: Destination, where: str) -> None:
    taken = {TAG} if destination.mode == "diff" else set()
    if destination.variables is None:
        surplus = sorted(set(export.variables) - taken)
        if surplus:
            raise SettingsError(f"takes no variable {surplus[0]}", where=where, remedy="Leave it out.")
        return
    unknown = unknown_variables(export.variables)
    if unknown:
        raise SettingsError(f"variable {unknown[0]} names no column that a list may carry", where=where)
    for name, text in export.variables.items():
        if not text.startswith("{") and not pl.Series([text]).str.contains(destination.variables.grammar).item():
            raise SettingsError(f"variable {name} has a value that the tool does not take", where=where)


def _channel(export: ExportSettings, destination: Destination, where: str) -> Channel:
    """The channel whose consent counts; a purpose of another channel finds nobody (`purpose_not_allowed`)."""
    told = export.channel or CHANNEL_OF_PURPOSE.get(export.purpose)
    if told in destination.channels:
        return told
    if len(destination.channels) == 1 or told is not None:
        return destination.channels[0]
    known = ", ".join(destination.channels)
    raise SettingsError(
        f"purpose {export.purpose} tells no channel", where=where, remedy=f"Set `channel:` to one of {known}."
    )
