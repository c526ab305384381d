"""No night without a rate: foreign money that cannot be exchanged holds the night instead of vanishing from it."""

import polars as pl

from pipeline.errors import HeldError
from pipeline.lake import Table


def require_rates(table: Table, day: str) -> Table:
    """The table itself. Raises HeldError naming every currency without a rate and the first day it is needed.

    `table` has `currency` and `rate`, null where no rate is known on or before `day`.
    """
    missing = (
        table.scan()
        .filter(pl.col("rate").is_null())
        .group_by("currency")
        .agg(pl.col(day).min().alias("first_on"))
        .sort("currency")
        .collect()
    )
    if missing.is_empty():
        return table
    needs = ", ".join(f"{currency} from {first_on} on" for currency, first_on in missing.iter_rows())
    raise HeldError(
        f"no exchange rate for {needs}",
        where=table.name,
        remedy="Deliver a rate of that day or before (source of kind fx_rates: rate_on, currency, rate).",
    )
