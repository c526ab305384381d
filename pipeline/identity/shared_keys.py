"""Which keys several rows share: the first step of joining by exact keys, and the one that meets every key.

Pure frames. What a shared key proposes belongs to `pipeline.identity.candidates`.
"""

from collections.abc import Sequence

import polars as pl


def shared_keys(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows whose key (`columns`) another row has too, with `key`, a number for every key; equal ones side by side.

    Numbers are in no order that anything may rest on.
    """
    places = shared_places(rows, columns)
    return rows[places["row"]].with_columns(places["key"])


def shared_places(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """`row` and `key`: where the rows of shared keys stand, keys side by side and numbered from 0.

    Rows are sorted by a 64-bit hash of their key, which costs a fraction of comparing texts, and rows of one hash must
    agree in a second one. That two of a thousand million keys agree in both is less probable than one in 10^20; that
    they agree in the first alone may happen, and then texts decide.
    """
    hashed = rows.select(first=key_hash(columns, seed=0), second=key_hash(columns, seed=len(columns)))
    ordered = hashed.with_row_index("row").sort("first")
    begins = (ordered["first"] != ordered["first"].shift()).fill_null(value=True)
    differs = (ordered["second"] != ordered["second"].shift()).fill_null(value=True)
    if (differs & ~begins).any():
        return _places_by_text(rows, columns)
    is_shared = ~(begins & begins.shift(-1, fill_value=True))
    number = begins.filter(is_shared).cast(pl.UInt32).cum_sum() - 1
    return ordered.filter(is_shared).select("row", key=number.set_sorted())


def _places_by_text(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    known = rows.select(columns).with_row_index("row")
    counted = known.group_by(columns).agg(carriers=pl.len()).filter(pl.col("carriers") > 1).with_row_index("key")
    return known.join(counted, on=columns, nulls_equal=True).select("row", "key").sort("key")


def key_hash(columns: Sequence[str], *, seed: int) -> pl.Expr:
    """One 64-bit number of several columns; each has a seed of its own, so that equal values do not cancel out."""
    mixed = pl.col(columns[0]).hash(seed=seed)
    for place, name in enumerate(columns[1:], start=seed + 1):
        mixed = mixed ^ pl.col(name).hash(seed=place)
    return mixed
