"""Gamma-Gamma: the published fit, exact gradient, known customers recovered, and the test of its assumption."""

import json

import numpy as np
import numpy.typing as npt
import pytest
from cdnow import published_spend, repeat_spend

from models import gamma_gamma
from models.gamma_gamma import GammaGamma, fit, independence
from pipeline.errors import HuitouError

Vector = npt.NDArray[np.float64]


def customers(p: float, q: float, gamma: float, count: int) -> tuple[Vector, Vector]:
    """Days with a purchase and mean spend of simulated customers."""
    chance = np.random.default_rng(11)
    purchases = chance.geometric(0.4, count).astype(np.float64)
    mean = chance.gamma(p * purchases) / chance.gamma(q, 1 / gamma, count) / purchases
    return purchases, mean


class TestPublished:
    def test_fit_of_fader_and_hardie(self) -> None:
        """Note 025: 946 repeat buyers, p 6.25, q 3.74, gamma 15.44; four digits as CLVTools prints them."""
        purchases, mean = published_spend()
        model = fit(purchases, mean)
        assert model.customer_count == 946
        assert (model.p, model.q, model.gamma) == pytest.approx((6.2488, 3.7446, 15.4477), abs=6e-5)
        assert model.log_likelihood == pytest.approx(-4055.92, abs=0.006)
        assert model.population_mean == pytest.approx(35.171, abs=6e-4)

    def test_expected_spend_of_the_first_ten(self) -> None:
        model = fit(*published_spend())
        first = repeat_spend().head(10)
        spend = model.expected_spend(first["x"].cast(float).to_numpy(), first["spend"].to_numpy())
        assert spend == pytest.approx([24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17], abs=6e-3)


class TestFit:
    def test_gradient_is_the_slope(self) -> None:
        likelihood = gamma_gamma._Likelihood(*customers(3.0, 4.0, 20.0, 200))
        for theta in (np.array([0.3, 1.0, 2.0]), np.array([2.0, 0.5, -1.0])):
            _, gradient = likelihood.mean_and_gradient(theta)
            for number, slope in enumerate(gradient):
                aside = np.zeros(3)
                aside[number] = 1e-5
                ahead, behind = (likelihood.mean_and_gradient(theta + sign * aside)[0] for sign in (1, -1))
                assert slope == pytest.approx((ahead - behind) / 2e-5, abs=1e-7)

    @pytest.mark.parametrize("count", [30_000, 60_000])
    def test_parameters_come_back(self, count: int) -> None:
        """Also where a part is searched first."""
        model = fit(*customers(3.0, 4.0, 20.0, count))
        for name, true in (("p", 3.0), ("q", 4.0), ("gamma", 20.0)):
            assert abs(getattr(model, name) - true) < 3.5 * model.standard_errors[name]
            assert model.standard_errors[name] < 0.1 * true

    def test_one_purchase_leans_on_everybody_and_many_speak_for_themselves(self) -> None:
        model = GammaGamma(p=2.0, q=3.0, gamma=20.0, log_likelihood=0.0, customer_count=1.0)
        assert model.population_mean == 20
        spend = model.expected_spend(np.array([0.0, 1.0, 1e9]), np.array([0.0, 80.0, 80.0]))
        assert spend == pytest.approx([20, 2 * (20 + 80) / (2 + 2), 80])

    def test_the_currency_does_not_matter(self) -> None:
        purchases, mean = customers(3.0, 4.0, 20.0, 3_000)
        yuan, fen = fit(purchases, mean), fit(purchases, mean * 100)
        assert (fen.p, fen.q, fen.gamma) == pytest.approx((yuan.p, yuan.q, 100 * yuan.gamma), rel=1e-4)

    def test_nobody_bought_twice(self) -> None:
        with pytest.raises(HuitouError, match="nobody bought twice"):
            fit(np.ones(5), np.arange(1.0, 6.0))

    def test_json_there_and_back(self) -> None:
        model = fit(*customers(3.0, 4.0, 20.0, 500))
        assert GammaGamma.from_json(json.loads(json.dumps(model.to_json()))) == model


class TestIndependence:
    def test_holds_where_it_was_simulated(self) -> None:
        assert not independence(*customers(3.0, 4.0, 20.0, 20_000)).is_doubtful

    def test_is_doubted_where_the_frequent_spend_more(self) -> None:
        purchases, mean = customers(3.0, 4.0, 20.0, 20_000)
        tested = independence(purchases, mean * purchases)
        assert tested.is_doubtful
        assert tested.spearman > 0.3

    def test_one_timers_say_nothing(self) -> None:
        assert independence(np.ones(9), np.arange(1.0, 10.0)).customer_count == 0
