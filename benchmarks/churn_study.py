"""How many trees and rows churn needs, decided on earlier days.

    python benchmarks/churn_study.py --workspace FOLDER      Online Retail II: docs/examples/online_retail
    python benchmarks/churn_study.py --cdnow CDNOW_master.txt

Candidates are made as the eve of each day would have made them and judged on the 90 days after it, by measures of the
ranking and by log loss at the level that came. The days judged in benchmarks/models_quality.py are not looked at.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from lifetime_quality import HORIZON_DAYS, features, tables_of_cdnow, tables_of_night
from scipy.special import expit
from spend_study import CDNOW_DAYS, SHOP_DAYS, arguments
from threadpoolctl import threadpool_limits

from models.additive import Boosting
from models.churn import candidates
from models.churn.measures import auc, brier, level_shift, log_losses
from models.churn.procedure import candidates_of
from models.churn.slices import churn_slice, churn_slices
from pipeline.lake import Table

# trees, rate, rows
WAYS: Mapping[str, tuple[int, float, int]] = {
    "120 trees, 60,000 rows": (120, 0.05, 60_000),
    "60 trees, 60,000 rows": (60, 0.1, 60_000),
    "40 trees, 60,000 rows": (40, 0.15, 60_000),
    "60 trees, 30,000 rows": (60, 0.1, 30_000),
    "60 trees, 15,000 rows": (60, 0.1, 15_000),
}
NEWCOMER_DAYS, HISTORY_DAYS = 14, 90
JUDGED: tuple[candidates.Method, ...] = ("boosting", "mean")


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as name, threadpool_limits(limits=1):
        folder = Path(name)
        table = tables_of_night(options.workspace) if options.workspace else tables_of_cdnow(options.cdnow, folder)
        rows = [row for day in (SHOP_DAYS if options.workspace else CDNOW_DAYS) for row in studied(table, day, folder)]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True, float_precision=5, tbl_cols=-1):
        print(pl.DataFrame(rows).group_by("candidate", "way", maintain_order=True).mean().sort("candidate", "way"))


def studied(table: Callable[[str], Table], day: date, folder: Path) -> Iterator[dict[str, Any]]:
    frame, _ = features(table, day, folder)
    is_asked = pl.col("cutoff_on") == day
    asked = churn_slice(frame.filter(is_asked), HORIZON_DAYS, None, NEWCOMER_DAYS)
    assert asked is not None, f"{day}: nobody to ask about"
    seen = churn_slices(frame.filter(~is_asked), HORIZON_DAYS, None, NEWCOMER_DAYS, HISTORY_DAYS)
    for way, (trees, rate, rows) in WAYS.items():
        vars(candidates).update(BOOSTING=Boosting(trees=trees, learning_rate=rate), MOST_ROWS=rows)
        began = time.process_time()
        made = candidates_of(seen, day, asked.matrix, HORIZON_DAYS)
        took = time.process_time() - began
        for name in JUDGED:
            plain = made[name].logits(asked.matrix)
            logits = plain + level_shift(plain, float(asked.churned.mean()))
            yield {
                "candidate": name,
                "way": way,
                "log_loss": float(log_losses(logits, asked.churned).mean()),
                "auc": auc(logits, asked.churned),
                "brier": brier(expit(logits), asked.churned),
                "seconds": took,
            }


if __name__ == "__main__":
    main()
