"""How often customers answer in each channel, each channel with a base rate of its own.

The model is that of `models.response`; who was contacted and what counts as an answer is said in
sql/tags/channel_counts.sql.
"""

import polars as pl

from models.response import response_rates


def rates_by_channel(counts: pl.DataFrame) -> pl.DataFrame:
    """Add `response_rate` to one row per customer and channel; null where nothing was delivered.

    Within a channel, rates are shrunk to the base rate of that channel: an answer by e-mail, where few answer, counts
    for more than one where everybody does.
    """
    contacted = counts.filter(pl.col("delivered_count") > 0).sort("channel", "customer_id")
    rated = [response_rates(each) for each in contacted.partition_by("channel", maintain_order=True)]
    silent = counts.filter(pl.col("delivered_count") == 0).with_columns(response_rate=pl.lit(None, pl.Float64))
    return pl.concat([silent, *rated])
