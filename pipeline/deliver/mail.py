"""One mail to one person by SMTP, over TLS, with patience where the server stumbles.

Neither a password nor an address is ever told by an error. What a mail says belongs to `pipeline.deliver.summary`.
"""

import os
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import tenacity

from pipeline.delivery_settings import MailSettings

ATTEMPTS = 3
WAIT_SECONDS = 2.0
TRANSIENT = range(400, 500)
"""Replies by which a server asks to come again (RFC 5321, 4.2.1)."""


class MailRefusedError(Exception):
    """The server does not take this mail, however often it is asked."""


class MailBusyError(Exception):
    """The server may take the mail in a moment."""


@dataclass(frozen=True)
class Letter:
    """What one person gets. `identity` is the same whenever the same mail is sent again."""

    to: str
    subject: str
    text: str
    html: str
    identity: str
    sent_at: datetime
    attachment: Path | None = None


def login_of(settings: MailSettings, environment: Mapping[str, str] = os.environ) -> tuple[str, str] | None:
    """User and password from the variables of the settings; None for a server that asks for none.

    Raises MailRefusedError where only one of them is set.
    """
    user, password = (environment.get(name, "") for name in (settings.user_variable, settings.password_variable))
    if bool(user) != bool(password):
        missing = settings.password_variable if user else settings.user_variable
        raise MailRefusedError(f"the variable {missing} is not set")
    if user and settings.security == "none":
        raise MailRefusedError("security is none, and a password never travels in the open")
    return (user, password) if user else None


def message_of(letter: Letter, settings: MailSettings) -> EmailMessage:
    """The letter as text and as HTML, with the page of the report where one is attached."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = settings.sender, letter.to, letter.subject
    message["Date"] = format_datetime(letter.sent_at)
    message["Message-ID"] = f"<{letter.identity}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.attachment is not None:
        name = f"{letter.attachment.parent.name}{letter.attachment.suffix}"
        message.add_attachment(letter.attachment.read_text(encoding="utf-8"), subtype="html", filename=name)
    return message


def send(letter: Letter, settings: MailSettings) -> None:
    """Hand the letter to the server. Raises MailRefusedError or, after some patience, MailBusyError."""
    login, message = login_of(settings), message_of(letter, settings)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ValueError):
        raise MailRefusedError("delivery.mail.ca_file holds no certificates that can be read") from None
    _hand_over(settings, context, login, message)


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(MailBusyError),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential(multiplier=WAIT_SECONDS),
    reraise=True,
)
def _hand_over(
    settings: MailSettings, context: ssl.SSLContext, login: tuple[str, str] | None, message: EmailMessage
) -> None:
    try:
        with _connected(settings, context) as server:
            if login is not None:
                server.login(*login)
            server.send_message(message)
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise _in_our_words(error) from None


@contextmanager
def _connected(settings: MailSettings, context: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """A server that has been greeted; we call ourselves by the sender's domain, which needs no look-up of names."""
    name, seconds = settings.sender.rpartition("@")[2], settings.timeout_seconds
    if settings.security == "tls":
        with smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=seconds, context=context) as server:
            yield server
        return
    with smtplib.SMTP(settings.host, settings.port, name, timeout=seconds) as server:
        if settings.security == "starttls":
            server.starttls(context=context)
        yield server


def _in_our_words(error: Exception) -> MailBusyError | MailRefusedError:
    """What went wrong without what the server said: it may repeat addresses."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal(next(iter(error.recipients.values()))[0], "the recipient")
    if isinstance(error, smtplib.SMTPResponseException):
        is_login = isinstance(error, smtplib.SMTPAuthenticationError)
        return _refusal(error.smtp_code, "the login" if is_login else "the mail")
    for kind, words in FINAL.items():
        if isinstance(error, kind):
            return MailRefusedError(words)
    if isinstance(error, smtplib.SMTPServerDisconnected) or not isinstance(error, smtplib.SMTPException | UnicodeError):
        return MailBusyError(f"the server cannot be reached ({type(error).__name__})")
    return MailRefusedError(type(error).__name__)


FINAL: Mapping[type[Exception], str] = {
    ssl.SSLCertVerificationError: "the certificate of the server is not trusted (delivery.mail.ca_file)",
    smtplib.SMTPNotSupportedError: "the server offers no STARTTLS, or no login that is known",
}
"""What asking again does not mend."""


def _refusal(code: int, what: str) -> MailBusyError | MailRefusedError:
    words = f"the server refused {what} with code {code}"
    return MailBusyError(words) if code in TRANSIENT else MailRefusedError(words)
