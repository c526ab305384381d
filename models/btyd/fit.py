"""Exact maximum likelihood for the buy-till-you-die family, from grouped histories and the analytic gradient.

The search runs in the logarithms of the parameters with time measured in mean T, so it does not depend on the unit.
Which model to believe is decided by likelihood: all have four parameters. How a maximum is found does not belong
here; see `models.maximum`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from models.btyd.likelihood import Likelihood, Parameters, Shape, log_constant
from models.btyd.model import BtydModel, ModelName
from models.btyd.summary import PurchaseSummary, Vector
from models.maximum import Bounds, Maximum, maximum, maximum_near
from pipeline.errors import HuitouError

LOG_BOUNDS = (-14.0, 14.0)
"""Logarithms of r, alpha / mean T, a, b: an optimum outside means that customers do not differ in that respect."""
EFFECT_BOUNDS = (-10.0, 10.0)
NEAR_LOG = 6.0
"""A neighbour with greater logarithms is no place to begin: so far out the likelihood is flat in every direction."""
WARM_SHARE, WARM_ROWS = 5, (2_000, 20_000)
"""The rough search looks at every fifth group, at no fewer and no more than these."""
MAX_K = 6
STARTS = ((0.0, 0.0, 0.0, 0.7), (-1.0, -1.5, -0.5, 0.5), (1.5, 1.0, 0.5, 3.0))
Choice = Literal["auto", "bg", "mbg", "cnbd"]


def fit(summary: PurchaseSummary, model: Choice = "auto", k: int | None = None) -> BtydModel:
    """The most likely parameters of a model; `auto` also chooses the model, `cnbd` without `k` also k.

    Regularity k > 1 is tried only where the summary has `log_gaps`. Errors: HuitouError for a summary without
    customers, without any repeat purchase or without time, from which no model can learn.
    """
    return most_likely(tried(summary, model, k))


def most_likely(models: Sequence[BtydModel]) -> BtydModel:
    """Which to believe of models of one summary."""
    return max(models, key=lambda fitted: fitted.log_likelihood)


def tried(
    summary: PurchaseSummary, model: Choice = "auto", k: int | None = None, near: Sequence[BtydModel] = ()
) -> tuple[BtydModel, ...]:
    """All models that `fit` chooses from; `near` are those of nearly the same customers, where the search begins."""
    _check_learnable(summary)
    grouped = summary.grouped()
    if model == "cnbd" and k is not None:
        return (_fitted(grouped, model, k, near),)
    if model in {"bg", "mbg"}:
        return (_fitted(grouped, model, 1, near),)
    simple = [_fitted(grouped, "mbg", 1, near)] + ([_fitted(grouped, "bg", 1, near)] if model == "auto" else [])
    return (*simple, *_regular(grouped, simple[0], near))


def _check_learnable(summary: PurchaseSummary) -> None:
    repeats, time = (float((summary.weights * each).sum()) for each in (summary.repeats, summary.known))
    if summary.customer_count < 2 or repeats == 0 or time == 0:
        raise HuitouError(
            f"nothing to learn from {summary.customer_count:.0f} customers with {repeats:.0f} repeat purchases",
            where="models/btyd",
        )


def _regular(grouped: PurchaseSummary, before: BtydModel, near: Sequence[BtydModel]) -> Iterator[BtydModel]:
    """MBG/CNBD-k for k = 2, 3, … until the likelihood no longer grows."""
    if grouped.log_gaps is None:
        return
    for k in range(2, MAX_K + 1):
        fitted = _fitted(grouped, "cnbd", k, near, before)
        yield fitted
        if fitted.log_likelihood <= before.log_likelihood:
            return
        before = fitted


def _fitted(
    grouped: PurchaseSummary, name: ModelName, k: int, near: Sequence[BtydModel], before: BtydModel | None = None
) -> BtydModel:
    """Fit one model, searched first on a part of the groups where they are many; `before` is the one of k - 1."""
    if k > 1 and grouped.log_gaps is None:
        raise HuitouError("MBG/CNBD-k needs log_gaps in the summary", where="models/btyd")
    unit = float((grouped.weights * grouped.known).sum()) / grouped.customer_count
    scaled = replace(grouped, last=grouped.last / unit, known=grouped.known / unit, log_gaps=None)
    shape = Shape(k, leaves_at_once=name != "bg")
    whole = Likelihood(scaled, shape)
    part = whole
    stride = len(scaled) // int(np.clip(len(scaled) // WARM_SHARE, *WARM_ROWS))
    if stride > 1:
        part = Likelihood(scaled.taken(np.arange(0, len(scaled), stride)), shape)
    bounds, begin = _bounds(whole.trait_count), _near(near, name, k, unit)
    if begin is None:
        found = maximum(whole, part, _starts(before, k, unit, whole.trait_count), bounds)
    else:
        found = maximum_near(whole, part, begin, bounds)
    logs = np.concatenate([found.theta[:1], found.theta[1:2] + np.log(unit), found.theta[2:]])
    parameters = Parameters.unpacked(logs, whole.trait_count)
    return BtydModel(
        name=name,
        k=k,
        parameters=parameters,
        log_likelihood=found.value * grouped.customer_count + _left_out(grouped, k, unit),
        customer_count=grouped.customer_count,
        standard_errors=_standard_errors(found, parameters, grouped.customer_count),
    )


def _left_out(grouped: PurchaseSummary, k: int, unit: float) -> float:
    """What the search leaves out of the log-likelihood: the constant C, and the unit of the density of each gap."""
    repeats = float((grouped.weights * grouped.repeats).sum())
    return log_constant(grouped, k) - k * repeats * float(np.log(unit))


def _near(near: Sequence[BtydModel], name: ModelName, k: int, unit: float) -> Vector | None:
    """Where the same model of a neighbour was best; None where there is none, or its customers hardly differ."""
    for each in near:
        if (each.name, each.k) == (name, k) and not each.parameters.pace_effects:
            logs = each.parameters.packed() - np.array([0.0, np.log(unit), 0.0, 0.0])
            return logs if float(np.abs(logs).max()) < NEAR_LOG else None
    return None


def _starts(start: BtydModel | None, k: int, unit: float, traits: int) -> list[Vector]:
    """Where to begin; a model of k - 1 phases is a start for k, each phase being shorter."""
    if start is None:
        return [np.concatenate([plain, np.zeros(2 * traits)]) for plain in STARTS]
    logs = start.parameters.packed()
    logs[1] += np.log((k - 1) / k) - np.log(unit)
    return [logs]


def _bounds(traits: int) -> Bounds:
    low, high = (
        np.array([log] * 4 + [effect] * (2 * traits)) for log, effect in zip(LOG_BOUNDS, EFFECT_BOUNDS, strict=True)
    )
    return Bounds(low, high)


def _standard_errors(found: Maximum, parameters: Parameters, customers: float) -> dict[str, float]:
    """Errors of the parameters by the delta method, by name, as far as the likelihood determines them."""
    traits = len(parameters.pace_effects)
    names = ["r", "alpha", "a", "b"]
    names += [f"pace_effect_{number}" for number in range(traits)]
    names += [f"leaving_effect_{number}" for number in range(traits)]
    scale = np.concatenate([np.exp(parameters.packed()[:4]), np.ones(2 * traits)])
    errors = found.standard_errors(customers) * scale
    return {name: float(error) for name, error in zip(names, errors, strict=True) if np.isfinite(error)}
