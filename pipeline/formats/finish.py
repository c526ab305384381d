"""The last step: keys and provenance of accepted rows, and their exact table.

A row key says what a row is about within its source: the same thing told by another file has the same key.
Where an export has no key of its own, the content and the ordinal among equals stand in, so two equal lines of
one ticket stay two, and an overlapping file counts nothing twice.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.clean.keys import with_profile_key
from pipeline.clean.money import fine, money
from pipeline.clean.status import order_rank, refund_rank
from pipeline.formats.canonical import MONEY_OF_KIND
from pipeline.formats.cells import RATE_PLACES
from pipeline.formats.job import ParseContext
from pipeline.formats.raw_table import ROW_NUMBER
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.columns import FINE as FINE_TYPE
from pipeline.schemas.columns import MONEY as MONEY_TYPE

FILE = "_file"
"""The place of the file among those that are finished together."""
SEPARATOR = "|"
CONTENT_LENGTH = 12
EVENT_MOMENT = {
    "raw_order_heads": "ordered_at", "raw_order_lines": "ordered_at", "raw_refunds": "refunded_at",
    "raw_events": "event_at", "raw_campaign_contacts": "sent_at", "raw_consents": "changed_at",
    "raw_tickets": "opened_at", "raw_points": "changed_at", "raw_marketing_spend": "spent_on",
    "raw_fx_rates": "rate_on", "raw_stock": "counted_on",
}  # fmt: skip
"""The moment or day that dates a row; rows of other tables are undated state."""
KEYS = {
    "raw_order_heads": ("order_id",),
    "raw_order_lines": ("order_id", "line_id"),
    "raw_members": ("profile_key",),
    "raw_products": ("sku",),
    "raw_stores": ("store_id",),
    "raw_campaigns": ("campaign_id",),
    "raw_fx_rates": ("rate_on", "currency"),
    "raw_consents": ("profile_key", "consent_channel", "purpose", "changed_at", "consent_state"),
    "raw_tickets": ("ticket_id",),
    "raw_stock": ("sku", "store_id", "counted_on"),
}
"""Columns that name a row of these tables."""
COUNTED_KEYS = {
    "raw_marketing_spend": ("spent_on", "channel", "campaign_id", "currency"),
    "raw_campaign_contacts": ("campaign_id", "profile_key", "sent_at"),
    "raw_events": ("profile_key", "event_at", "event_type", "sku", "keyword", "duration_seconds", "referrer"),
    "raw_points": ("profile_key", "changed_at", "points", "reason"),
}
"""Columns that with the ordinal among equals of one file name a row of these tables."""
LINE_PRODUCT = ("sku", "product_name")
REFUND_CONTENT = ("order_id", "line_id", "refunded_at", "refund_amount", "reason")
PROVENANCE = frozenset(
    {"source", "row_key", "file_sha", ROW_NUMBER, "event_on", "version_rank", "filled_count", "amount"}
)
NOT_COUNTED = PROVENANCE | {"profile_key", "channel", "currency", "line_kind", "is_gift", "is_test", "is_control",
                            "has_delivery_column", "refund_status", "phone_shown", "receiver_phone_shown"}  # fmt: skip


def as_amount(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Add `amount`: the money of each row in fen that must survive every step, 0 where its kind has none."""
    name = MONEY_OF_KIND.get(kind)
    return frame.with_columns(amount=pl.col(name).fill_null(0) if name else pl.lit(0, pl.Int64))


def finish(
    frames: Sequence[pl.DataFrame], file_shas: Sequence[str], table: str, context: ParseContext
) -> list[pl.DataFrame]:
    """All accepted rows of one raw table by file, as its contract wants them, sorted by row_number.

    Files of one source, one frame each, are finished below each other: a row is numbered among the equals of its
    own file alone.
    """
    each = (pl.repeat(place, frame.height, dtype=pl.Int64, eager=True) for place, frame in enumerate(frames))
    are_alike = all(frame.columns == frames[0].columns for frame in frames)
    below = pl.concat(frames, how="vertical" if are_alike else "diagonal")
    whole = below.with_columns(pl.concat(each).alias(FILE))
    are_sorted = all(frame[ROW_NUMBER].is_sorted() for frame in frames)
    whole = whole.rechunk() if are_sorted else whole.sort(FILE, ROW_NUMBER)
    done = _finished(whole.with_columns(file_sha=_sha(file_shas)), table, context)
    ends = list(accumulate(frame.height for frame in frames))
    return [done.slice(end - frame.height, frame.height) for end, frame in zip(ends, frames, strict=True)]


def _sha(file_shas: Sequence[str]) -> pl.Expr:
    if len(file_shas) == 1:
        return pl.lit(file_shas[0])
    return pl.col(FILE).replace_strict(range(len(file_shas)), file_shas, return_dtype=pl.String)


def _finished(frame: pl.DataFrame, table: str, context: ParseContext) -> pl.DataFrame:
    if "profile_key" in TABLES[table].names:
        frame = with_profile_key(frame, context.secret)
    frame = _with_dates_and_ranks(frame, table)
    frame = with_row_keys(frame, table)
    filled = [name for name in TABLES[table].names if name not in NOT_COUNTED]
    frame = frame.with_columns(
        source=pl.lit(context.source.name),
        filled_count=pl.sum_horizontal(pl.col(name).is_not_null() for name in filled).cast(pl.Int64),
    )
    return frame.select(_exact(name, dtype) for name, dtype in TABLES[table].polars_schema.items())


def with_row_keys(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Add `row_key`, and the `line_id` of lines whose export has none."""
    if table == "raw_order_lines":
        frame = _with_line_ids(frame)
    if table == "raw_refunds":
        if not frame["refund_id"].null_count():
            return frame.with_columns(row_key="refund_id")
        content = _numbered(frame, REFUND_CONTENT)
        return frame.with_columns(row_key=pl.coalesce("refund_id", content))
    if table in KEYS:
        return frame.with_columns(row_key=_joined(KEYS[table]))
    return frame.with_columns(_numbered(frame, COUNTED_KEYS[table]).alias("row_key"))


def content_hashes(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """The first 12 hex digits of BLAKE2b of some cells of each row; where many are equal each content once."""
    texts = frame.select(content=_joined(columns, "\x1f"))["content"]
    distinct = texts.unique()
    if len(distinct) * 2 > len(texts):
        return _hashed(texts)
    return texts.replace_strict(distinct, _hashed(distinct), return_dtype=pl.String)


def _hashed(texts: pl.Series) -> pl.Series:
    """Hex digits of all texts at once: they are of one length, so where each begins needs no asking."""
    blake2b, size = hashlib.blake2b, CONTENT_LENGTH // 2
    digests = b"".join([blake2b(text, digest_size=size).digest() for text in texts.cast(pl.Binary).to_list()])
    begins = np.arange(len(texts) + 1, dtype=np.int64) * CONTENT_LENGTH
    buffers = [None, pa.py_buffer(begins), pa.py_buffer(digests.hex().encode())]
    hashes = pl.Series(pa.Array.from_buffers(pa.large_string(), len(texts), buffers))
    return hashes.alias(texts.name)


def ordinals(frame: pl.DataFrame) -> pl.Series:
    """1 for the first of equal rows, 2 for the second and so on. Most rows are alone: only the others are counted."""
    repeated = frame.with_row_index("place").filter(frame.hash_rows().is_duplicated())
    counted = repeated.select("place", ordinal=pl.int_range(1, pl.len() + 1).over(frame.columns))
    ones = pl.repeat(1, frame.height, dtype=pl.Int64, eager=True)
    return ones.scatter(counted["place"], counted["ordinal"]).alias("ordinal")


def _with_line_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """Product (hashed), pieces, price and ordinal among equals of one order, where the export has no number."""
    if not frame["line_id"].null_count():
        return frame
    product = content_hashes(frame, LINE_PRODUCT).alias("product")
    pieces = pl.coalesce("quantity", pl.col("amount").sign()).cast(pl.String)
    price = pl.col("unit_price").cast(pl.String).fill_null("")
    content = pl.concat_str("product", pieces, price, separator="_")
    keyed = frame.hstack([product]).select(FILE, "order_id", content=content)
    own = keyed.select(own=pl.concat_str("content", ordinals(keyed).cast(pl.String), separator="_"))["own"]
    return frame.with_columns(line_id=pl.coalesce("line_id", own))


def _numbered(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    content = content_hashes(frame, columns)
    parts = pl.DataFrame(
        {"content": content, "ordinal": ordinals(pl.DataFrame({"content": content, FILE: frame[FILE]}))}
    )
    return parts.select(row_key=pl.concat_str("content", "ordinal", separator="-"))["row_key"]


def _with_dates_and_ranks(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    moment = EVENT_MOMENT.get(table)
    day = pl.col(moment).cast(pl.Date) if moment else pl.lit(None, pl.Date)
    rank = pl.lit(0, pl.Int64)
    if table in ("raw_order_heads", "raw_order_lines"):
        rank = order_rank("status", "refund_amount")
    elif table == "raw_refunds":
        rank = refund_rank("refund_status")
    return frame.with_columns(event_on=day, version_rank=rank)


def _joined(columns: tuple[str, ...], separator: str = SEPARATOR) -> pl.Expr:
    return pl.concat_str([pl.col(column).cast(pl.String).fill_null("") for column in columns], separator=separator)


@lru_cache(maxsize=1024)
def _exact(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == MONEY_TYPE:
        return money(name)
    if dtype == FINE_TYPE:
        return fine(name)
    return fine(name, RATE_PLACES) if name == "rate" else pl.col(name).cast(dtype)
