"""Effects of campaigns: by hand, against SciPy, and on a real randomised test."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from models.lift import Arm, Effect, effect, share_arm, shrunk, stratified

HILLSTROM = Path(__file__).parents[2] / "../shared/data/hillstrom.csv.gz"


def arm(*outcomes: list[float]) -> Arm:
    """One arm of as many experiments as lists are given."""
    return Arm(
        np.array([float(len(values)) for values in outcomes]),
        np.array([float(sum(values)) for values in outcomes]),
        np.array([float(sum(value * value for value in values)) for values in outcomes]),
    )


def test_shares_by_hand() -> None:
    found = effect(share_arm(np.array([100.0]), np.array([20.0])), share_arm(np.array([50.0]), np.array([5.0])))
    assert found.difference == pytest.approx(0.10)
    # .2 × .8 / 99 + .1 × .9 / 49
    assert found.error**2 == pytest.approx(0.16 / 99 + 0.09 / 49)


def test_means_agree_with_welch() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.gamma(1, 50, 900), rng.gamma(1, 40, 400)
    found = effect(arm(list(one)), arm(list(other)))
    welch = stats.ttest_ind(one, other, equal_var=False)
    assert found.difference / found.error == pytest.approx([welch.statistic])


def test_an_empty_arm_tells_nothing() -> None:
    found = effect(arm([1.0, 2.0]), arm([]))
    assert np.isnan(found.difference).all()
    assert np.isnan(stratified(arm([1.0, 2.0]), arm([])).difference).all()


def test_strata_are_compared_within_themselves() -> None:
    # both strata: +1 per person, from different bases; a plain comparison of all would tell -1.5
    contacted = arm([11.0, 11.0], [1.0] * 6)
    control = arm([10.0] * 6, [0.0, 0.0])
    assert stratified(contacted, control).difference == pytest.approx([1.0])


def test_groups_that_do_not_differ_share_their_mean_and_others_keep_their_own() -> None:
    alike = shrunk(Effect(np.array([1.0, 1.1, 0.9]), np.array([1.0, 1.0, 1.0])))
    assert alike.difference == pytest.approx([1.0, 1.0, 1.0])
    apart = shrunk(Effect(np.array([0.0, 10.0]), np.array([0.1, 0.1])))
    assert apart.difference == pytest.approx([0.0, 10.0], abs=0.01)


def test_intervals_cover_the_truth() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(400):
        contacted, control = rng.binomial(800, 0.12), rng.binomial(300, 0.10)
        found = effect(share_arm(np.array([800.0]), np.array([float(contacted)])),
                       share_arm(np.array([300.0]), np.array([float(control)])))  # fmt: skip
        inside += bool(found.low[0] <= 0.02 <= found.high[0])
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.skipif(not HILLSTROM.exists(), reason="real data are not beside the checkout")
@pytest.mark.parametrize(
    ("segment", "visit", "conversion", "spend"),
    [("Mens E-Mail", 0.183, 0.0125, 1.42), ("Womens E-Mail", 0.151, 0.0088, 1.08)],
)
def test_hillstrom(segment: str, visit: float, conversion: float, spend: float) -> None:
    """64,000 people at random: men's mail, women's mail, none (MineThatData challenge, 2008)."""
    rows = pl.read_csv(HILLSTROM, infer_schema_length=None)
    sent, held = rows.filter(pl.col("segment") == segment), rows.filter(pl.col("segment") == "No E-Mail")
    for name, mean, base, places in (
        ("visit", visit, 0.106, 3),
        ("conversion", conversion, 0.0057, 4),
        ("spend", spend, 0.65, 2),
    ):
        contacted, control = arm(sent[name].to_list()), arm(held[name].to_list())
        assert contacted.mean[0].round(places) == pytest.approx(mean)
        assert control.mean[0].round(places) == pytest.approx(base)
        assert effect(contacted, control).low[0] > 0
