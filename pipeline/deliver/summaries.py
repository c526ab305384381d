"""Who gets the summary of a night, once each: by mail and to chat groups.

`state/summaries_sent.json` remembers, after success, which nights each recipient got (under keyed hashes, so it names
nobody). A process that dies between sending and remembering sends once more, with the same Message-ID.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from pipeline.clean.keys import keyed_hash
from pipeline.deliver import mail, webhook
from pipeline.deliver.summary import Summary, summary_of
from pipeline.delivery_settings import DeliverySettings, MailSettings, WebhookSettings
from pipeline.errors import HuitouError
from pipeline.lake import write_bytes
from pipeline.reports.folder import ReportNight
from pipeline.reports.stores import PAGE

log = logging.getLogger("huitou.publish")

FILE = "summaries_sent.json"
Send = Callable[[Summary, str, datetime], None]


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets the summary; `shown` names them without telling an address."""

    key: str
    shown: str
    send: Send


@dataclass(frozen=True)
class Outcome:
    """What became of the summary of one night: how many got it now, and why others did not."""

    sent: int = 0
    failures: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """In words for a person; nothing where nothing had to be done."""
        told = [f"The summary of the night went to {self.sent} recipients."] if self.sent else []
        return [*told, *self.failures]


class SentLedger:
    """Which nights each recipient got. Call under the run lock."""

    def __init__(self, state: Path, secret: bytes) -> None:
        self.path, self.secret = state / FILE, secret
        self.sent = self._read()

    def _read(self) -> dict[str, list[str]]:
        if not self.path.exists():
            return {}
        try:
            content = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(name): [str(day) for day in days] for name, days in content.items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise HuitouError(
                "cannot be read", where=f"state/{FILE}", remedy="Restore it, or delete it: the last night goes again."
            ) from error

    def name_of(self, recipient: Recipient) -> str:
        """The keyed hash that stands for a recipient."""
        return str(keyed_hash(pl.Series([recipient.key]), self.secret).item())

    def has(self, recipient: Recipient, day: str) -> bool:
        """Whether the recipient got the night of this day."""
        return day in self.sent.get(self.name_of(recipient), ())

    def note(self, recipient: Recipient, day: str) -> None:
        """Remember that it went out."""
        name = self.name_of(recipient)
        self.sent[name] = sorted({*self.sent.get(name, ()), day})
        write_bytes(self.path, json.dumps(self.sent, sort_keys=True, indent=1).encode())


def recipients_of(delivery: DeliverySettings, page: Path) -> Iterator[Recipient]:
    """Everybody whom the settings name; whoever is named twice gets it once."""
    if delivery.mail is not None:
        places = {address.lower(): place for place, address in reversed(list(enumerate(delivery.mail.to, start=1)))}
        for address, place in sorted(places.items(), key=lambda each: each[1]):
            send = partial(_mail, delivery.mail, delivery.mail.to[place - 1], page)
            yield Recipient(f"mail|{address}", f"mail to recipient {place}", send)
    chats = {each.url_variable: each for each in delivery.webhook}
    for variable, chat in chats.items():
        yield Recipient(f"webhook|{variable}", f"webhook of {variable}", partial(_post, chat))


def deliver_summary(night: ReportNight, state: Path, secret: bytes) -> Outcome:
    """Send the summary to whoever has not got that of this night; never raises for what a server does.

    Nothing is worked out where everybody has it.
    """
    day = night.snapshot.as_of.isoformat()
    page = night.folder / PAGE
    try:
        ledger = SentLedger(state, secret)
    except HuitouError as error:
        return Outcome(failures=(f"summary not sent: {error}",))
    waiting = [each for each in recipients_of(night.settings.delivery, page) if not ledger.has(each, day)]
    if not waiting:
        return Outcome()
    return _sent(waiting, summary_of(night), day, ledger, datetime.now(night.settings.zone))


def _sent(waiting: Sequence[Recipient], summary: Summary, day: str, ledger: SentLedger, now: datetime) -> Outcome:
    sent, failures = 0, []
    for recipient in waiting:
        try:
            recipient.send(summary, f"{day}.{ledger.name_of(recipient)[:16]}", now)
        except Exception as error:  # noqa: BLE001 (the night is published, whatever goes wrong on its way out)
            failures.append(f"summary of {day} not sent, {recipient.shown}: {_told(error)}")
        else:
            ledger.note(recipient, day)
            sent += 1
    log.info("summary of %s sent to %d of %d recipients", day, sent, len(waiting))
    return Outcome(sent, tuple(failures))


def _mail(settings: MailSettings, address: str, page: Path, summary: Summary, identity: str, now: datetime) -> None:
    attachment = page if settings.attach_report else None
    letter = mail.Letter(address, summary.subject, summary.text(), summary.html(), identity, now, attachment)
    mail.send(letter, settings)


def _post(settings: WebhookSettings, summary: Summary, _identity: str, now: datetime) -> None:
    url = os.environ.get(settings.url_variable, "").strip()
    if not url:
        raise webhook.RefusedError(f"the variable {settings.url_variable} is not set")
    message = webhook.packed(summary.short(), url, settings.kind)
    if settings.secret_variable is not None:
        message = webhook.signed(message, settings.kind, settings.secret_variable, now)
    webhook.post(message)


def _told(error: Exception) -> str:
    """Our own words; texts of foreign errors may hold an address or a secret and stay out."""
    if isinstance(error, mail.MailBusyError | mail.MailRefusedError):
        return str(error)
    return webhook.told(error)
