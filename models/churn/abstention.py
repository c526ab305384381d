"""When there is too little to predict churn from, and what is said instead: the rate of the whole population.

A shop abstains as a whole for the reasons of `Minimum` (the floors that Klaviyo publishes for its own churn model,
as settings); a single customer is answered with the rate of their kind where they have just bought for the first time.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

import polars as pl

Abstention = Literal[
    "short_history", "too_few_buyers", "no_recent_orders", "few_repeaters", "no_rhythm", "brand_new"
]  # fmt: skip
ABSTENTIONS: tuple[str, ...] = get_args(Abstention)


@dataclass(frozen=True)
class Minimum:
    """What a shop must have before its customers are told apart."""

    buyers: int = 500
    history_days: int = 180
    recent_order_days: int = 30
    repeater_orders: int = 3
    repeaters: int = 50


def shop_abstains(facts: pl.LazyFrame, as_of: date, minimum: Minimum) -> Abstention | None:
    """The first reason why the shop as a whole has too little, from the rows of `customer_facts`; None = enough."""
    buyers, first_on, last_on, repeaters = (
        facts.filter(pl.col("order_count") > 0)
        .select(
            pl.len(),
            pl.col("first_order_on").min(),
            pl.col("last_order_on").max(),
            (pl.col("order_count") >= minimum.repeater_orders).sum().alias("repeaters"),
        )
        .collect()
        .row(0)
    )
    if first_on is None or (as_of - first_on).days + 1 < minimum.history_days:
        return "short_history"
    if buyers < minimum.buyers:
        return "too_few_buyers"
    if last_on <= as_of - timedelta(days=minimum.recent_order_days):
        return "no_recent_orders"
    return "few_repeaters" if repeaters < minimum.repeaters else None


def population_rate(features: pl.DataFrame, population_days: int) -> float | None:
    """Share of the newest slice with an outcome that did not buy again; None = no slice yet."""
    known = features.filter(
        pl.col("next_purchase_count").is_not_null(), pl.col("since_last_days") < population_days
    ).filter(pl.col("cutoff_on") == pl.col("cutoff_on").max())
    if known.is_empty():
        return None
    return round(float((known["next_purchase_count"] == 0).sum()) / known.height, 6)
