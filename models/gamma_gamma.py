r"""What a customer spends per purchase: the Gamma-Gamma model of monetary value.

Spend of customer :math:`i` at one purchase is :math:`\Gamma(p, \nu_i)`, and :math:`\nu_i` is :math:`\Gamma(q, \gamma)`
between customers, independent of how often they buy. With n observed purchases of mean :math:`\bar z` and
:math:`S = n \bar z`,

.. math::
    \ln L = \ln \frac{\Gamma(pn + q)}{\Gamma(pn)\,\Gamma(q)} + q \ln \gamma + pn \ln S - \ln \bar z
            - (pn + q) \ln(\gamma + S), \qquad
    E[Z \mid \bar z, n] = \frac{p (\gamma + S)}{pn + q - 1}.

Few purchases lean on the mean of everybody, :math:`p \gamma / (q - 1)`; many speak for themselves.

P. S. Fader & B. G. S. Hardie (2013), "The Gamma-Gamma model of monetary value", note 025. The assumption that spend
does not go with frequency is tested by `independence`: a strong correlation biases every product of both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, ndtr, psi
from scipy.stats import rankdata

from models.maximum import Bounds, Vector, maximum, maximum_near
from pipeline.errors import HuitouError

WARM_ROWS = 20_000
LOWEST_Q = 1.1
"""The mean of everybody is infinite at q = 1: a heavier tail than this is not believed."""
LOG_BOUNDS = ((-10.0, float(np.log(LOWEST_Q)), -14.0), (10.0, 12.0, 20.0))
STARTS = ((0.5, 1.3, 0.5), (2.0, 0.8, -1.0))
NEAR_LOG = 5.0
"""A neighbour with greater logarithms is no place to begin: so far out the likelihood is flat."""
STRONG_CORRELATION = 0.3


@dataclass(frozen=True)
class GammaGamma:
    """The fitted model; amounts are in the unit of the fitted means."""

    p: float
    q: float
    gamma: float
    log_likelihood: float
    customer_count: float
    standard_errors: Mapping[str, float] = field(default_factory=dict)

    @property
    def population_mean(self) -> float:
        """Expected spend of a customer of whom nothing is known."""
        return self.p * self.gamma / (self.q - 1)

    def expected_spend(self, purchases: Vector, mean: Vector) -> Vector:
        """Expected spend per purchase; shapes (customers,). Zero purchases: that of everybody."""
        spend: Vector = self.p * (self.gamma + purchases * mean) / (self.p * purchases + self.q - 1)
        return spend

    def to_json(self) -> dict[str, Any]:
        """The model as plain values that JSON can hold."""
        return {
            "p": self.p,
            "q": self.q,
            "gamma": self.gamma,
            "log_likelihood": self.log_likelihood,
            "customer_count": self.customer_count,
            "standard_errors": dict(self.standard_errors),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "GammaGamma":
        """The reverse of `to_json`."""
        return cls(**values)


@dataclass(frozen=True)
class Independence:
    """Whether spend goes with frequency: Pearson's and Spearman's correlation of n and the mean, and a p-value.

    `is_doubtful`: the correlation is both real (p < 0.01, Spearman) and strong (0.3 or more, either).
    """

    pearson: float
    spearman: float
    p_value: float
    customer_count: int

    @property
    def is_doubtful(self) -> bool:
        """Whether the model should not be trusted alone."""
        strongest = max(abs(self.pearson), abs(self.spearman))
        return self.p_value < 0.01 and strongest >= STRONG_CORRELATION


class _Likelihood:
    """Mean log-likelihood in (log p, log q, log gamma), amounts scaled to a mean of 1, - ln z left out."""

    def __init__(self, purchases: Vector, mean: Vector) -> None:
        levels, inverse = np.unique(purchases, return_inverse=True)
        self.levels: Vector = levels.astype(np.float64)
        self.level: npt.NDArray[np.int64] = inverse.astype(np.int64)
        self.total = purchases * mean
        share = np.bincount(self.level) / len(purchases)
        self.share: Vector = share.astype(np.float64)
        self.log_total = self._by_level(np.log(self.total))
        self.customer_count = float(len(purchases))

    def _by_level(self, values: Vector) -> Vector:
        sums: Vector = np.bincount(self.level, values) / len(self.total)
        return sums

    def mean_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        p, q, gamma = np.exp(theta)
        shape = p * self.levels
        whole = gamma + self.total
        log_whole, inverse = self._by_level(np.log(whole)), self._by_level(1 / whole)
        front = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * theta[2]
        value = (self.share * front + shape * self.log_total - (shape + q) * log_whole).sum()
        common = psi(shape + q)
        by_p = (self.levels * (self.share * (common - psi(shape)) + self.log_total - log_whole)).sum()
        by_q = (self.share * (common - psi(q) + theta[2]) - log_whole).sum()
        by_gamma = q / gamma - ((shape + q) * inverse).sum()
        return float(value), np.array([p * by_p, q * by_q, gamma * by_gamma])


def fit(purchases: Vector, mean: Vector, near: GammaGamma | None = None) -> GammaGamma:
    """The most likely p, q, gamma of customers with `purchases` >= 1 and their `mean` spend > 0, shapes (customers,).

    `near` is the model of nearly the same customers, where the search begins. Rows outside of that are left out.
    Errors: HuitouError where fewer than two customers remain or nobody bought twice, so that the spread within a
    customer cannot be told from that between them.
    """
    used = (purchases > 0) & (mean > 0)
    order = np.lexsort((mean[used], purchases[used]))
    count, spend = purchases[used][order].astype(np.float64), mean[used][order].astype(np.float64)
    if len(count) < 2 or count.max() < 2:
        raise HuitouError("nobody bought twice: spend per purchase cannot be learnt", where="models/gamma_gamma")
    unit = float(spend.mean())
    whole = _Likelihood(count, spend / unit)
    stride = len(count) // WARM_ROWS
    part = whole if stride < 2 else _Likelihood(count[::stride], spend[::stride] / unit)
    low, high = (np.array(bound) for bound in LOG_BOUNDS)
    begin = None if near is None else np.log([near.p, near.q, near.gamma / unit])
    if begin is not None and float(np.abs(begin).max()) < NEAR_LOG:
        found = maximum_near(whole, part, begin, Bounds(low, high))
    else:
        found = maximum(whole, part, [np.array(start) for start in STARTS], Bounds(low, high))
    p, q, gamma = (float(value) for value in np.exp(found.theta))
    errors = found.standard_errors(float(len(count))) * np.array([p, q, gamma * unit])
    return GammaGamma(
        p=p,
        q=q,
        gamma=gamma * unit,
        log_likelihood=found.value * len(count) - float(np.log(spend).sum()),
        customer_count=float(len(count)),
        standard_errors={
            name: float(error) for name, error in zip(("p", "q", "gamma"), errors, strict=True) if np.isfinite(error)
        },
    )


def independence(purchases: Vector, mean: Vector) -> Independence:
    """Test of the model's assumption on customers with at least two purchases (one says nothing of a habit)."""
    used = (purchases > 1) & (mean > 0)
    count, spend = purchases[used], mean[used]
    if len(count) < 3 or np.ptp(count) == 0 or np.ptp(spend) == 0:
        return Independence(0.0, 0.0, 1.0, len(count))
    pearson = float(np.corrcoef(count, spend)[0, 1])
    spearman = float(np.corrcoef(rankdata(count), rankdata(spend))[0, 1])
    # large-sample normal approximation of Spearman's coefficient: its variance is 1 / (n - 1) under independence
    p_value = 2 * float(ndtr(-abs(spearman) * np.sqrt(len(count) - 1)))
    return Independence(pearson, spearman, p_value, len(count))
