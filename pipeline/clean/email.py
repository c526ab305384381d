"""E-mail addresses as keys: lower case, whole, or null.

Role addresses (info@, noreply@) are addresses too; how many people one may stand for is judged in
`pipeline.identity`.
"""

import polars as pl

from pipeline.clean.text import half_width, unmasked

GRAMMAR = (
    r"^[a-z0-9!#$%&'+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'+/=?^_`{|}~-]+)*"
    r"@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,24}$"
)
LONGEST = 254


def normalized_emails(values: pl.Series) -> pl.Series:
    """Addresses trimmed and in lower case; masked ones and what is no address are null."""
    text = half_width(unmasked(values)).str.strip_chars().str.to_lowercase().str.strip_prefix("mailto:")
    is_address = text.str.contains(GRAMMAR) & (text.str.len_bytes() <= LONGEST)
    return text.to_frame("email").select(pl.when(is_address).then("email"))["email"]
