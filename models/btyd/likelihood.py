r"""The likelihood of purchase histories under BG/NBD, MBG/NBD and MBG/CNBD-k, and its gradient, in log space.

A customer buys at a rate :math:`\lambda` and leaves for good with probability :math:`p` after a purchase. Rates vary
between customers as :math:`\Gamma(r, \alpha)`, leaving as :math:`B(a, b)`. Gaps between purchases are Erlang with
:math:`k` phases of rate :math:`\lambda` (:math:`k = 1`: exponential, NBD). In BG/NBD nobody leaves after the first
purchase (:math:`s = 0`), in the modified models anybody may (:math:`s = 1`). With :math:`R = r + kx`,
:math:`b' = b + x + s` and :math:`e = T - t_x`, all three are

.. math::
    L = C \; \frac{\Gamma(a + b)\,\Gamma(b')}{\Gamma(b)\,\Gamma(a + b')} \frac{\Gamma(R)\,\alpha^r}{\Gamma(r)}
        \left( \frac{a}{b' - 1} (\alpha + t_x)^{-R}
        + \sum_{j=0}^{k-1} \frac{e^j}{j!} \frac{\Gamma(R + j)}{\Gamma(R)} (\alpha + T)^{-R-j} \right)

The first term in brackets is "left after the last purchase" (absent in BG/NBD where x = 0), the sum "still here,
with j phases of the next gap gone". :math:`C = \prod \text{gap}^{k-1} / \Gamma(k)^x` is free of the parameters but
decides which k fits best. Everything that depends on x alone is computed once per distinct x.

BG/NBD: Fader, Hardie & Lee (2005), "Counting your customers the easy way", Marketing Science 24(2). MBG/NBD:
Batislam, Denizel & Filiztekin (2007), IJRM 24(3). MBG/CNBD-k: Reutterer, Platzer & Schröder (2021), "Leveraging
purchase regularity for predicting customer behavior the easy way", IJRM 38(1). Static covariates scale alpha and a:
:math:`\alpha_i = \alpha e^{-z_i \gamma}`, :math:`a_i = a e^{z_i \delta}` (odds of leaving), after Fader & Hardie
(2007), note 019. Finding the maximum does not belong here; see `models.btyd.fit`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

from models.btyd.summary import PurchaseSummary, Vector

Terms = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Which model: `k` phases of a gap; `leaves_at_once` is s, whether one may leave after the first purchase."""

    k: int
    leaves_at_once: bool

    @property
    def shift(self) -> int:
        """The s of the formulas."""
        return int(self.leaves_at_once)


@dataclass(frozen=True)
class Parameters:
    """r, alpha, a, b and the effects of traits on the pace of buying (gamma) and the odds of leaving (delta)."""

    r: float
    alpha: float
    a: float
    b: float
    pace_effects: tuple[float, ...] = ()
    leaving_effects: tuple[float, ...] = ()

    @classmethod
    def unpacked(cls, theta: Vector, traits: int) -> "Parameters":
        """From (log r, log alpha, log a, log b, gamma …, delta …)."""
        r, alpha, a, b = (float(value) for value in np.exp(theta[:4]))
        effects = tuple(float(value) for value in theta[4:])
        return cls(r, alpha, a, b, effects[:traits], effects[traits:])

    def packed(self) -> Vector:
        """The reverse of `unpacked`."""
        logs = np.log([self.r, self.alpha, self.a, self.b])
        return np.concatenate([logs, self.pace_effects, self.leaving_effects])


class Likelihood:
    """The mean log-likelihood per customer of one grouped summary, at any parameters."""

    def __init__(self, summary: PurchaseSummary, shape: Shape) -> None:
        self.summary, self.shape = summary, shape
        self.share = summary.weights / summary.customer_count
        self.trait_count = 0 if summary.traits is None else summary.traits.shape[1]
        self.level_values, self.level = _levels(summary)
        self.level_share: Vector = np.bincount(self.level, self.share).astype(np.float64)
        self.log_constant = log_constant(summary, shape.k)

    @property
    def customer_count(self) -> float:
        """How many customers the mean is of."""
        return self.summary.customer_count

    def total(self, parameters: Parameters) -> float:
        """The log-likelihood of all customers, C included."""
        value, _ = self.mean_and_gradient(parameters.packed())
        return value * self.summary.customer_count + self.log_constant

    def mean_and_gradient(self, theta: Vector) -> tuple[float, Vector]:
        """Mean log-likelihood without C and its derivatives by (log r, log alpha, log a, log b, gamma, delta)."""
        levels = _Levels.at(self, theta)
        bracket = _Bracket.at(self, levels)
        share, level_share = self.share, self.level_share
        value = _mean(level_share, levels.log_front) + _mean(share, bracket.log_sum)
        slopes = bracket.slopes(self, levels)
        r, a, b = levels.r, levels.a, levels.b
        by_log_r = r * (_mean(level_share, levels.front_by_r) + _mean(share, slopes.by_rate))
        by_log_alpha = level_share * levels.r + np.bincount(self.level, share * slopes.by_log_alpha)
        by_log_a = level_share * a * levels.front_by_a + np.bincount(self.level, share * slopes.by_log_a)
        by_log_b = b * (_mean(level_share, levels.front_by_b) + _mean(share, slopes.by_b))
        traits = self.level_values[:, 1:]
        plain = [by_log_r, by_log_alpha.sum(), by_log_a.sum(), by_log_b]
        return value, np.concatenate([plain, -traits.T @ by_log_alpha, traits.T @ by_log_a])


def _levels(summary: PurchaseSummary) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Distinct (x, traits …), shape (levels, 1 + traits), and the level of each row."""
    if summary.traits is None:
        values, inverse = np.unique(summary.repeats, return_inverse=True)
        return values[:, None], inverse.astype(np.int64)
    values, inverse = np.unique(np.column_stack([summary.repeats, summary.traits]), axis=0, return_inverse=True)
    return values, inverse.reshape(-1).astype(np.int64)


def _mean(share: Vector, values: Vector) -> float:
    """Weighted mean by pairwise sums: the same digits whatever the number of threads, unlike a BLAS product."""
    return float((share * values).sum())


def log_constant(summary: PurchaseSummary, k: int) -> float:
    """Log C, summed over all customers."""
    if k == 1:
        return 0.0
    gaps = summary.log_gap_total or 0.0
    return (k - 1) * gaps - float(gammaln(k)) * float((summary.weights * summary.repeats).sum())


@dataclass(frozen=True)
class _Levels:
    """What depends on x and traits alone, shapes (levels,), and the factor before the bracket."""

    r: float
    b: float
    alpha: Vector
    a: Vector
    rate: Vector
    b_after: Vector
    log_front: Vector
    front_by_r: Vector
    front_by_a: Vector
    front_by_b: Vector

    def alpha_of(self, data: Likelihood) -> Vector:
        """Alpha of each row, shape (rows,), or the one of all, shape (1,)."""
        return self.alpha[data.level] if data.trait_count else self.alpha[:1]

    @classmethod
    def at(cls, data: Likelihood, theta: Vector) -> "_Levels":
        x, traits = data.level_values[:, 0], data.level_values[:, 1:]
        count = data.trait_count
        r, b = float(np.exp(theta[0])), float(np.exp(theta[3]))
        log_alpha = theta[1] - traits @ theta[4 : 4 + count]
        a = np.exp(theta[2] + traits @ theta[4 + count :])
        rate, b_after = r + data.shape.k * x, b + x + data.shape.shift
        log_front = gammaln(a + b) + gammaln(b_after) - gammaln(b) - gammaln(a + b_after)
        log_front += gammaln(rate) - gammaln(r) + r * log_alpha
        common = psi(a + b) - psi(a + b_after)
        return cls(
            r=r,
            b=b,
            alpha=np.exp(log_alpha),
            a=a,
            rate=rate,
            b_after=b_after,
            log_front=log_front,
            front_by_r=psi(rate) - psi(r) + log_alpha,
            front_by_a=common,
            front_by_b=common + psi(b_after) - psi(b),
        )


@dataclass(frozen=True)
class _Slopes:
    """Derivatives of the logarithm of the bracket, shapes (rows,)."""

    by_rate: Vector
    by_log_alpha: Vector
    by_log_a: Vector
    by_b: Vector


@dataclass(frozen=True)
class _Bracket:
    """The bracket of the likelihood: logarithms of "left" (rows,) and of the k phases of "here" (k, rows)."""

    log_left_time: Vector
    log_here_time: Vector
    log_sum: Vector
    left: Vector
    here: Terms

    @classmethod
    def at(cls, data: Likelihood, levels: _Levels) -> "_Bracket":
        alpha, rate = levels.alpha_of(data), levels.rate[data.level]
        log_left_time = np.log(alpha + data.summary.last)
        log_here_time = np.log(alpha + data.summary.known)
        left = _log_odds(levels, data)[data.level] - rate * log_left_time
        here = phases(data.summary, data.shape.k, rate, log_here_time)
        if data.shape.k > 1:
            log_sum = _log_sum(left, here)
            return cls(log_left_time, log_here_time, log_sum, np.exp(left - log_sum), np.exp(here - log_sum))
        less = np.exp(-np.abs(left - here[0]))
        greater_share = 1 / (1 + less)
        less *= greater_share
        is_left = left > here[0]
        shares = np.where(is_left, greater_share, less), np.where(is_left, less, greater_share)[None]
        return cls(log_left_time, log_here_time, np.maximum(left, here[0]) - np.log(greater_share), *shares)

    def slopes(self, data: Likelihood, levels: _Levels) -> _Slopes:
        alpha, rate = levels.alpha_of(data), levels.rate[data.level]
        alpha_of_last = alpha / (alpha + data.summary.last)
        alpha_of_known = alpha / (alpha + data.summary.known)
        by_rate, by_log_alpha = -self.left * self.log_left_time, -self.left * rate * alpha_of_last
        gone = np.zeros_like(rate)
        for phase, share in enumerate(self.here):
            by_rate += share * (gone - self.log_here_time)
            by_log_alpha -= share * (rate + phase) * alpha_of_known
            gone = gone + 1 / (rate + phase)
        before = np.maximum(levels.b_after - 1, np.finfo(float).tiny)[data.level]
        return _Slopes(by_rate, by_log_alpha, self.left, -self.left / before)


def _log_odds(levels: _Levels, data: Likelihood) -> Vector:
    """log(a / (b' - 1)), minus infinity where nobody can have left yet; shape (levels,)."""
    possible = (data.level_values[:, 0] > 0) | data.shape.leaves_at_once
    before = np.where(possible, levels.b_after - 1, 1.0)
    return np.where(possible, np.log(levels.a) - np.log(before), -np.inf)


def phases(summary: PurchaseSummary, k: int, rate: Vector, log_here_time: Vector) -> Terms:
    """Logarithms of the k summands of "still here", shape (k, rows): phase j is impossible where e = 0 < j."""
    terms = np.empty((k, len(summary)))
    terms[0] = -rate * log_here_time
    if k == 1:
        return terms
    elapsed = summary.known - summary.last
    with np.errstate(divide="ignore"):
        log_elapsed = np.log(elapsed)
    for phase in range(1, k):
        terms[phase] = terms[phase - 1] + log_elapsed - log_here_time + np.log((rate + phase - 1) / phase)
    return terms


def _log_sum(left: Vector, here: Terms) -> Vector:
    top = np.maximum(left, here.max(axis=0))
    total: Vector = top + np.log(np.exp(left - top) + np.exp(here - top).sum(axis=0))
    return total
