"""A text to a chat group: WeCom, DingTalk, Feishu, Slack, or any webhook for JSON.

The address is a secret: no error tells it. What is said there belongs to `pipeline.deliver.alerts` and
`pipeline.deliver.summary`, how a message is signed to `pipeline.deliver.signing`.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity

from pipeline.deliver.signing import SIGNERS, Message

TIMEOUT_SECONDS = (3.0, 5.0)
ATTEMPTS = 3
WAIT_SECONDS = 0.5
MAX_BYTES = 2000
"""WeCom refuses texts above 2048 bytes, the lowest limit of all."""

_CONTACT = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|[\w.+-]+@[\w-]+\.[\w.-]+", re.ASCII)
_HOSTS: Mapping[str, str] = {
    "qyapi.weixin.qq.com": "wecom",
    "oapi.dingtalk.com": "dingtalk",
    "open.feishu.cn": "feishu",
    "open.larksuite.com": "feishu",
    "hooks.slack.com": "slack",
}
SHAPES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "wecom": lambda text: {"msgtype": "text", "text": {"content": text}},
    "dingtalk": lambda text: {"msgtype": "text", "text": {"content": text}},
    "feishu": lambda text: {"msg_type": "text", "content": {"text": text}},
    "slack": lambda text: {"text": text},
    "json": lambda text: {"text": text},
}
"""The message that each kind of service takes."""
_CODES = ("errcode", "code")
"""Where the chat services tell that they refused a message in spite of status 200."""


class RefusedError(Exception):
    """The service answered, and did not take the message."""


class BusyError(Exception):
    """The service may take the message in a moment."""


def packed(text: str, url: str, kind: str | None = None) -> Message:
    """A text as the service takes it; by default the host of the address tells which. KeyError for an unknown kind."""
    content = SHAPES[kind_of(url, kind)](text)
    return Message(url, json.dumps(content).encode(), {"Content-Type": "application/json"})


def kind_of(url: str, kind: str | None) -> str:
    """The kind of service at an address."""
    return kind or _HOSTS.get(urlsplit(url).hostname or "", "json")


def signed(message: Message, kind: str | None, variable: str, now: datetime) -> Message:
    """The message under the secret of an environment variable. Raises RefusedError where it cannot be signed."""
    secret = os.environ.get(variable, "").strip()
    if not secret:
        raise RefusedError(f"the variable {variable} is not set")
    name = kind_of(message.url, kind)
    if name not in SIGNERS:
        raise RefusedError(f"{name} takes no signed messages, and {variable} is to sign them")
    return SIGNERS[name](message, secret, int(now.timestamp()))


def harmless(text: str) -> str:
    """The text without anything that looks like a phone or an e-mail."""
    return _CONTACT.sub("***", text)


def cut(text: str) -> str:
    """As much of the text as every service takes."""
    return text.encode()[:MAX_BYTES].decode(errors="ignore")


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((requests.ConnectionError, requests.Timeout, BusyError)),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential(multiplier=WAIT_SECONDS),
    reraise=True,
)
def post(message: Message) -> None:
    """Send a message; raises where it was not taken, after some patience with a service that is busy."""
    answer = requests.post(
        message.url, data=message.body, headers=message.headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
    )
    if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
        raise BusyError(f"status {answer.status_code}")
    if answer.status_code >= 300:
        raise RefusedError(f"status {answer.status_code}")
    refusal = next((code for code in map(_answered(answer).get, _CODES) if code), None)
    if refusal:
        raise RefusedError(f"refused with code {refusal}")


def _answered(answer: requests.Response) -> Mapping[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def told(error: Exception) -> str:
    """What went wrong; the text of foreign errors holds the address and stays out."""
    return str(error) if isinstance(error, BusyError | RefusedError) else type(error).__name__
