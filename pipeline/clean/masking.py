"""How phones, names, e-mails and accounts are shown: enough to recognise one's own, too little to find a person.

Column expressions only. Which tables show masked values is said by their contracts.
"""

import polars as pl

HIDDEN = "***"
MASK = "*"
SHORT = 7
ACCOUNT_SHOWN = 2


def mask_phone(phone: pl.Expr) -> pl.Expr:
    """`138****5678`; a number with country code keeps it: `+4477****0123`; under 8 digits nothing is shown."""
    digits = phone.str.len_chars()
    foreign = phone.str.starts_with("+")
    head = pl.when(foreign).then(phone.str.slice(0, 5)).otherwise(phone.str.slice(0, 3))
    shown = pl.concat_str(head, pl.lit("****"), phone.str.tail(4))
    short = pl.when(foreign).then(digits <= 9).otherwise(digits <= SHORT)
    return pl.when(phone.is_null()).then(None).when(short).then(pl.lit("****")).otherwise(shown)


def mask_name(name: pl.Expr) -> pl.Expr:
    """`张*`: the first letter of a name and nothing else, not even its length."""
    return name.str.strip_chars().str.slice(0, 1) + MASK


def mask_email(email: pl.Expr) -> pl.Expr:
    """`a***@x.cn`: the first letter and the domain; a value without @ shows nothing."""
    shown = pl.concat_str(email.str.slice(0, 1), pl.lit(HIDDEN), email.str.extract(r"(@[^@]+)$"))
    return pl.when(email.is_null()).then(None).otherwise(pl.coalesce(shown, pl.lit(HIDDEN)))


def mask_account(account: pl.Expr) -> pl.Expr:
    """`oA***9z`: the ends of a platform account or card number; of a short one its first character only."""
    ends = pl.concat_str(account.str.head(ACCOUNT_SHOWN), pl.lit(HIDDEN), account.str.tail(ACCOUNT_SHOWN))
    return pl.when(account.str.len_chars() > SHORT).then(ends).otherwise(account.str.slice(0, 1) + HIDDEN)


def mask_key(key_type: str, value: pl.Expr) -> pl.Expr:
    """A key of the given type column, masked after its kind."""
    kind = pl.col(key_type)
    return (
        pl.when(kind.is_in(["phone", "receiver_phone"]))
        .then(mask_phone(value))
        .when(kind == "email")
        .then(mask_email(value))
        .otherwise(mask_account(value))
    )
