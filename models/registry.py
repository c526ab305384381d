"""The life of a trained model: its version, when it is due again, and whether a challenger may take its place.

A model is canonical JSON; its version is the SHA-256 of that text, checked whenever it is read. The text stands in a
table of the snapshot, one row per attempt to train, so that a night follows from the night before and its own tables
alone; files in `state/models` are copies for people. How a model is trained does not belong here.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import HuitouError

State = Literal["champion", "retired", "refused"]
STATES: tuple[State, ...] = ("champion", "retired", "refused")
WORSE = 1.645
"""Standard errors of the mean difference in loss from which a challenger is worse (one-sided 5 %)."""
KEPT_ATTEMPTS = 60
NEW_LAYOUT = "settings"
"""Why a model is trained whose champion answers another question, or in other numbers."""

Vector = npt.NDArray[np.float64]
Payload = Mapping[str, Any]
"""What a model's text holds: its numbers under "model", and what is told of it."""


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes over, why, and the mean losses of both on the same held-out customers."""

    accepted: bool
    why: str
    loss: float | None
    champion_loss: float | None
    sample_count: int


def text_of(values: Mapping[str, Any]) -> str:
    """Canonical JSON: sorted keys, no blanks, no NaN; equal models give equal text."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def version_of(text: str) -> str:
    """SHA-256 of the text, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def champion(versions: pl.DataFrame) -> dict[str, Any] | None:
    """The row of the published model; None = never trained. Errors: a text that is not the one of its version."""
    rows = versions.filter(pl.col("state") == "champion").to_dicts()
    if not rows:
        return None
    if version_of(rows[0]["parameters"]) != rows[0]["version"]:
        raise HuitouError(
            f"the stored {rows[0]['model']} model of {rows[0]['trained_on']} is not the one that was trained",
            where="model versions of the last night",
            remedy="Run `huitou verify`, then `huitou rollback` to a sound night or `huitou rebuild`.",
        )
    return rows[0]


def training_reason(versions: pl.DataFrame, as_of: date, retrain_days: int, drifted: str | None) -> str | None:
    """Why to train tonight: never trained, old, or drifted since an attempt before tonight; None = not due."""
    last = versions["trained_on"].max()
    if not isinstance(last, date) or champion(versions) is None:
        return "first"
    if (as_of - last).days >= retrain_days:
        return "age"
    return f"drift:{drifted}" if drifted and last < as_of else None


def published(versions: pl.DataFrame, fits: Callable[[Payload], bool]) -> dict[str, Any] | None:
    """The payload of the champion, with the day it was trained on; None = none, or one that does not fit any more."""
    best = champion(versions)
    stored = json.loads(best["parameters"]) if best else None
    return {**stored, "trained_on": best["trained_on"]} if stored and best and fits(stored) else None


@dataclass(frozen=True)
class Schedule:
    """When a model is due: its greatest age in days, and the PSI from which a column has drifted."""

    retrain_days: int
    drift_limit: float


def due(
    versions: pl.DataFrame,
    as_of: date,
    schedule: Schedule,
    fits: Callable[[Payload], bool],
    largest_drift: Callable[[Payload], tuple[str, float]],
) -> str | None:
    """Why to train tonight; None = not due. `largest_drift` tells the column that moved most, and its PSI."""
    if champion(versions) is None:
        return "first"
    stored = published(versions, fits)
    if stored is None:
        return NEW_LAYOUT
    name, value = largest_drift(stored)
    drifted = name if value >= schedule.drift_limit else None
    return training_reason(versions, as_of, schedule.retrain_days, drifted)


def verdict(
    versions: pl.DataFrame, reason: str, losses: Vector | None, champion_losses: Callable[[Payload], Vector | None]
) -> Verdict:
    """Whether tonight's challenger, trained for `reason`, takes the place of the champion, if there is one.

    `losses`, shape (customers,), are those of its twin on the newest slice; None = nothing could be held out.
    `champion_losses` tells those of the champion's twin on the same customers; None = it has no twin. Neither twin
    may have seen an outcome of that slice.
    """
    best = champion(versions)
    if losses is None:
        return unopposed("no_held_out_slice")
    mine = (round(float(losses.mean()), 6), len(losses))
    if best is None:
        return unopposed("first", *mine)
    if reason == NEW_LAYOUT:
        return unopposed("new_layout", *mine)
    before = champion_losses(json.loads(best["parameters"]))
    return unopposed("no_held_out_slice", *mine) if before is None else judged(losses, before)


def judged(losses: Vector, champion_losses: Vector) -> Verdict:
    """Compare the losses, shape (customers,), of two models on customers whose outcome neither had seen.

    The challenger is refused where the mean difference exceeds 1.645 standard errors: a difference of chance must
    neither keep an ageing model nor publish a spoilt one.
    """
    difference = losses - champion_losses
    error = float(difference.std() / np.sqrt(len(difference)))
    is_worse = float(difference.mean()) > WORSE * error + 1e-12
    why = "worse_than_champion" if is_worse else "not_worse"
    means = (round(float(losses.mean()), 6), round(float(champion_losses.mean()), 6))
    return Verdict(not is_worse, why, *means, len(difference))


def unopposed(why: str, loss: float | None = None, sample_count: int = 0) -> Verdict:
    """A challenger that nobody stands against: the first one, or one of another layout."""
    return Verdict(accepted=True, why=why, loss=loss, champion_loss=None, sample_count=sample_count)


def attempt(model: str, trained_on: date, reason: str, method: str, text: str, verdict: Verdict) -> dict[str, Any]:
    """One row of the versions table."""
    return {
        "model": model,
        "trained_on": trained_on,
        "version": version_of(text),
        "state": "champion" if verdict.accepted else "refused",
        "trained_because": reason,
        "decided_because": verdict.why,
        "method": method,
        "loss": verdict.loss,
        "champion_loss": verdict.champion_loss,
        "sample_count": verdict.sample_count,
        "parameters": text if verdict.accepted else None,
    }


def with_attempt(versions: pl.DataFrame, row: Mapping[str, Any]) -> pl.DataFrame:
    """The versions after an attempt: an accepted one retires the champion, whose text is dropped."""
    accepted = row["state"] == "champion"
    before = versions.filter(pl.col("trained_on") != row["trained_on"])
    if accepted:
        before = before.with_columns(
            state=pl.when(pl.col("state") == "champion").then(pl.lit("retired")).otherwise("state"),
            parameters=pl.lit(None, pl.String),
        )
    added = pl.DataFrame([dict(row)], schema=versions.schema)
    kept = pl.concat([before, added]).sort("trained_on")
    return kept.filter((pl.col("state") == "champion") | (pl.int_range(pl.len()) >= kept.height - KEPT_ATTEMPTS))
