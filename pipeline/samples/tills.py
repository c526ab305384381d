"""What a buyer shows at the till: a card, a phone number, or nothing."""

import numpy as np
import polars as pl

from pipeline.samples.chance import FAR
from pipeline.samples.contacts import PLACEHOLDER_PHONES
from pipeline.samples.reach import phone_on
from pipeline.samples.traps import Traps
from pipeline.samples.wording import masked_phone

TICKET_FACTS = (
    "person_id", "phone", "family_phone", "old_phone", "phone_changed_day", "member_no", "second_no", "joined_day",
    "second_day", "second_replaces", "home_store",
)  # fmt: skip
PHONE_BESIDE_CARD, MASKED_BESIDE_CARD = 0.35, 0.30


def shown_keys(rng: np.random.Generator, orders: pl.DataFrame, traps: Traps) -> pl.DataFrame:
    """Replace member_no and phone by what the ticket really names; adds shown_phone, as it is printed.

    A lost card is never shown again; who registered twice shows either. Only a number of one's own is given
    instead of a card, so a phone on a ticket without a card is its owner's.
    """
    size = orders.height
    shows = pl.Series(rng.random(size))
    either = pl.Series(rng.random(size) < 0.5)
    beside = pl.Series(rng.random(size))
    invented = pl.Series(PLACEHOLDER_PHONES).gather(rng.integers(0, len(PLACEHOLDER_PHONES), size))
    has_second = (pl.col("second_day") <= pl.col("day")) & (pl.col("second_day") < FAR)
    card = pl.when(has_second & (pl.col("second_replaces") | either)).then("second_no").otherwise("member_no")
    shows_card = (pl.col("joined_day") <= pl.col("day")) & (shows < traps.card_shown)
    gives_phone = ~shows_card & pl.col("phone").is_not_null() & (shows >= 1 - traps.phone_only)
    frame = orders.with_columns(
        card=pl.when(shows_card).then(card),
        reached=phone_on(),
        given=pl.when(gives_phone).then(phone_on()),
    )
    masked = pl.when(beside < MASKED_BESIDE_CARD * PHONE_BESIDE_CARD).then(masked_phone(pl.col("reached")))
    printed = masked.when(beside < PHONE_BESIDE_CARD).then("reached").otherwise(None)
    is_guest = pl.col("card").is_null() & pl.col("given").is_null()
    guests = pl.when(is_guest & (beside < traps.placeholder_phone)).then(invented)
    shown = pl.when(pl.col("card").is_not_null()).then(printed).otherwise(pl.coalesce("given", guests))
    return frame.with_columns(member_no="card", phone="given", shown_phone=shown).drop("card", "given", "reached")
