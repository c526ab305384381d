"""What is told of the lifetime model, as rows: (model, metric, value, baseline value, customers).

Measures are taken of the twin, on the newest slice whose horizon is over, at the level that was expected of it. The
baseline is MBG/NBD with Gamma-Gamma of the same day, what a careful user of the open libraries gets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import polars as pl

from models.btyd.summary import Vector
from models.gamma_gamma import Independence
from models.lifetime.judging import judged
from models.lifetime.slices import Basis
from models.lifetime.training import Trained
from models.lifetime.validation import Validation

Row = tuple[str, str, float, float | None, int]
MODEL = "lifetime"
PLACES = 6
SCHEMA: Mapping[str, type[pl.DataType]] = {
    "model": pl.String, "metric": pl.String, "value": pl.Float64, "baseline_value": pl.Float64,
    "sample_count": pl.Int64,
}  # fmt: skip


def training_rows(made: Trained, short_days: int) -> list[Row]:
    """Measures of the training night, to be kept with the model."""
    forecaster, count = made.model.forecaster, 0 if made.validation is None else len(made.validation.actual)
    rows = [] if made.validation is None else list(_validation_rows(made.validation))
    rows.append((f"{MODEL}_published", f"is_{forecaster.choice}", 1.0, None, count))
    rows.append((f"{MODEL}_published", "learnt_horizon_days", float(forecaster.learn_days), None, count))
    rows.append((f"{MODEL}_published", "level", forecaster.level.amount, None, count))
    rows.append((f"{MODEL}_published", f"level_from_{forecaster.level.learnt_from}", 1.0, None, count))
    if made.short_coverage is not None:
        share, customers = made.short_coverage
        rows.append((f"{MODEL}_published", f"interval_coverage_{short_days}d_over_time", share, None, customers))
    return rows


def _validation_rows(validation: Validation) -> Iterator[Row]:
    count = len(validation.actual)
    baseline = asdict(judged(validation.actual, validation.amounts["btyd"]))
    named: list[tuple[str, Vector]] = [
        *validation.amounts.items(),
        ("published", validation.amounts[validation.choice]),
    ]
    for name, amounts in named:
        for metric, value in asdict(judged(validation.actual, amounts)).items():
            yield f"{MODEL}_{name}", metric, value, baseline[metric], count
    coverage = validation.coverage()
    if coverage is not None:
        yield f"{MODEL}_published", "interval_coverage", coverage, None, count
    yield f"{MODEL}_published", "held_out_by_time", 1.0, None, count


def basis_rows(basis: Basis, tested: Independence) -> list[Row]:
    """Parameters of the BTYD and Gamma-Gamma models of all buyers, and the test of the latter's assumption."""
    name, customers = f"{basis.purchases.name}_nbd", int(basis.purchases.customer_count)
    told = basis.purchases.to_json()["parameters"] | {"log_likelihood": basis.purchases.log_likelihood}
    rows: list[Row] = [(name, metric, value, None, customers) for metric, value in told.items()]
    spend = basis.spend
    for metric, value in (("p", spend.p), ("q", spend.q), ("gamma", spend.gamma), ("mean", spend.population_mean)):
        rows.append(("gamma_gamma", metric, value, None, int(spend.customer_count)))
    for metric, value in (
        ("frequency_pearson", tested.pearson),
        ("frequency_spearman", tested.spearman),
        ("independence_is_doubtful", float(tested.is_doubtful)),
    ):
        rows.append(("gamma_gamma", metric, value, 0.0, tested.customer_count))
    return rows


def drift_rows(drifts: list[tuple[str, float]], customers: int) -> list[Row]:
    """How far tonight's customers are from those of the training night."""
    return [(MODEL, f"drift:{name}", value, None, customers) for name, value in drifts]


def report_frame(rows: list[Row], trained_on: object) -> pl.DataFrame:
    """The rows as a table, values rounded to 6 places."""
    frame = pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")
    rounded = pl.col("value", "baseline_value").round(PLACES)
    return frame.with_columns(rounded, pl.lit(trained_on, pl.Date).alias("trained_on"))
