r"""How often a customer answers a message, told fairly for those who had few: a beta-binomial model.

Customer :math:`i` got :math:`n_i` messages and answered :math:`k_i` of them. Their true rate is drawn from a beta
distribution, so that

.. math::
    P(k_i \mid n_i, \alpha, \beta) = \binom{n_i}{k_i} \frac{B(k_i + \alpha,\; n_i - k_i + \beta)}{B(\alpha, \beta)},
    \qquad \text{rate}_i = \frac{k_i + \alpha}{n_i + \alpha + \beta}.

:math:`\alpha, \beta` come from maximum likelihood over all contacted customers; where the likelihood has no
maximum inside the bounds, from moments; and where the counts vary no more than one common rate explains (so that
the likelihood only grows towards an endless prior), the base rate weighs as much as 20 contacts.

J. G. Skellam (1948), "A probability distribution derived from the binomial distribution by regarding the
probability of success as variable between the sets of trials", JRSS B 10(2), 257-261. Moments: J. C. Kleinman
(1973), "Proportions with extraneous variance", JASA 68(341), 46-54, with weights n. The slope that shows
over-dispersion: R. E. Tarone (1979), "Testing the goodness of fit of the binomial distribution", Biometrika 66(3).

Who was contacted and what counts as an answer does not belong here; see sql/scores/response_counts.sql.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import betaln, polygamma, psi

PSEUDO_CONTACTS = 20.0
RATE_PLACES = 9
STRENGTH_BOUNDS = (1e-3, 1e6)
"""Contacts that a prior may weigh; an optimum outside of them is none."""
GRADIENT_TOLERANCE = 1e-10

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ResponsePrior:
    """A beta prior: `alpha` answered and `beta` unanswered contacts that everybody is given on top of their own."""

    alpha: float
    beta: float
    method: Literal["likelihood", "moments", "pseudo_contacts"]

    @property
    def base_rate(self) -> float:
        """The rate of a customer of whom nothing is known."""
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True)
class _Counts:
    """Distinct pairs of contacts and answers with the number of customers who share them: shapes (pairs,)."""

    delivered: Vector
    answered: Vector
    customers: Vector

    @property
    def customer_count(self) -> float:
        return float(self.customers.sum())

    @property
    def base_rate(self) -> float:
        return float(self.customers @ self.answered / (self.customers @ self.delivered))


def response_rates(counts: pl.DataFrame) -> pl.DataFrame:
    """Add `response_rate` to one row per contacted customer.

    `counts` has `delivered_count` >= 1 and 0 <= `response_count` <= `delivered_count`. The rate is the posterior
    mean, rounded to 9 places, so that last-digit noise of the fit reaches no table. Row order does not matter.
    """
    if counts.is_empty():
        return counts.with_columns(response_rate=pl.lit(None, pl.Float64))
    prior = fitted_prior(counts)
    rate = (pl.col("response_count") + prior.alpha) / (pl.col("delivered_count") + prior.alpha + prior.beta)
    return counts.with_columns(response_rate=rate.round(RATE_PLACES))


def fitted_prior(counts: pl.DataFrame) -> ResponsePrior:
    """The prior of a non-empty table of counts; deterministic and independent of row order."""
    pairs = counts.group_by("delivered_count", "response_count").len().sort("delivered_count", "response_count")
    grouped = _Counts(*(pairs[name].cast(pl.Float64).to_numpy() for name in pairs.columns))
    if not _is_over_dispersed(grouped):
        return _prior(grouped.base_rate, PSEUDO_CONTACTS, "pseudo_contacts")
    return _by_likelihood(grouped) or _by_moments(grouped)


def _prior(base_rate: float, strength: float, method: Literal["moments", "pseudo_contacts"]) -> ResponsePrior:
    return ResponsePrior(base_rate * strength, (1 - base_rate) * strength, method)


def _is_over_dispersed(counts: _Counts) -> bool:
    """Whether the likelihood grows as rates may differ: its slope at one common rate p, where 1/strength is 0.

    Without over-dispersion of the sample there is nothing to learn a spread from: nobody contacted twice, nobody
    or everybody answering, or rates that differ less than chance makes them.
    """
    rate = counts.base_rate
    if rate in {0.0, 1.0}:
        return False
    answered, delivered = counts.answered, counts.delivered
    silent = delivered - answered
    slope = answered * (answered - 1) / rate + silent * (silent - 1) / (1 - rate) - delivered * (delivered - 1)
    return float(counts.customers @ slope) > 1e-9 * float(counts.customers @ delivered)


def _by_likelihood(counts: _Counts) -> ResponsePrior | None:
    """Newton's method with a trust region over (log alpha, log beta), started at the moments."""
    start = _by_moments(counts)
    fit = minimize(
        lambda log: _loss(counts, np.exp(log)),
        np.log([start.alpha, start.beta]),
        jac=lambda log: _gradient(counts, np.exp(log)),
        hess=lambda log: _hessian(counts, np.exp(log)),
        method="trust-exact",
        options={"gtol": GRADIENT_TOLERANCE, "maxiter": 200},
    )
    alpha, beta = (float(value) for value in np.exp(fit.x))
    low, high = STRENGTH_BOUNDS
    if not np.isfinite(fit.fun) or np.linalg.norm(fit.jac) > 1e-6 or not low <= alpha + beta <= high:
        return None
    return ResponsePrior(alpha, beta, "likelihood")


def _loss(counts: _Counts, prior: Vector) -> float:
    """Negative log-likelihood per customer, without the binomial coefficient."""
    alpha, beta = prior
    logs = betaln(counts.answered + alpha, counts.delivered - counts.answered + beta) - betaln(alpha, beta)
    return -float(counts.customers @ logs) / counts.customer_count


def _slopes(counts: _Counts, prior: Vector) -> Vector:
    """First derivatives of the log-likelihood per customer by (alpha, beta)."""
    alpha, beta = prior
    total = psi(alpha + beta) - psi(counts.delivered + alpha + beta)
    by_alpha = psi(counts.answered + alpha) - psi(alpha) + total
    by_beta = psi(counts.delivered - counts.answered + beta) - psi(beta) + total
    return np.array([counts.customers @ by_alpha, counts.customers @ by_beta]) / counts.customer_count


def _gradient(counts: _Counts, prior: Vector) -> Vector:
    return -prior * _slopes(counts, prior)


def _hessian(counts: _Counts, prior: Vector) -> Vector:
    """Second derivatives of the loss by (log alpha, log beta)."""
    alpha, beta = prior
    total = polygamma(1, alpha + beta) - polygamma(1, counts.delivered + alpha + beta)
    by_alpha = polygamma(1, counts.answered + alpha) - polygamma(1, alpha) + total
    by_beta = polygamma(1, counts.delivered - counts.answered + beta) - polygamma(1, beta) + total
    plain = np.array(
        [
            [counts.customers @ by_alpha, counts.customers @ total],
            [counts.customers @ total, counts.customers @ by_beta],
        ]
    )
    curved: Vector = np.outer(prior, prior) * plain / counts.customer_count
    return -(curved + np.diag(prior * _slopes(counts, prior)))


def _by_moments(counts: _Counts) -> ResponsePrior:
    """Kleinman's estimate; 20 pseudo-contacts where it finds no spread, or more than rates can have.

    With N contacts of C customers, S = sum n (k/n - p)^2 and r = 1 / (strength + 1), the expectation of S is
    p (1 - p) ((1 - r) (C - 1) + r (N - sum n^2 / N)).
    """
    rate, weights = counts.base_rate, counts.customers
    contacts, customers = float(weights @ counts.delivered), counts.customer_count
    spread = float(weights @ (counts.delivered * (counts.answered / counts.delivered - rate) ** 2))
    room = contacts - float(weights @ counts.delivered**2) / contacts - (customers - 1)
    correlation = (spread / (rate * (1 - rate)) - (customers - 1)) / room if room > 0 else 0.0
    if not 0 < correlation < 1:
        return _prior(rate, PSEUDO_CONTACTS, "pseudo_contacts")
    return _prior(rate, 1 / correlation - 1, "moments")
