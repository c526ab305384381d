r"""A fitted buy-till-you-die model: what it says of customers whose history is known.

With L of `models.btyd.likelihood` and h days after T:

* :math:`P(\text{no purchase in } h) = L(x, t_x, T + h) / L(x, t_x, T)`: no purchase until T + h is the same
  history seen later. This is the number to rank leavers by.
* :math:`P(\text{alive})`, the share of "still here" in L, is 1 for every one-time buyer of BG/NBD and says nothing
  of when they will buy again. Never sell it as churn.
* :math:`E[Y(h)]`, purchases expected in h, see `models.btyd.expectation`.

Times are in the unit of the fitted summary. Fitting does not belong here; see `models.btyd.fit`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.special import logsumexp

from models.btyd.expectation import Alive, expected_purchases
from models.btyd.likelihood import Parameters, Shape, phases
from models.btyd.summary import Matrix, PurchaseSummary, Vector
from pipeline.errors import HuitouError

ModelName = Literal["bg", "mbg", "cnbd"]
"""bg: BG/NBD, mbg: MBG/NBD, cnbd: MBG/CNBD-k."""


@dataclass(frozen=True)
class BtydModel:
    """A model with its parameters; `log_likelihood` is comparable between models of the same summary.

    `standard_errors` names those parameters whose error the likelihood determines (none at a bound).
    """

    name: ModelName
    k: int
    parameters: Parameters
    log_likelihood: float
    customer_count: float
    standard_errors: Mapping[str, float] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """Which of the family it is."""
        return Shape(self.k, leaves_at_once=self.name != "bg")

    def alive_probability(self, summary: PurchaseSummary) -> Vector:
        """P(still a customer | history), shape (customers,)."""
        left, here = self._log_terms(summary, 0.0)
        return _as_share(here, np.logaddexp(left, here))

    def no_purchase_probability(self, summary: PurchaseSummary, days: float) -> Vector:
        """P(no purchase in the `days` after T | history), shape (customers,)."""
        left, here = self._log_terms(summary, 0.0)
        _, here_later = self._log_terms(summary, days)
        return _as_share(np.logaddexp(left, here_later), np.logaddexp(left, here))

    def expected_purchases(self, summary: PurchaseSummary, days: float) -> Vector:
        """Expected number of purchases in the `days` after T, shape (customers,)."""
        expected: Vector = self.expected_by(summary, (days,))[0]
        return expected

    def expected_by(self, summary: PurchaseSummary, horizons: Sequence[float]) -> Matrix:
        """Expected number of purchases by the end of each horizon after T, shape (horizons, customers).

        Many horizons cost little more than one.
        """
        alpha, a = self._of_customers(summary)
        rate = self.parameters.r + self.k * summary.repeats
        shares = np.ones((1, len(summary)))
        if self.k > 1:
            log_phases = phases(summary, self.k, rate, np.log(alpha + summary.known))
            shares = np.exp(log_phases - logsumexp(log_phases, axis=0))
        after = self.parameters.b + summary.repeats + self.shape.shift
        alive = Alive(rate, alpha + summary.known, a, after, shares)
        return self.alive_probability(summary) * expected_purchases(alive, horizons)

    def _of_customers(self, summary: PurchaseSummary) -> tuple[Vector, Vector]:
        """Alpha and a of every customer, shapes (customers,)."""
        parameters, count = self.parameters, len(self.parameters.pace_effects)
        given = 0 if summary.traits is None else summary.traits.shape[1]
        if given != count:
            raise HuitouError(f"the model knows {count} traits, the summary has {given}", where="models/btyd")
        if summary.traits is None:
            return np.full(len(summary), parameters.alpha), np.full(len(summary), parameters.a)
        alpha = parameters.alpha * np.exp(-summary.traits @ np.array(parameters.pace_effects))
        return alpha, parameters.a * np.exp(summary.traits @ np.array(parameters.leaving_effects))

    def _log_terms(self, summary: PurchaseSummary, ahead: float) -> tuple[Vector, Vector]:
        """Logarithms of "left" and "still here" of the likelihood seen `ahead` later, but for the common factor."""
        alpha, a = self._of_customers(summary)
        seen = PurchaseSummary(summary.repeats, summary.last, summary.known + ahead, summary.weights)
        rate = self.parameters.r + self.k * summary.repeats
        here = phases(seen, self.k, rate, np.log(alpha + seen.known))
        possible = (summary.repeats > 0) | self.shape.leaves_at_once
        before = np.where(possible, self.parameters.b + summary.repeats + self.shape.shift - 1, 1.0)
        left = np.where(possible, np.log(a) - np.log(before) - rate * np.log(alpha + summary.last), -np.inf)
        return left, here[0] if self.k == 1 else logsumexp(here, axis=0)

    def to_json(self) -> dict[str, Any]:
        """The model as plain values that JSON can hold."""
        plain = self.parameters
        return {
            "name": self.name,
            "k": self.k,
            "parameters": {"r": plain.r, "alpha": plain.alpha, "a": plain.a, "b": plain.b},
            "pace_effects": list(plain.pace_effects),
            "leaving_effects": list(plain.leaving_effects),
            "log_likelihood": self.log_likelihood,
            "customer_count": self.customer_count,
            "standard_errors": dict(self.standard_errors),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "BtydModel":
        """The reverse of `to_json`."""
        effects = (tuple(values["pace_effects"]), tuple(values["leaving_effects"]))
        return cls(
            name=values["name"],
            k=int(values["k"]),
            parameters=Parameters(**values["parameters"], pace_effects=effects[0], leaving_effects=effects[1]),
            log_likelihood=float(values["log_likelihood"]),
            customer_count=float(values["customer_count"]),
            standard_errors=dict(values["standard_errors"]),
        )


def _as_share(part: Vector, whole: Vector) -> Vector:
    """exp(part - whole) within 0..1; the two differ by rounding where they are equal."""
    share: Vector = np.exp(np.minimum(part - whole, 0.0))
    return share
