"""The maximum of a smooth mean log-likelihood whose gradient is exact: rough search, Newton's steps, standard errors.

Of much data an evenly spaced part is searched first; its optimum and its curvature (differences of the gradient)
then guide Newton's steps on the gradient of everything, which few evaluations finish. Which likelihood it is does not
belong here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

Vector = npt.NDArray[np.float64]
Curvature = npt.NDArray[np.float64]

NEWTON_STEPS = 12
LONGEST_STEP = 2.0
HALVINGS = 12
DIFFERENCE = 1e-4
GAIN_TOLERANCE = 1e-7
"""Log-likelihood of all customers that the next step would gain; 0.5 is one standard error."""


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
    rough = max((_descended(part, start, bounds) for start in starts), key=lambda found: found[1])[0]
    found = _polished(part, rough, _hessian(part, rough), bounds)
    return found if part is whole else _polished(whole, found.theta, found.hessian, bounds)


def _descended(likelihood: Smooth, start: Vector, bounds: Bounds) -> tuple[Vector, float]:
    def loss(theta: Vector) -> tuple[float, Vector]:
        value, gradient = likelihood.mean_and_gradient(theta)
        return -value, -gradient

    options = {"ftol": 1e-14, "gtol": 1e-7, "maxiter": 500, "maxls": 50}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds.pairs, options=options)
    return np.asarray(found.x, dtype=np.float64), -float(found.fun)


def _polished(likelihood: Smooth, theta: Vector, hessian: Curvature, bounds: Bounds) -> Maximum:
    """Newton's steps with this curvature until the next would gain nothing; a search by gradient if they fail."""
    value, gradient = likelihood.mean_and_gradient(theta)
    for _ in range(NEWTON_STEPS):
        step = _newton_step(hessian, gradient, _is_free(theta, gradient, bounds))
        if float(step @ gradient) * likelihood.customer_count < GAIN_TOLERANCE:
            break
        moved = _improved(likelihood, theta, value, step, bounds)
        if moved is None:
            theta, value = _descended(likelihood, theta, bounds)
            break
        theta, value, gradient = moved
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


def _newton_step(hessian: Curvature, gradient: Vector, free: npt.NDArray[np.bool_]) -> Vector:
    """The step uphill: curvature of the wrong sign is taken as its opposite, flat directions stay bounded."""
    step = np.zeros_like(gradient)
    if free.any():
        values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
        along = (vectors.T @ gradient[free]) / np.maximum(np.abs(values), 1e-9)
        step[free] = np.clip(vectors @ along, -LONGEST_STEP, LONGEST_STEP)
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
