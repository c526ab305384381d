"""Training: the forecaster of tonight, its twin of the newest day that can be judged, and how that turned out.

The newest slice whose horizon is over is held out. Boosting learns the horizon itself where another slice was over
before that one began (a shop of two horizons and more), else the short horizon, of which there are slices; where not
even those, BTYD alone is tested. What was tested is what is published: tonight's forecaster learns the same horizon
and has the same candidate as the twin. A shop without a finished slice is told by BTYD alone, untested.

One thread each for linear algebra and trees: sums come out the same on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from threadpoolctl import threadpool_limits

from models.lifetime.candidates import Learned, fitted
from models.lifetime.forecaster import Forecaster, Look
from models.lifetime.intervals import fitted_intervals
from models.lifetime.judging import Choice, chosen
from models.lifetime.level import level_at
from models.lifetime.model import LifetimeModel, references_of
from models.lifetime.slices import Basis, Horizon, Slice, finished, fitted_basis, slice_of
from models.lifetime.validation import Validation
from pipeline.errors import HuitouError


@dataclass(frozen=True)
class Question:
    """The horizon asked for, and the shorter one that young shops learn from."""

    horizon: Horizon
    short: Horizon


@dataclass(frozen=True)
class Trained:
    """The model, what it was judged on, and the coverage of intervals over time at the short horizon, as (share of
    customers, customers); each None where nothing could be held out.
    """

    model: LifetimeModel
    validation: Validation | None
    short_coverage: tuple[float, int] | None
    newest: pl.DataFrame | None


class History:
    """The slices of the past with an outcome, by horizon; each has its own BTYD fit, made once."""

    def __init__(self, frames: Sequence[pl.DataFrame], question: Question) -> None:
        self.question, self.frames = question, {each["cutoff_on"][0]: each for each in frames}
        self._bases: dict[date, Basis] = {}
        near: Basis | None = None
        for cutoff, frame in sorted(self.frames.items()):
            try:
                near = self._bases[cutoff] = fitted_basis(frame, near)
            except HuitouError:
                continue
        self._slices: dict[Horizon, list[Slice]] = {}

    def of(self, horizon: Horizon) -> list[Slice]:
        """Slices whose outcome of this horizon is known, oldest first."""
        if horizon not in self._slices:
            over = [day for day in self._bases if not self.frames[day][horizon.amount].null_count()]
            self._slices[horizon] = [slice_of(self.frames[day], horizon, self._bases[day]) for day in over]
        return self._slices[horizon]

    def learnable(self, day: date) -> Horizon | None:
        """What a model of that day could have learnt: the horizon itself, else the short one; None = neither."""
        wanted = (self.question.horizon, self.question.short)
        return next((each for each in wanted if finished(self.of(each), day, each.days)), None)


@dataclass(frozen=True)
class Taught:
    """The horizon that boosting learnt, and what; None = nothing that could be learnt."""

    horizon: Horizon
    learned: Learned | None


def trained(features: pl.DataFrame, tonight: pl.DataFrame, basis: Basis, first_on: date, question: Question) -> Trained:
    """Train for the customers of `tonight`, rows of one cutoff, from earlier rows of `customer_features`.

    `basis` are tonight's BTYD models of all buyers; `first_on` is the first day of the history.
    """
    with threadpool_limits(limits=1):
        frames = features.sort("cutoff_on", "customer_id").partition_by("cutoff_on", maintain_order=True)
        history, day = History(frames, question), tonight["cutoff_on"][0]
        newest = _newest(history, question.horizon, day)
        if newest is None:
            plain, _ = _forecaster(history, tonight, basis, first_on, question.horizon, Taught(question.horizon, None))
            return Trained(_model(plain, tonight, None, None), None, None, None)
        learn, rows = history.learnable(newest.cutoff), history.frames[newest.cutoff]
        before = _taught(history, newest.cutoff, learn)
        twin, look = _forecaster(history, rows, newest.basis, first_on, question.horizon, before)
        validation = _judged(twin, newest, look)
        now = _taught(history, day, learn)
        forecaster, _ = _forecaster(history, tonight, basis, first_on, question.horizon, now, validation.choice)
        twin = twin.choosing(validation.choice).scaled(look)
        coverage = _short_coverage(history, before, newest.cutoff, first_on, day)
        return Trained(_model(forecaster, tonight, twin, validation), validation, coverage, rows)


def _newest(history: History, horizon: Horizon, day: date) -> Slice | None:
    known = [each for each in finished(history.of(horizon), day, horizon.days) if each.later.sum() > 0]
    return known[-1] if known else None


def _taught(history: History, day: date, learn: Horizon | None) -> Taught:
    """What could be learnt by that day."""
    if learn is None:
        return Taught(history.question.horizon, None)
    return Taught(learn, fitted(finished(history.of(learn), day, learn.days)))


def _forecaster(
    history: History, rows: pl.DataFrame, basis: Basis, first_on: date, horizon: Horizon, taught: Taught,
    choice: Choice = "btyd",
) -> tuple[Forecaster, Look]:  # fmt: skip
    """The forecaster of the day of these rows, with what boosting had been taught by then, and how it sees them."""
    plain = Forecaster(
        horizon_days=horizon.days,
        learn_days=taught.horizon.days if taught.learned else horizon.days,
        choice=choice if taught.learned else "btyd",
        basis=basis,
        learned=taught.learned,
        level=level_at(rows["cutoff_on"][0], history.of(horizon), first_on, horizon.days),
        scales={},
        order_scale=1.0,
    )
    look = plain.look(rows)
    return plain.scaled(look), look


def _judged(twin: Forecaster, newest: Slice, look: Look) -> Validation:
    """The choice among the twin's candidates, at the level that the twin expected."""
    amounts = twin.candidates(look)
    told = {name: each * twin.level.amount for name, each in amounts.items()}
    return Validation(newest.cutoff, newest.later, told, chosen(newest.later, amounts))


def _model(
    forecaster: Forecaster, tonight: pl.DataFrame, twin: Forecaster | None, validation: Validation | None
) -> LifetimeModel:
    intervals = None
    if validation is not None:
        intervals = fitted_intervals(validation.at_actual_level(validation.choice), validation.actual)
    return LifetimeModel(forecaster, twin, intervals, references_of(forecaster, tonight))


def _short_coverage(
    history: History, taught: Taught, taught_on: date, first_on: date, day: date
) -> tuple[float, int] | None:
    """How intervals learnt from one slice of the short horizon covered the next that began after it was over.

    Both are forecast with what the twin was taught, which is older than either and therefore saw no outcome of them:
    a coverage that is only reported must not double the cost of training.
    """
    short = history.question.short
    later = _newest(history, short, day)
    earlier = _newest(history, short, later.cutoff) if later else None
    if later is None or earlier is None or earlier.cutoff < taught_on:
        return None
    found = []
    for each in (earlier, later):
        rows = history.frames[each.cutoff]
        twin, look = _forecaster(history, rows, each.basis, first_on, short, taught)
        found.append(_judged(twin, each, look))
    coverage = found[0].coverage_of_later(found[1])
    return None if coverage is None else (coverage, len(found[1].actual))
