"""Lifetime value: levels, choices and intervals by hand, and a shop whose future is known."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from models.lifetime.candidates import fitted_candidates
from models.lifetime.forecast import discounting, forecast
from models.lifetime.intervals import coverage_of, fitted_intervals
from models.lifetime.judging import chosen, deviances, judged, normalised_gini
from models.lifetime.level import level_at
from models.lifetime.slices import Slice, finished, fitted_basis, slice_of
from models.lifetime.validation import Validation, validated
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.features import FEATURES

HORIZON, FIRST_ON = 90, date(2025, 1, 1)
OUTCOME = ("next_bought_amount", "next_purchase_count")
Vector = npt.NDArray[np.float64]


def vector(*values: float) -> Vector:
    return np.array(values, dtype=np.float64)


def shop_slice(cutoff: date, customers: int = 1_200, season: float = 1.0, seed: int = 1) -> pl.DataFrame:
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
    return pl.DataFrame(told).with_columns(missing).select(spec.names)


def made(cutoff: date, **how: float) -> Slice:
    return slice_of(shop_slice(cutoff, **how), HORIZON, OUTCOME)  # type: ignore[arg-type]


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


class TestForecast:
    CUTOFF = date(2026, 9, 1)

    def slices(self) -> list[Slice]:
        return [made(self.CUTOFF - timedelta(days=days), seed=days) for days in (270, 180, 90)]

    def test_validated_by_time_where_slices_are_old_enough(self) -> None:
        validation = validated(self.slices(), self.CUTOFF, FIRST_ON, HORIZON)
        assert validation is not None
        assert (validation.held_out, validation.cutoff) == ("time", self.CUTOFF - timedelta(days=90))
        assert set(validation.amounts) == {"btyd", "two_stage", "poisson", "mean"}

    def test_else_by_customers(self) -> None:
        """Two slices that overlap: the older was not over when the newer began."""
        slices = [made(self.CUTOFF - timedelta(days=days), seed=days) for days in (120, 90)]
        validation = validated(slices, self.CUTOFF, FIRST_ON, HORIZON)
        assert validation is not None
        assert validation.held_out == "customers"
        assert normalised_gini(validation.actual, validation.amounts["mean"]) > 0.3

    def test_total_is_that_of_the_level_whoever_is_chosen(self) -> None:
        slices, tonight = self.slices(), unfinished(made(self.CUTOFF, seed=7))
        validation = validated(slices, self.CUTOFF, FIRST_ON, HORIZON)
        told = forecast(tonight, slices, validation, FIRST_ON, HORIZON)
        assert told.amount.sum() == pytest.approx(tonight.value.sum() * told.level.amount)
        assert told.orders.sum() == pytest.approx(tonight.orders.sum() * told.level.orders)
        assert told.high is not None
        assert 0.75 <= coverage_of((told.low, told.high), made(self.CUTOFF, seed=7).later) <= 0.86

    def test_the_future_changes_no_forecast(self) -> None:
        """Outcomes of slices that are not over, and tonight's own, are shuffled: nothing moves."""
        slices = self.slices()
        alive = made(self.CUTOFF - timedelta(days=30), seed=30)
        shuffled = replace(alive, later_amount=alive.later[::-1].copy())
        tonight = unfinished(made(self.CUTOFF, seed=7))
        told = [
            forecast(tonight, every, validated(every, self.CUTOFF, FIRST_ON, HORIZON), FIRST_ON, HORIZON)
            for every in ([*slices, alive], [*slices, shuffled])
        ]
        assert np.array_equal(told[0].amount, told[1].amount)

    def test_young_shops_hear_btyd_alone(self) -> None:
        tonight = unfinished(made(self.CUTOFF))
        told = forecast(tonight, [], validated([], self.CUTOFF, FIRST_ON, HORIZON), FIRST_ON, HORIZON)
        assert told.method == "btyd_young_shop"
        assert np.array_equal(told.amount, tonight.value)
        assert told.low is None

    def test_the_same_bytes_twice(self) -> None:
        slices = self.slices()
        first, second = (fitted_candidates(slices).amounts(slices[0])["mean"] for _ in range(2))
        assert first.tobytes() == second.tobytes()

    def test_little_buying_teaches_btyd_only(self) -> None:
        assert set(fitted_candidates([made(self.CUTOFF, customers=150)]).amounts(made(self.CUTOFF))) == {"btyd"}

    def test_frame_there_and_back(self) -> None:
        validation = validated(self.slices(), self.CUTOFF, FIRST_ON, HORIZON)
        assert validation is not None
        again = Validation.from_frame(validation.to_frame())
        assert again is not None
        assert again.choice == validation.choice
        assert again.coverage("mean") == validation.coverage("mean")
        assert Validation.from_frame(validation.to_frame().clear()) is None


class TestDiscounting:
    def test_first_horizon_counts_from_its_middle_and_later_ones_less(self) -> None:
        frame = shop_slice(date(2026, 9, 1), customers=400)
        basis = fitted_basis(frame)
        one, five = (discounting(frame, basis, 365, years, 0.1) for years in (1, 5))
        assert one == pytest.approx(np.full(400, 1.1**-0.5))
        most = sum(1.1 ** -(year + 0.5) for year in range(5))
        assert ((one < five) & (five <= most)).all()
