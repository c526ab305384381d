"""Churn as steps: `models.churn` on the slices of `customer_features`; see assets/predictions.py.

The model of a night follows from tonight's tables and last night's `churn_versions` alone, so replaying the nights
makes the same models. `state/models` gets a copy for people.
"""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from models import registry
from models.churn import abstention, reports, scoring
from models.churn.design import Matrix, Vector
from models.churn.measures import log_losses
from models.churn.model import ChurnModel, fits_layout
from models.churn.training import Question, Trained, trained
from pipeline.lake import Table, write_bytes, write_table
from pipeline.model_settings import ChurnSettings
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.workspace import Workspace

MODEL = "churn"
DRIFT_CUSTOMERS = 50_000


def question(churn: ChurnSettings) -> Question:
    """What is asked of whom, from the settings."""
    return Question(churn.horizon_days, churn.population_days, churn.newcomer_days, churn.min_history_days)


def _minimum(churn: ChurnSettings) -> abstention.Minimum:
    return abstention.Minimum(
        churn.min_buyers,
        churn.min_history_days,
        churn.recent_order_days,
        churn.repeater_orders,
        churn.min_repeaters,
    )


def churn_versions(
    customer_features: Table,
    customer_facts: Table,
    previous_churn_versions: Table,
    *,
    settings: Settings,
    as_of: date,
    workspace: Workspace,
    path: Path,
) -> Table:
    """One row per attempt to train: last night's, and tonight's where it is due and there is enough to learn from."""
    spec, churn = TABLES["churn_versions"], settings.churn
    versions = previous_churn_versions.read()
    if abstention.shop_abstains(customer_facts.scan(), as_of, _minimum(churn)) is None:
        reason = _due(versions, customer_features, settings, as_of)
        made = None
        if reason:
            made = trained(customer_features.read(), as_of + timedelta(days=1), question(churn))
        if made and reason:
            versions = registry.with_attempt(versions, _attempt(made, versions, reason, as_of))
    best = registry.champion(versions)
    if best is not None:
        file = workspace.state / "models" / f"{MODEL}-{best['version'][:16]}.json"
        if not file.exists():
            write_bytes(file, best["parameters"].encode())
    return write_table(spec, versions, path)


def _due(versions: pl.DataFrame, customer_features: Table, settings: Settings, as_of: date) -> str | None:
    def largest_drift(stored: registry.Payload) -> tuple[str, float]:
        model = ChurnModel.from_json(stored["model"])
        return reports.largest_drift(model, _tonight(customer_features, settings.churn, model))

    schedule = registry.Schedule(settings.predictions.retrain_days, settings.predictions.drift_limit)
    return registry.due(versions, as_of, schedule, partial(_is_of, churn=settings.churn), largest_drift)


def _is_of(stored: registry.Payload, churn: ChurnSettings) -> bool:
    same = stored["population_days"] == churn.population_days
    return same and fits_layout(stored["model"], churn.horizon_days)


def _attempt(made: Trained, versions: pl.DataFrame, reason: str, as_of: date) -> dict[str, Any]:
    """Tonight's row: the challenger, judged against the champion on the newest slice, unseen by either's twin."""
    payload = {
        "model": made.model.to_json(),
        "population_days": made.population_days,
        "report": reports.training_report(made),
        "reliability": reports.training_reliability(made),
    }
    verdict = registry.verdict(
        versions,
        reason,
        _losses(made, made.model),
        lambda stored: _losses(made, ChurnModel.from_json(stored["model"])),
    )
    return registry.attempt(MODEL, as_of, reason, made.model.method, registry.text_of(payload), verdict)


def _losses(made: Trained, model: ChurnModel) -> Vector | None:
    """Log loss of a model's twin for each customer of the newest slice; None where there is no slice or no twin."""
    newest = made.validation.newest
    if newest is None or model.twin is None:
        return None
    return log_losses(model.twin.logits(newest.matrix), newest.churned)


def _published(churn_versions: Table, churn: ChurnSettings) -> dict[str, Any] | None:
    """The payload of the published model; None where there is none, or only one of other settings."""
    return registry.published(churn_versions.read(), partial(_is_of, churn=churn))


def _customers(customer_features: Table, churn: ChurnSettings) -> pl.LazyFrame:
    asked = pl.col("is_scored") & (pl.col("since_last_days") < churn.population_days)
    return customer_features.scan().filter(asked).sort("customer_id")


def _tonight(customer_features: Table, churn: ChurnSettings, model: ChurnModel) -> Matrix:
    """The design of an evenly spaced part of tonight's customers."""
    rows = _customers(customer_features, churn).collect()
    return model.matrix(rows.gather_every(max(1, rows.height // DRIFT_CUSTOMERS)))


def churn_scores(
    customer_features: Table,
    customer_facts: Table,
    customer_attributes: Table,
    lifecycle_stages: Table,
    churn_versions: Table,
    *,
    settings: Settings,
    as_of: date,
    path: Path,
) -> Table:
    """One row per customer with a recent purchase who may be profiled: probability, reasons, or the prior and why."""
    churn = settings.churn
    asking = scoring.Asking(settings.locale, churn.newcomer_days, churn.medium_risk, churn.high_risk)
    known = _customers(customer_features, churn)
    may = customer_attributes.scan().filter(~pl.col("profiling_opt_out") & ~pl.col("is_minor"))
    recent = customer_facts.scan().filter(pl.col("recency_days") < churn.population_days)
    customers = known.join(may, on="customer_id", how="semi").join(recent, on="customer_id", how="semi").collect()
    why = abstention.shop_abstains(customer_facts.scan(), as_of, _minimum(churn))
    stored = None if why else _published(churn_versions, churn)
    if stored is None:
        slices = customer_features.scan().filter(~pl.col("is_scored")).collect()
        rate = abstention.population_rate(slices, churn.population_days)
        told = scoring.priors(customers, rate, why or "no_rhythm", asking)
    else:
        told = scoring.scored(customers, ChurnModel.from_json(stored["model"]), asking)
    drops = lifecycle_stages.scan().filter(pl.col("matched_stages").str.split(",").list.contains("churn_warning"))
    dropped = drops.select("customer_id").unique().with_columns(has_frequency_drop=True)
    rows = told.lazy().join(dropped, on="customer_id", how="left").with_columns(
        pl.col("has_frequency_drop").fill_null(value=False), horizon_days=pl.lit(churn.horizon_days, pl.Int64)
    )  # fmt: skip
    return write_table(TABLES["churn_scores"], rows, path)


def churn_reports(customer_features: Table, churn_versions: Table, *, settings: Settings, path: Path) -> Table:
    """One row per measure of the published model: held-out quality, drift, means and importances of tonight."""
    spec, stored = TABLES["churn_reports"], _published(churn_versions, settings.churn)
    if stored is None:
        return write_table(spec, spec.empty(), path)
    model = ChurnModel.from_json(stored["model"])
    rows = [tuple(row) for row in stored["report"]]
    rows += reports.nightly_report(model, _tonight(customer_features, settings.churn, model))
    frame = pl.DataFrame(rows, schema=reports.SCHEMA, orient="row")
    told = frame.with_columns(model=pl.lit(MODEL), trained_on=pl.lit(stored["trained_on"]))
    return write_table(spec, told, path)


def churn_reliability(churn_versions: Table, *, settings: Settings, path: Path) -> Table:
    """One row per tenth of the probability: told and observed rates on held-out time."""
    spec, stored = TABLES["churn_reliability"], _published(churn_versions, settings.churn)
    if stored is None or not stored["reliability"]:
        return write_table(spec, spec.empty(), path)
    frame = pl.DataFrame(stored["reliability"]).with_columns(trained_on=pl.lit(stored["trained_on"]))
    return write_table(spec, frame, path)


def model_versions(churn_versions: Table, lifetime_versions: Table, *, path: Path) -> Table:
    """One row per model and attempt to train it."""
    spec, tables = TABLES["model_versions"], (churn_versions, lifetime_versions)
    return write_table(spec, pl.concat(table.scan().select(spec.names) for table in tables), path)


def model_reports(
    churn_reports: Table, lifetime_reports: Table, imputation_reports: Table, identity_reports: Table, *, path: Path
) -> Table:
    """One row per model and measure: the reports of all models under each other."""
    spec = TABLES["model_reports"]
    told = (churn_reports, lifetime_reports, imputation_reports, identity_reports)
    return write_table(spec, pl.concat(report.scan().select(spec.names) for report in told), path)


STEPS = (churn_versions, churn_scores, churn_reports, churn_reliability, model_versions, model_reports)
