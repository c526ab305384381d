"""Churn night after night: who gets a score and why, what it is made of, and which model makes it."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from churn_shop import END, ChurnShop, Finished, simulated_orders
from customer_shop import by_customer
from scipy.special import expit

from assets import churn
from models.churn.abstention import ABSTENTIONS
from models.churn.candidates import METHODS, fit_parts
from models.churn.model import ChurnModel
from models.churn.reasons import GROUPS, group_parts, leading_groups
from models.churn.slices import churn_slices
from pipeline.lake import file_sha256
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.frames import frame_violations
from pipeline.schemas.predictions import CHURN_ABSTENTIONS, CHURN_METHODS, REASON_CODES


def model_of(done: Finished) -> ChurnModel:
    stored = json.loads(done.versions.read()["parameters"].drop_nulls()[0])
    return ChurnModel.from_json(stored["model"])


def scores_of(done: Finished, stages: Any = None, **people: Any) -> pl.DataFrame:
    who = done.shop.people(done.orders, **people)
    return done.shop.scores(done.features, done.facts, done.versions, who, stages).read()


def tonight(done: Finished) -> pl.DataFrame:
    return churn._customers(done.features, done.shop.settings.churn).collect()


class TestScores:
    def test_the_population_is_who_bought_in_the_last_180_days(self, finished: Finished) -> None:
        recency = by_customer(finished.facts, "recency_days")
        asked = {who for who, days in recency.items() if days is not None and days < 180}
        assert set(scores_of(finished)["customer_id"]) == asked

    def test_who_must_not_be_profiled_has_no_row(self, finished: Finished) -> None:
        assert scores_of(finished, profiling_opt_out=True).is_empty()
        assert scores_of(finished, is_minor=True).is_empty()

    def test_risk_levels_follow_the_settings(self, finished: Finished) -> None:
        rows = scores_of(finished).with_columns(
            expected=pl.when(pl.col("churn_probability") < 0.33).then(pl.lit("low"))
            .when(pl.col("churn_probability") < 0.66).then(pl.lit("medium")).otherwise(pl.lit("high"))
        )  # fmt: skip
        assert rows["risk_level"].to_list() == rows["expected"].to_list()
        assert rows["risk_level"].n_unique() == 3

    def test_probabilities_know_who_really_left(self, finished: Finished) -> None:
        """The simulated customers left for good with their last order or still buy: the level is about right."""
        report = {row["metric"]: row["value"] for row in finished.reports().read().to_dicts()}
        assert report["auc"] > 0.7
        assert report["ece"] < 0.12

    def test_brand_new_customers_get_the_rate_of_their_kind(self, finished: Finished) -> None:
        rows = scores_of(finished).filter(pl.col("abstained_because") == "brand_new")
        new = tonight(finished).filter((pl.col("repeat_count") == 0) & (pl.col("known_days") < 14))
        assert set(rows["customer_id"]) == set(new["customer_id"])
        assert rows["method"].unique().to_list() == ["prior"]
        assert rows["churn_probability"].n_unique() == 1
        assert rows["reason_1"].null_count() == rows.height > 0

    def test_the_frequency_drop_is_the_rule_churn_warning(self, finished: Finished) -> None:
        who = scores_of(finished)["customer_id"][0]
        stages = finished.shop.shop.table(
            "lifecycle_stages",
            [{"customer_id": who, "profile": "active", "stage": "dormant", "matched_stages": "dormant,churn_warning"}],
        )
        rows = scores_of(finished, stages)
        assert rows.filter("has_frequency_drop")["customer_id"].to_list() == [who]

    def test_the_tables_keep_their_contracts(self, finished: Finished) -> None:
        shop, path = finished.shop, finished.shop.shop.path
        scores = shop.scores(finished.features, finished.facts, finished.versions, shop.people(finished.orders))
        reliability = churn.churn_reliability(finished.versions, settings=shop.settings, path=path("reliability"))
        lifetime = finished.shop.shop.table("lifetime_versions")
        versions = churn.model_versions(finished.versions, lifetime, path=path("model_versions"))
        reports = churn.churn_reports(
            finished.features, finished.versions, settings=shop.settings, path=path("reports")
        )
        for table in (scores, reliability, versions, reports, finished.versions, finished.features):
            assert frame_violations(TABLES[table.name], table.read()) == []


class TestReasons:
    @pytest.mark.parametrize("method", METHODS)
    def test_what_groups_add_sums_to_the_logit(self, finished: Finished, method: Any) -> None:
        parts = fit_parts(churn_slices(finished.features.read(), 90, 180, 14, 180))
        matrix = model_of(finished).matrix(tonight(finished))
        added = group_parts(parts, method, matrix)
        assert added.shape == (len(matrix), len(GROUPS))
        np.testing.assert_allclose(parts.intercept(method) + added.sum(axis=1), parts.raw(method, matrix), atol=1e-9)

    def test_the_published_probability_is_the_sum_of_its_parts(self, finished: Finished) -> None:
        model, rows = model_of(finished), tonight(finished)
        assert model.calibrated is not None
        added = group_parts(model.calibrated.parts, model.calibrated.method, model.matrix(rows))
        chance = np.round(expit(model.calibrated.intercept + added.sum(axis=1)), 6)
        told = scores_of(finished).filter(pl.col("abstained_because").is_null())
        mine = rows.select("customer_id", pl.Series("chance", chance)).join(told, on="customer_id")
        np.testing.assert_allclose(mine["chance"], mine["churn_probability"], atol=1.1e-6)

    def test_told_is_what_pushes_the_way_the_customer_goes(self) -> None:
        added = np.zeros((3, len(GROUPS)))
        added[0, [0, 3, 5, 7]] = [0.2, 0.9, -0.5, 0.5]
        added[1, [1, 2]] = [-0.3, 0.1]
        added[2, 4] = 0.01
        codes = [series.to_list() for series in leading_groups(added)]
        assert codes == [[GROUPS[3], GROUPS[1], None], [GROUPS[7], None, None], [GROUPS[0], None, None]]

    def test_words_carry_the_customers_own_values(self, finished: Finished) -> None:
        rows = scores_of(finished).filter(pl.col("reason_1_code") == "rhythm")
        row = rows.join(tonight(finished).filter(pl.col("repeat_count") > 0), on="customer_id").to_dicts()[0]
        gap = round(row["span_days"] / row["repeat_count"])
        assert row["reason_1"] == f"平均每 {gap} 天购买一次，已 {row['since_last_days']} 天未购买"

    def test_words_follow_the_locale(self, finished: Finished, tmp_path: Path) -> None:
        shop = ChurnShop(tmp_path, finished.shop.settings.model_copy(update={"locale": "en"}))
        people = shop.people(finished.orders)
        rows = shop.scores(finished.features, finished.facts, finished.versions, people).read()
        told = rows.filter(pl.col("reason_1_code") == "rhythm")["reason_1"].to_list()
        assert all("nothing for" in text for text in told)
        assert told


class TestAbstention:
    @pytest.mark.parametrize(
        ("customers", "days", "until", "section", "why"),
        [
            (900, 170, END, {}, "short_history"),
            (300, 400, END, {}, "too_few_buyers"),
            (900, 400, END - timedelta(days=30), {}, "no_recent_orders"),
            (900, 400, END, {"min_repeaters": 5000}, "few_repeaters"),
        ],
    )
    def test_too_little_gives_the_rate_of_all_and_the_reason(
        self,
        churn_shop: Callable[..., ChurnShop],
        customers: int,
        days: int,
        until: date,
        section: dict[str, Any],
        why: str,
    ) -> None:
        shop = churn_shop(churn=section)
        orders = shop.orders(simulated_orders(customers, days, until=until))
        features, facts = shop.features(orders), shop.facts(orders)
        versions = shop.versions(features, facts)
        rows = shop.scores(features, facts, versions, shop.people(orders)).read()
        assert versions.read().is_empty()
        assert rows["abstained_because"].unique().to_list() == [why]
        assert rows["method"].unique().to_list() == ["prior"]
        slice_ = features.read().filter(pl.col("next_purchase_count").is_not_null(), pl.col("since_last_days") < 180)
        if why == "short_history":
            assert rows["churn_probability"].null_count() == rows.height
        else:
            newest = slice_.filter(pl.col("cutoff_on") == pl.col("cutoff_on").max())
            rate = (newest["next_purchase_count"] == 0).mean()
            assert rows["churn_probability"].unique().to_list() == [pytest.approx(rate, abs=1e-6)]

    def test_without_an_outcome_to_learn_from_the_rhythm_speaks(self, churn_shop: Callable[..., ChurnShop]) -> None:
        """200 days: enough to predict, but no slice with half a year before it."""
        shop = churn_shop()
        orders = shop.orders(simulated_orders(1500, 200))
        features, facts = shop.features(orders), shop.facts(orders)
        versions = shop.versions(features, facts)
        rows = shop.scores(features, facts, versions, shop.people(orders)).read()
        assert rows["method"].unique().to_list() == ["btyd"]
        assert versions.read()["decided_because"].to_list() == ["no_held_out_slice"]
        assert rows["reason_1_code"].unique().to_list() == ["rhythm"]


class TestModelLife:
    def test_the_same_night_twice_gives_the_same_bytes(self, finished: Finished) -> None:
        again = finished.shop.versions(finished.shop.features(finished.orders), finished.facts)
        assert file_sha256(again.paths[0]) == file_sha256(finished.versions.paths[0])

    def test_the_next_night_keeps_the_model_and_the_seventh_trains(self, finished: Finished, tmp_path: Path) -> None:
        told = simulated_orders(1500, 507, until=END + timedelta(days=7))
        found = {}
        for days in (1, 7):
            shop = ChurnShop(tmp_path / str(days), finished.shop.settings, END + timedelta(days=days))
            orders = shop.orders(pl.concat([finished.told, told.filter(pl.col("ordered_on") > END)]))
            versions = shop.versions(shop.features(orders), shop.facts(orders), finished.versions).read()
            found[days] = versions.select("trained_on", "trained_because").rows()
        assert found[1] == [(END, "first")]
        assert found[7] == [(END, "first"), (END + timedelta(days=7), "age")]

    def test_a_challenger_that_is_worse_is_refused_and_recorded(
        self, finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tonight's export is spoilt so that the twin predicts the contrary: last week's model stays."""
        from models.churn import procedure  # noqa: PLC0415

        shop = ChurnShop(tmp_path, finished.shop.settings, END + timedelta(days=7))
        orders = shop.orders(finished.told)
        features, facts = shop.features(orders), shop.facts(orders)
        real = procedure.Calibrated.logits
        champion = json.loads(finished.versions.read()["parameters"][0])["model"]["twin"]["level"]

        def spoilt(self: procedure.Calibrated, matrix: Any) -> Any:
            return real(self, matrix) if self.level == champion else -real(self, matrix)

        monkeypatch.setattr(procedure.Calibrated, "logits", spoilt)
        versions = shop.versions(features, facts, finished.versions).read()
        assert versions["state"].to_list() == ["champion", "refused"]
        assert versions["decided_because"].to_list() == ["first", "worse_than_champion"]
        assert versions["loss"][1] > versions["champion_loss"][1]

    def test_another_horizon_needs_another_model(self, finished: Finished, tmp_path: Path) -> None:
        settings = finished.shop.settings
        other = settings.model_copy(update={"churn": settings.churn.model_copy(update={"population_days": 120})})
        shop = ChurnShop(tmp_path, other, END)
        versions = shop.versions(finished.features, finished.facts, finished.versions).read()
        assert versions["trained_because"].to_list() == ["settings"]
        assert versions["decided_because"].to_list() == ["new_layout"]

    def test_the_copy_for_people_is_named_by_its_hash(self, finished: Finished) -> None:
        row = finished.versions.read().row(0, named=True)
        copy = finished.shop.folder / "state" / "models" / f"churn-{row['version'][:16]}.json"
        assert file_sha256(copy) == row["version"]


def test_names_in_contracts_are_those_of_the_models() -> None:
    assert set(ABSTENTIONS) == set(CHURN_ABSTENTIONS)
    assert set(METHODS) | {"prior"} == set(CHURN_METHODS)
    assert GROUPS == REASON_CODES
