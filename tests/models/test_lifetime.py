"""Lifetime value: levels, choices and intervals by hand, and a shop whose future is known."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from models.lifetime.candidates import fitted
from models.lifetime.forecast import discounting, forecast
from models.lifetime.intervals import coverage_of, fitted_intervals
from models.lifetime.judging import chosen, deviances, judged, normalised_gini
from models.lifetime.level import level_at
from models.lifetime.model import LifetimeModel
from models.lifetime.slices import Horizon, Slice, finished, fitted_basis, slice_of
from models.lifetime.training import Question, Trained, trained
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.features import FEATURES

HORIZON, FIRST_ON = 90, date(2025, 1, 1)
OUTCOME = ("next_bought_amount", "next_purchase_count")
NEXT = Horizon(HORIZON, *OUTCOME)
YEAR_NAMES = ("year_bought_amount", "year_purchase_count")
YEAR = Horizon(365, *YEAR_NAMES)
Vector = npt.NDArray[np.float64]


def vector(*values: float) -> Vector:
    return np.array(values, dtype=np.float64)


def shop_slice(cutoff: date, customers: int = 800, season: float = 1.0, seed: int = 1) -> pl.DataFrame:
    """Rows of customer_features: people who buy at their own pace and price, `season` times as much afterwards."""
    chance = np.random.default_rng(seed)
    pace, price = chance.gamma(0.8, 1 / 40, customers), chance.gamma(4.0, 25.0, customers)
    known = chance.integers(90, 300, customers)
    repeats = chance.poisson(pace * known)
    since = np.where(repeats > 0, (known * chance.beta(1, repeats + 1.0)).astype(int), known)
    later = chance.poisson(pace * HORIZON)
    told = {
        "cutoff_on": [cutoff] * customers,
        "customer_id": [f"c{number:05}" for number in range(customers)],
        "is_scored": [False] * customers,
        "repeat_count": repeats,
        "span_days": known - since,
        "known_days": known,
        "since_last_days": since,
        "purchase_count": repeats + 1,
        "bought_amount": price * (repeats + 1),
        OUTCOME[0]: later * price * season,
        OUTCOME[1]: later,
    }
    spec = TABLES["customer_features"]
    missing = [pl.lit(0 if name in FEATURES else None).alias(name) for name in spec.names if name not in told]
    rows = pl.DataFrame(told).with_columns(missing).select(spec.names)
    return rows.cast({YEAR_NAMES[0]: pl.Float64, YEAR_NAMES[1]: pl.Int64})


def made(cutoff: date, **how: float) -> Slice:
    return slice_of(shop_slice(cutoff, **how), NEXT)  # type: ignore[arg-type]


def unfinished(each: Slice) -> Slice:
    return replace(each, later_amount=None, later_orders=None)


class TestLevel:
    def test_the_season_of_a_year_ago_counts_where_it_is_known(self) -> None:
        cutoff = date(2026, 9, 1)
        year_ago, recent = made(cutoff - timedelta(days=365), season=2.0), made(cutoff - timedelta(days=90))
        level = level_at(cutoff, [year_ago, recent], FIRST_ON, HORIZON)
        assert level.learnt_from == "year_ago"
        assert level.amount == pytest.approx(year_ago.later.sum() / year_ago.value.sum())

    def test_too_short_a_history_a_year_ago_teaches_no_season(self) -> None:
        cutoff = date(2026, 4, 1)
        slices = [made(cutoff - timedelta(days=365)), made(cutoff - timedelta(days=90))]
        assert level_at(cutoff, slices, FIRST_ON, HORIZON).learnt_from == "recent"

    def test_one_window_is_shrunk_to_two_fifths(self) -> None:
        """1 window against 1.5 windows of no deviation, in logarithms."""
        cutoff = date(2026, 9, 1)
        recent = made(cutoff - timedelta(days=90), season=3.0)
        level = level_at(cutoff, [recent], FIRST_ON, HORIZON)
        assert np.log(level.amount) == pytest.approx(0.4 * np.log(recent.later.sum() / recent.value.sum()))

    def test_what_is_not_over_teaches_nothing(self) -> None:
        cutoff = date(2026, 9, 1)
        slices = [made(cutoff - timedelta(days=89)), unfinished(made(cutoff - timedelta(days=365)))]
        assert finished(slices, cutoff, HORIZON) == []
        assert level_at(cutoff, slices, FIRST_ON, HORIZON).learnt_from == "nothing"


class TestJudging:
    def test_gini_by_hand(self) -> None:
        """In the true order 1, in the reverse -1, all alike 0."""
        actual = vector(0, 1, 2, 5)
        assert normalised_gini(actual, vector(1, 2, 3, 4)) == pytest.approx(1)
        assert normalised_gini(actual, vector(4, 3, 2, 1)) == pytest.approx(-1)
        assert normalised_gini(actual, vector(7, 7, 7, 7)) == pytest.approx(0)

    def test_deviance_is_zero_where_right_and_least_at_the_mean(self) -> None:
        assert deviances(vector(4, 9), vector(4, 9)) == pytest.approx([0, 0])
        actual = vector(0, 0, 0, 100)
        at = {mean: float(deviances(actual, np.full(4, mean)).mean()) for mean in (20.0, 25.0, 30.0)}
        assert min(at, key=at.__getitem__) == 25

    def test_measures_by_hand(self) -> None:
        found = judged(vector(0, 10), vector(2, 6))
        assert (found.mae, found.bias) == (3.0, pytest.approx(-0.2))
        assert found.rmse == pytest.approx(np.sqrt(10))

    def test_the_mean_is_published_unless_another_is_clearly_better(self) -> None:
        chance = np.random.default_rng(2)
        actual = chance.gamma(1.0, 100.0, 2_000)
        noise = actual * chance.uniform(0.5, 1.5, 2_000)
        flat = np.full(2_000, 100.0)
        assert chosen(actual, {"btyd": flat, "mean": noise}) == "mean"
        assert chosen(actual, {"btyd": noise, "mean": flat}) == "btyd"
        assert chosen(actual, {"btyd": noise * 3, "mean": noise}) == "mean"
        assert chosen(actual, {"btyd": flat}) == "btyd"


class TestIntervals:
    @pytest.mark.parametrize("buying", [0.95, 0.6, 0.3])
    def test_others_are_covered_as_promised(self, buying: float) -> None:
        chance = np.random.default_rng(4)
        expected = chance.gamma(2.0, 50.0, 20_000)
        spends = chance.random(20_000) < buying * np.minimum(1, expected / 60)
        actual = np.where(spends, expected * chance.lognormal(0, 0.8, 20_000), 0.0)
        intervals = fitted_intervals(expected[:10_000], actual[:10_000])
        assert intervals is not None
        low, high = intervals.of(expected[10_000:])
        assert (low <= high).all()
        assert 0.78 <= coverage_of((low, high), actual[10_000:]) <= 0.86

    def test_where_nobody_comes_zero_is_the_interval(self) -> None:
        intervals = fitted_intervals(np.arange(1.0, 201.0), np.zeros(200))
        assert intervals is not None
        assert intervals.of(vector(50.0)) == (0.0, 0.0)

    def test_too_few_teach_none(self) -> None:
        assert fitted_intervals(np.ones(60), np.ones(60)) is None


def without_outcome(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(None, frame.schema[name]).alias(name) for name in (*OUTCOME, *YEAR_NAMES))


def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(name).reverse() for name in OUTCOME)


def told(model: LifetimeModel, tonight: pl.DataFrame) -> pl.DataFrame:
    return forecast(tonight, model, 5, 0.1)


@pytest.fixture(scope="module")
def three() -> Trained:
    """Trained on slices cut 270, 180 and 90 days ago."""
    return TestTraining().made(270, 180, 90)


class TestTraining:
    CUTOFF = date(2026, 9, 1)

    def tonight(self) -> pl.DataFrame:
        return without_outcome(shop_slice(self.CUTOFF, seed=7))

    def made(self, *ages: int, question: Question | None = None, years: tuple[int, ...] = ()) -> Trained:
        """Trained on slices cut so many days ago; those of `years` also know what came in 12 months: four times it."""
        tonight = self.tonight()
        frames = [self.slice(days, days in years) for days in ages]
        return trained(
            pl.concat([tonight.clear(), *frames]),
            tonight,
            fitted_basis(tonight),
            FIRST_ON,
            question or Question(NEXT, NEXT),
        )

    def slice(self, days: int, has_year: bool) -> pl.DataFrame:
        rows = shop_slice(self.CUTOFF - timedelta(days=days), seed=days)
        if not has_year:
            return rows
        more = ((4 * pl.col(name)).alias(year) for name, year in zip(OUTCOME, YEAR_NAMES, strict=True))
        return rows.with_columns(more).cast({YEAR.amount: rows.schema[NEXT.amount]})

    def test_held_out_is_the_newest_slice_whose_outcome_is_over(self, three: Trained) -> None:
        made = three
        assert made.validation is not None
        assert made.validation.cutoff == self.CUTOFF - timedelta(days=90)
        assert set(made.validation.amounts) == {"btyd", "two_stage", "poisson", "mean"}
        assert made.model.method == f"{made.validation.choice}_held_out_time"
        assert normalised_gini(made.validation.actual, made.validation.amounts["mean"]) > 0.3

    def test_where_nothing_was_over_before_it_btyd_alone_is_tested(self) -> None:
        """Two slices that overlap: the older was not over when the newer began."""
        made = self.made(120, 90)
        assert made.validation is not None
        assert set(made.validation.amounts) == {"btyd"}
        assert made.model.method == "btyd_held_out_time"
        assert made.model.intervals is not None

    def test_two_years_of_history_learn_the_short_horizon_and_are_judged_on_the_long(self) -> None:
        made = self.made(545, 455, 365, 180, 90, question=Question(YEAR, NEXT), years=(365,))
        assert made.validation is not None
        assert (made.validation.cutoff, made.model.forecaster.learn_days) == (
            self.CUTOFF - timedelta(days=365),
            HORIZON,
        )
        assert set(made.validation.amounts) == {"btyd", "two_stage", "poisson", "mean"}
        assert made.short_coverage is not None

    def test_coverage_over_time_is_not_told_of_slices_that_the_twin_learnt_from(self, three: Trained) -> None:
        """Asked for 90 days, the twin of 90 days ago knows the outcome of the slice of 180 days ago."""
        assert three.validation is not None
        assert three.short_coverage is None

    def test_three_years_learn_the_long_one(self) -> None:
        made = self.made(730, 455, 365, 90, question=Question(YEAR, NEXT), years=(730, 365))
        assert made.model.forecaster.learn_days == 365

    def test_total_is_that_of_the_level_whoever_is_chosen(self, three: Trained) -> None:
        model, tonight = three.model, self.tonight()
        rows = told(model, tonight)
        view = slice_of(tonight, NEXT, model.forecaster.basis)
        level = model.forecaster.level
        assert rows["expected_revenue_12m_amount"].sum() == pytest.approx(view.value.sum() * level.amount, rel=1e-4)
        assert rows["expected_orders_12m"].sum() == pytest.approx(view.orders.sum() * level.orders, rel=1e-4)

    def test_intervals_cover_what_comes(self, three: Trained) -> None:
        rows = told(three.model, self.tonight())
        low, high = (rows[f"revenue_12m_{end}_amount"].to_numpy() for end in ("low", "high"))
        assert (low <= high).all()
        assert 0.75 <= coverage_of((low, high), shop_slice(self.CUTOFF, seed=7)[NEXT.amount].to_numpy()) <= 0.88

    def test_the_future_changes_no_forecast(self) -> None:
        """Outcomes of a slice that is not over, and tonight's own, are shuffled: no digit of the model moves."""
        known, asked = [self.slice(days, has_year=False) for days in (180, 90)], shop_slice(self.CUTOFF, seed=7)
        alive = self.slice(30, has_year=False)
        found = [
            trained(pl.concat([*known, last]), tonight, fitted_basis(tonight), FIRST_ON, Question(NEXT, NEXT)).model
            for last, tonight in ((alive, asked), (shuffled(alive), shuffled(asked)))
        ]
        assert found[0].to_json() == found[1].to_json()

    def test_one_customer_s_forecast_does_not_hang_on_the_others(self, three: Trained) -> None:
        model, tonight = three.model, self.tonight()
        assert told(model, tonight.slice(100, 50)).equals(told(model, tonight).slice(100, 50))

    def test_young_shops_hear_btyd_alone_and_no_interval(self) -> None:
        model, tonight = self.made().model, self.tonight()
        rows = told(model, tonight)
        assert rows["method"].unique().to_list() == ["btyd_young_shop"]
        assert rows["revenue_12m_low_amount"].null_count() == rows.height
        expected = slice_of(tonight, NEXT, model.forecaster.basis).value
        assert rows["expected_revenue_12m_amount"].to_numpy() == pytest.approx(expected, abs=0.006)

    def test_there_and_back_as_json_gives_the_same_bytes(self, three: Trained) -> None:
        model = three.model
        text = json.dumps(model.to_json(), sort_keys=True)
        again = LifetimeModel.from_json(json.loads(text))
        assert json.dumps(again.to_json(), sort_keys=True) == text
        assert told(again, self.tonight()).equals(told(model, self.tonight()))
        assert json.dumps(self.made(270, 180, 90).model.to_json(), sort_keys=True) == text

    def test_little_buying_teaches_btyd_only(self) -> None:
        assert fitted([made(self.CUTOFF, customers=150)]) is None

    def test_drift_is_nothing_tonight_and_much_after_an_upheaval(self, three: Trained) -> None:
        model, tonight = three.model, self.tonight()
        assert model.largest_drift(tonight)[1] == pytest.approx(0, abs=1e-6)
        name, value = model.largest_drift(tonight.with_columns(bought_amount=pl.col("bought_amount") * 20))
        assert value > 0.25
        assert name in {"bought_amount", "mean_amount", "day_spend", "btyd_amount", "score"}


class TestDiscounting:
    def test_first_horizon_counts_from_its_middle_and_later_ones_less(self) -> None:
        frame = shop_slice(date(2026, 9, 1), customers=400)
        basis = fitted_basis(frame)
        one, five = (discounting(frame, basis, 365, years, 0.1) for years in (1, 5))
        assert one == pytest.approx(np.full(400, 1.1**-0.5))
        most = sum(1.1 ** -(year + 0.5) for year in range(5))
        assert ((one < five) & (five <= most)).all()
