"""A mail server on this machine as shops have them: STARTTLS or TLS, a login, and moods of its own."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "shop", "correct horse battery"


@dataclass
class Mailbox:
    """What arrived, and what the server answers to the next mails (`250` in the end)."""

    answers: list[str] = field(default_factory=list)
    refused: tuple[str, ...] = ()
    logins: list[str] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    attempts: int = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        """Take everybody but those who are refused."""
        if address in self.refused:
            return f"550 no such person: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take the mail, or say what was planned."""
        self.attempts += 1
        if self.answers:
            return self.answers.pop(0)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.were_encrypted.append(bool(session.ssl or server.transport.get_extra_info("ssl_object")))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        """Let in who knows the password."""
        assert isinstance(login, LoginPassword)
        self.logins.append(login.login.decode())
        known = (login.login.decode(), login.password.decode()) == (USER, PASSWORD)
        return AuthResult(success=known, handled=False)


@dataclass(frozen=True)
class MailServer:
    """Where it listens and how it is trusted."""

    mailbox: Mailbox
    port: int
    ca_file: Path


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, security: str) -> Iterator[MailServer]:
    """A server for `starttls`, `tls` or `none`; the first two know a login."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    mailbox, port = Mailbox(), free_port()
    options: dict[str, Any] = {
        "starttls": {
            "tls_context": context, "require_starttls": True, "authenticator": mailbox.authenticate,
            "auth_required": True,
        },
        "tls": {"ssl_context": context, "auth_require_tls": False, "authenticator": mailbox.authenticate},
        "none": {},
    }[security]  # fmt: skip
    controller = Controller(mailbox, hostname="localhost", port=port, server_hostname="localhost", **options)
    controller.start()
    try:
        yield MailServer(mailbox, port, ca_file)
    finally:
        controller.stop(no_assert=True)
