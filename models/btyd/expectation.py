r"""How many purchases to expect of a customer who has not left.

Given the history, the rate is :math:`\Gamma(R + j, A)` with :math:`A = \alpha + T` if j of the k phases of the
running gap are gone (share :math:`w_j`), and leaving is :math:`B(a, b')`. The n-th purchase from now needs
:math:`nk - j` phases and n - 1 stays, so

.. math::
    E[Y(h) \mid \text{alive}] = \sum_j w_j \sum_{n \ge 1} \frac{B(a, b' + n - 1)}{B(a, b')}
        P(N_j(h) \ge nk - j), \qquad N_j(h) \sim \text{NB}(R + j, h / (A + h)).

For k = 1 the sum is (Fader, Hardie & Lee 2005, after Euler's transformation, with :math:`c = a + b'`)

.. math::
    \frac{c - 1}{a - 1} \left(1 - \left(\frac{A}{A + h}\right)^R {}_2F_1(R, b'; c - 1; h / (A + h)) \right).

The double sum is exact for every k; BTYDplus approximates it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import hyp2f1

from models.btyd.summary import Matrix, Vector

ENOUGH = 1e-10
"""Probability of more purchases that the sum may leave out."""
NEAR_ONE = 1e-5
"""How near to 1 the closed form, which divides by a - 1, stops being exact."""
MOST_EVENTS = 1_000_000
MANY = 20_000
"""Customers from which on equal ones are computed once, and how many at a time."""


@dataclass(frozen=True)
class Alive:
    """What is known of living customers: R, A, a, b' of shape (customers,), and w of shape (k, customers)."""

    rate: Vector
    time: Vector
    a: Vector
    b: Vector
    phase_shares: npt.NDArray[np.float64]


def expected_purchases(alive: Alive, horizons: Sequence[float]) -> Matrix:
    """Expected purchases of the next days, shape (horizons, customers); finite for every history."""
    if len(alive.rate) > MANY:
        return _once_each(alive, horizons)
    return np.array([_expected(alive, days) for days in horizons])


def _expected(alive: Alive, days: float) -> Vector:
    if days <= 0:
        return np.zeros_like(alive.rate)
    if len(alive.phase_shares) > 1:
        return _sums(alive, days)
    expected = _closed_form(alive, days)
    # the closed form loses its digits where powers underflow or huge terms cancel
    loose = ~np.isfinite(expected) | (expected <= 0) | (expected > alive.rate / alive.time * days * (1 + 1e-9))
    if loose.any():
        expected[loose] = _sums(_taken(alive, np.flatnonzero(loose)), days)
    return expected


def _once_each(alive: Alive, horizons: Sequence[float]) -> Matrix:
    """Once per distinct customer, in blocks: most have many twins, for t_x matters to none who is alive (k = 1)."""
    columns = (alive.rate, alive.time, alive.a, alive.b, *alive.phase_shares)
    customers = pl.DataFrame({f"c{number}": column for number, column in enumerate(columns)})
    kinds = customers.unique(maintain_order=True).with_row_index("kind")
    blocks = []
    for start in range(0, kinds.height, MANY):
        rate, time, a, b, *shares = (column.to_numpy() for column in kinds[start : start + MANY, 1:])
        blocks.append(expected_purchases(Alive(rate, time, a, b, np.array(shares)), horizons))
    kind = customers.join(kinds, on=customers.columns, how="left", maintain_order="left")["kind"].to_numpy()
    return np.concatenate(blocks, axis=1)[:, kind]


def _closed_form(alive: Alive, days: float) -> Vector:
    a = np.where(np.abs(alive.a - 1) < NEAR_ONE, np.where(alive.a < 1, 1 - NEAR_ONE, 1 + NEAR_ONE), alive.a)
    c = a + alive.b
    with np.errstate(all="ignore"):
        log_power = alive.rate * np.log(alive.time / (alive.time + days))
        grown = np.exp(log_power) * hyp2f1(alive.rate, alive.b, c - 1, days / (alive.time + days))
        expected: Vector = (c - 1) / (a - 1) * (1 - grown)
    return expected


def _taken(alive: Alive, rows: npt.NDArray[np.intp]) -> Alive:
    return Alive(alive.rate[rows], alive.time[rows], alive.a[rows], alive.b[rows], alive.phase_shares[:, rows])


def _sums(alive: Alive, days: float) -> Vector:
    """The double sum, by the distribution of the number of phases that pass: one step per phase for all customers."""
    expected = np.zeros_like(alive.rate)
    for phase, share in enumerate(alive.phase_shares):
        expected += share * _sum_of_phase(alive, phase, days)
    return expected


def _sum_of_phase(alive: Alive, phase: int, days: float) -> Vector:
    r"""sum_m P(N = m) g((m + j) // k), with g(n) = sum_{i < n} B(a, b' + i) / B(a, b') purchases kept of n.

    Customers leave the loop when what is left of their distribution no longer matters.
    """
    k = len(alive.phase_shares)
    rate, a, b = alive.rate + phase, alive.a, alive.b
    log_chance = rate * np.log(alive.time / (alive.time + days))
    log_step = np.log(days / (alive.time + days))
    kept, stay, unseen = np.zeros_like(rate), np.ones_like(rate), np.ones_like(rate)
    result = np.zeros_like(rate)
    rows = np.arange(len(rate))
    for events in range(MOST_EVENTS):
        if events > 0 and (events + phase) % k == 0:
            kept = kept + stay
            purchases = (events + phase) // k
            stay = stay * (b + purchases - 1) / (a + b + purchases - 1)
        chance = np.exp(log_chance)
        result[rows] += chance * kept
        unseen = unseen - chance
        log_chance = log_chance + log_step + np.log((rate + events) / (events + 1))
        if events % 16 == 15:
            mean = rate * np.exp(log_step) / -np.expm1(log_step)
            going = (unseen > ENOUGH) | (events < mean)
            if not going.any():
                break
            if going.sum() < 0.8 * len(going):
                rows, rate, a, b = rows[going], rate[going], a[going], b[going]
                log_chance, log_step, kept = log_chance[going], log_step[going], kept[going]
                stay, unseen = stay[going], unseen[going]
    return result
