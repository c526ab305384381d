r"""The candidates for lifetime value: who of the customers will spend how much of what the shop sells.

* `btyd`: purchases expected by the buy-till-you-die model times spend by Gamma-Gamma;
* `two_stage`: P(buys at all) by a boosted classifier times spend of a buyer by boosting with a gamma deviance;
* `poisson`: boosting with a Poisson deviance, which aims at the mean and loves no zero;
* `mean`: the mean of the three.

The learned ones see the features and BTYD's own forecasts. Targets are net of returns, capped at their 99.9th
percentile, and multiplied so that each slice sells what BTYD expected of it: seasons would otherwise teach that
whoever bought in summer spends much. An absolute-error loss would collapse to zero and is never used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.btyd.summary import Vector
from models.lifetime.level import levelled
from models.lifetime.slices import Slice

CANDIDATES = ("btyd", "two_stage", "poisson", "mean")
CAP_QUANTILE = 0.999
MIN_BUYING_ROWS = 200
"""Training rows with a purchase in the horizon without which nothing but BTYD is tried."""
BOOSTING: Mapping[str, Any] = {
    "max_iter": 120,
    "learning_rate": 0.06,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Candidates:
    """The fitted candidates; without enough data the learned ones are None."""

    poisson: HistGradientBoostingRegressor | None
    buys: HistGradientBoostingClassifier | None
    spends: HistGradientBoostingRegressor | None

    def amounts(self, each: Slice) -> dict[str, Vector]:
        """Amounts by candidate, each with the total of BTYD; shapes (customers,)."""
        found = {"btyd": each.value}
        if self.poisson is not None and self.buys is not None and self.spends is not None:
            with threadpool_limits(limits=1):
                two_stage = self.buys.predict_proba(each.features)[:, 1] * self.spends.predict(each.features)
                poisson = self.poisson.predict(each.features)
            total = float(each.value.sum())
            found["two_stage"] = levelled(two_stage, total)
            found["poisson"] = levelled(poisson, total)
            found["mean"] = np.mean([found["btyd"], found["two_stage"], found["poisson"]], axis=0)
        return found


def fitted_candidates(slices: Sequence[Slice], used: Sequence[Mask] | None = None) -> Candidates:
    """Learn from slices with outcomes; `used` names the rows of each, by default all."""
    rows = used or [np.ones(len(each.value), dtype=bool) for each in slices]
    targets = [_target(each)[mask] for each, mask in zip(slices, rows, strict=True)]
    amounts = np.concatenate(targets) if targets else np.zeros(0)
    buying = amounts > 0
    if buying.sum() < MIN_BUYING_ROWS or buying.all():
        return Candidates(None, None, None)
    features = np.concatenate([each.features[mask] for each, mask in zip(slices, rows, strict=True)])
    amounts = np.minimum(amounts, np.quantile(amounts, CAP_QUANTILE))
    # one thread: sums of floats in a fixed order, and no waiting for each other on a busy machine
    with threadpool_limits(limits=1):
        return Candidates(
            poisson=HistGradientBoostingRegressor(loss="poisson", **BOOSTING).fit(features, amounts),
            buys=HistGradientBoostingClassifier(**BOOSTING).fit(features, buying),
            spends=HistGradientBoostingRegressor(loss="gamma", **BOOSTING).fit(features[buying], amounts[buying]),
        )


def _target(each: Slice) -> Vector:
    return levelled(each.later, float(each.value.sum()))
