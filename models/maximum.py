"""The maximum of a smooth mean log-likelihood whose gradient is exact: rough search, Newton's steps, standard errors.

Of much data an evenly spaced part is searched first; its optimum and its curvature (differences of the gradient)
then guide Newton's steps on the gradient of everything, which few evaluations finish. Where the optimum of nearly the
same data is known, Newton's steps begin there and nothing is searched. Which likelihood it is does not belong here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Vector = npt.NDArray[np.float64]
Curvature = npt.NDArray[np.float64]

NEWTON_STEPS = 16
LONGEST_STEP = 2.0
SMALLEST_STEP = 1e-300
LEAST_SHARE = 1e-8
HALVINGS = 12
DIFFERENCE = 1e-4
LAST_GAIN = 1e-7
"""Log-likelihood of all customers below which a step is the last, and taken untried: rounding would hide what it
gains. 0.5 is one standard error."""


ROUGH: Mapping[str, float] = MappingProxyType({"ftol": 1e-9, "gtol": 1e-5})
"""Of searches that Newton's steps finish: enough to tell which start leads highest."""
FINE: Mapping[str, float] = MappingProxyType({"ftol": 1e-14, "gtol": 1e-7})


class Smooth(Protocol):
    """A mean log-likelihood per customer and its gradient at theta, shape (parameters,)."""

    @property
    def customer_count(self) -> float:
        """How many customers the mean is of."""

    def mean_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        """The value and its derivatives."""


@dataclass(frozen=True)
class Bounds:
    """The least and the greatest value of each parameter, shapes (parameters,)."""

    low: Vector
    high: Vector

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """As scipy takes them."""
        return list(zip(self.low.tolist(), self.high.tolist(), strict=True))


@dataclass(frozen=True)
class Maximum:
    """Where the search ended; `free` are the parameters that no bound holds."""

    theta: Vector
    value: float
    hessian: Curvature
    free: npt.NDArray[np.bool_]

    def standard_errors(self, customers: float) -> Vector:
        """Of theta, from the inverse of the observed information; NaN where the likelihood determines none."""
        errors = np.full(len(self.theta), np.nan)
        information = -self.hessian[np.ix_(self.free, self.free)] * customers
        if self.free.any() and np.linalg.eigvalsh(information).min() > 0:
            errors[self.free] = np.sqrt(np.diag(np.linalg.inv(information)))
        return errors


def maximum(whole: Smooth, part: Smooth, starts: Sequence[Vector], bounds: Bounds) -> Maximum:
    """The best of several searches on `part`, then Newton's steps on `whole` (the same object where data are few)."""
    rough = max((_descended(part, start, bounds, ROUGH) for start in starts), key=lambda found: found[1])[0]
    return maximum_near(whole, part, rough, bounds)


def maximum_near(whole: Smooth, part: Smooth, near: Vector, bounds: Bounds) -> Maximum:
    """The maximum that Newton's steps lead to from `near`, on `part` and then on `whole`."""
    found = _polished(part, near, _hessian(part, near), bounds)
    return found if part is whole else _polished(whole, found.theta, found.hessian, bounds)


def _descended(
    likelihood: Smooth, start: Vector, bounds: Bounds, tolerances: Mapping[str, float] = FINE
) -> tuple[Vector, float]:
    def loss(theta: Vector) -> tuple[float, Vector]:
        value, gradient = likelihood.mean_and_gradient(theta)
        return -value, -gradient

    options = {**tolerances, "maxiter": 500, "maxls": 50}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds.pairs, options=options)
    return np.asarray(found.x, dtype=np.float64), -float(found.fun)


def _polished(likelihood: Smooth, theta: Vector, hessian: Curvature, bounds: Bounds) -> Maximum:
    """Newton's steps, the curvature corrected by each, until one gains next to nothing; a search if they fail."""
    value, gradient = likelihood.mean_and_gradient(theta)
    curvature = hessian
    for _ in range(NEWTON_STEPS):
        step = _newton_step(curvature, gradient, _is_free(theta, gradient, bounds))
        if float(step @ gradient) * likelihood.customer_count < LAST_GAIN:
            theta, value = np.clip(theta + step, bounds.low, bounds.high), value + float(step @ gradient) / 2
            break
        moved = _improved(likelihood, theta, value, step, bounds)
        if moved is None:
            theta, value = _descended(likelihood, theta, bounds)
            break
        curvature = _learnt(curvature, moved[0] - theta, moved[2] - gradient)
        theta, value, gradient = moved
    else:
        theta, value = _descended(likelihood, theta, bounds)
    return Maximum(theta, value, hessian, (theta > bounds.low) & (theta < bounds.high))


def _is_free(theta: Vector, gradient: Vector, bounds: Bounds) -> npt.NDArray[np.bool_]:
    """Whether a parameter may move uphill: not against the bound that holds it."""
    return ~(((theta <= bounds.low) & (gradient < 0)) | ((theta >= bounds.high) & (gradient > 0)))


def _hessian(likelihood: Smooth, theta: Vector) -> Curvature:
    """Central differences of the exact gradient, made symmetric."""
    rows = []
    for number in range(len(theta)):
        aside = np.zeros_like(theta)
        aside[number] = DIFFERENCE
        ahead, behind = (likelihood.mean_and_gradient(theta + sign * aside)[1] for sign in (1, -1))
        rows.append((ahead - behind) / (2 * DIFFERENCE))
    plain = np.array(rows)
    return (plain + plain.T) / 2


def _learnt(curvature: Curvature, step: Vector, change: Vector) -> Curvature:
    """The least correction by which the curvature explains how a step changed the gradient.

    Symmetric and of rank one: J. Nocedal & S. Wright (2006), "Numerical Optimization", equation 6.24 and rule 6.26.
    """
    missed = change - curvature @ step
    along = float(missed @ step)
    if abs(along) <= LEAST_SHARE * float(np.linalg.norm(missed) * np.linalg.norm(step)):
        return curvature
    return np.asarray(curvature + np.outer(missed, missed) / along)


def _newton_step(hessian: Curvature, gradient: Vector, free: npt.NDArray[np.bool_]) -> Vector:
    """The step uphill: curvature of the wrong sign is taken as its opposite, flat directions stay bounded."""
    step = np.zeros_like(gradient)
    if free.any():
        values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
        along = (vectors.T @ gradient[free]) / np.maximum(np.abs(values), 1e-9)
        step[free] = vectors @ along
        step *= min(1.0, LONGEST_STEP / float(np.abs(step).max(initial=SMALLEST_STEP)))
    return step


def _improved(
    likelihood: Smooth, theta: Vector, value: float, step: Vector, bounds: Bounds
) -> tuple[Vector, float, Vector] | None:
    for halving in range(HALVINGS):
        trial = np.clip(theta + step / 2**halving, bounds.low, bounds.high)
        trial_value, gradient = likelihood.mean_and_gradient(trial)
        if trial_value > value:
            return trial, trial_value, gradient
    return None
