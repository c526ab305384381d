"""Additive boosting: plain step functions say what the trees say, exactly, feature by feature."""

import json

import numpy as np
import pytest
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier

from models.additive import AdditiveModel, Boosting, fit_additive


def example(rows: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(1)
    columns = np.column_stack([chance.normal(size=rows), chance.integers(0, 4, rows), chance.exponential(size=rows)])
    columns[chance.random(rows) < 0.1, 2] = np.nan
    logit = np.sin(2 * columns[:, 0]) + 0.5 * columns[:, 1] - np.nan_to_num(columns[:, 2], nan=2.0)
    return columns, (chance.random(rows) < expit(logit)).astype(float)


def test_the_sum_is_what_the_trees_say() -> None:
    """The same trees grown by scikit-learn on the same bins, asked about every row."""
    columns, target = example()
    boosting = Boosting(trees=60)
    model = fit_additive(columns, target, boosting)
    codes = np.column_stack([step.codes(columns[:, number]) for number, step in enumerate(model.steps)])
    trees = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.05, max_leaf_nodes=5, min_samples_leaf=60, l2_regularization=5.0,
        interaction_cst="no_interactions", early_stopping=False, random_state=boosting.seed,
    ).fit(codes, target)  # fmt: skip
    np.testing.assert_allclose(model.raw(columns), trees.decision_function(codes), atol=1e-7)


def test_contributions_and_intercept_add_up_and_average_to_nothing() -> None:
    columns, target = example()
    model = fit_additive(columns, target, Boosting())
    added = model.contributions(columns)
    np.testing.assert_allclose(model.intercept + added.sum(axis=1), model.raw(columns), atol=1e-12)
    np.testing.assert_allclose(added.mean(axis=0), 0, atol=1e-8)


def test_the_model_survives_json_and_row_order_of_scoring() -> None:
    columns, target = example()
    model = fit_additive(columns, target, Boosting())
    again = AdditiveModel.from_json(json.loads(json.dumps(model.to_json())))
    assert (again.raw(columns[::-1]) == model.raw(columns)[::-1]).all()


def test_training_twice_gives_the_same_numbers() -> None:
    columns, target = example()
    assert fit_additive(columns, target, Boosting()).to_json() == fit_additive(columns, target, Boosting()).to_json()


@pytest.mark.parametrize("loss", ["poisson", "squared_error", "gamma"])
def test_other_losses_speak_on_the_scale_of_their_link(loss: str) -> None:
    columns, _ = example()
    target = np.exp(0.3 * np.nan_to_num(columns[:, 1])) + 0.1
    model = fit_additive(columns, target, Boosting(loss=loss))
    told = model.raw(columns) if loss == "squared_error" else np.exp(model.raw(columns))
    assert np.corrcoef(told, target)[0, 1] > 0.95
    assert told.mean() == pytest.approx(target.mean(), rel=0.02)
