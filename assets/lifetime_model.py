"""The life of the lifetime model: trained when it is due, judged against the one before, told in rows.

The model of a night follows from tonight's tables and last night's `lifetime_versions` alone, so replaying the nights
makes the same models. `state/models` gets a copy for people. What is forecast with it is in assets/lifetime.py.
"""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from models import gamma_gamma, registry
from models.btyd.summary import Vector
from models.lifetime import reports
from models.lifetime.judging import deviances
from models.lifetime.model import REFERENCE_CUSTOMERS, LifetimeModel, fits_layout
from models.lifetime.slices import Basis, Horizon, fitted_basis
from models.lifetime.training import Question, Trained, trained
from pipeline.errors import HuitouError
from pipeline.lake import Table, write_bytes, write_table
from pipeline.model_settings import LtvSettings
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.workspace import Workspace

MODEL = "lifetime"
YEAR = Horizon(365, "year_bought_amount", "year_purchase_count")


def question(settings: Settings) -> Question:
    """What is asked; only a horizon of 12 months has outcomes to learn from."""
    short = Horizon(settings.churn.horizon_days, "next_bought_amount", "next_purchase_count")
    horizon = Horizon(settings.ltv.horizon_days, YEAR.amount, YEAR.orders)
    return Question(horizon, short)


def first_on(purchase_summaries: Table, as_of: date, ltv: LtvSettings) -> date | None:
    """Day of the first purchase of all; None where buyers or history are fewer than settings ask for."""
    buyers, known_days = purchase_summaries.scan().select(pl.len(), pl.col("known_days").max()).collect().row(0)
    if buyers < ltv.min_buyers or known_days < ltv.min_history_days:
        return None
    return as_of - timedelta(days=known_days)


def lifetime_versions(
    customer_features: Table,
    purchase_summaries: Table,
    previous_lifetime_versions: Table,
    *,
    settings: Settings,
    as_of: date,
    workspace: Workspace,
    path: Path,
) -> Table:
    """One row per attempt to train: last night's, and tonight's where it is due and there is enough to learn from."""
    versions, began = previous_lifetime_versions.read(), first_on(purchase_summaries, as_of, settings.ltv)
    if began is not None:
        reason = _due(versions, customer_features, settings, as_of)
        made = _trained(customer_features, purchase_summaries, began, settings) if reason else None
        if made and reason:
            payload = _payload(made, purchase_summaries, settings)
            verdict = _verdict(made, versions, reason)
            row = registry.attempt(MODEL, as_of, reason, made.model.method, registry.text_of(payload), verdict)
            versions = registry.with_attempt(versions, row)
    best = registry.champion(versions)
    if best is not None:
        file = workspace.state / "models" / f"{MODEL}-{best['version'][:16]}.json"
        if not file.exists():
            write_bytes(file, best["parameters"].encode())
    return write_table(TABLES["lifetime_versions"], versions, path)


def _due(versions: pl.DataFrame, customer_features: Table, settings: Settings, as_of: date) -> str | None:
    def largest_drift(stored: registry.Payload) -> tuple[str, float]:
        return LifetimeModel.from_json(stored["model"]).largest_drift(_part(customer_features))

    schedule = registry.Schedule(settings.predictions.retrain_days, settings.predictions.drift_limit)
    return registry.due(versions, as_of, schedule, partial(_is_of, settings=settings), largest_drift)


def _is_of(stored: registry.Payload, settings: Settings) -> bool:
    same = stored["short_days"] == settings.churn.horizon_days
    return bool(same and fits_layout(stored["model"], settings.ltv.horizon_days))


def _part(customer_features: Table) -> pl.DataFrame:
    """An evenly spaced part of tonight's customers; the table is sorted by slice and customer."""
    rows = customer_features.scan().filter(pl.col("is_scored"))
    count = rows.select(pl.len()).collect().item()
    return rows.gather_every(max(1, count // REFERENCE_CUSTOMERS)).collect()


def _trained(features: Table, summaries: Table, began: date, settings: Settings) -> Trained | None:
    """The model of tonight; None where nobody ever came back and nothing can be learnt."""
    asked = question(settings)
    try:
        basis: Basis = fitted_basis(summaries.read())
    except HuitouError:
        return None
    tonight = features.scan().filter(pl.col("is_scored")).sort("customer_id").collect()
    is_taught = ~pl.col("is_scored") & pl.lit(asked.horizon.days == YEAR.days)
    return trained(features.scan().filter(is_taught).collect(), tonight, basis, began, asked)


def _payload(made: Trained, summaries: Table, settings: Settings) -> dict[str, Any]:
    frame = summaries.scan().select(pl.col("repeat_count") + 1.0, "day_spend_fen").collect()
    tested = gamma_gamma.independence(frame["repeat_count"].to_numpy(), frame["day_spend_fen"].to_numpy())
    rows = reports.training_rows(made, settings.churn.horizon_days)
    rows += reports.basis_rows(made.model.forecaster.basis, tested)
    return {"model": made.model.to_json(), "short_days": settings.churn.horizon_days, "report": rows}


def _verdict(made: Trained, versions: pl.DataFrame, reason: str) -> registry.Verdict:
    """The challenger's twin against the champion's, by deviance on the newest slice."""
    validation, newest = made.validation, made.newest
    if validation is None or newest is None:
        return registry.verdict(versions, reason, None, lambda _: None)
    actual = validation.actual

    def champion_losses(stored: registry.Payload) -> Vector | None:
        twin = LifetimeModel.from_json(stored["model"]).twin
        return None if twin is None else deviances(actual, twin.told(newest)[0])

    return registry.verdict(versions, reason, deviances(actual, validation.amounts[validation.choice]), champion_losses)


def published(lifetime_versions: Table, settings: Settings) -> dict[str, Any] | None:
    """The payload of the published model; None where there is none, or only one of other settings."""
    return registry.published(lifetime_versions.read(), partial(_is_of, settings=settings))


def lifetime_reports(customer_features: Table, lifetime_versions: Table, *, settings: Settings, path: Path) -> Table:
    """One row per model of lifetime value and measure; what `model_reports` takes in."""
    stored = published(lifetime_versions, settings)
    if stored is None:
        return write_table(TABLES["lifetime_reports"], reports.report_frame([], None), path)
    part = _part(customer_features)
    rows: list[reports.Row] = [tuple(row) for row in stored["report"]]
    rows += reports.drift_rows(LifetimeModel.from_json(stored["model"]).drifts(part), part.height)
    return write_table(TABLES["lifetime_reports"], reports.report_frame(rows, stored["trained_on"]), path)
