"""Quality of 90-day forecasts of spend at past days, against what came: MAE, RMSE, normalised Gini, bias, coverage.

    python benchmarks/lifetime_quality.py --workspace FOLDER --cutoffs 2011-06-12 2011-09-10
    python benchmarks/lifetime_quality.py --cdnow CDNOW_master.txt --cutoffs 1998-04-01

The workspace is one with a finished night (Online Retail II: docs/examples/online_retail). Features, slices and
models are those of the product, as of the eve of each cutoff; the outcome is only looked at to judge. `btyd` is
what MBG/NBD with Gamma-Gamma says on its own, the floor.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from models.lifetime.intervals import coverage_of
from models.lifetime.judging import judged
from models.lifetime.slices import Horizon, fitted_basis, seen_slice
from models.lifetime.training import Question, trained
from pipeline.engine import Engine
from pipeline.lake import Table, write_table
from pipeline.predictions import slices, steps
from pipeline.schemas.catalog import TABLES
from pipeline.settings import Settings
from pipeline.snapshots import SnapshotStore

HORIZON_DAYS = 90
OUTCOME = ("next_bought_amount", "next_purchase_count")
HORIZON = Horizon(HORIZON_DAYS, *OUTCOME)
SETTINGS = Settings.model_validate({"retailer": "benchmark", "churn": {"horizon_days": HORIZON_DAYS}})


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = tables_of_night(options.workspace) if options.workspace else tables_of_cdnow(options.cdnow, folder)
        for cutoff in options.cutoffs:
            for line in judged_lines(table, cutoff, folder):
                print(f"{cutoff}  {line}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--workspace", type=Path)
    source.add_argument("--cdnow", type=Path)
    parser.add_argument("--cutoffs", type=date.fromisoformat, nargs="+", required=True)
    return parser.parse_args()


def tables_of_night(workspace: Path) -> Callable[[str], Table]:
    night = SnapshotStore(workspace / "snapshots").current()
    assert night is not None, f"{workspace}: no finished night"
    return night.table


def tables_of_cdnow(path: Path, folder: Path) -> Callable[[str], Table]:
    """Orders of the full CDNOW file (customer, day, discs, dollars); every other table is empty."""
    lines = pl.read_csv(path, has_header=False, new_columns=["line"])
    words = lines["line"].str.strip_chars().str.replace_all(r"\s+", " ").str.split(" ")
    told = pl.DataFrame({"customer_id": words.list.get(0), "day": words.list.get(1), "paid": words.list.get(3)})
    told = told.with_columns(pl.col("paid").cast(pl.Decimal(18, 2), strict=False)).filter(pl.col("paid") > 0)
    told = told.with_row_index("number").with_columns(
        order_key=pl.format("cdnow:{}", "number"),
        ordered_on=pl.col("day").str.to_date("%Y%m%d"),
        ordered_at=pl.col("day").str.to_datetime("%Y%m%d", time_unit="us"),
        paid_amount=pl.col("paid"),
        net_amount=pl.col("paid"),
        is_purchase=pl.lit(value=True),
        channel=pl.lit("cdnow"),
    )
    spec = TABLES["orders"]
    blank = {pl.String(): "", pl.Boolean(): False}
    fill = [
        pl.lit(None if column.name in spec.nullable else blank.get(column.dtype, 0)).alias(column.name)
        for column in spec.columns
        if column.name not in told.columns
    ]
    orders = write_table(spec, told.with_columns(fill), folder / "orders.parquet")

    def table(name: str) -> Table:
        if name == "orders":
            return orders
        return write_table(TABLES[name], TABLES[name].empty(), folder / f"{name}.parquet")

    return table


def features(table: Callable[[str], Table], cutoff: date, folder: Path) -> tuple[pl.DataFrame, date]:
    """Features of the eve of the cutoff, with the outcome after it, and the first day of the history."""
    engine = Engine(SETTINGS.engine, folder / "scratch")
    bought = table("orders").scan().filter(pl.col("is_purchase") & (pl.col("ordered_on") < cutoff))
    first_on, buyers = bought.select(pl.col("ordered_on").min(), pl.col("customer_id").n_unique()).collect().row(0)
    eve = cutoff - timedelta(days=1)
    plan = slices.feature_cutoffs(first_on, buyers, eve, HORIZON_DAYS, SETTINGS.predictions)
    plan = plan.with_columns(has_outcome=pl.lit(value=True))
    made = {"feature_cutoffs": write_table(TABLES["feature_cutoffs"], plan, folder / "cutoffs.parquet")}

    def path(name: str) -> Path:
        return folder / f"{name}.parquet"

    made["purchase_features"] = steps.purchase_features(
        made["feature_cutoffs"], table("orders"), table("refunds"), engine=engine, settings=SETTINGS, path=path("p")
    )
    made["basket_features"] = steps.basket_features(
        made["feature_cutoffs"], table("order_lines"), engine=engine, path=path("b")
    )
    contacts = map(table, ("customer_profiles", "clean_campaign_contacts", "clean_tickets", "clean_events"))
    made["contact_features"] = steps.contact_features(made["feature_cutoffs"], *contacts, engine=engine, path=path("c"))
    people = map(table, ("customer_attributes", "orders"))
    whole = steps.customer_features(*made.values(), *people, engine=engine, settings=SETTINGS, path=path("f"))
    return whole.read(), first_on


def judged_lines(table: Callable[[str], Table], cutoff: date, folder: Path) -> Iterator[str]:
    frame, first_on = features(table, cutoff, folder)
    is_asked = pl.col("cutoff_on") == cutoff
    asked = frame.filter(is_asked).sort("customer_id")
    tonight = asked.with_columns(pl.lit(None).alias(name) for name in OUTCOME)
    basis = fitted_basis(tonight)
    model = trained(frame.filter(~is_asked), tonight, basis, first_on, Question(HORIZON, HORIZON)).model
    came = asked[HORIZON.amount].cast(pl.Float64).to_numpy()
    amount, _ = model.forecaster.told(tonight)
    for name, amounts in (("btyd", seen_slice(tonight, HORIZON_DAYS, basis).value), (model.method, amount)):
        found = asdict(judged(came, amounts))
        yield f"{name:<28}" + "  ".join(f"{measure} {value:,.3f}" for measure, value in found.items())
    if model.intervals is not None:
        covered = coverage_of(model.intervals.of(amount), came)
        yield f"{'interval':<28}coverage {covered:.3f} of {len(amount):,} customers"


if __name__ == "__main__":
    main()
