"""Forecasts brought to what came: overshooting at the top is cut, ranks stay, few rows are hardly believed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lifetime.autocalibration import LEANING, MOST, Correction, fitted_correction


def overshooting(rows: int = 100_000, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts that are right up to 100, and of every further 1 only .5 comes; what comes is spread around that."""
    chance = np.random.default_rng(seed)
    forecast = chance.lognormal(3.0, 1.2, rows)
    expected = np.minimum(forecast, 100) + 0.5 * np.maximum(forecast - 100, 0)
    return forecast, expected * chance.gamma(2.0, 0.5, rows)


def test_what_overshoots_is_cut_and_the_rest_stays() -> None:
    correction = fitted_correction(*overshooting())
    told = correction.corrected(np.array([10.0, 40.0, 300.0]))
    assert told == pytest.approx([10, 40, 200], rel=0.1)


def test_of_others_as_much_comes_as_is_forecast() -> None:
    correction = fitted_correction(*overshooting())
    forecast, came = overshooting(seed=4)
    told = correction.corrected(forecast)
    for low, high in ((0, 0.5), (0.5, 0.9), (0.9, 0.99), (0.99, 1.0)):
        rows = (forecast >= np.quantile(forecast, low)) & (forecast <= np.quantile(forecast, high))
        assert told[rows].sum() == pytest.approx(came[rows].sum(), rel=0.1)


def test_a_group_leans_on_thirty_customers_without_deviation() -> None:
    """2,000 equal forecasts of 10 of whom twice as much came: (n * 20 + 30 * 10) / (n + 30) in every group of n."""
    correction = fitted_correction(np.full(2_000, 10.0), np.full(2_000, 20.0))
    factor = float(correction.corrected(np.array([10.0]))[0]) / 10
    assert correction.at == pytest.approx([np.log(10)])
    smallest, largest = 10, 100
    assert (2 * smallest + LEANING) / (smallest + LEANING) < factor < (2 * largest + LEANING) / (largest + LEANING)


def test_no_correction_is_greater_than_threefold() -> None:
    correction = fitted_correction(np.linspace(1, 100, 5_000), np.linspace(100, 10_000, 5_000))
    assert np.exp(correction.log_factors) == pytest.approx(np.full(len(correction.at), MOST))


def test_nobody_buying_does_not_forecast_nothing() -> None:
    correction = fitted_correction(np.linspace(1, 100, 5_000), np.zeros(5_000))
    assert correction.corrected(np.array([50.0]))[0] == pytest.approx(50 / MOST)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_customers_stays(seed: int) -> None:
    chance = np.random.default_rng(seed)
    forecast = np.sort(chance.lognormal(3, 1, 600))
    correction = fitted_correction(forecast, forecast * chance.gamma(0.3, 1 / 0.3, 600))
    assert (np.diff(np.log(correction.corrected(forecast))) >= -1e-9).all()


def test_there_and_back_as_json_and_whatever_the_order_of_rows() -> None:
    forecast, came = overshooting(3_000)
    correction = fitted_correction(forecast, came)
    again = Correction.from_json(json.loads(json.dumps(correction.to_json())))
    assert (again.corrected(forecast) == correction.corrected(forecast)).all()
    turned = fitted_correction(forecast[::-1], came[::-1])
    np.testing.assert_allclose(turned.log_factors, correction.log_factors, atol=1e-8)
