"""Alerts against a real server on this machine: shapes, patience, and that nothing ever comes back as an error."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from pipeline.deliver import webhook as webhooks
from pipeline.deliver.alerts import alert_from_environment, send_alert


class Webhook:
    """Answers with the given (status, body) in turn, the last one for ever, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = [(200, '{"errcode": 0}')]
        self.received: list[dict[str, Any]] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                webhook.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                status, body = webhook.answers.pop(0) if len(webhook.answers) > 1 else webhook.answers[0]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send?key=secret"


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    monkeypatch.setattr(webhooks.post.retry, "wait", lambda _: 0)  # type: ignore[attr-defined]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hook = Webhook()
    thread = Thread(target=hook.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hook
    hook.server.shutdown()
    thread.join()
    hook.server.server_close()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("wecom", {"msgtype": "text", "text": {"content": "night held"}}),
        ("dingtalk", {"msgtype": "text", "text": {"content": "night held"}}),
        ("feishu", {"msg_type": "text", "content": {"text": "night held"}}),
        ("slack", {"text": "night held"}),
        (None, {"text": "night held"}),
    ],
)
def test_each_service_gets_its_shape(kind: str | None, expected: dict[str, Any], webhook: Webhook) -> None:
    assert send_alert("night held", webhook.url, kind)
    assert webhook.received == [expected]


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("qyapi.weixin.qq.com", "wecom"),
        ("oapi.dingtalk.com", "dingtalk"),
        ("open.feishu.cn", "feishu"),
        ("hooks.slack.com", "slack"),
        ("example.org", "json"),
    ],
)
def test_the_shape_follows_from_the_host(host: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(webhooks, "post", lambda message: sent.append(json.loads(message.body)))
    assert send_alert("text", f"https://{host}/hook")
    assert sent == [webhooks.SHAPES[kind]("text")]


def test_address_and_kind_come_from_the_environment(webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUITOU_ALERT_URL", webhook.url)
    monkeypatch.setenv("HUITOU_ALERT_KIND", "wecom")
    assert alert_from_environment("text")
    assert webhook.received == [{"msgtype": "text", "text": {"content": "text"}}]


def test_without_an_address_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUITOU_ALERT_URL", raising=False)
    assert not alert_from_environment("text")


def test_a_busy_service_is_asked_again(webhook: Webhook) -> None:
    webhook.answers = [(503, ""), (429, ""), (200, "ok")]
    assert send_alert("text", webhook.url)
    assert len(webhook.received) == 3


@pytest.mark.parametrize(
    ("answer", "times", "told"),
    [
        ((503, ""), 3, "status 503"),
        ((404, ""), 1, "status 404"),
        ((302, ""), 1, "status 302"),
        ((200, '{"errcode": 93000, "errmsg": "invalid webhook url"}'), 1, "refused with code 93000"),
        ((200, '{"code": 19001}'), 1, "refused with code 19001"),
    ],
)
def test_a_refusal_is_logged_without_the_address(
    answer: tuple[int, str], times: int, told: str, webhook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.answers = [answer]
    assert not send_alert("text", webhook.url)
    assert len(webhook.received) == times
    assert [record.getMessage() for record in caplog.records if record.name == "huitou.alerts"] == [
        f"alert not sent: {told}"
    ]


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/key=secret", "no url", "ftp://host/secret", "http://[broken"])
def test_an_address_that_does_not_work_never_raises(
    url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhooks.post.retry, "wait", lambda _: 0)  # type: ignore[attr-defined]
    with caplog.at_level(logging.WARNING):
        assert not send_alert("text", url)
    assert "secret" not in caplog.text
    assert len(caplog.records) == 1


def test_an_unknown_kind_is_named(caplog: pytest.LogCaptureFixture) -> None:
    assert not send_alert("text", "http://127.0.0.1:9/", "pigeon")
    assert "HUITOU_ALERT_KIND must be one of wecom" in caplog.text


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("pos/1.csv row 7: MONEY_FORMAT", "pos/1.csv row 7: MONEY_FORMAT"),
        ("call 13812345678 now", "call *** now"),
        ("call +86 13812345678", "call ***"),
        ("张a.b+c@mail.example.cn!", "张***!"),
        ("order 202411220000000096", "order 202411220000000096"),
        ("汉" * 1000, "汉" * 666),
    ],
)
def test_texts_carry_no_contacts_and_fit(text: str, sent: str, webhook: Webhook) -> None:
    assert send_alert(text, webhook.url)
    assert webhook.received == [{"text": sent}]
