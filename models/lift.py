"""What a campaign caused: difference between contacted people and those held out at random.

With n people an arm, mean m and sample variance s² of an outcome, the effect per person is d = m₁ - m₀ with standard
error √(s₁²/n₁ + s₀²/n₀) (Welch 1938, Biometrika 29); d ± 1.96 errors is the 95 % interval, right for samples of
hundreds and more. For a share p, s² = p(1-p)·n/(n-1). Nothing here corrects for people who chose their arm themselves:
a hold-out that was not drawn at random is no experiment.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Arm:
    """One arm of experiments side by side: people, sum and sum of squares of the outcome (arrays of one length)."""

    count: Floats
    total: Floats
    squares: Floats

    @property
    def mean(self) -> Floats:
        """Mean outcome per person; nan without people."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / self.count

    @property
    def variance(self) -> Floats:
        """Sample variance of the outcome; nan with fewer than two people."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.maximum(self.squares - self.total**2 / self.count, 0.0)
            return np.where(self.count > 1, spread / (self.count - 1), np.nan)


@dataclass(frozen=True)
class Effect:
    """Effect per person with its 95 % interval; nan where an arm is empty."""

    difference: Floats
    error: Floats

    @property
    def low(self) -> Floats:
        """Lower end of the interval."""
        return self.difference - NORMAL_95 * self.error

    @property
    def high(self) -> Floats:
        """Upper end of the interval."""
        return self.difference + NORMAL_95 * self.error


def share_arm(count: Floats, hits: Floats) -> Arm:
    """An arm whose outcome is 0 or 1: `hits` of `count` people."""
    return Arm(count, hits, hits)


def effect(contacted: Arm, control: Arm) -> Effect:
    """Contacted less control, per person."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(contacted.variance / contacted.count + control.variance / control.count)
    return Effect(contacted.mean - control.mean, error)


def stratified(contacted: Arm, control: Arm) -> Effect:
    """One effect from several experiments on the same kind of people, each with its own base.

    Weights n₁n₀/(n₁+n₀) (Mantel & Haenszel 1959) do not depend on the outcome, so a small arm in which nobody bought
    gets no weight for it; the variance of each arm is that within experiments. nan without any pair of arms.
    """
    both = (contacted.count > 0) & (control.count > 0)
    if not both.any():
        return Effect(np.array([np.nan]), np.array([np.nan]))
    with np.errstate(invalid="ignore", divide="ignore"):
        weights = np.where(both, contacted.count * control.count / (contacted.count + control.count), 0.0)
    shares = weights / weights.sum()
    difference = np.sum(shares[both] * (contacted.mean - control.mean)[both])
    errors = sum(
        np.sum(shares[both] ** 2 / arm.count[both]) * _variance_within(arm, both) for arm in (contacted, control)
    )
    return Effect(np.array([difference]), np.sqrt(np.array([errors])))


def _variance_within(arm: Arm, used: npt.NDArray[np.bool_]) -> float:
    freedom = np.sum(np.maximum(arm.count[used] - 1, 0))
    spread = np.sum(np.maximum(arm.squares[used] - arm.total[used] ** 2 / arm.count[used], 0.0))
    return float(spread / freedom) if freedom > 0 else float("nan")


def shrunk(effects: Effect) -> Effect:
    """Effects of groups drawn towards their common mean by how little each is known (DerSimonian & Laird 1986).

    τ² = max(0, (Q - (k-1)) / (Σw - Σw²/Σw)) with w = 1/error² and Q the weighted squared spread; a group keeps the
    share τ²/(τ² + error²) of its own figure. Groups without an experiment stay nan.
    """
    usable = np.isfinite(effects.difference) & np.isfinite(effects.error) & (effects.error > 0)
    if usable.sum() == 0:
        return effects
    weights = 1.0 / effects.error[usable] ** 2
    mean = np.sum(weights * effects.difference[usable]) / weights.sum()
    spread = np.sum(weights * (effects.difference[usable] - mean) ** 2)
    room = weights.sum() - np.sum(weights**2) / weights.sum()
    tau_squared = max(0.0, (spread - (usable.sum() - 1)) / room) if room > 0 else 0.0
    own = tau_squared / (tau_squared + effects.error**2)
    mean_error_squared = 1.0 / weights.sum()
    error = np.sqrt(own * effects.error**2 + (1 - own) ** 2 * mean_error_squared)
    return Effect(own * effects.difference + (1 - own) * mean, error)
