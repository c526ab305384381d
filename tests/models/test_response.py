"""The beta-binomial model: known parameters come back, posterior means by hand, and fair ranks for the few."""

import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.response import PSEUDO_CONTACTS, fitted_prior, response_rates

PAIRS = st.integers(1, 40).flatmap(lambda delivered: st.tuples(st.just(delivered), st.integers(0, delivered)))


def counts_of(*pairs: tuple[int, int]) -> pl.DataFrame:
    """One customer per pair of (delivered, answered)."""
    return pl.DataFrame(
        [(f"c{number:06}", *pair) for number, pair in enumerate(pairs)],
        schema={"customer_id": pl.String, "delivered_count": pl.Int64, "response_count": pl.Int64},
        orient="row",
    )


def rates_of(*pairs: tuple[int, int]) -> list[float]:
    return response_rates(counts_of(*pairs))["response_rate"].to_list()


def simulated(alpha: float, beta: float, customers: int) -> pl.DataFrame:
    chance = np.random.default_rng(20260630)
    delivered = chance.integers(1, 25, customers)
    answered = chance.binomial(delivered, chance.beta(alpha, beta, customers))
    return counts_of(*zip(delivered.tolist(), answered.tolist(), strict=True))


class TestPrior:
    @pytest.mark.parametrize(("alpha", "beta"), [(1.5, 12.0), (0.4, 3.0), (8.0, 24.0), (3.0, 2.0)])
    def test_known_parameters_come_back(self, alpha: float, beta: float) -> None:
        prior = fitted_prior(simulated(alpha, beta, 40_000))
        assert prior.method == "likelihood"
        assert prior.alpha == pytest.approx(alpha, rel=0.05)
        assert prior.beta == pytest.approx(beta, rel=0.05)

    def test_published_example(self) -> None:
        """Boys among the first 12 children of 6,115 families in Saxony (Geissler 1889), and the known estimate."""
        families = [3, 24, 104, 286, 670, 1033, 1343, 1112, 829, 478, 181, 45, 7]
        pairs = [(12, boys) for boys, number in enumerate(families) for _ in range(number)]
        prior = fitted_prior(counts_of(*pairs))
        assert prior.alpha == pytest.approx(34.0956, abs=0.01)
        assert prior.beta == pytest.approx(31.5715, abs=0.01)

    @pytest.mark.parametrize(
        ("why", "pairs", "base_rate"),
        [
            ("nobody was asked twice", [(1, 1), (1, 0), (1, 0), (1, 0)], 0.25),
            ("nobody answered", [(3, 0), (9, 0)], 0.0),
            ("everybody answered always", [(3, 3), (9, 9)], 1.0),
            ("all alike: less varied than chance", [(4, 1)] * 8, 0.25),
            ("one customer", [(10, 3)], 0.3),
        ],
    )
    def test_no_spread_to_learn_from(self, why: str, pairs: list[tuple[int, int]], base_rate: float) -> None:
        prior = fitted_prior(counts_of(*pairs))
        assert prior.method == "pseudo_contacts", why
        assert prior.alpha == pytest.approx(base_rate * PSEUDO_CONTACTS)
        assert prior.beta == pytest.approx((1 - base_rate) * PSEUDO_CONTACTS)

    def test_all_or_nothing_has_no_maximum(self) -> None:
        """The likelihood grows without end as the prior vanishes; rates that differ completely fit no moments."""
        assert fitted_prior(counts_of(*[(5, 0)] * 6, *[(5, 5)] * 4)).method == "pseudo_contacts"


class TestRates:
    def test_by_hand(self) -> None:
        """Base rate 1 of 4 and 20 contacts: alpha 5, beta 15."""
        assert rates_of((4, 1), (4, 1)) == [0.25, 0.25]
        assert rates_of((1, 1), (1, 0), (1, 0), (1, 0)) == [
            pytest.approx(6 / 21, abs=1e-9), *[pytest.approx(5 / 21, abs=1e-9)] * 3,
        ]  # fmt: skip

    def test_posterior_mean_of_the_fitted_prior(self) -> None:
        counts = simulated(1.5, 12.0, 500)
        prior = fitted_prior(counts)
        for delivered, answered, rate in response_rates(counts).select(pl.exclude("customer_id")).iter_rows():
            exact = (answered + prior.alpha) / (delivered + prior.alpha + prior.beta)
            assert rate == pytest.approx(exact, abs=1e-9)

    def test_one_of_one_does_not_beat_nine_of_ten(self) -> None:
        crowd = [(10, 1)] * 15 + [(10, 0)] * 10 + [(1, 0)] * 30 + [(5, 2)] * 5
        lucky, proven, *_ = rates_of((1, 1), (10, 9), *crowd)
        assert lucky < proven

    def test_silence_weighs_more_the_longer_it_lasts(self) -> None:
        once, ten_times, *_ = rates_of((1, 0), (10, 0), *[(10, 2)] * 5, *[(10, 5)] * 5)
        assert ten_times < once

    def test_nobody_contacted(self) -> None:
        empty = response_rates(counts_of())
        assert empty.schema["response_rate"] == pl.Float64
        assert empty.is_empty()

    @given(st.lists(PAIRS, min_size=1, max_size=40), st.randoms(use_true_random=False))
    def test_rates_lie_between_own_and_base_rate_whatever_the_order(
        self, pairs: list[tuple[int, int]], chance: random.Random
    ) -> None:
        counts = counts_of(*pairs)
        rated = response_rates(counts)
        base = fitted_prior(counts).base_rate
        for delivered, answered, rate in rated.select(pl.exclude("customer_id")).iter_rows():
            low, high = sorted((base, answered / delivered))
            assert max(0, low - 1e-8) <= rate <= min(1, high + 1e-8)
        shuffled = chance.sample(range(len(pairs)), len(pairs))
        assert response_rates(counts[shuffled]).sort("customer_id").equals(rated)
