"""Lifetime value as steps: SQL for what was, `models.lifetime` for what will be; see assets/predictions.py.

Training and scoring share the slices of `customer_features`; which of them a model may see is decided in
`models.lifetime`.
"""

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from models import gamma_gamma
from models.lifetime import reports
from models.lifetime.forecast import Forecast, discounting, forecast
from models.lifetime.slices import Basis, Slice, fitted_basis, slice_of
from models.lifetime.validation import Validation, validated
from pipeline.engine import Engine
from pipeline.errors import HuitouError
from pipeline.lake import Table, write_table
from pipeline.model_settings import LtvSettings
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings

OUTCOME = ("year_bought_amount", "year_purchase_count")
RATIO_PLACES = 6


def purchase_summaries(orders: Table, *, engine: Engine, as_of: date, path: Path) -> Table:
    """One row per buyer: how often, how long and how dearly they bought up to as_of."""
    parameters, spec = {"as_of": as_of}, TABLES["purchase_summaries"]
    return engine.run("predictions/purchase_summaries.sql", (orders,), parameters, spec, path)


def lifetime_validations(
    customer_features: Table, purchase_summaries: Table, *, settings: Settings, as_of: date, path: Path
) -> Table:
    """One row per buyer of the newest slice whose 12 months are over: what came, and what had been expected."""
    spec, rows = TABLES["lifetime_validations"], None
    first_on = _first_on(purchase_summaries, as_of, settings.ltv)
    if first_on is not None:
        finished = _finished_slices(customer_features, settings.ltv)
        rows = validated(finished, as_of + timedelta(days=1), first_on, settings.ltv.horizon_days)
    frame = spec.empty() if rows is None else rows.to_frame().with_columns(pl.selectors.ends_with("_amount").round(2))
    return write_table(spec, frame, path)


def lifetime_forecasts(
    customer_features: Table,
    purchase_summaries: Table,
    lifetime_validations: Table,
    *,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per buyer: orders and money expected in 12 months; none where there is too little to learn from."""
    spec = TABLES["lifetime_forecasts"]
    basis, first_on = _basis(purchase_summaries), _first_on(purchase_summaries, as_of, settings.ltv)
    if basis is None or first_on is None:
        return write_table(spec, spec.empty(), path)
    rows = customer_features.scan().filter(pl.col("is_scored")).sort("customer_id").collect()
    tonight = slice_of(rows, settings.ltv.horizon_days, OUTCOME, basis)
    validation = Validation.from_frame(lifetime_validations.read())
    finished = _finished_slices(customer_features, settings.ltv) if validation is not None else []
    told = forecast(tonight, finished, validation, first_on, settings.ltv.horizon_days)
    ltv = settings.ltv
    factor = discounting(rows, basis, ltv.horizon_days, ltv.lifetime_years, ltv.yearly_discount_rate)
    return write_table(spec, _forecast_frame(told, pl.Series(factor)), path)


def _forecast_frame(told: Forecast, factor: pl.Series) -> pl.DataFrame:
    """The columns of `lifetime_forecasts`."""
    ends = {"revenue_12m_low_amount": told.low, "revenue_12m_high_amount": told.high}
    return pl.DataFrame({"customer_id": told.customers, "lifetime_factor": factor.round(RATIO_PLACES)}).with_columns(
        pl.Series("expected_orders_12m", told.orders).round(RATIO_PLACES),
        pl.Series("expected_revenue_12m_amount", told.amount).round(2),
        *(pl.lit(None, pl.Float64).alias(name) if end is None else pl.Series(name, end).round(2)
          for name, end in ends.items()),
        method=pl.lit(told.method),
    )  # fmt: skip


def lifetime_values(
    customer_facts: Table,
    customer_attributes: Table,
    order_lines: Table,
    lifetime_forecasts: Table,
    *,
    engine: Engine,
    settings: Settings,
    path: Path,
) -> Table:
    """One row per customer with a purchase: what they brought, and what they are expected to bring."""
    tables = (customer_facts, customer_attributes, order_lines, lifetime_forecasts)
    parameters = {"min_costed_rate": settings.ltv.min_costed_rate}
    return engine.run("predictions/lifetime_values.sql", tables, parameters, TABLES["lifetime_values"], path)


def lifetime_cohorts(lifetime_values: Table, *, engine: Engine, path: Path) -> Table:
    """One row per month of first purchase: sums of lifetime_values."""
    return engine.run("predictions/lifetime_cohorts.sql", (lifetime_values,), {}, TABLES["lifetime_cohorts"], path)


def lifetime_reports(purchase_summaries: Table, lifetime_validations: Table, *, as_of: date, path: Path) -> Table:
    """One row per model of lifetime value and measure; what `model_reports` takes in."""
    rows = list(reports.report_rows(Validation.from_frame(lifetime_validations.read())))
    basis = _basis(purchase_summaries)
    if basis is not None:
        rows += reports.basis_rows(basis, _independence(purchase_summaries))
    return write_table(TABLES["lifetime_reports"], reports.report_frame(iter(rows), as_of), path)


def _first_on(purchase_summaries: Table, as_of: date, ltv: LtvSettings) -> date | None:
    """Day of the first purchase of all; None where buyers or history are fewer than settings ask for."""
    buyers, known_days = purchase_summaries.scan().select(pl.len(), pl.col("known_days").max()).collect().row(0)
    if buyers < ltv.min_buyers or known_days < ltv.min_history_days:
        return None
    return as_of - timedelta(days=known_days)


def _basis(purchase_summaries: Table) -> Basis | None:
    """Tonight's BTYD and Gamma-Gamma models of all buyers; None where nothing can be learnt."""
    try:
        return fitted_basis(purchase_summaries.read())
    except HuitouError:
        return None


def _independence(purchase_summaries: Table) -> gamma_gamma.Independence:
    frame = purchase_summaries.scan().select(pl.col("repeat_count") + 1.0, "day_spend_fen").collect()
    return gamma_gamma.independence(frame["repeat_count"].to_numpy(), frame["day_spend_fen"].to_numpy())


def _finished_slices(customer_features: Table, ltv: LtvSettings) -> list[Slice]:
    """Slices whose 12 months are over; none where the horizon is another or a slice teaches nothing."""
    if ltv.horizon_days != 365:
        return []
    frame = customer_features.scan().filter(pl.col(OUTCOME[0]).is_not_null() & ~pl.col("is_scored")).collect()
    found = []
    for _, rows in sorted(frame.group_by("cutoff_on"), key=lambda pair: str(pair[0])):
        try:
            found.append(slice_of(rows, ltv.horizon_days, OUTCOME))
        except HuitouError:
            continue
    return found


STEPS = (
    purchase_summaries,
    lifetime_validations,
    lifetime_forecasts,
    lifetime_values,
    lifetime_cohorts,
    lifetime_reports,
)
