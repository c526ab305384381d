"""Which candidate to publish: the one that would have predicted the newest slices best.

A slice is held out by making every candidate as its cutoff would have made it, from outcomes that were over by then.
Candidates are compared by log loss after one shift each to the slice's own level: a level that the season moves says
nothing of which candidate tells customers apart better, and the shift of `models.churn.procedure` repairs it.

Whether the season of a year ago helps is judged on the newest slice too, by plain log loss: it is believed unless it
made that slice clearly worse (1.645 standard errors, as everywhere a model is refused). Where it cannot be judged yet,
it is believed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import polars as pl
from scipy.special import expit

from models.churn import measures
from models.churn.candidates import METHODS, Method
from models.churn.measures import Vector, level_shift, log_losses
from models.churn.procedure import Calibrated, Made, made_for
from models.churn.slices import ChurnSlice
from models.registry import judged

HELD_OUT_SLICES = 2
WITHOUT_VALIDATION: Method = "btyd"
"""Needs no outcome to learn from, so it is believed where none can be held out."""


@dataclass(frozen=True)
class Validation:
    """The choice, the mean log loss of each candidate, and all candidates as made for the newest slice."""

    method: Method
    losses: Mapping[Method, float]
    newest: ChurnSlice | None
    twins: Mapping[Method, Calibrated]
    slice_count: int
    has_season: bool = True

    @property
    def twin(self) -> Calibrated | None:
        """The chosen candidate as it was made for the newest slice, of which it had seen no outcome."""
        return self.twins.get(self.method)


def validated(slices: Sequence[ChurnSlice], horizon_days: int) -> Validation:
    """Judge all candidates on the newest slices that can be held out."""
    held_out = list(_judged(slices, horizon_days))
    if not held_out:
        return Validation(WITHOUT_VALIDATION, MappingProxyType({}), None, MappingProxyType({}), 0)
    losses = {method: float(np.mean([loss[method] for _, _, loss in held_out])) for method in METHODS}
    newest, made, _ = held_out[0]
    best = min(METHODS, key=lambda method: losses[method])
    twins, helps = made.candidates, _season_helps(made, best, newest)
    if not helps:
        twins = {method: twin.without_season() for method, twin in twins.items()}
    return Validation(best, losses, newest, twins, len(held_out), has_season=helps)


def _season_helps(made: Made, method: Method, newest: ChurnSlice) -> bool:
    """Whether the seasonal shift made the newest slice no worse than chance explains; true where there was none."""
    without = made.candidates[method].without_season().at_level(made.raws[method])
    return judged(log_losses(made.logits(method), newest.churned), log_losses(without, newest.churned)).accepted


def _judged(slices: Sequence[ChurnSlice], horizon_days: int) -> Iterator[tuple[ChurnSlice, Made, dict[Method, float]]]:
    ordered = sorted(slices, key=lambda each: each.cutoff_on, reverse=True)
    for held_out in ordered[:HELD_OUT_SLICES]:
        made = made_for(ordered, held_out.cutoff_on, held_out.matrix, horizon_days)
        if made:
            yield held_out, made, {method: refined_loss(made.logits(method), held_out) for method in METHODS}


def refined_loss(logits: Vector, slice_: ChurnSlice) -> float:
    """Mean log loss after the one shift that fits the slice's own level."""
    return float(log_losses(logits + level_shift(logits, float(slice_.churned.mean())), slice_.churned).mean())


def measured(made: Calibrated, slice_: ChurnSlice) -> dict[str, tuple[float, int]]:
    """Measure → (value, customers) on a slice, for all customers and for the recently active."""
    logits, churned = made.logits(slice_.matrix), slice_.churned
    found: dict[str, tuple[float, int]] = {}
    for suffix, rows in (("", np.ones(len(churned), bool)), ("_recent", slice_.is_recent)):
        if rows.any():
            told = _measures(logits[rows], churned[rows])
            found |= {f"{name}{suffix}": (value, int(rows.sum())) for name, value in told.items() if value is not None}
    return found


def _measures(logits: measures.Vector, churned: measures.Vector) -> dict[str, float | None]:
    probability = expit(logits)
    levelled = expit(logits + level_shift(logits, float(churned.mean())))
    return {
        "auc": measures.auc(logits, churned),
        "brier": measures.brier(probability, churned),
        "log_loss": float(log_losses(logits, churned).mean()),
        "ece": measures.expected_calibration_error(probability, churned),
        "ece_at_true_level": measures.expected_calibration_error(levelled, churned),
        "mean_probability": float(probability.mean()),
        "churn_rate": float(churned.mean()),
    }


def reliability_table(made: Calibrated, slice_: ChurnSlice) -> pl.DataFrame:
    """Predicted and observed rates by tenths of the probability on a slice."""
    return measures.reliability(expit(made.logits(slice_.matrix)), slice_.churned)
