"""A line to a chat group when a night needs a person: WeCom, DingTalk, Feishu, Slack, or any webhook for JSON.

An alert never stops a night: what cannot be delivered is logged and forgotten. The address is a secret and comes
from the environment; neither it nor a personal value is ever written to a log.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import tenacity

log = logging.getLogger("huitou.alerts")

URL_VARIABLE = "HUITOU_ALERT_URL"
KIND_VARIABLE = "HUITOU_ALERT_KIND"
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
_SHAPES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "wecom": lambda text: {"msgtype": "text", "text": {"content": text}},
    "dingtalk": lambda text: {"msgtype": "text", "text": {"content": text}},
    "feishu": lambda text: {"msg_type": "text", "content": {"text": text}},
    "slack": lambda text: {"text": text},
    "json": lambda text: {"text": text},
}
_CODES = ("errcode", "code")
"""Where the chat services tell that they refused a message in spite of status 200."""


class _RefusedError(Exception):
    """The service answered, and did not take the message."""


class _BusyError(Exception):
    """The service may take the message in a moment."""


def alert_from_environment(text: str) -> bool:
    """Send `text` to HUITOU_ALERT_URL in the shape of HUITOU_ALERT_KIND; False where no address is set."""
    url = os.environ.get(URL_VARIABLE, "").strip()
    return bool(url) and send_alert(text, url, os.environ.get(KIND_VARIABLE) or None)


def send_alert(text: str, url: str, kind: str | None = None) -> bool:
    """Whether the message was taken; never raises.

    `kind` is wecom, dingtalk, feishu, slack or json; by default it follows from the host of the address.
    """
    try:
        shape = kind or _HOSTS.get(urlsplit(url).hostname or "", "json")
        _deliver(url, _SHAPES[shape](_harmless(text)))
    except KeyError:
        log.warning("alert not sent: %s must be one of %s", KIND_VARIABLE, ", ".join(_SHAPES))
        return False
    except Exception as error:  # noqa: BLE001 (whatever goes wrong here, the night goes on)
        log.warning("alert not sent: %s", _told(error))
        return False
    return True


def _harmless(text: str) -> str:
    """The text without anything that looks like a phone or an e-mail, cut to what every service takes."""
    content = _CONTACT.sub("***", text).encode()
    return content[:MAX_BYTES].decode(errors="ignore")


@tenacity.retry(
    retry=tenacity.retry_if_exception_type((requests.ConnectionError, requests.Timeout, _BusyError)),
    stop=tenacity.stop_after_attempt(ATTEMPTS),
    wait=tenacity.wait_exponential(multiplier=WAIT_SECONDS),
    reraise=True,
)
def _deliver(url: str, content: dict[str, Any]) -> None:
    answer = requests.post(url, json=content, timeout=TIMEOUT_SECONDS, allow_redirects=False)
    if answer.status_code == requests.codes.too_many_requests or answer.status_code >= 500:
        raise _BusyError(f"status {answer.status_code}")
    if answer.status_code >= 300:
        raise _RefusedError(f"status {answer.status_code}")
    refusal = next((code for code in map(_answered(answer).get, _CODES) if code), None)
    if refusal:
        raise _RefusedError(f"refused with code {refusal}")


def _answered(answer: requests.Response) -> Mapping[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _told(error: Exception) -> str:
    """What went wrong; the text of foreign errors holds the address and stays out."""
    return str(error) if isinstance(error, _BusyError | _RefusedError) else type(error).__name__
