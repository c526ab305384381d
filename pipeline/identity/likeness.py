"""What is compared between two profiles of a retailer, and which pairs are worth comparing.

Chinese names are compared by character and by sound, never by similarity of strings: of two or three characters one
is half a name. A masked name or phone is compared by what it shows. Data of the probabilistic stage; how a model is
trained is in `pipeline.identity.splink_training`, how it is used in `splink_model`, what becomes of a pair in `likely`.
"""

import polars as pl

from pipeline.identity.splink_model import ID, Comparison, Design, Level

BOTH_FULL = "name_class_l = 'full' and name_class_r = 'full'"
ONE_MASKED = "(name_class_l = 'masked' or name_class_r = 'masked')"
HEADS = "(starts_with(name_head_l, name_head_r) or starts_with(name_head_r, name_head_l))"
TAILS = "(ends_with(name_tail_l, name_tail_r) or ends_with(name_tail_r, name_tail_l))"
NOT_OTHER = "(phone_number_l = phone_number_r or phone_number_l is null or phone_number_r is null)"
LONG_LOCAL = 6
"""So long a part before the @ is somebody's own; a shorter one (wang, lili) is anybody's."""

NAME = Comparison(
    "name",
    "name_surname_l is null or name_surname_r is null",
    (
        Level("equal", "name_key_l = name_key_r", 0.85, "name_key", is_rare=True),
        Level("mask agrees", f"{ONE_MASKED} and {HEADS} and {TAILS}", 0.1, "name_surname"),
        Level("sounds equal", f"{BOTH_FULL} and name_sound_l = name_sound_r", 0.02),
        Level("one character differs", f"{BOTH_FULL} and levenshtein(name_key_l, name_key_r) = 1", 0.01),
        Level("same surname", "name_surname_l = name_surname_r", 0.005),
    ),
)
PHONE = Comparison(
    "phone",
    "phone_shape_l is null or phone_shape_r is null",
    (
        Level("digits equal", f"phone_shape_l = phone_shape_r and {NOT_OTHER}", 0.9, is_rare=True),
        Level("one digit differs", "levenshtein(phone_number_l, phone_number_r) = 1", 0.01),
    ),
)
BIRTH_DATE = Comparison(
    "birth_date",
    "birth_date_l is null or birth_date_r is null",
    (
        Level("equal", "birth_date_l = birth_date_r", 0.95, is_rare=True),
        Level("one digit differs", "levenshtein(birth_date_l, birth_date_r) = 1", 0.02),
    ),
)
EMAIL = Comparison(
    "email",
    "email_address_l is null or email_address_r is null",
    (
        Level("equal", "email_address_l = email_address_r", 0.7, is_rare=True),
        Level("same before @", f"email_local_l = email_local_r and length(email_local_l) >= {LONG_LOCAL}", 0.1),
    ),
)
PLACE = Comparison(
    "place",
    "city_l is null or city_r is null",
    (
        Level("same district", "district_l = district_r", 0.5, "district"),
        Level("same city", "city_l = city_r and (district_l is null or district_r is null)", 0.4, "city"),
        Level("other district", "city_l = city_r", 0.05),
    ),
)
BLOCKS = {
    "by_phone": ("phone_shape", "name_surname"),
    "by_birth": ("name_key", "birth_date"),
    "by_email": ("email_local", "name_surname"),
    "by_place": ("name_key", "district"),
    "by_name": ("name_key",),
    "by_number": ("phone_shape",),
}
"""Values that two profiles must share to be compared; those that too many share propose nothing."""

LEARNED = ("by_number", "by_name")
COMPARED_BLOCKS = tuple(block for block in BLOCKS if block not in LEARNED)
WORTH_A_LOOK = "l.person <> r.person and (l.is_changed or r.is_changed)"
"""Pairs of one person by exact keys are one already; those of two unchanged profiles have their score."""

RETAIL = Design(
    comparisons=(NAME, PHONE, BIRTH_DATE, EMAIL, PLACE),
    blocking=tuple(f"l.{block} = r.{block} and {WORTH_A_LOOK}" for block in COMPARED_BLOCKS),
    training=tuple(f"l.{block} = r.{block}" for block in LEARNED),
    certain=("l.phone_number = r.phone_number and l.name_key = r.name_key",),
    certain_recall=0.6,
)
"""Phones say most about the rest and names most about phones, hence the two samples that the model learns from."""


def records(features: pl.DataFrame, most: int) -> pl.DataFrame:
    """Features as Splink takes them: record_id and the BLOCKS. The design asks for `person` and `is_changed` besides.

    A value that more than `most` profiles share is no block: it is a clerk, a placeholder, or everybody's name.
    """
    shown = features.with_columns(pl.col("birth_date").cast(pl.String))
    blocks = {name: pl.concat_str([pl.col(part) for part in parts], separator="|") for name, parts in BLOCKS.items()}
    blocked = shown.with_columns(**blocks)
    guarded = [pl.when(pl.len().over(name) <= most).then(name).alias(name) for name in BLOCKS]
    return blocked.with_columns(guarded).rename({"profile": ID})


def strangers(compared: pl.DataFrame) -> pl.DataFrame:
    """Of records those with a whole name of their own, one for each phone and name: hardly two are one person."""
    own = compared.filter(pl.col("is_own_name") & (pl.col("name_class") == "full")).sort(ID)
    known = own.with_columns(phone=pl.coalesce("phone_number", pl.col(ID).cast(pl.String)))
    return known.unique(["name_key", "phone"], keep="first", maintain_order=True).drop("phone")
