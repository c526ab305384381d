"""What the validation says of lifetime value, as rows: model, trained_on, metric, value, baseline_value, sample_count.

The baseline is MBG/NBD with Gamma-Gamma, what a careful user of the open libraries gets. The bias of the total is
told only where the level was forecast in time.
"""

from collections.abc import Iterator
from dataclasses import asdict

import polars as pl

from models.gamma_gamma import Independence
from models.lifetime.judging import judged
from models.lifetime.slices import Basis
from models.lifetime.validation import Validation

Row = tuple[str, str, float, float | None, int]
MODEL = "lifetime"


def report_rows(validation: Validation | None) -> Iterator[Row]:
    """(model, metric, value, baseline value, customers) of every candidate and of the published one."""
    if validation is None:
        return
    count = len(validation.actual)
    baseline = asdict(judged(validation.actual, validation.amounts["btyd"]))
    for name in (*validation.amounts, "published"):
        candidate = validation.choice if name == "published" else name
        for metric, value in asdict(judged(validation.actual, validation.amounts[candidate])).items():
            if metric != "bias" or validation.held_out == "time":
                yield f"{MODEL}_{name}", metric, value, baseline[metric], count
    coverage = validation.coverage(validation.choice)
    if coverage is not None:
        yield f"{MODEL}_published", "interval_coverage", coverage, None, count
    yield f"{MODEL}_published", f"is_{validation.choice}", 1.0, None, count
    yield f"{MODEL}_published", f"held_out_by_{validation.held_out}", 1.0, None, count


def basis_rows(basis: Basis, tested: Independence) -> Iterator[Row]:
    """Parameters of tonight's BTYD and Gamma-Gamma models, and the test of the latter's assumption."""
    customers = int(basis.purchases.customer_count)
    for metric, value in basis.purchases.to_json()["parameters"].items():
        yield f"{basis.purchases.name}_nbd", metric, value, None, customers
    yield f"{basis.purchases.name}_nbd", "log_likelihood", basis.purchases.log_likelihood, None, customers
    spend = basis.spend
    for metric, value in (("p", spend.p), ("q", spend.q), ("gamma", spend.gamma), ("mean", spend.population_mean)):
        yield "gamma_gamma", metric, value, None, int(spend.customer_count)
    yield "gamma_gamma", "frequency_pearson", tested.pearson, 0.0, tested.customer_count
    yield "gamma_gamma", "frequency_spearman", tested.spearman, 0.0, tested.customer_count
    yield "gamma_gamma", "independence_is_doubtful", float(tested.is_doubtful), 0.0, tested.customer_count


def report_frame(rows: Iterator[Row], trained_on: object) -> pl.DataFrame:
    """The rows as a table, values rounded to 6 places."""
    schema = {
        "model": pl.String, "metric": pl.String, "value": pl.Float64, "baseline_value": pl.Float64,
        "sample_count": pl.Int64,
    }  # fmt: skip
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    rounded = pl.col("value", "baseline_value").round(6)
    return frame.with_columns(rounded, pl.lit(trained_on, pl.Date).alias("trained_on"))
