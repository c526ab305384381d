"""Buy-till-you-die models: exact gradients, known customers recovered, forecasts that simulated futures confirm."""

import json

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_customers import simulated

from models.btyd import expectation
from models.btyd.fit import fit
from models.btyd.likelihood import Likelihood, Parameters, Shape
from models.btyd.model import BtydModel, ModelName
from models.btyd.summary import PurchaseSummary, summary_of
from pipeline.errors import HuitouError

SHOP = Parameters(0.8, 12.0, 0.9, 3.0)
SHAPES = [("bg", 1), ("mbg", 1), ("cnbd", 2), ("cnbd", 4)]


def histories(*rows: tuple[float, float, float]) -> PurchaseSummary:
    columns = np.array(rows, dtype=float).reshape(-1, 3).T
    return PurchaseSummary(*columns, np.ones(len(rows)))


def two_traits(customers: int) -> npt.NDArray[np.float64]:
    chance = np.random.default_rng(3)
    return np.column_stack([chance.integers(0, 2, customers), chance.integers(0, 2, customers)]).astype(float)


class TestLikelihood:
    @pytest.mark.parametrize(("name", "k"), SHAPES)
    @pytest.mark.parametrize("with_traits", [False, True])
    def test_gradient_is_the_slope(self, name: ModelName, k: int, with_traits: bool) -> None:
        traits = two_traits(300) if with_traits else None
        world = Parameters(0.8, 12.0, 0.9, 3.0, (0.4, -0.2), (0.3, 0.5)) if with_traits else SHOP
        summary = simulated(world, 300, k=k, traits=traits).summary.grouped()
        likelihood = Likelihood(summary, Shape(k, leaves_at_once=name != "bg"))
        for seed in range(3):
            theta = world.packed() + np.random.default_rng(seed).normal(0, 0.7, len(world.packed()))
            _, gradient = likelihood.mean_and_gradient(theta)
            for number, slope in enumerate(gradient):
                aside = np.zeros_like(theta)
                aside[number] = 1e-5
                ahead, behind = (likelihood.mean_and_gradient(theta + sign * aside)[0] for sign in (1, -1))
                assert slope == pytest.approx((ahead - behind) / 2e-5, abs=1e-7)

    def test_k_phases_of_a_gap_by_hand(self) -> None:
        """One customer, one gap of 2 by T = 3, k = 2, mixing nearly fixed: rate 0.5, leaving 0.25.

        Stays after the first purchase (.75), gap density .5^2 * 2 * e^-1, then leaves (.25) or stays (.75) and has
        not finished the next gap after 1 more: e^-.5 (1 + .5).
        """
        summary = PurchaseSummary(np.ones(1), np.array([2.0]), np.array([3.0]), np.ones(1), np.array([np.log(2.0)]))
        sharp = Parameters(1e7, 2e7, 1e7, 3e7)
        exact = 0.75 * 0.25 * 2 * np.exp(-1) * (0.25 + 0.75 * np.exp(-0.5) * 1.5)
        assert Likelihood(summary, Shape(2, leaves_at_once=True)).total(sharp) == pytest.approx(np.log(exact), abs=1e-5)

    @given(
        st.floats(0.05, 20), st.floats(0.05, 200), st.floats(0.05, 20), st.floats(0.05, 20), st.integers(0, 60),
        st.floats(0, 1), st.floats(0, 900), st.sampled_from(SHAPES),
    )  # fmt: skip
    def test_probabilities_whatever_the_customer(
        self, r: float, alpha: float, a: float, b: float, x: int, when: float, known: float,
        shape: tuple[ModelName, int],
    ) -> None:  # fmt: skip
        model = BtydModel(*shape, Parameters(r, alpha, a, b), 0.0, 1.0)
        summary = histories((x, known * when if x else 0.0, known))
        alive, *silent = (
            float(value[0])
            for value in (
                model.alive_probability(summary),
                model.no_purchase_probability(summary, 0),
                model.no_purchase_probability(summary, 30),
                model.no_purchase_probability(summary, 90),
            )
        )
        assert 0 <= alive <= 1
        assert silent[0] == 1
        assert silent[0] >= silent[1] >= silent[2] >= 1 - alive - 1e-9
        expected = model.expected_purchases(summary, 90)[0]
        assert 1 - silent[2] - 1e-7 <= expected < np.inf


class TestKnownCustomers:
    @pytest.mark.parametrize(("name", "k"), [("bg", 1), ("mbg", 1), ("cnbd", 2), ("cnbd", 3)])
    def test_parameters_come_back(self, name: ModelName, k: int) -> None:
        world = simulated(SHOP, 40_000, k=k, leaves_at_once=name != "bg")
        model = fit(world.summary, name, k if name == "cnbd" else None)
        for parameter in ("r", "alpha", "a", "b"):
            error = getattr(model.parameters, parameter) - getattr(SHOP, parameter)
            assert abs(error) < 3.5 * model.standard_errors[parameter], parameter
            assert model.standard_errors[parameter] < 0.3 * getattr(SHOP, parameter)

    @pytest.mark.parametrize("k", [1, 2, 4])
    def test_regularity_is_recognised(self, k: int) -> None:
        model = fit(simulated(SHOP, 4_000, k=k).summary)
        assert (model.name, model.k) == ("mbg" if k == 1 else "cnbd", k)

    def test_effects_of_traits_come_back(self) -> None:
        world = Parameters(0.8, 12.0, 0.9, 3.0, (0.4, 0.0), (0.0, 0.7))
        model = fit(simulated(world, 40_000, traits=two_traits(40_000)).summary, "mbg")
        assert model.parameters.pace_effects == pytest.approx((0.4, 0.0), abs=0.06)
        assert model.parameters.leaving_effects == pytest.approx((0.0, 0.7), abs=0.12)
        assert set(model.standard_errors) >= {"pace_effect_0", "leaving_effect_1"}

    @pytest.mark.parametrize(("name", "k"), [("bg", 1), ("mbg", 1), ("cnbd", 3)])
    def test_simulated_futures_confirm_the_forecast(self, name: ModelName, k: int) -> None:
        """Of 200,000 customers, by history: share without a purchase in 30 days, and purchases per head."""
        world = simulated(SHOP, 200_000, k=k, leaves_at_once=name != "bg", ahead=30.0)
        model = BtydModel(name, k, SHOP, 0.0, 1.0)
        silent = model.no_purchase_probability(world.summary, 30)
        expected = model.expected_purchases(world.summary, 30)
        order = np.argsort(silent, kind="stable")
        for tenth in np.array_split(order, 10):
            assert (world.later_purchases[tenth] == 0).mean() == pytest.approx(silent[tenth].mean(), abs=0.012)
            assert world.later_purchases[tenth].mean() == pytest.approx(expected[tenth].mean(), rel=0.05, abs=0.01)

    def test_much_data_is_fitted_like_little(self) -> None:
        """More groups than the first search looks at: the optimum is still that of all."""
        world = simulated(SHOP, 60_000)
        model = fit(world.summary, "mbg")
        grouped = world.summary.grouped()
        assert len(grouped) > 40_000
        _, gradient = Likelihood(grouped, Shape(1, leaves_at_once=True)).mean_and_gradient(model.parameters.packed())
        assert np.abs(gradient).max() < 1e-6


class TestExpectation:
    def test_two_formulas_agree(self) -> None:
        """The closed form of k = 1 and the sum over purchases."""
        chance = np.random.default_rng(0)
        alive = expectation.Alive(
            chance.uniform(0.3, 30, 200), chance.uniform(3, 300, 200), np.append(chance.uniform(0.1, 3, 199), 1.0),
            chance.uniform(1, 30, 200), np.ones((1, 200)),
        )  # fmt: skip
        closed = expectation.expected_purchases(alive, [60.0])[0]
        assert closed == pytest.approx(expectation._sums(alive, 60.0), rel=1e-5)

    @pytest.mark.parametrize("shares", [1, 3])
    def test_many_customers_are_told_what_each_alone_is(self, shares: int) -> None:
        chance = np.random.default_rng(8)
        size = expectation.MANY + 5_000
        rate, time = chance.integers(1, 40, size) + 0.5, chance.integers(5, 90, size) + 12.0
        weights = np.ones((shares, size)) / shares
        many = expectation.Alive(rate, time, np.full(size, 0.9), rate + 2, weights)
        some = chance.integers(0, size, 40)
        alone = expectation.expected_purchases(expectation._taken(many, some), [30.0, 60.0])
        assert expectation.expected_purchases(many, [30.0, 60.0])[:, some] == pytest.approx(alone, rel=1e-8)

    def test_one_who_never_leaves_buys_at_the_mean_pace(self) -> None:
        """Rate 4 / 8 for 60 days."""
        alive = expectation.Alive(np.array([4.0]), np.array([8.0]), np.array([1e-9]), np.array([1e6]), np.ones((1, 1)))
        assert expectation._sums(alive, 60.0)[0] == pytest.approx(30.0, rel=1e-6)


class TestSummaries:
    def test_from_a_table(self) -> None:
        frame = pl.DataFrame(
            {"repeat_count": [0, 2], "span_days": [0, 30], "known_days": [5, 40], "log_gap_sum": [0.0, 5.5]}
        )
        summary = summary_of(frame)
        assert summary.last.tolist() == [0, 30]
        assert summary.log_gap_total == 5.5

    def test_equal_histories_share_a_row(self) -> None:
        grouped = histories((1, 5, 9), (0, 0, 9), (1, 5, 9), (1, 4, 9)).grouped()
        assert grouped.repeats.tolist() == [0, 1, 1]
        assert grouped.weights.tolist() == [1, 1, 2]

    @pytest.mark.parametrize(
        ("why", "row"),
        [
            ("last after the end", (1, 10, 9)),
            ("a last repeat without repeats", (0, 3, 9)),
            ("half a purchase", (1.5, 3, 9)),
            ("negative time", (0, 0, -1)),
        ],
    )
    def test_impossible_histories_are_refused(self, why: str, row: tuple[float, float, float]) -> None:
        with pytest.raises(HuitouError, match="impossible"):
            histories(row)

    @pytest.mark.parametrize("rows", [(), ((0, 0, 9), (0, 0, 30))])
    def test_nothing_to_learn_is_said(self, rows: tuple[tuple[float, float, float], ...]) -> None:
        with pytest.raises(HuitouError, match="nothing to learn"):
            fit(histories(*rows))

    def test_json_there_and_back(self) -> None:
        model = fit(simulated(SHOP, 500).summary)
        assert BtydModel.from_json(json.loads(json.dumps(model.to_json()))) == model

    def test_row_order_does_not_matter(self) -> None:
        summary = simulated(SHOP, 800).summary
        assert fit(summary.taken(np.arange(800)[::-1]), "mbg").parameters == fit(summary, "mbg").parameters
