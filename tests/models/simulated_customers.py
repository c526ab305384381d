"""Customers who buy and leave exactly as the buy-till-you-die models say, so that the truth is known."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.btyd.likelihood import Parameters
from models.btyd.summary import PurchaseSummary

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """Histories until T and what the same customers bought in the `ahead` after it."""

    summary: PurchaseSummary
    later_purchases: Vector


def simulated(
    parameters: Parameters, customers: int, *, k: int = 1, leaves_at_once: bool = True, time: float = 100.0,
    ahead: float = 30.0, traits: npt.NDArray[np.float64] | None = None, seed: int = 5,
) -> Simulated:  # fmt: skip
    """Customers known for between half of `time` and all of it."""
    chance = np.random.default_rng(seed)
    extra = np.zeros((customers, 0)) if traits is None else traits
    alpha = parameters.alpha * np.exp(-extra @ np.array(parameters.pace_effects))
    a = parameters.a * np.exp(extra @ np.array(parameters.leaving_effects))
    pace, leaving = chance.gamma(parameters.r, 1 / alpha), chance.beta(a, parameters.b, customers)
    known = chance.uniform(time / 2, time, customers)
    x, last, log_gaps, later, now = (np.zeros(customers) for _ in range(5))
    stays = chance.random(customers) >= leaving if leaves_at_once else np.ones(customers, dtype=bool)
    rows = np.flatnonzero(stays)
    while len(rows):
        gap = chance.gamma(k, 1 / pace[rows])
        now[rows] += gap
        within = now[rows] <= known[rows]
        seen, after = rows[within], rows[~within & (now[rows] <= known[rows] + ahead)]
        x[seen] += 1
        last[seen] = now[seen]
        log_gaps[seen] += np.log(gap[within])
        later[after] += 1
        rows = rows[now[rows] <= known[rows] + ahead]
        rows = rows[chance.random(len(rows)) >= leaving[rows]]
    summary = PurchaseSummary(x, last, known, np.ones(customers), log_gaps)
    return Simulated(summary if traits is None else replace(summary, traits=traits), later)
