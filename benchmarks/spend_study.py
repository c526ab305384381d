"""How to boost spend, decided on earlier days: trees with or without interactions, corrected or not, how many of them.

    python benchmarks/spend_study.py --workspace FOLDER      Online Retail II: docs/examples/online_retail
    python benchmarks/spend_study.py --cdnow CDNOW_master.txt

Each way learns from the slices that were over by the eve of a day and forecasts the 90 days after it; `mean` is the
published mean of BTYD, two-stage and Poisson. All are compared at the total that came, so that only "who spends" is
judged. The outcomes that benchmarks/lifetime_quality.py tells of are not looked at here: they judge what was decided.
The Tweedie deviance decides, as in models/lifetime/judging.py; where two ways differ by less than 1 % in it on both
shops, MAE and RMSE; else the simpler.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lifetime_quality import HORIZON, features, tables_of_cdnow, tables_of_night
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from models.additive import Boosting, Steps, bin_edges, fit_additive
from models.btyd.summary import Vector
from models.lifetime import candidates
from models.lifetime.candidates import Learned
from models.lifetime.judging import judged
from models.lifetime.level import levelled
from models.lifetime.slices import Slice, finished, slice_of
from pipeline.lake import Table

SHOP_DAYS = [date(2010, 10, 15), date(2010, 12, 14), date(2011, 1, 13), date(2011, 2, 12), date(2011, 3, 14)]
CDNOW_DAYS = [date(1997, 10, 3), date(1997, 11, 2), date(1997, 12, 2), date(1998, 1, 1)]
LEARNED = candidates.CORRECTED


class Interacting:
    """The same trees on the same bins, each free to look at several features; cannot be told as step functions."""

    def __init__(self, rows: np.ndarray, target: Vector, boosting: Boosting) -> None:
        self.bins = [Steps(bin_edges(column), np.zeros(1)) for column in rows.T]
        shared: dict[str, Any] = {
            "max_iter": boosting.trees,
            "learning_rate": boosting.learning_rate,
            "max_leaf_nodes": boosting.leaves,
            "min_samples_leaf": boosting.smallest_leaf,
            "l2_regularization": boosting.penalty,
            "early_stopping": False,
            "random_state": boosting.seed,
        }
        self.is_classifier = boosting.loss == "log_loss"
        maker = HistGradientBoostingClassifier if self.is_classifier else HistGradientBoostingRegressor
        self.trees = maker(**shared | ({} if self.is_classifier else {"loss": boosting.loss}))
        self.trees.fit(self.codes(rows), target)

    def codes(self, rows: np.ndarray) -> np.ndarray:
        return np.column_stack([each.codes(column) for each, column in zip(self.bins, rows.T, strict=True)])

    def raw(self, rows: np.ndarray) -> Vector:
        codes = self.codes(rows)
        told = self.trees.decision_function(codes) if self.is_classifier else np.log(self.trees.predict(codes))
        return np.asarray(told, dtype=np.float64)


# way → (how parts are fitted, trees, rate, whether forecasts are corrected)
WAYS: Mapping[str, tuple[Callable[..., Any], int, float, bool]] = {
    "additive, corrected": (fit_additive, 100, 0.12, True),
    "additive": (fit_additive, 100, 0.12, False),
    "additive, 200 trees": (fit_additive, 200, 0.06, False),
    "additive, 60 trees": (fit_additive, 60, 0.2, False),
    "interacting": (Interacting, 100, 0.12, False),
    "interacting, corrected": (Interacting, 100, 0.12, True),
    "interacting, 200 trees": (Interacting, 200, 0.06, False),
}


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as name, threadpool_limits(limits=1):
        folder = Path(name)
        table = tables_of_night(options.workspace) if options.workspace else tables_of_cdnow(options.cdnow, folder)
        rows = [row for day in (SHOP_DAYS if options.workspace else CDNOW_DAYS) for row in studied(table, day, folder)]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, float_precision=4, tbl_cols=-1):
        print(pl.DataFrame(rows).group_by("way", maintain_order=True).mean().drop("day"))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--workspace", type=Path)
    source.add_argument("--cdnow", type=Path)
    return parser.parse_args()


def studied(table: Callable[[str], Table], day: date, folder: Path) -> Iterator[dict[str, Any]]:
    frame, _ = features(table, day, folder)
    made = [slice_of(part, HORIZON) for part in frame.sort("cutoff_on", "customer_id").partition_by("cutoff_on")]
    asked = next(each for each in made if each.cutoff == day)
    seen = finished([each for each in made if each.cutoff < day], day, HORIZON.days)
    yield {"way": "btyd alone", "day": day} | measures(asked, asked.value) | {"seconds": 0.0}
    for way, (fitter, trees, rate, is_corrected) in WAYS.items():
        vars(candidates).update(fit_additive=fitter, TREES=trees, RATE=rate)
        began = time.process_time()
        learned = candidates.fitted(seen)
        assert learned is not None, f"{day}: too few buyers"
        took = time.process_time() - began
        told = mean_of(learned if is_corrected else replace(learned, corrections={}), asked)
        yield {"way": way, "day": day} | measures(asked, told) | {"seconds": took}


def mean_of(learned: Learned, asked: Slice) -> Vector:
    total = float(asked.value.sum())
    parts = [levelled(learned.amounts(name, asked.features), total) for name in LEARNED]
    return np.asarray(np.mean([asked.value, *parts], axis=0))


def measures(asked: Slice, amounts: Vector) -> dict[str, float]:
    found = asdict(judged(asked.later, levelled(amounts, float(asked.later.sum()))))
    return {name: found[name] for name in ("deviance", "mae", "rmse", "gini")}


if __name__ == "__main__":
    main()
