"""The name of a source profile: which of its keys speaks for it, and how that key is written.

Works on values that are already normalised (masked, virtual and placeholder values are null by then).
Joining profiles into persons does not belong here; see `pipeline.identity`.
"""

import hashlib
from collections.abc import Iterable

import polars as pl

KEY_TYPES = ("member_no", "unionid", "openid", "platform_user_id", "external_userid", "phone", "email")
"""Buyer keys in the order in which they speak for a profile."""

HASHED_LENGTH = 32
BLOCK_BYTES = 64
INNER, OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
"""How HMAC-SHA256 pads its key (RFC 2104)."""
PHONE_SHAPED = r"^(?:\+|00)?(?:86)?1[3-9]\d{9}$|^\+\d{8,15}$"
PERSONAL = f"{PHONE_SHAPED}|@"
OPAQUE_ACCOUNT = r"^\d+$"


def keyed_hash(values: pl.Series, secret: bytes) -> pl.Series:
    """HMAC-SHA256 of each value under the workspace's key, first 32 hex digits; null stays null.

    Only distinct values are hashed. A plain SHA-256 of a phone number could be undone by trying all
    numbers; without the key this one cannot.
    """
    distinct = values.cast(pl.String).drop_nulls().unique()
    hashed = pl.Series([digest.hex()[:HASHED_LENGTH] for digest in keyed_digests(distinct, secret)], dtype=pl.String)
    known = pl.DataFrame({"value": distinct, "hashed": hashed})
    rows = values.cast(pl.String).to_frame("value")
    return rows.join(known, on="value", how="left", maintain_order="left")["hashed"].alias(values.name)


def keyed_digests(texts: Iterable[str], secret: bytes) -> list[bytes]:
    """HMAC-SHA256 of each text under the key.

    Written out from RFC 2104, with the key worked in once: `hmac` does so anew, or copies a wrapper, for every text,
    which takes half as long again.
    """
    key = (secret if len(secret) <= BLOCK_BYTES else hashlib.sha256(secret).digest()).ljust(BLOCK_BYTES, b"\0")
    inner, outer = hashlib.sha256(key.translate(INNER)), hashlib.sha256(key.translate(OUTER))

    def digest(text: str) -> bytes:
        first, last = inner.copy(), outer.copy()
        first.update(text.encode())
        last.update(first.digest())
        return last.digest()

    return [digest(text) for text in texts]


def with_profile_key(frame: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    """Add `profile_key`: the first present buyer key, null for an anonymous row.

    Phones, e-mails, nicknames and whatever looks like a phone or an e-mail are written as keyed hashes, so
    the column may be published. An account that is digits only is an opaque number and stays readable.
    """
    present = [key for key in KEY_TYPES if key in frame.columns]
    if not present:
        return frame.with_columns(profile_key=pl.lit(None, pl.String))
    kinds = pl.coalesce(pl.when(pl.col(key).is_not_null()).then(pl.lit(key)) for key in present)
    value, kind = pl.col("value"), pl.col("kind")
    is_nickname = (kind == "platform_user_id") & ~value.str.contains(OPAQUE_ACCOUNT)
    is_private = kind.is_in(["phone", "email"]) | is_nickname | value.str.contains(PERSONAL)
    named = frame.select(value=pl.coalesce(present), kind=kinds).select("value", private=is_private)
    private = keyed_hash(named.select(pl.when("private").then("value"))["value"], secret)
    return frame.with_columns(profile_key=pl.when(named["private"]).then(private).otherwise(named["value"]))
