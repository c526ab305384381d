"""Seconds to fit and to score buy-till-you-die and Gamma-Gamma models, against lifetimes in the same run.

    python benchmarks/models_speed.py [--customers 100000 1000000] [--orders 10000000] [--without-lifetimes]

Each task tells seconds of the clock and, in brackets, of the processor: a busy machine lengthens only the former.
Customers are simulated from MBG/NBD in whole days of two years. lifetimes (a test dependency) does the same work on
the same arrays; it has no probability of silence, so that line stands alone. With --orders, the summary table is
also made from that many orders by SQL. Goals on two cores: BG or MBG fit of 1 M customers 3 s, 5 M 12 s;
Gamma-Gamma fit and discounted 12-month value of 1 M 5 s; summary of 10 M orders 10 s.
"""

import argparse
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from models import gamma_gamma
from models.btyd.fit import fit
from models.btyd.summary import PurchaseSummary
from pipeline.engine import Engine
from pipeline.lake import Table
from pipeline.schemas.catalog import TABLES
from pipeline.settings import EngineSettings

DAYS = 730
YEARLY_RATE = 0.1


def main() -> None:
    options = arguments()
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    print(f"{'customers':>12}  {'task':<46}{'huitou':>18}{'lifetimes':>18}")
    for customers in options.customers:
        summary, spend = simulated(customers)
        peers = {} if options.without_lifetimes or find_spec("lifetimes") is None else peer_tasks(summary, spend)
        for task, work in own_tasks(summary, spend).items():
            ours = seconds(work)
            theirs = seconds(peers[task]) if task in peers else "–"
            print(f"{customers:>12,}  {task:<46}{ours:>18}{theirs:>18}", flush=True)
    if options.orders:
        print(f"{'':>12}  {f'summary of {options.orders:,} orders':<46}{summary_seconds(options.orders):>18}")
    print(f"load of the machine {os.getloadavg()[0]:.1f}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--without-lifetimes", action="store_true")
    return parser.parse_args()


def seconds(work: Callable[[], Any]) -> str:
    start, before = time.perf_counter(), time.process_time()
    work()
    return f"{time.perf_counter() - start:.2f} s ({time.process_time() - before:.2f})"


def simulated(customers: int) -> tuple[PurchaseSummary, np.ndarray[Any, np.dtype[np.float64]]]:
    """Histories in whole days, and mean spend per day with a purchase."""
    chance = np.random.default_rng(20260101)
    pace, leaving = chance.gamma(0.55, 1 / 40, customers), chance.beta(0.8, 2.5, customers)
    known = chance.integers(0, DAYS, customers).astype(np.float64)
    repeats, last, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    rows = np.flatnonzero(chance.random(customers) >= leaving)
    while len(rows):
        now[rows] += np.ceil(chance.exponential(1 / pace[rows]))
        rows = rows[now[rows] <= known[rows]]
        repeats[rows] += 1
        last[rows] = now[rows]
        rows = rows[chance.random(len(rows)) >= leaving[rows]]
    bought = repeats + 1
    spend = chance.gamma(6.0 * bought) / chance.gamma(4.0, 1 / 60, customers) / bought
    return PurchaseSummary(repeats, last, known, np.ones(customers)), spend


def own_tasks(summary: PurchaseSummary, spend: np.ndarray[Any, Any]) -> dict[str, Callable[[], Any]]:
    model = fit(summary, "mbg")
    bought = summary.repeats + 1

    def value() -> Any:
        found = gamma_gamma.fit(bought, spend)
        days = model.expected_by(summary, [30.4 * month for month in range(13)])
        discounted = (np.diff(days, axis=0) * (1 + YEARLY_RATE) ** (-np.arange(1, 13)[:, None] / 12)).sum(axis=0)
        return discounted * found.expected_spend(bought, spend)

    return {
        "BG/NBD fit": lambda: fit(summary, "bg"),
        "MBG/NBD fit": lambda: fit(summary, "mbg"),
        "P(no purchase in 90 days)": lambda: model.no_purchase_probability(summary, 90),
        "expected purchases of 365 days": lambda: model.expected_purchases(summary, 365),
        "Gamma-Gamma fit": lambda: gamma_gamma.fit(bought, spend),
        "Gamma-Gamma fit, 12 months discounted monthly": value,
    }


def peer_tasks(summary: PurchaseSummary, spend: np.ndarray[Any, Any]) -> dict[str, Callable[[], Any]]:
    """lifetimes warns of its own overflows; they are its results and not ours to hide elsewhere."""
    warnings.filterwarnings("ignore")
    import lifetimes  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    columns = tuple(pd.Series(each) for each in (summary.repeats, summary.last, summary.known))
    bought, mean = pd.Series(summary.repeats + 1), pd.Series(spend)
    fitted = lifetimes.ModifiedBetaGeoFitter().fit(*columns)

    def value() -> Any:
        model = lifetimes.GammaGammaFitter().fit(bought, mean)
        rate = (1 + YEARLY_RATE) ** (1 / 12) - 1
        return model.customer_lifetime_value(fitted, *columns, mean, time=12, discount_rate=rate, freq="D")

    return {
        "BG/NBD fit": lambda: lifetimes.BetaGeoFitter().fit(*columns),
        "MBG/NBD fit": lambda: lifetimes.ModifiedBetaGeoFitter().fit(*columns),
        "expected purchases of 365 days": lambda: fitted.conditional_expected_number_of_purchases_up_to_time(
            365, *columns
        ),
        "Gamma-Gamma fit": lambda: lifetimes.GammaGammaFitter().fit(bought, mean),
        "Gamma-Gamma fit, 12 months discounted monthly": value,
    }


def summary_seconds(orders: int) -> str:
    """Seconds of sql/predictions/purchase_summaries.sql over random orders of a tenth as many customers."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chance = np.random.default_rng(3)
        pl.DataFrame(
            {
                "customer_id": pl.Series(chance.integers(0, orders // 10, orders)).cast(pl.String).str.zfill(12),
                "ordered_on": pl.Series(chance.integers(20_000, 20_000 + DAYS, orders)).cast(pl.Date),
                "net_amount": pl.Series(chance.integers(100, 99_999, orders) / 100).cast(pl.Decimal(18, 2)),
                "is_purchase": pl.repeat(value=True, n=orders, eager=True),
            }
        ).write_parquet(folder / "orders.parquet")
        engine = Engine(EngineSettings(), folder / "scratch")
        table, spec = Table("orders", (folder / "orders.parquet",)), TABLES["purchase_summaries"]
        parameters = {"as_of": date(2026, 12, 31)}
        path = folder / "summaries.parquet"
        return seconds(lambda: engine.run("predictions/purchase_summaries.sql", (table,), parameters, spec, path))


if __name__ == "__main__":
    main()
