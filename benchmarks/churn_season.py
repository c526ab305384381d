"""Whether the seasonal shift of churn helps, and when the rule that may refuse it is right: on simulated shops.

    python benchmarks/churn_season.py [--shops season launch …] [--customers 4000]

Customers buy at a gamma-distributed pace, leave with a chance of their own after each purchase, and stay away out of
season by thinning; nothing is taken from the sample retailer. In `season` and `plain` the history begins amid the
life of the shop, in `launch` and `season_launch` more than half of the customers come in its first months. Told for
each day: log loss and ECE of the 90 days after it with and without the shift, and whether the rule believed in it.
"""

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from lifetime_quality import features, tables_of_cdnow
from scipy.special import expit

from models.churn.measures import expected_calibration_error, log_losses
from models.churn.procedure import candidates_of
from models.churn.slices import churn_slice, churn_slices
from models.churn.validation import validated

START, DAYS, HORIZON_DAYS = date(2019, 1, 1), 1130, 90
AMPLITUDE = {"season": 0.8, "launch": 0.0, "season_launch": 0.8, "plain": 0.0}
AGES = (700, 790, 880, 970)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shops", nargs="+", choices=list(AMPLITUDE), default=list(AMPLITUDE))
    parser.add_argument("--customers", type=int, default=4000)
    options = parser.parse_args()
    print(f"{'shop':14} {'day':11} {'shift':>7} {'believed':>9} {'with it':>16} {'without':>16}")
    for shop in options.shops:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "orders.txt"
            file.write_text("\n".join(order_lines(shop, options.customers)))
            for age in AGES:
                print(judged(shop, file, START + timedelta(days=age), Path(name)), flush=True)


def order_lines(shop: str, customers: int) -> Iterator[str]:
    """Lines as in the CDNOW file: customer, day, pieces, money."""
    chance, amplitude = np.random.default_rng(11 + len(shop)), AMPLITUDE[shop]
    arrivals = chance.uniform(-400, DAYS, customers)
    if "launch" in shop:
        is_early = chance.random(customers) < 0.55
        arrivals = np.where(is_early, chance.exponential(45, customers), chance.uniform(0, DAYS, customers))
    pace, leaving = chance.gamma(0.8, 1 / 55, customers), chance.beta(0.8, 2.5, customers)
    for number in range(customers):
        day = float(arrivals[number])
        while day < DAYS:
            if day >= 0:
                paid = round(float(chance.lognormal(4, 0.6)), 2)
                yield f"{number:06d} {START + timedelta(days=int(day)):%Y%m%d} 1 {paid}"
            if chance.random() < leaving[number]:
                break
            day += 0.5 + chance.exponential(1 / (pace[number] * (1 + amplitude)))
            while day < DAYS and chance.random() >= in_season(day, amplitude):
                day += 0.5 + chance.exponential(1 / (pace[number] * (1 + amplitude)))


def in_season(day: float, amplitude: float) -> float:
    """Share of the purchases of the high season that happen on this day of the year."""
    return float((1 + amplitude * np.cos(2 * np.pi * (day - 330) / 365)) / (1 + amplitude))


def judged(shop: str, file: Path, day: date, folder: Path) -> str:
    rows, _ = features(tables_of_cdnow(file, folder), day, folder)
    slices = churn_slices(rows.filter(pl.col("cutoff_on") < day), HORIZON_DAYS, None, 14, 180)
    asked = churn_slice(rows.filter(pl.col("cutoff_on") == day), HORIZON_DAYS, None, 14)
    assert asked is not None
    validation = validated(slices, HORIZON_DAYS)
    made = candidates_of(slices, day, asked.matrix, HORIZON_DAYS)[validation.method]
    told = []
    for each in (made, made.without_season()):
        logits = each.logits(asked.matrix)
        loss = float(log_losses(logits, asked.churned).mean())
        told.append(f"{loss:.4f} ece {expected_calibration_error(expit(logits), asked.churned):.3f}")
    return f"{shop:14} {day} {made.season:+7.3f} {validation.has_season!s:>9} {told[0]:>16} {told[1]:>16}"


if __name__ == "__main__":
    main()
