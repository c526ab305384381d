"""Signed messages against a real server on this machine, and against signatures worked out with OpenSSL."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from chat_service import ChatService, chatting

from pipeline.deliver import webhook
from pipeline.deliver.alerts import alert_from_environment
from pipeline.deliver.signing import SIGNATURE, SIGNERS, TIMESTAMP, Message

NOW = datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
SECONDS = 1793491200
SECRET = "SEC000test"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatService]:
    monkeypatch.setattr(webhook.post.retry, "wait", lambda _: 0)  # type: ignore[attr-defined]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SUMMARY_SECRET", SECRET)
    with chatting() as service:
        yield service


def sent(chat: ChatService, kind: str) -> tuple[str, dict[str, str], bytes]:
    """A message of this kind as the server got it."""
    message = webhook.packed("今日净销售额 ¥1,000", chat.url, kind)
    webhook.post(webhook.signed(message, kind, "SUMMARY_SECRET", NOW))
    return chat.requests[-1]


def test_a_plain_webhook_can_check_time_and_body(chat: ChatService) -> None:
    _, headers, body = sent(chat, "json")
    assert headers[TIMESTAMP] == str(SECONDS)
    expected = hmac.new(SECRET.encode(), f"{SECONDS}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE] == f"sha256={expected}"
    assert json.loads(body) == {"text": "今日净销售额 ¥1,000"}


def test_dingtalk_is_signed_in_the_address(chat: ChatService) -> None:
    """timestamp in milliseconds; sign = base64(HMAC-SHA256(secret, timestamp + newline + secret))."""
    path, _, body = sent(chat, "dingtalk")
    told = parse_qs(urlsplit(path).query)
    expected = base64.b64encode(hmac.digest(SECRET.encode(), f"{SECONDS}000\n{SECRET}".encode(), "sha256")).decode()
    assert told == {"key": ["secret"], "timestamp": [f"{SECONDS}000"], "sign": [expected]}
    assert json.loads(body)["msgtype"] == "text"


def test_feishu_is_signed_in_the_message(chat: ChatService) -> None:
    """sign = base64(HMAC-SHA256(timestamp + newline + secret, nothing)), timestamp in seconds."""
    _, _, body = sent(chat, "feishu")
    told = json.loads(body)
    expected = base64.b64encode(hmac.digest(f"{SECONDS}\n{SECRET}".encode(), b"", "sha256")).decode()
    assert (told["timestamp"], told["sign"]) == (str(SECONDS), expected)
    assert told["content"] == {"text": "今日净销售额 ¥1,000"}


@pytest.mark.parametrize(
    ("kind", "signature"),
    [
        ("json", "sha256=dd0e2cf69408b498ca8a44b15b5ea13e619c7ccc20c21c8d417b851130732334"),
        ("dingtalk", "xmT1TVZzUASvXzRAhUJb0m0qQpaqLffO7Wz1gPx9svs="),
        ("feishu", "S63X+O9dYxm356avZpAjvcITzjWYveWl6cCyhOemuHM="),
    ],
)
def test_signatures_are_those_of_openssl(kind: str, signature: str) -> None:
    """`printf '1793491200.{}' | openssl dgst -sha256 -hmac SEC000test`, and so on with `-binary | base64`."""
    signed = SIGNERS[kind](Message("https://chat.example/robot?access_token=a", b"{}"), SECRET, SECONDS)
    places = {
        "json": signed.headers.get(SIGNATURE),
        "dingtalk": parse_qs(urlsplit(signed.url).query).get("sign", [None])[0],
        "feishu": json.loads(signed.body).get("sign"),
    }
    assert places[kind] == signature


@pytest.mark.parametrize(
    ("kind", "variable", "why"),
    [("wecom", "SUMMARY_SECRET", "wecom takes no signed messages"), ("json", "NO_SUCH", "NO_SUCH is not set")],
)
def test_what_cannot_be_signed_is_not_sent(chat: ChatService, kind: str, variable: str, why: str) -> None:
    with pytest.raises(webhook.RefusedError, match=why):
        webhook.signed(webhook.packed("x", chat.url, kind), kind, variable, NOW)
    assert chat.requests == []


def test_alerts_are_signed_where_a_secret_is_set(chat: ChatService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUITOU_ALERT_URL", chat.url)
    assert alert_from_environment("night held")
    monkeypatch.setenv("HUITOU_ALERT_SECRET", SECRET)
    assert alert_from_environment("night held")
    (_, plain, _), (_, headers, body) = chat.requests
    assert SIGNATURE not in plain
    content = f"{headers[TIMESTAMP]}.".encode() + body
    assert headers[SIGNATURE] == "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
