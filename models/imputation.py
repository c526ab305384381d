"""Attributes that customers never told, concluded from what and where they buy.

Gender and age band come from the categories of their purchases (`models.category_mix`), the city from the stores in
which they buy most; its confidence is how often that is right for customers with a known city and about as many
purchases there. A model that does not beat the most common value clearly is not used, and its report says so.

Customers who told a value may differ from those who did not, which no hidden value can show. Imputed values never
decide consent, identity or who is a minor: no age band under 18 is learnt or given.
"""

from datetime import date

import polars as pl

from models.category_mix import from_categories
from models.imputation_judgement import (
    CONFIDENCE_PLACES,
    Imputation,
    Row,
    beats_the_plainest_guess,
    nothing,
    report,
)
from pipeline.schemas.identity import AGE_BANDS
from pipeline.tag_settings import ImputationSettings

ADULT_BANDS = AGE_BANDS[2:]
TOLD = ("customer_id", "gender", "age_band", "city", "profiling_opt_out", "is_minor")
"""The columns of customer_attributes that are looked at."""
METHODS = {"gender": "purchases", "age_band": "purchases", "city": "store_city"}


def imputed(
    people: pl.DataFrame, counts: pl.DataFrame, visits: pl.DataFrame, rules: ImputationSettings, as_of: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Imputed attributes by customer, and one report row per model and metric.

    `people` has the columns TOLD, `counts` is as `category_counts` and `visits` as `shop_cities`. Who refused
    profiling, and minors, are neither learnt from nor guessed at. Where it is not `enabled`, nobody is.
    """
    if not rules.enabled:
        people = people.clear()
    asked = people.filter(~pl.col("profiling_opt_out") & ~pl.col("is_minor"))
    grown = asked.filter(pl.col("age_band").is_null() | pl.col("age_band").is_in(ADULT_BANDS))
    stores = visits.select("customer_id", value="shop_city", order_count="shop_city_order_count")
    made = {
        "gender": from_categories(counts, _told(asked, "gender"), "imputed_gender", rules, as_of),
        "age_band": from_categories(counts, _told(grown, "age_band"), "imputed_age_band", rules, as_of),
        "city": from_stores(stores, _told(asked, "city"), "imputed_city", rules, as_of),
    }
    reports = pl.concat([each.report for each in made.values()])
    wide = people.select("customer_id")
    for attribute, imputation in made.items():
        wide = wide.join(_columns(imputation.values, attribute), on="customer_id", how="left")
    places = visits.select("customer_id", province="shop_province")
    placed = wide.join(places, on="customer_id", how="left").with_columns(
        imputed_province=pl.when(pl.col("imputed_city").is_not_null()).then("province")
    )
    anything = pl.any_horizontal(pl.col(f"imputed_{attribute}").is_not_null() for attribute in made)
    return placed.filter(anything).drop("province"), reports


def _told(people: pl.DataFrame, attribute: str) -> pl.DataFrame:
    return people.select("customer_id", value=attribute)


def _columns(values: pl.DataFrame, attribute: str) -> pl.DataFrame:
    name = f"imputed_{attribute}"
    return values.select(
        "customer_id",
        pl.col("value").alias(name),
        pl.col("confidence").alias(f"{name}_confidence"),
        pl.lit(METHODS[attribute]).alias(f"{name}_method"),
    )


def from_stores(
    visits: pl.DataFrame, told: pl.DataFrame, name: str, rules: ImputationSettings, as_of: date
) -> Imputation:
    """The city from the stores that a customer buys in.

    `visits` has one row per customer: `customer_id`, `value` (the city) and `order_count` (purchases there); `told`
    as for `from_categories`.
    """
    guesses = visits.filter(pl.col("order_count") >= rules.min_store_orders).join(
        told, on="customer_id", suffix="_told"
    )
    judged = guesses.with_columns(is_right=pl.col("value") == pl.col("value_told"), group=_purchases_group())
    known = judged.filter(pl.col("value_told").is_not_null())
    if known.height < rules.min_sample:
        return Imputation(nothing(), report(name, as_of, [("is_used", 0.0, None, known.height)]))
    common = known.group_by("value_told").len().sort("len", "value_told", descending=[True, False])["value_told"][0]
    rates = known.group_by("group").agg(confidence=pl.col("is_right").mean(), sample=pl.len())
    sure = rates.filter((pl.col("confidence") >= rules.min_confidence) & (pl.col("sample") >= rules.min_sample))
    is_right = known["is_right"].to_numpy()
    is_plain_right = (known["value_told"] == common).to_numpy()
    is_used = beats_the_plainest_guess(is_right, is_plain_right, rules) and sure.height > 0
    rows: list[Row] = [("accuracy", float(is_right.mean()), float(is_plain_right.mean()), known.height)]
    rows.append(("is_used", float(is_used), None, known.height))
    unknown = judged.filter(pl.col("value_told").is_null()).join(sure, on="group")
    values = unknown.select("customer_id", "value", pl.col("confidence").round(CONFIDENCE_PLACES))
    return Imputation(values if is_used else nothing(), report(name, as_of, rows))


def _purchases_group() -> pl.Expr:
    count = pl.col("order_count")
    return pl.when(count < 5).then(pl.lit("few")).when(count < 10).then(pl.lit("some")).otherwise(pl.lit("many"))
