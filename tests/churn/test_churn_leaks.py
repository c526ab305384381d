"""Everything after a day is shuffled; what had been said on that day stays the same to the last digit."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
from churn_shop import END, ChurnShop, simulated_orders
from polars.testing import assert_frame_equal
from scipy.special import expit

from models.churn.candidates import METHODS
from models.churn.training import Question, trained
from pipeline.schemas.features import FEATURES

DAY = END + timedelta(days=1) - timedelta(days=90)
OUTCOME = ("next_purchase_count", "next_bought_amount", "year_purchase_count", "year_bought_amount")


def shuffled_after_day(told: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The same orders before the day; after it other customers pay other amounts on other days."""
    chance = np.random.default_rng(seed)
    past, future = told.filter(pl.col("ordered_on") < DAY), told.filter(pl.col("ordered_on") >= DAY)
    places = chance.permutation(future.height)
    future = future.with_columns(
        pl.Series("customer_id", future["customer_id"].to_numpy()[places]),
        ordered_on=pl.lit(DAY) + pl.duration(days=pl.Series(chance.integers(0, 90, future.height))),
        paid_amount=pl.Series(np.round(chance.lognormal(6, 1, future.height), 2)),
    )
    return pl.concat([past, future.cast(past.schema)])


def returns_after_day(told: pl.DataFrame, seed: int) -> pl.DataFrame:
    """A third of the older orders is given back whole, on a day after the day."""
    chance = np.random.default_rng(seed)
    past = told.filter(pl.col("ordered_on") < DAY).with_columns(
        pl.Series("is_given_back", chance.random(told.filter(pl.col("ordered_on") < DAY).height) < 1 / 3)
    )
    given_back = past.filter("is_given_back")
    return given_back.select(
        "order_key",
        "customer_id",
        refund_id=pl.col("order_key"),
        refund_amount=pl.col("paid_amount"),
        refunded_on=pl.lit(DAY) + pl.duration(days=pl.Series(chance.integers(0, 90, given_back.height))),
        is_netted=pl.lit(value=True),
        refund_origin=pl.lit("refund_file"),
    )


def said_on_the_day(shop: ChurnShop, told: pl.DataFrame, returns: pl.DataFrame | None) -> pl.DataFrame:
    """Features and probabilities of the day, from a ledger that goes on for 90 days more."""
    refunds = None if returns is None else shop.write("refunds", returns)
    orders = shop.orders(told)
    if returns is not None:
        gone = pl.col("order_key").is_in(returns["order_key"].implode())
        orders = shop.write("orders", orders.read().with_columns(
            is_purchase=~gone,
            excluded_because=pl.when(gone).then(pl.lit("fully_returned")),
            refund_amount=pl.when(gone).then("paid_amount").otherwise(0),
            net_amount=pl.when(gone).then(0).otherwise("paid_amount"),
        ))  # fmt: skip
    rows = shop.features(orders, refunds).read().filter(pl.col("cutoff_on") <= DAY)
    is_over = pl.col("cutoff_on") + pl.duration(days=90) <= DAY
    blind = rows.with_columns(pl.when(is_over).then(pl.col(name)).alias(name) for name in OUTCOME)
    made = trained(blind, DAY, Question())
    assert made is not None
    assert made.model.calibrated is not None
    asked = blind.filter(pl.col("cutoff_on") == DAY).sort("customer_id")
    matrix = made.model.matrix(asked)
    chances = [
        pl.Series(method, expit(replace(made.model.calibrated, method=method).logits(matrix))) for method in METHODS
    ]
    return asked.select("customer_id", *FEATURES, *chances)


def test_no_score_knows_what_came_after(churn_shop: Callable[..., ChurnShop]) -> None:
    told = simulated_orders(900, 700)
    before = said_on_the_day(churn_shop(), told, None)
    for seed in (1, 2):
        assert_frame_equal(
            said_on_the_day(churn_shop(), shuffled_after_day(told, seed), None), before, check_exact=True
        )


def test_no_feature_knows_a_later_return(churn_shop: Callable[..., ChurnShop]) -> None:
    """What was bought before the day stays bought then, whatever is given back later."""
    told = simulated_orders(900, 700)
    before = said_on_the_day(churn_shop(), told, None).select("customer_id", *FEATURES)
    after = said_on_the_day(churn_shop(), told, returns_after_day(told, 3)).select("customer_id", *FEATURES)
    assert_frame_equal(after, before, check_exact=True)
