"""The maximum of a mean log-likelihood: reached from far, from near, at a bound, and by Newton's steps alone."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_customers import simulated

from models import gamma_gamma
from models.btyd.fit import fit, tried
from models.btyd.likelihood import Parameters
from models.maximum import Bounds, maximum, maximum_near


@dataclass
class Ridge:
    """A curved ridge, -(x - 1)^2 / 2 - (y - x^2)^2 * steep / 2, highest at (1, 1); counts how often it is asked."""

    steep: float = 25.0
    asked: int = 0
    customer_count: float = field(default=1_000.0)

    def mean_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        self.asked += 1
        x, y = theta
        off = y - x * x
        value = -((x - 1) ** 2) / 2 - self.steep * off * off / 2
        return float(value), np.array([1 - x + 2 * self.steep * x * off, -self.steep * off])


WIDE = Bounds(np.array([-5.0, -5.0]), np.array([5.0, 5.0]))


@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_from_anywhere_near_or_not_the_top_is_found(x: float, y: float) -> None:
    found = maximum_near(Ridge(), Ridge(), np.array([x, y]), WIDE)
    assert found.theta == pytest.approx([1, 1], abs=1e-5)
    assert found.value == pytest.approx(0, abs=1e-9)


def test_from_nearby_few_questions_are_enough() -> None:
    ridge = Ridge()
    maximum_near(ridge, ridge, np.array([0.9, 0.85]), WIDE)
    assert ridge.asked <= 20, "eight for the curvature"


def test_the_top_beyond_a_bound_is_sought_along_it() -> None:
    """With x held below .5 the best is y = x^2 = .25."""
    bounds = Bounds(np.array([-5.0, -5.0]), np.array([0.5, 5.0]))
    found = maximum(Ridge(), Ridge(), [np.array([-1.0, 2.0])], bounds)
    assert found.theta == pytest.approx([0.5, 0.25], abs=1e-6)
    assert found.free.tolist() == [False, True]


def test_the_slope_is_gone_at_the_top() -> None:
    found = maximum(Ridge(), Ridge(), [np.array([-2.0, 3.0])], WIDE)
    _, slope = Ridge().mean_and_gradient(found.theta)
    assert np.abs(slope).max() < 1e-6


class TestNeighbours:
    def test_a_search_from_a_neighbour_ends_where_one_from_afar_does(self) -> None:
        """Two shops of one kind: the models of the first are where the second begins, and do not show."""
        world = Parameters(0.8, 12.0, 0.9, 3.0)
        one, other = (simulated(world, 3_000, seed=seed).summary for seed in (1, 2))
        near = tried(one)
        afar, close = tried(other), tried(other, near=near)
        assert [(each.name, each.k) for each in close] == [(each.name, each.k) for each in afar]
        for each, again in zip(afar, close, strict=True):
            assert again.log_likelihood == pytest.approx(each.log_likelihood, abs=1e-6)
            assert again.parameters.packed() == pytest.approx(each.parameters.packed(), abs=1e-3)
        assert fit(other).name == max(close, key=lambda each: each.log_likelihood).name

    def test_spend_of_a_neighbour_likewise(self) -> None:
        chance = np.random.default_rng(9)
        count = chance.integers(1, 9, 2_000).astype(float)
        spend = chance.gamma(6.0 * count, 1 / (count * chance.gamma(4.0, 1 / 15.0, 2_000)))
        afar = gamma_gamma.fit(count, spend)
        near = gamma_gamma.GammaGamma(afar.p * 1.3, afar.q * 0.8, afar.gamma * 1.2, 0.0, 0.0)
        close = gamma_gamma.fit(count, spend, near)
        assert (close.p, close.q, close.gamma) == pytest.approx((afar.p, afar.q, afar.gamma), rel=1e-6)

    def test_a_neighbour_at_the_end_of_the_world_is_not_followed(self) -> None:
        """Parameters so large that customers hardly differ: the likelihood is flat around them."""
        chance = np.random.default_rng(9)
        count, spend = chance.integers(1, 9, 500).astype(float), chance.gamma(6.0, 2.0, 500)
        far = gamma_gamma.GammaGamma(1e4, 1e5, 1e6, 0.0, 0.0)
        assert gamma_gamma.fit(count, spend, far) == gamma_gamma.fit(count, spend)
