"""Signatures of messages to webhooks, so that the receiver knows who sent them and that nothing was changed.

DingTalk (oapi.dingtalk.com, security "加签" of a robot) and Feishu (open.feishu.cn, "签名校验" of a bot) have forms of
their own. Any other webhook for JSON gets two headers: `X-Huitou-Timestamp`, seconds since 1970, and
`X-Huitou-Signature`, `sha256=` and the HMAC-SHA256 of `<timestamp>.<body>` under the secret. WeCom and Slack know no
signatures: the address is the secret.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

TIMESTAMP, SIGNATURE = "X-Huitou-Timestamp", "X-Huitou-Signature"


@dataclass(frozen=True)
class Message:
    """What goes over the wire."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def _digest(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def _dingtalk(message: Message, secret: str, seconds: int) -> Message:
    """Timestamp in milliseconds and signature as two more parameters of the address."""
    timestamp = str(1000 * seconds)
    parts = urlsplit(message.url)
    told = parse_qsl(parts.query, keep_blank_values=True)
    query = [*told, ("timestamp", timestamp), ("sign", _digest(secret, f"{timestamp}\n{secret}"))]
    return replace(message, url=urlunsplit(parts._replace(query=urlencode(query))))


def _feishu(message: Message, secret: str, seconds: int) -> Message:
    """Timestamp and signature in the message; the key is timestamp and secret, and nothing is signed with it."""
    told = json.loads(message.body)
    signed = {"timestamp": str(seconds), "sign": _digest(f"{seconds}\n{secret}", ""), **told}
    return replace(message, body=json.dumps(signed).encode())


def _plain(message: Message, secret: str, seconds: int) -> Message:
    content = f"{seconds}.".encode() + message.body
    signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    headers = {TIMESTAMP: str(seconds), SIGNATURE: f"sha256={signature}"}
    return replace(message, headers={**message.headers, **headers})


SIGNERS: Mapping[str, Callable[[Message, str, int], Message]] = {
    "dingtalk": _dingtalk, "feishu": _feishu, "json": _plain,
}  # fmt: skip
"""Kind of service → how it wants a message signed: message, secret, seconds since 1970."""
