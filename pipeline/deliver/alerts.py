"""A line to a chat group when a night needs a person.

An alert never stops a night: what cannot be delivered is logged and forgotten. The address comes from the
environment; neither it nor a personal value is ever written to a log. How a chat group is reached belongs to
`pipeline.deliver.webhook`.
"""

import logging
import os
from datetime import UTC, datetime

from pipeline.deliver import webhook

log = logging.getLogger("huitou.alerts")

URL_VARIABLE = "HUITOU_ALERT_URL"
KIND_VARIABLE = "HUITOU_ALERT_KIND"
SECRET_VARIABLE = "HUITOU_ALERT_SECRET"  # noqa: S105 (the name of a variable)


def alert_from_environment(text: str) -> bool:
    """Send `text` to HUITOU_ALERT_URL in the shape of HUITOU_ALERT_KIND; False where no address is set.

    Signed where HUITOU_ALERT_SECRET is set.
    """
    url = os.environ.get(URL_VARIABLE, "").strip()
    return bool(url) and send_alert(text, url, os.environ.get(KIND_VARIABLE) or None)


def send_alert(text: str, url: str, kind: str | None = None) -> bool:
    """Whether the message was taken; never raises.

    `kind` is wecom, dingtalk, feishu, slack or json; by default it follows from the host of the address.
    """
    try:
        message = webhook.packed(webhook.cut(webhook.harmless(text)), url, kind)
        if os.environ.get(SECRET_VARIABLE, "").strip():
            message = webhook.signed(message, kind, SECRET_VARIABLE, datetime.now(UTC))
        webhook.post(message)
    except KeyError:
        log.warning("alert not sent: %s must be one of %s", KIND_VARIABLE, ", ".join(webhook.SHAPES))
        return False
    except Exception as error:  # noqa: BLE001 (whatever goes wrong here, the night goes on)
        log.warning("alert not sent: %s", webhook.told(error))
        return False
    return True
