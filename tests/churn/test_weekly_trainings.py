"""Two real trainings a week apart: the second challenges the first on customers whose outcome neither twin had seen."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from churn_shop import END, ChurnShop, simulated_orders
from customer_shop import shop_settings

from assets import lifetime
from models import registry
from models.churn.measures import log_losses
from models.churn.model import ChurnModel
from models.churn.slices import churn_slices
from models.lifetime.judging import deviances
from models.lifetime.model import LifetimeModel
from pipeline.lake import Table, file_sha256
from pipeline.workspace import Workspace

pytestmark = pytest.mark.slow

WEEK = timedelta(days=7)
TOLD_ON = (END - WEEK, END)


@dataclass(frozen=True)
class Trained:
    """One night: what it saw, and the versions of both models after it."""

    shop: ChurnShop
    orders: Table
    features: Table
    facts: Table
    summaries: Table
    churn: Table
    lifetime: Table


def night(folder: Path, told: pl.DataFrame, as_of: date, before: Trained | None) -> Trained:
    shop = ChurnShop(folder, shop_settings(), as_of)
    orders = shop.orders(told)
    features, facts = shop.features(orders), shop.facts(orders)
    summaries = lifetime.purchase_summaries(
        orders, engine=shop.shop.engine, as_of=as_of, path=shop.shop.path("summaries")
    )
    versions = lifetime.lifetime_versions(
        features,
        summaries,
        before.lifetime if before else shop.shop.table("lifetime_versions"),
        settings=shop.settings,
        as_of=as_of,
        workspace=Workspace(folder),
        path=shop.shop.path("lifetime"),
    )
    scored = shop.versions(features, facts, before.churn if before else None)
    return Trained(shop, orders, features, facts, summaries, scored, versions)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> list[Trained]:
    told = simulated_orders(1200, 507)
    nights: list[Trained] = []
    for as_of in TOLD_ON:
        nights.append(night(tmp_path_factory.mktemp("week"), told, as_of, nights[-1] if nights else None))
    return nights


def models_of(table: Table) -> dict[str, Any]:
    return json.loads(table.read()["parameters"].drop_nulls()[0])["model"]


def last_row(table: Table) -> dict[str, Any]:
    rows = table.read()
    assert rows["trained_on"].to_list() == list(TOLD_ON)
    assert rows["trained_because"].to_list() == ["first", "age"]
    return rows.row(1, named=True)


def assert_judged(row: dict[str, Any], mine: np.ndarray, champions: np.ndarray) -> None:
    verdict = registry.judged(mine, champions)
    assert (row["loss"], row["champion_loss"]) == (verdict.loss, verdict.champion_loss)
    assert (row["decided_because"], row["sample_count"]) == (verdict.why, len(mine))
    assert row["state"] == ("champion" if verdict.accepted else "refused")
    assert verdict.loss != verdict.champion_loss, "a model that learnt a week more is another model"
    assert verdict.loss == pytest.approx(verdict.champion_loss, rel=0.1), "and yet much the same one"


def test_churn_twins_of_both_weeks_meet_on_the_newest_slice(weeks: list[Trained]) -> None:
    churn = weeks[1].shop.settings.churn
    newest = churn_slices(
        weeks[1].features.read(), churn.horizon_days, churn.population_days, churn.newcomer_days, churn.min_history_days
    )[0]
    assert newest.cutoff_on == END + timedelta(days=1 - churn.horizon_days)
    row = last_row(weeks[1].churn)
    assert row["state"] == "champion"
    twins = [ChurnModel.from_json(models_of(each.churn)).twin for each in (weeks[1], weeks[0])]
    losses = [log_losses(twin.logits(newest.matrix), newest.churned) for twin in twins if twin]
    assert_judged(row, *losses)


def test_lifetime_twins_of_both_weeks_meet_on_the_last_twelve_months(weeks: list[Trained]) -> None:
    a_year_ago = END + timedelta(days=1 - 365)
    rows = weeks[1].features.read().filter(pl.col("cutoff_on") == a_year_ago).sort("customer_id")
    row = last_row(weeks[1].lifetime)
    assert row["state"] == "champion"
    actual = rows["year_bought_amount"].cast(pl.Float64).to_numpy()
    twins = [LifetimeModel.from_json(models_of(each.lifetime)).twin for each in (weeks[1], weeks[0])]
    assert_judged(row, *[deviances(actual, twin.told(rows)[0]) for twin in twins if twin])


def test_the_week_after_is_scored_by_the_model_of_the_week_after(weeks: list[Trained]) -> None:
    last = weeks[1]
    people = last.shop.people(last.orders)
    scores = last.shop.scores(last.features, last.facts, last.churn, people).read()
    model = ChurnModel.from_json(models_of(last.churn))
    assert model.calibrated is not None
    told = scores.filter(pl.col("abstained_because").is_null())
    asked = last.features.read().filter("is_scored").join(told, on="customer_id").sort("customer_id")
    chance = np.round(1 / (1 + np.exp(-model.logits(model.matrix(asked)))), 6)
    np.testing.assert_allclose(asked["churn_probability"], chance, atol=1.1e-6)


def test_the_second_week_again_gives_the_same_bytes(weeks: list[Trained], tmp_path: Path) -> None:
    again = night(tmp_path, simulated_orders(1200, 507), END, weeks[0])
    for one, other in ((again.churn, weeks[1].churn), (again.lifetime, weeks[1].lifetime)):
        assert file_sha256(one.paths[0]) == file_sha256(other.paths[0])
