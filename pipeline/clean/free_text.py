"""Words that people typed freely and that analysts will read: phone numbers and e-mail addresses in them masked.

A till clerk types a phone into the city, a shop sells "补差价 138…": such cells stay readable, the contact in them
does not. Columns that are contacts themselves belong to `pipeline.clean.phone` and `email`; order numbers, skus
and ids stay as they are, because they must meet their like in other files.
"""

import polars as pl

FREE_TEXT = frozenset({
    "store_name", "product_name", "category", "channel", "payment_method", "coupon_code", "reason", "brand", "keyword",
    "referrer", "campaign_name", "reported_tier", "acquisition_channel", "member_status", "consent_source",
    "province", "city", "district",
})  # fmt: skip
"""Columns of the raw tables whose cells anybody may type."""
_EDGE = r"(^|[^0-9])"
_END = r"([^0-9]|$)"
MAINLAND = rf"{_EDGE}(1[3-9][0-9])[ -]?[0-9]{{4}}[ -]?([0-9]{{4}}){_END}"
FOREIGN = r"(\+[0-9]{2})[0-9 -]{5,10}([0-9]{2})"
ADDRESS = r"([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9.-]*\.[A-Za-z]{2,})"
CONTACT = rf"{MAINLAND}|{FOREIGN}|{ADDRESS}"


def has_contact(values: pl.Series) -> pl.Series:
    """Whether a text holds a mobile number, a number with country code, or an e-mail address."""
    return values.str.contains(CONTACT)


def without_contacts(values: pl.Series) -> pl.Series:
    """Texts with `138****5678` for a mobile number, `+44****23` for a foreign one, `a***@x.cn` for an address."""
    if not has_contact(values).any():
        return values
    masked = values.str.replace_all(ADDRESS, "$1***@$2")
    for _ in range(2):  # two numbers with one sign between them share that sign
        masked = masked.str.replace_all(MAINLAND, "${1}${2}****${3}${4}")
    return masked.str.replace_all(FOREIGN, "$1****$2")
