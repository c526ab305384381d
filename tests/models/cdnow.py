"""The CDNOW sample that the literature fits: 2,357 customers, weeks, 39 weeks of calibration and 39 of holdout.

The package lifetimes (a test dependency) ships it; only its data files are read.
"""

from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from models.btyd.summary import PurchaseSummary

BEGIN, CALIBRATED = date(1997, 1, 1), date(1997, 9, 30)


def _folder() -> Path:
    spec = find_spec("lifetimes")
    assert spec is not None, "pip install lifetimes: it carries the CDNOW sample"
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "datasets"


@cache
def cdnow_summary() -> PurchaseSummary:
    """x, t_x and T of the published fits, weeks with two decimals."""
    frame = pl.read_csv(_folder() / "cdnow_customers_summary.csv")
    columns = (frame[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "T"))
    return PurchaseSummary(*columns, np.ones(frame.height))


@cache
def cdnow_purchases() -> pl.DataFrame:
    """One row per customer and purchase day of the sample: `customer`, `on`, `amount`."""
    lines = pl.read_csv(_folder() / "CDNOW_sample.txt", has_header=False, new_columns=["line"])
    words = lines["line"].str.strip_chars().str.replace_all(r"\s+", " ").str.split(" ")
    frame = pl.DataFrame(
        {
            "customer": words.list.get(1).cast(pl.Int64),
            "on": words.list.get(2).str.to_date("%Y%m%d"),
            "amount": words.list.get(4).cast(pl.Float64),
        }
    )
    return frame.group_by("customer", "on", maintain_order=True).agg(pl.col("amount").sum()).sort("customer", "on")


def repeat_spend() -> pl.DataFrame:
    """One row per customer of the calibration weeks: `x` repeat purchases and their mean `spend` (0 for none)."""
    bought = cdnow_purchases().filter(pl.col("on") <= CALIBRATED).with_columns(
        number=pl.int_range(pl.len()).over("customer")
    )  # fmt: skip
    repeat = pl.col("amount").filter(pl.col("number") > 0)
    return bought.group_by("customer", maintain_order=True).agg(x=repeat.len(), spend=repeat.mean().fill_null(0.0))


def published_spend() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Repeat purchases and mean spend, to the cent, of the 946 repeat buyers that the published fits used."""
    frame = pl.read_csv(_folder() / "cdnow_customers_summary_with_transactions.csv").filter(pl.col("x") > 0)
    return frame["x"].cast(pl.Float64).to_numpy(), frame["zbar"].to_numpy()
