"""Measures of probabilities, counted by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from models import reference
from models.churn import measures
from models.churn.logistic import Logistic, fit_logistic


def test_auc_counts_pairs_and_halves_ties() -> None:
    """Of the 2 x 3 pairs, 4 are in order and one is a tie: 4.5 / 6."""
    assert measures.auc(np.array([0.9, 0.4, 0.1, 0.4, 0.6]), np.array([1.0, 1, 0, 0, 0])) == pytest.approx(4.5 / 6)
    assert measures.auc(np.array([0.1, 0.2]), np.array([1.0, 1.0])) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=2, max_size=60))
def test_auc_is_that_of_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    score, churned = np.array([float(s) for s, _ in pairs]), np.array([float(c) for _, c in pairs])
    if 0 < churned.sum() < len(churned):
        assert measures.auc(score, churned) == pytest.approx(roc_auc_score(churned, score))


def test_calibration_error_weighs_bins_by_customers() -> None:
    """Bin 2: told .25, came .5 (2 customers); bin 9: told .95, came 1 (1 customer): (2 x .25 + .05) / 3."""
    error = measures.expected_calibration_error(np.array([0.25, 0.25, 0.95]), np.array([1.0, 0, 1]))
    assert error == pytest.approx((2 * 0.25 + 0.05) / 3)


def test_reliability_has_a_row_per_tenth_with_customers() -> None:
    table = measures.reliability(np.array([0.0, 0.2, 0.29, 1.0]), np.array([0.0, 1, 0, 1]))
    assert table.rows() == [(0, 0.0, 0.0, 1), (2, 0.245, 0.5, 2), (9, 1.0, 1.0, 1)]


def test_brier_and_log_loss() -> None:
    assert measures.brier(np.array([0.8, 0.4]), np.array([1.0, 0.0])) == pytest.approx((0.04 + 0.16) / 2)
    losses = measures.log_losses(np.array([0.0, 0.0, 50.0]), np.array([1.0, 0.0, 1.0]))
    assert losses == pytest.approx([math.log(2), math.log(2), 0], abs=1e-8)


@given(st.lists(st.floats(-8, 8), min_size=1, max_size=30), st.floats(0, 1))
def test_the_shift_brings_the_mean_to_the_rate(logits: list[float], rate: float) -> None:
    raw = np.array(logits)
    told = expit(raw + measures.level_shift(raw, rate)).mean()
    assert told == pytest.approx(min(max(rate, 0.5 / len(raw)), 1 - 0.5 / len(raw)), abs=1e-7)


def test_stability_index() -> None:
    """(.6 - .5) ln 1.2 + (.4 - .5) ln .8."""
    found = reference.stability_index(np.array([0.5, 0.5]), np.array([0.6, 0.4]))
    assert found == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))
    assert reference.stability_index(np.array([0.3, 0.7]), np.array([0.3, 0.7])) == 0


class TestLogistic:
    @staticmethod
    def example() -> tuple[np.ndarray, np.ndarray]:
        chance = np.random.default_rng(7)
        columns = chance.normal(size=(4000, 3)) * [1, 5, 0.1] + [0, 10, 0]
        target = (chance.random(4000) < expit(columns @ [1.0, -0.2, 3.0] + 1.5)).astype(float)
        return columns, target

    def test_it_is_the_optimum_that_scikit_learn_finds(self) -> None:
        columns, target = self.example()
        mine = fit_logistic(columns, target, penalty=30.0)
        seen = (np.clip(columns, mine.low, mine.high) - mine.mean) / mine.scale
        theirs = LogisticRegression(C=1 / 30.0, tol=1e-10, max_iter=1000).fit(seen, target)
        assert mine.weights == pytest.approx(theirs.coef_[0], abs=1e-4)
        assert mine.intercept == pytest.approx(theirs.intercept_[0], abs=1e-4)

    def test_contributions_add_up_and_values_out_of_sight_are_not_followed(self) -> None:
        columns, target = self.example()
        model = fit_logistic(columns, target, penalty=1.0)
        far = np.array([[1e6, -1e6, 1e6]])
        assert model.raw(far) == pytest.approx(model.intercept + model.contributions(far).sum(axis=1))
        assert abs(float(model.raw(far)[0])) < 20
        assert (Logistic.from_json(model.to_json()).raw(columns) == model.raw(columns)).all()

    def test_a_column_that_never_changes_says_nothing(self) -> None:
        columns, target = self.example()
        model = fit_logistic(np.column_stack([columns, np.ones(len(columns))]), target, penalty=1.0)
        assert model.weights[3] == 0
