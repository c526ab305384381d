"""How each destination wants phones, e-mails, names and dates spelt, one versioned rule per destination.

There is no universal hasher: Meta wants no plus sign, Google wants it, Tencent hashes the bare eleven digits. Input
is what `contact_points` holds: mainland mobiles as 11 digits, others as +E.164, e-mails in lower case. A value that
a rule cannot spell is null. Changing a rule means raising the version of the destinations that name it.
"""

import hashlib
from collections.abc import Callable, Mapping

import polars as pl

MAINLAND = r"^1[3-9]\d{9}$"
FOREIGN = r"^\+[1-9]\d{7,14}$"
GMAIL = r"^([^@]+)@(gmail\.com|googlemail\.com)$"


def as_text(column: pl.Expr) -> pl.Expr:
    """The value as it is: numbers in full, dates as 2026-10-31, truth as true and false."""
    return column.cast(pl.String)


def mainland_mobile(column: pl.Expr) -> pl.Expr:
    """13812345678: eleven bare digits; a number of another country is null (domestic SMS, Tencent, Ocean Engine)."""
    return pl.when(column.str.contains(MAINLAND)).then(column)


def e164_plus(column: pl.Expr) -> pl.Expr:
    """+8613812345678 (Google Data Manager, TikTok since September 2025, Klaviyo, HubSpot, Salesforce, Zoho)."""
    abroad = pl.when(column.str.contains(FOREIGN)).then(column)
    return pl.when(column.str.contains(MAINLAND)).then("+86" + column).otherwise(abroad)


def meta_phone(column: pl.Expr) -> pl.Expr:
    """8613812345678: country code and digits; a leading + would match nobody (Meta Custom Audiences)."""
    return e164_plus(column).str.strip_prefix("+")


def plain_email(column: pl.Expr) -> pl.Expr:
    """Trimmed, in lower case."""
    return column.str.strip_chars().str.to_lowercase()


def meta_email(column: pl.Expr) -> pl.Expr:
    """Trimmed, in lower case, without trailing full stops (facebook-python-business-sdk)."""
    return plain_email(column).str.strip_chars_end(".")


def google_email(column: pl.Expr) -> pl.Expr:
    """No blanks, lower case; of gmail.com and googlemail.com no dots and no +suffix before the @ (Data Manager API)."""
    email = column.str.replace_all(r"\s", "").str.to_lowercase()
    local = email.str.extract(GMAIL, 1).str.replace(r"\+.*$", "").str.replace_all(".", "", literal=True)
    return pl.when(email.str.contains(GMAIL)).then(local + "@" + email.str.extract(GMAIL, 2)).otherwise(email)


def tiktok_email(column: pl.Expr) -> pl.Expr:
    """No blanks, lower case (TikTok customer file, September 2025; the older page also dropped dots and +suffix)."""
    return column.str.replace_all(r"\s", "").str.to_lowercase()


def us_date(column: pl.Expr) -> pl.Expr:
    """10/31/2026 (Zoho CRM)."""
    return column.cast(pl.String).str.to_date("%Y-%m-%d", strict=False).dt.strftime("%m/%d/%Y")


NORMALISERS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    rule.__name__: rule
    for rule in (
        as_text, mainland_mobile, e164_plus, meta_phone, plain_email, meta_email, google_email, tiktok_email, us_date,
    )
}  # fmt: skip
"""The rules that a definition may name."""


def hashed(values: pl.Series, algorithm: str) -> pl.Series:
    """Lower-case hex digests of the UTF-8 bytes; null stays null. Only distinct values are hashed.

    Eleven digits can be tried out, so a hash of a phone number is still a phone number: the gate treats it so.
    """
    if algorithm == "none":
        return values
    distinct = values.drop_nulls().unique()
    digest = hashlib.md5 if algorithm == "md5" else hashlib.sha256
    hashes = pl.Series([digest(value.encode()).hexdigest() for value in distinct.to_list()], dtype=pl.String)
    return values.replace_strict(distinct, hashes, default=None, return_dtype=pl.String)
