"""Which consents an export needs: purpose × channel × recipient, and the law it rests on. Default: no.

What people said is in `consent_states`; who may be written to is decided by `pipeline.exports.gate`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.export_settings import Channel

ANY_PURPOSE = "*"
"""Purpose of a consent whose source names none: it speaks for its whole channel."""
MARKETING_WORDS = ("marketing", "营销", "推广")
SHARE_ADS = "share_ads"
USUAL_PURPOSES: dict[Channel, str] = {
    "sms": "sms_marketing",
    "email": "email_marketing",
    "wecom": "wecom_marketing",
    "ads": SHARE_ADS,
}
CHANNEL_OF_PURPOSE: dict[str, Channel] = {purpose: channel for channel, purpose in USUAL_PURPOSES.items()}
CHANNELS: tuple[Channel, ...] = ("sms", "email", "wecom", "ads")
OWN = "*"

_CONSENT = "consent (PIPL Art. 13(1)(1) and 14)"
LEGAL_BASES: dict[Channel, str] = {
    "sms": f"{_CONSENT}; rules on text messages of 2015 (通信短信息服务管理规定), Art. 18",
    "email": f"{_CONSENT}; rules on e-mail of 2006 (互联网电子邮件服务管理办法), Art. 13",
    "wecom": _CONSENT,
    "ads": "separate consent to hand data to another processor (PIPL Art. 23)",
}
ABROAD = "; separate consent and assessment for recipients abroad (PIPL Art. 38-40)"


@dataclass(frozen=True)
class Policy:
    """The words that open or close a list: consent purposes that grant, and those that withdraw."""

    name: str
    channel: Channel
    recipient: str
    granted_by: tuple[str, ...]
    withdrawn_by: tuple[str, ...]

    def rows(self) -> Iterator[dict[str, str]]:
        """The policy as rows of the table `consent_policies`."""
        shared = {"policy": self.name, "recipient": self.recipient, "consent_channel": self.channel}
        for state, purposes in (("granted", self.granted_by), ("withdrawn", self.withdrawn_by)):
            yield from ({**shared, "purpose": purpose, "consent_state": state} for purpose in purposes)


def policy_of(purpose: str, channel: Channel, recipient: str) -> Policy:
    """The words that count for handing a list of this purpose and channel to this recipient.

    Marketing by one's own channel rests on consent to it, to marketing, or to the channel without a purpose. An
    audience for an ad platform rests on consent to share with ad platforms or with this one; consent to be written
    to is none. Any other purpose rests on consent in its own words, and a refusal of all marketing closes it too.
    """
    name = f"{purpose}@{channel}:{recipient}"
    if channel == "ads":
        granted = (SHARE_ADS, f"{SHARE_ADS}:{recipient}", ANY_PURPOSE)
        return Policy(name, channel, recipient, granted, (*granted, "ads", *MARKETING_WORDS))
    words = (USUAL_PURPOSES[channel], *MARKETING_WORDS, ANY_PURPOSE)
    if purpose in words:
        return Policy(name, channel, recipient, words, words)
    return Policy(name, channel, recipient, (purpose,), (purpose, *words))


def usual_policy(channel: Channel) -> Policy:
    """What `segment_reach` counts: the usual marketing of a channel, under the channel's name."""
    usual = policy_of(USUAL_PURPOSES[channel], channel, OWN)
    granted = tuple(purpose for purpose in usual.granted_by if not purpose.endswith(f":{OWN}"))
    withdrawn = tuple(purpose for purpose in usual.withdrawn_by if not purpose.endswith(f":{OWN}"))
    return Policy(channel, channel, OWN, granted, withdrawn)


def is_allowed(purpose: str, channel: Channel, purposes: Iterable[str]) -> bool:
    """Whether a destination of this channel may serve the purpose at all; `purposes` = the only ones it serves."""
    only = tuple(purposes)
    if channel == "ads":
        return purpose == SHARE_ADS
    return CHANNEL_OF_PURPOSE.get(purpose, channel) == channel and (not only or purpose in only)


def legal_basis(channel: Channel, *, abroad: bool) -> str:
    """What the manifest states as the ground for handing out; always consent."""
    return LEGAL_BASES[channel] + (ABROAD if abroad else "")
