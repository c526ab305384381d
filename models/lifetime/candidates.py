r"""The candidates for lifetime value: who of the customers will spend how much of what the shop sells.

* `btyd`: purchases expected by the buy-till-you-die model times spend by Gamma-Gamma;
* `two_stage`: P(buys at all) by a boosted classifier times spend of a buyer by boosting with a gamma deviance;
* `poisson`: boosting with a Poisson deviance, which aims at the mean and loves no zero;
* `mean`: the mean of the three.

Boosting is additive (`models.additive`), so a model is plain numbers. On the earlier slices of two real shops it was
as good as the same number of trees with interactions: BTYD's view, a feature, holds the interaction that matters. What
sums of logarithms overshoot is corrected (`models.lifetime.autocalibration`).

The learned ones see the features and BTYD's own forecasts. Targets are net of returns, capped at their 99.9th
percentile, and multiplied so that each slice sells what BTYD expected of it: seasons would otherwise teach that
whoever bought in summer spends much. An absolute-error loss would collapse to zero and is never used.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from models.additive import AdditiveModel, Boosting, fit_additive
from models.btyd.summary import Vector
from models.lifetime.autocalibration import Correction, fitted_correction
from models.lifetime.judging import Choice
from models.lifetime.level import levelled
from models.lifetime.slices import FeatureMatrix, Slice

CAP_QUANTILE = 0.999
MIN_BUYING_ROWS = 200
"""Training rows with a purchase in the horizon without which nothing but BTYD is tried."""
MOST_ROWS = 60_000
"""Rows that one fit learns from, evenly spaced over its slices."""
TREES, RATE = 100, 0.12
"""On earlier slices of two real shops as good as 200 trees of half the rate; see benchmarks/spend_study.py."""
CORRECTED: tuple[Choice, ...] = ("two_stage", "poisson")
THREADS = 2


@dataclass(frozen=True)
class Learned:
    """The fitted parts on the scale of their links: log of money, logit of buying at all, log of a buyer's money.

    `corrections` are those of the amounts of a candidate; one without is told as its parts say.
    """

    poisson: AdditiveModel
    buys: AdditiveModel
    spends: AdditiveModel
    corrections: Mapping[Choice, Correction]

    def amounts(self, name: Choice, features: FeatureMatrix) -> Vector:
        """Money in the horizon it learnt, shape (customers,), at no level in particular."""
        if name == "poisson":
            amounts = np.exp(self.poisson.raw(features))
        else:
            amounts = expit(self.buys.raw(features)) * np.exp(self.spends.raw(features))
        correction = self.corrections.get(name)
        return np.asarray(correction.corrected(amounts) if correction else amounts)

    def corrected(self, features: FeatureMatrix, amounts: Vector) -> "Learned":
        """The same with each candidate brought to what came, on average, of those of whom it forecasts as much."""
        plain = replace(self, corrections={})
        told = {name: plain.amounts(name, features) for name in CORRECTED}
        return replace(self, corrections={name: fitted_correction(each, amounts) for name, each in told.items()})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        parts = {name: getattr(self, name).to_json() for name in ("poisson", "buys", "spends")}
        return parts | {"corrections": {name: each.to_json() for name, each in self.corrections.items()}}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Learned":
        """The reverse of `to_json`."""
        poisson, buys, spends = (AdditiveModel.from_json(values[name]) for name in ("poisson", "buys", "spends"))
        corrections = {name: Correction.from_json(each) for name, each in values["corrections"].items()}
        return cls(poisson, buys, spends, corrections)


def fitted(slices: Sequence[Slice]) -> Learned | None:
    """Learn from slices with outcomes, all of one horizon; None where too few customers bought."""
    if not slices:
        return None
    amounts = np.concatenate([levelled(each.later, float(each.value.sum())) for each in slices])
    features = np.concatenate([each.features for each in slices])
    step = -(-len(amounts) // MOST_ROWS)
    amounts, features = amounts[::step], features[::step]
    buying = amounts > 0
    if buying.sum() < MIN_BUYING_ROWS or buying.all():
        return None
    amounts = np.minimum(amounts, np.quantile(amounts, CAP_QUANTILE))
    # None of the three sees another, so the order in which they are done shows in nothing. OpenMP's limit is each
    # thread's own.
    with ThreadPoolExecutor(THREADS, initializer=partial(threadpool_limits, limits=1)) as pool:
        poisson = pool.submit(fit_additive, features, amounts, Boosting("poisson", TREES, RATE))
        buys = pool.submit(fit_additive, features, buying.astype(np.float64), Boosting("log_loss", TREES, RATE))
        spends = pool.submit(fit_additive, features[buying], amounts[buying], Boosting("gamma", TREES, RATE))
        learned = Learned(poisson.result(), buys.result(), spends.result(), corrections={})
    return learned.corrected(features, amounts)
