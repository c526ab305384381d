"""The published fits of the CDNOW sample, to the last digit that was printed."""

import numpy as np
import polars as pl
import pytest
from cdnow import CALIBRATED, cdnow_purchases, cdnow_summary
from scipy.optimize import minimize

from models.btyd.fit import fit
from models.btyd.likelihood import Likelihood, Parameters, Shape
from models.btyd.model import BtydModel, ModelName
from models.btyd.summary import PurchaseSummary


def history(x: float, last: float, known: float) -> PurchaseSummary:
    return PurchaseSummary(np.array([x]), np.array([last]), np.array([known]), np.ones(1))


def values(model: BtydModel) -> tuple[float, ...]:
    found = model.parameters
    return found.r, found.alpha, found.a, found.b


class TestFits:
    def test_bg_nbd_of_fader_hardie_and_lee(self) -> None:
        """Marketing Science 24(2), table 2: r .243, alpha 4.414, a .793, b 2.426, LL -9,582.4."""
        model = fit(cdnow_summary(), "bg")
        assert values(model) == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), abs=6e-5)
        assert model.log_likelihood == pytest.approx(-9582.43, abs=0.006)

    def test_mbg_nbd_of_btydplus(self) -> None:
        model = fit(cdnow_summary(), "mbg")
        assert values(model) == pytest.approx((0.5248, 6.1830, 0.8914, 1.6140), abs=6e-5)
        assert model.log_likelihood == pytest.approx(-9582.13, abs=0.006)

    def test_nbd_is_the_model_that_nobody_leaves(self) -> None:
        """r .385, alpha 12.072, LL -9,763.7: the limit where a vanishes."""
        likelihood = Likelihood(cdnow_summary().grouped(), Shape(1, leaves_at_once=False))
        never = np.log([1e-12, 1e6])

        def loss(logs: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = likelihood.mean_and_gradient(np.concatenate([logs, never]))
            return -value, -gradient[:2]

        found = minimize(loss, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9})
        assert np.exp(found.x) == pytest.approx([0.385, 12.072], abs=6e-4)
        assert -found.fun * 2357 == pytest.approx(-9763.7, abs=0.06)

    def test_the_most_likely_model_is_chosen(self) -> None:
        assert fit(cdnow_summary()).name == "mbg"

    def test_groups_fit_like_their_customers(self) -> None:
        grouped = cdnow_summary().grouped()
        assert grouped.customer_count == 2357
        assert len(grouped) < 1500
        assert values(fit(grouped, "bg")) == pytest.approx(values(fit(cdnow_summary(), "bg")), rel=1e-9)

    @pytest.mark.parametrize("unit", [7.0, 1 / 52])
    def test_the_unit_of_time_does_not_matter(self, unit: float) -> None:
        weeks = cdnow_summary()
        model = fit(PurchaseSummary(weeks.repeats, weeks.last * unit, weeks.known * unit, weeks.weights), "mbg")
        assert values(model) == pytest.approx((0.5248, 6.1830 * unit, 0.8914, 1.6140), rel=1e-4)


class TestForecasts:
    def test_expected_purchases_of_one_customer(self) -> None:
        """Fader, Hardie & Lee 2005, note on BG/NBD in Excel: 1.226 in 39 weeks."""
        expected = fit(cdnow_summary(), "bg").expected_purchases(history(2, 30.43, 38.86), 39)
        assert expected[0] == pytest.approx(1.226, abs=5e-4)

    @pytest.mark.parametrize(("name", "alive", "purchases"), [("bg", 0.81344, 1653.42), ("mbg", 0.44872, 1576.74)])
    def test_the_whole_sample(self, name: ModelName, alive: float, purchases: float) -> None:
        model = fit(cdnow_summary(), name)
        assert model.alive_probability(cdnow_summary()).mean() == pytest.approx(alive, abs=6e-6)
        assert model.expected_purchases(cdnow_summary(), 39).sum() == pytest.approx(purchases, abs=0.02)

    @pytest.mark.parametrize(
        ("name", "mae", "rmse", "bias"), [("bg", 0.7855, 1.608, -0.121), ("mbg", 0.7648, 1.607, -0.162)]
    )
    def test_against_the_39_weeks_that_followed(self, name: ModelName, mae: float, rmse: float, bias: float) -> None:
        purchases = cdnow_purchases()
        later = purchases.group_by("customer").agg((pl.col("on") > CALIBRATED).sum().alias("bought")).sort("customer")
        actual = later["bought"].to_numpy()
        expected = fit(cdnow_summary(), name).expected_purchases(cdnow_summary(), 39)
        assert actual.sum() == 1882
        assert np.abs(expected - actual).mean() == pytest.approx(mae, abs=6e-5)
        assert np.sqrt(((expected - actual) ** 2).mean()) == pytest.approx(rmse, abs=6e-4)
        assert expected.sum() / actual.sum() - 1 == pytest.approx(bias, abs=6e-4)


class TestHardCases:
    @pytest.mark.parametrize(
        ("parameters", "histories"),
        [
            (
                (0.5143, 2.8845, 0.2856, 14.1087),
                ((221, 103.43, 103.57), (254, 97.14, 97.29), (161, 94.71, 98.0), (204, 98.57, 99.43)),
            ),
            ((10.465, 0.00798565, 3.0516, 2.82), ((40, 5, 6), (50, 1, 37), (50, 4, 37))),
            ((0.5, 10.0, 1.0, 2.0), ((0, 0, 0), (3, 7, 7), (1_000, 900, 1_000))),
            ((30.0, 9_000.0, 1e-6, 1e6), ((0, 0, 700), (40, 699, 700))),
        ],
    )
    @pytest.mark.parametrize(("name", "k"), [("bg", 1), ("mbg", 1), ("cnbd", 3)])
    def test_everything_stays_finite(
        self, parameters: tuple[float, ...], histories: tuple[tuple[float, ...], ...], name: ModelName, k: int
    ) -> None:
        model = BtydModel(name, k, Parameters(*parameters), 0.0, 1.0)
        summary = PurchaseSummary(*(np.array(column, dtype=float) for column in zip(*histories, strict=True)),
                                  np.ones(len(histories)))  # fmt: skip
        for days in (0.0, 1.0, 39.0, 3_650.0):
            for share in (model.alive_probability(summary), model.no_purchase_probability(summary, days)):
                assert np.isfinite(share).all()
                assert ((share >= 0) & (share <= 1)).all()
            expected = model.expected_purchases(summary, days)
            assert np.isfinite(expected).all()
            assert (expected >= 0).all()
