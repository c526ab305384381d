"""Who gets the summary: everybody once, whatever fails for others, and nothing that is remembered names a person."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_service import ChatService, chatting
from mail_server import PASSWORD, USER, MailServer, serving
from report_shop import AS_OF, SHOP, ReportShop

from pipeline.deliver import mail, webhook
from pipeline.deliver.summaries import FILE, Outcome, deliver_summary
from pipeline.lake import write_bytes

SECRET = b"k" * 32
BOSS, CLERK = "boss@shop.example", "clerk@shop.example"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    for function in (mail._hand_over, webhook.post):
        monkeypatch.setattr(function.retry, "wait", lambda _: 0)  # type: ignore[attr-defined]
    monkeypatch.setenv("HUITOU_SMTP_USER", USER)
    monkeypatch.setenv("HUITOU_SMTP_PASSWORD", PASSWORD)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with serving(tmp_path, "starttls") as server:
        yield server


@pytest.fixture
def chat() -> Iterator[ChatService]:
    with chatting() as service:
        yield service


class Office:
    """A shop whose summary goes to mailboxes and chat groups."""

    def __init__(self, root: Path, **delivery: Any) -> None:
        self.shop = ReportShop(root, SHOP, {"retailer": "示例零售", "delivery": delivery})
        self.state = root / "state"

    def deliver(self) -> Outcome:
        """What the end of a night does."""
        return deliver_summary(self.shop.night(), self.state, SECRET)


def mailing(server: MailServer, *to: str, **more: Any) -> dict[str, Any]:
    return {"host": "localhost", "port": server.port, "sender": "huitou@shop.example", "to": to,
            "ca_file": str(server.ca_file), **more}  # fmt: skip


def test_everybody_gets_a_mail_of_their_own_and_only_one(server: MailServer, tmp_path: Path) -> None:
    office = Office(tmp_path, mail=mailing(server, BOSS, CLERK, "Boss@Shop.example"))
    assert office.deliver() == Outcome(sent=2)
    assert office.deliver() == Outcome()
    letters = server.mailbox.letters
    assert sorted(letter["To"] for letter in letters) == [BOSS, CLERK]
    assert len({letter["Message-ID"] for letter in letters}) == 2
    assert all("净销售额" in part.get_content() for letter in letters for part in letter.iter_parts())


def test_a_newcomer_gets_it_and_nobody_else_again(server: MailServer, tmp_path: Path) -> None:
    Office(tmp_path, mail=mailing(server, BOSS)).deliver()
    assert Office(tmp_path, mail=mailing(server, BOSS, CLERK)).deliver() == Outcome(sent=1)
    assert [letter["To"] for letter in server.mailbox.letters] == [BOSS, CLERK]


def test_who_could_not_be_reached_gets_it_the_next_time(server: MailServer, tmp_path: Path) -> None:
    office = Office(tmp_path, mail=mailing(server, BOSS, CLERK))
    server.mailbox.refused = (BOSS,)
    told = f"summary of {AS_OF} not sent, mail to recipient 1: the server refused the recipient with code 550"
    assert office.deliver() == Outcome(sent=1, failures=(told,))
    server.mailbox.refused = ()
    assert office.deliver() == Outcome(sent=1)
    assert [letter["To"] for letter in server.mailbox.letters] == [CLERK, BOSS]


def test_the_same_mail_again_can_be_known_by_its_id(server: MailServer, tmp_path: Path) -> None:
    """A run that dies between sending and remembering: mail programs show one mail of the two."""
    office = Office(tmp_path, mail=mailing(server, BOSS))
    office.deliver()
    (office.state / FILE).unlink()
    office.deliver()
    first, second = server.mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize("attach", [False, True])
def test_the_page_goes_along_only_where_it_is_asked_for(attach: bool, server: MailServer, tmp_path: Path) -> None:
    write_bytes(tmp_path / "reports" / AS_OF.isoformat() / "index.html", b"<p>page</p>")
    Office(tmp_path, mail=mailing(server, BOSS, attach_report=attach)).deliver()
    (letter,) = server.mailbox.letters
    assert [part.get_filename() for part in letter.iter_attachments()] == ([f"{AS_OF}.html"] if attach else [])


@pytest.mark.parametrize(
    ("kind", "text_of"),
    [
        ("wecom", lambda message: message["text"]["content"]),
        ("dingtalk", lambda message: message["text"]["content"]),
        ("feishu", lambda message: message["content"]["text"]),
        ("slack", lambda message: message["text"]),
        (None, lambda message: message["text"]),
    ],
)
def test_a_chat_group_gets_a_text_once(
    kind: str | None, text_of: Any, chat: ChatService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITOU_SUMMARY_URL", chat.url)
    office = Office(tmp_path, webhook=[{"kind": kind}])
    assert [office.deliver(), office.deliver()] == [Outcome(sent=1), Outcome()]
    (message,) = chat.received
    assert text_of(message).startswith("示例零售 经营早报")
    assert "净销售额：¥1,500" in text_of(message)


def test_groups_are_named_by_their_variables(
    chat: ChatService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HQ_URL", chat.url)
    monkeypatch.delenv("STORE_URL", raising=False)
    outcome = Office(tmp_path, webhook=[{"url_variable": "HQ_URL"}, {"url_variable": "STORE_URL"}]).deliver()
    told = f"summary of {AS_OF} not sent, webhook of STORE_URL: the variable STORE_URL is not set"
    assert outcome == Outcome(sent=1, failures=(told,))


def test_a_service_that_says_no_inside_a_200(
    chat: ChatService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITOU_SUMMARY_URL", chat.url)
    chat.answers = [(200, '{"errcode": 93000, "errmsg": "invalid webhook url"}')]
    (failure,) = Office(tmp_path, webhook=[{}]).deliver().failures
    assert failure.endswith("webhook of HUITOU_SUMMARY_URL: refused with code 93000")


def test_nothing_that_is_kept_or_told_names_anybody_or_a_secret(
    server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HUITOU_SUMMARY_URL", "http://127.0.0.1:9/send?key=chat-secret")
    monkeypatch.setenv("HUITOU_SMTP_PASSWORD", "not the password")
    delivery = {"mail": mailing(server, BOSS, CLERK), "webhook": [{}]}
    failed = Office(tmp_path, **delivery).deliver()
    assert len(failed.failures) == 3
    monkeypatch.setenv("HUITOU_SMTP_PASSWORD", PASSWORD)
    Office(tmp_path, **delivery).deliver()
    kept = (tmp_path / "state" / FILE).read_text(encoding="utf-8")
    told = "\n".join([*failed.lines, caplog.text, kept])
    for secret in (BOSS, CLERK, "boss", "chat-secret", "not the password", PASSWORD):
        assert secret not in told
    assert all(re.fullmatch(r"[0-9a-f]{32}", name) for name in json.loads(kept))


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_memory_that_cannot_be_read_sends_nothing_and_says_so(
    content: str, server: MailServer, tmp_path: Path
) -> None:
    office = Office(tmp_path, mail=mailing(server, BOSS))
    write_bytes(office.state / FILE, content.encode())
    (failure,) = office.deliver().failures
    assert failure.startswith(f"summary not sent: state/{FILE}: cannot be read")
    assert server.mailbox.letters == []


def test_without_recipients_nothing_is_worked_out(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.shop.tables = {}
    assert office.deliver() == Outcome()
