"""Mails against real servers on this machine: encryption, login, patience, and errors that tell no secret."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mail_server import PASSWORD, USER, MailServer, free_port, serving

from pipeline.deliver import mail
from pipeline.delivery_settings import MailSettings

SENDER = "huitou@shop.example"
BOSS = "boss@shop.example"
LETTER = mail.Letter(
    to=BOSS,
    subject="示例零售 经营早报 2026-10-31（周六）",
    text="净销售额:¥1,500\n",
    html="<p>净销售额:<strong>¥1,500</strong></p>",
    identity="2026-10-31.0123456789abcdef",
    sent_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail._hand_over.retry, "wait", lambda _: 0)  # type: ignore[attr-defined]
    monkeypatch.setenv("HUITOU_SMTP_USER", USER)
    monkeypatch.setenv("HUITOU_SMTP_PASSWORD", PASSWORD)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with serving(tmp_path, "starttls") as server:
        yield server


def settings(server: MailServer, **changes: Any) -> MailSettings:
    given = {"host": "localhost", "port": server.port, "sender": SENDER, "to": (BOSS,), "ca_file": str(server.ca_file)}
    return MailSettings(**{**given, **changes})


class TestOnTheWay:
    @pytest.mark.parametrize("security", ["starttls", "tls"])
    def test_an_encrypted_mail_after_a_login(self, security: str, tmp_path: Path) -> None:
        with serving(tmp_path, security) as server:
            mail.send(LETTER, settings(server, security=security))
        assert server.mailbox.logins == [USER]
        assert server.mailbox.were_encrypted == [True]

    def test_an_open_mail_to_a_server_that_asks_for_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("HUITOU_SMTP_USER")
        monkeypatch.delenv("HUITOU_SMTP_PASSWORD")
        with serving(tmp_path, "none") as server:
            mail.send(LETTER, settings(server, security="none"))
        assert server.mailbox.were_encrypted == [False]

    def test_what_arrives(self, server: MailServer) -> None:
        mail.send(LETTER, settings(server))
        (letter,) = server.mailbox.letters
        assert (letter["From"], letter["To"], letter["Subject"]) == (SENDER, BOSS, LETTER.subject)
        assert letter["Message-ID"] == "<2026-10-31.0123456789abcdef@shop.example>"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter.get_content_type() == "multipart/alternative"
        text, html = (part.get_content().strip() for part in letter.iter_parts())
        assert (text, html) == (LETTER.text.strip(), LETTER.html)

    def test_the_page_is_attached_where_it_is_asked_for(self, server: MailServer, tmp_path: Path) -> None:
        page = tmp_path / "2026-10-31" / "index.html"
        page.parent.mkdir()
        page.write_text("<p>早报</p>", encoding="utf-8")
        mail.send(replace(LETTER, attachment=page), settings(server))
        (letter,) = server.mailbox.letters
        (attached,) = letter.iter_attachments()
        assert attached.get_filename() == "2026-10-31.html"
        assert attached.get_content().strip() == "<p>早报</p>"
        assert letter.get_body(("plain",)).get_content().strip() == LETTER.text.strip()  # type: ignore[union-attr]


class TestPatience:
    def test_a_busy_server_is_asked_again(self, server: MailServer) -> None:
        server.mailbox.answers = ["451 try again later", "421 too many"]
        mail.send(LETTER, settings(server))
        assert (server.mailbox.attempts, len(server.mailbox.letters)) == (3, 1)

    def test_but_not_for_ever(self, server: MailServer) -> None:
        server.mailbox.answers = ["451 greylisted"] * 9
        with pytest.raises(mail.MailBusyError, match="refused the mail with code 451"):
            mail.send(LETTER, settings(server))
        assert server.mailbox.attempts == mail.ATTEMPTS

    def test_a_no_is_a_no(self, server: MailServer) -> None:
        server.mailbox.answers = ["554 spam", "250 OK"]
        with pytest.raises(mail.MailRefusedError, match="refused the mail with code 554"):
            mail.send(LETTER, settings(server))
        assert server.mailbox.attempts == 1


class TestErrorsTellNoSecret:
    def test_a_wrong_password(self, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HUITOU_SMTP_PASSWORD", "wrong secret")
        with pytest.raises(mail.MailRefusedError) as caught:
            mail.send(LETTER, settings(server))
        assert str(caught.value) == "the server refused the login with code 535"
        assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)

    def test_a_recipient_whom_nobody_knows(self, server: MailServer) -> None:
        server.mailbox.refused = (BOSS,)
        with pytest.raises(mail.MailRefusedError) as caught:
            mail.send(LETTER, settings(server))
        assert str(caught.value) == "the server refused the recipient with code 550"

    def test_nobody_listens(self, server: MailServer) -> None:
        with pytest.raises(mail.MailBusyError, match=r"^the server cannot be reached \(ConnectionRefusedError\)$"):
            mail.send(LETTER, settings(server, port=free_port()))

    def test_a_stranger_pretends_to_be_the_server(self, server: MailServer, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        with (
            serving(tmp_path / "other", "starttls") as stranger,
            pytest.raises(mail.MailRefusedError, match="not trusted"),
        ):
            mail.send(LETTER, settings(server, port=stranger.port))
        assert stranger.mailbox.logins == []

    def test_a_server_without_starttls_gets_no_password(self, server: MailServer, tmp_path: Path) -> None:
        with serving(tmp_path, "none") as plain, pytest.raises(mail.MailRefusedError, match="offers no STARTTLS"):
            mail.send(LETTER, settings(server, port=plain.port))
        assert (plain.mailbox.logins, plain.mailbox.letters) == ([], [])

    @pytest.mark.parametrize(
        ("user", "password", "security", "told"),
        [
            ("shop", "", "starttls", "the variable HUITOU_SMTP_PASSWORD is not set"),
            ("", "secret", "starttls", "the variable HUITOU_SMTP_USER is not set"),
            ("shop", "secret", "none", "a password never travels in the open"),
        ],
    )
    def test_half_a_login(
        self, user: str, password: str, security: str, told: str, server: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HUITOU_SMTP_USER", user)
        monkeypatch.setenv("HUITOU_SMTP_PASSWORD", password)
        with pytest.raises(mail.MailRefusedError, match=told):
            mail.send(LETTER, settings(server, security=security))

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_certificates_that_cannot_be_read(self, content: str | None, server: MailServer, tmp_path: Path) -> None:
        path = tmp_path / "broken.pem"
        if content is not None:
            path.write_text(content)
        with pytest.raises(mail.MailRefusedError, match="ca_file holds no certificates"):
            mail.send(LETTER, settings(server, ca_file=str(path)))


def test_headers_cannot_be_broken_into() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        mail.message_of(replace(LETTER, subject="early\r\nBcc: thief@example.org"), settings_of_nobody())


def settings_of_nobody() -> MailSettings:
    return MailSettings(host="localhost", sender=SENDER, to=(BOSS,))


@pytest.mark.parametrize("address", ["boss", "boss@", "a@b,c@d", "Boss <boss@shop.example>", "a b@c.d", "a@b\nc"])
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        MailSettings(host="localhost", sender=SENDER, to=(address,))


def test_the_default_trusts_whom_the_system_trusts(server: MailServer) -> None:
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(mail.MailRefusedError, match="not trusted"):
        mail.send(LETTER, settings(server, ca_file=None))
