"""The life of the lifetime model night after night: when it is trained, who may replace it, and that it is kept."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from customer_shop import AS_OF, Shop, shop_settings
from test_lifetime import HORIZON, shop_slice, without_outcome

from assets import churn, lifetime
from models.lifetime.forecaster import Forecaster
from pipeline.lake import Table, file_sha256, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.frames import frame_violations
from pipeline.settings import Settings
from pipeline.workspace import Workspace

SPEC = TABLES["customer_features"]
NIGHT = AS_OF + timedelta(days=1)


def year_slice(days: int, customers: int) -> pl.DataFrame:
    """Cut so many days before tonight; those of a year ago and more know twelve months, a quarter four times."""
    rows = shop_slice(NIGHT - timedelta(days=days), customers=customers, seed=days)
    if days < 365:
        return rows
    return rows.with_columns(
        year_bought_amount=4 * pl.col("next_bought_amount"), year_purchase_count=4 * pl.col("next_purchase_count")
    )


@dataclass
class Night:
    """One night of a shop with two years of history; `features` and `summaries` are literal."""

    shop: Shop
    features: Table
    summaries: Table
    versions: Table | None = None

    def trained(self, previous: Table | None = None, later: int = 0, settings: Settings | None = None) -> Table:
        return lifetime.lifetime_versions(
            self.features,
            self.summaries,
            previous or self.shop.table("lifetime_versions"),
            settings=settings or self.shop.settings,
            as_of=AS_OF + timedelta(days=later),
            workspace=Workspace(self.shop.folder),
            path=self.shop.path("versions"),
        )

    def forecasts(self, versions: Table) -> Table:
        return lifetime.lifetime_forecasts(
            self.features, self.summaries, versions, settings=self.shop.settings, as_of=AS_OF,
            path=self.shop.path("forecasts"),
        )  # fmt: skip


def night_of(folder: Path, tonight: pl.DataFrame) -> Night:
    shop = Shop(folder)
    slices = [year_slice(days, 400) for days in (455, 365, 90)]
    rows = pl.concat([without_outcome(tonight).with_columns(is_scored=pl.lit(value=True)), *slices])
    features = write_table(
        SPEC, rows.cast({n: t for n, t in SPEC.polars_schema.items() if n in rows.columns}), shop.path("f")
    )
    spend = 100 * pl.col("bought_amount").cast(pl.Float64) / (pl.col("repeat_count") + 1)
    bought = tonight.with_columns(day_spend_fen=spend, known_days=pl.col("known_days") + 300)
    spec = TABLES["purchase_summaries"]
    summaries = write_table(spec, bought.select(spec.names).cast(dict(spec.polars_schema)), shop.path("s"))
    return Night(shop, features, summaries)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    made = night_of(tmp_path_factory.mktemp("night"), shop_slice(NIGHT, customers=400, seed=7))
    made.versions = made.trained()
    return made


def kept(night: Night) -> Table:
    assert night.versions is not None
    return night.versions


def test_the_first_night_trains_and_is_judged_on_the_last_twelve_months(night: Night) -> None:
    row = kept(night).read().row(0, named=True)
    assert (row["state"], row["trained_because"], row["decided_because"]) == ("champion", "first", "first")
    assert row["sample_count"] == 400
    assert row["method"].endswith("_held_out_time")
    assert row["loss"] > 0


def test_the_same_night_twice_gives_the_same_bytes(night: Night) -> None:
    assert file_sha256(night.trained().paths[0]) == file_sha256(kept(night).paths[0])


def test_the_sixth_night_keeps_the_model_and_its_bytes(night: Night) -> None:
    again = night.trained(kept(night), later=6)
    assert file_sha256(again.paths[0]) == file_sha256(kept(night).paths[0])


def test_the_seventh_trains_and_an_equal_challenger_takes_over(night: Night) -> None:
    rows = night.trained(kept(night), later=7).read()
    assert rows.select("state", "trained_because", "decided_because").rows() == [
        ("retired", "first", "first"), ("champion", "age", "not_worse"),
    ]  # fmt: skip
    assert rows["parameters"].is_null().to_list() == [True, False]


def test_a_challenger_that_is_worse_is_refused_and_recorded(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its twin tells everyone the same: last week's model stays, and its forecasts are last week's."""
    real = Forecaster.candidates

    def spoilt(self: Forecaster, frame: pl.DataFrame) -> dict[Any, Any]:
        return {name: np.full(len(each), each.mean()) for name, each in real(self, frame).items()}

    monkeypatch.setattr(Forecaster, "candidates", spoilt)
    versions = night.trained(kept(night), later=7)
    rows = versions.read()
    assert rows.select("state", "decided_because").rows() == [("champion", "first"), ("refused", "worse_than_champion")]
    assert rows["loss"][1] > rows["champion_loss"][1]
    assert night.forecasts(versions).read().equals(night.forecasts(kept(night)).read())


def test_another_horizon_needs_another_model(night: Night) -> None:
    settings = shop_settings(ltv={"horizon_months": 6})
    rows = night.trained(kept(night), settings=settings).read()
    assert rows["trained_because"].to_list() == ["settings"]
    assert rows["method"].to_list() == ["btyd_young_shop"]


def test_drift_trains_before_it_is_due(night: Night, tmp_path: Path) -> None:
    dearer = shop_slice(NIGHT, customers=400, seed=7).with_columns(pl.col("bought_amount") * 30)
    changed = night_of(tmp_path, dearer)
    reasons = changed.trained(kept(night), later=1).read()["trained_because"].to_list()
    assert reasons[0] == "first"
    assert reasons[1].startswith("drift:")


def test_every_customer_gets_a_forecast_inside_the_contract(night: Night) -> None:
    forecasts = night.forecasts(kept(night))
    rows = forecasts.read()
    assert rows.height == 400
    assert (rows["revenue_12m_low_amount"] <= rows["revenue_12m_high_amount"]).all()
    assert (rows["expected_revenue_12m_amount"] >= 0).all()
    reports = lifetime.lifetime_reports(
        night.features, kept(night), settings=night.shop.settings, path=night.shop.path("reports")
    )
    versions = churn.model_versions(night.shop.table("churn_versions"), kept(night), path=night.shop.path("models"))
    for table in (forecasts, kept(night), reports, versions):
        assert frame_violations(TABLES[table.name], table.read()) == []
    told = dict(reports.read().filter(pl.col("model") == "lifetime_published").select("metric", "value").rows())
    assert told["learnt_horizon_days"] == HORIZON
    assert told["held_out_by_time"] == 1
    assert 0.7 <= told["interval_coverage"] <= 0.95


def test_the_copy_for_people_is_named_by_its_hash(night: Night) -> None:
    row = kept(night).read().row(0, named=True)
    copy = night.shop.folder / "state" / "models" / f"lifetime-{row['version'][:16]}.json"
    assert file_sha256(copy) == row["version"]
