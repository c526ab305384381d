r"""A way to forecast, complete: two BTYD models, what boosting learnt, the candidate chosen, and the shop's level.

Boosting may have learnt a shorter horizon than is asked for, where a shop has no two of the long ones; its forecast
is then stretched by what BTYD expects of each customer:

.. math:: \text{amount}_h = \text{amount}_l \cdot \frac{E[Y(h)]}{E[Y(l)]}

Every number that depends on other customers (totals, levels) is fixed when it is trained, so that what is told of one
customer tonight does not hang on who else is there. Training belongs to `models.lifetime.training`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from models.btyd.summary import Vector
from models.lifetime.candidates import Learned
from models.lifetime.judging import CANDIDATES, Choice
from models.lifetime.level import Level
from models.lifetime.slices import Basis, Slice, seen_slice

LEARNED: tuple[Choice, ...] = ("two_stage", "poisson")
SMALLEST = 1e-9


@dataclass(frozen=True)
class Look:
    """Customers with BTYD's view of the horizon, and the learned candidates' amounts at no level in particular.

    It depends neither on the candidate chosen nor on scales.
    """

    asked: Slice
    learned: Mapping[Choice, Vector]


@dataclass(frozen=True)
class Forecaster:
    """`scales` bring each learned candidate to BTYD's total, `order_scale` orders to theirs; `level` is the shop's."""

    horizon_days: int
    learn_days: int
    choice: Choice
    basis: Basis
    learned: Learned | None
    level: Level
    scales: Mapping[Choice, float]
    order_scale: float

    def candidates(self, look: Look) -> dict[Choice, Vector]:
        """Money by candidate at BTYD's level, shapes (customers,)."""
        return _at_level(look, self.scales, CANDIDATES)

    def told(self, frame: pl.DataFrame) -> tuple[Vector, Vector]:
        """Money and orders of the horizon at the shop's level, shapes (customers,), in the order of the frame."""
        wanted = CANDIDATES if self.choice == "mean" else (self.choice,)
        look = self.look(frame, wanted)
        amount = _at_level(look, self.scales, wanted)[self.choice] * self.level.amount
        # orders follow the money, at each customer's own price, so that the two never contradict each other
        return amount, amount / look.asked.order_spend * self.order_scale

    def look(self, frame: pl.DataFrame, wanted: tuple[Choice, ...] = CANDIDATES) -> Look:
        """What is seen of customers, in the order of the frame, for the wanted candidates."""
        asked = seen_slice(frame, self.horizon_days, self.basis)
        if self.learned is None:
            return Look(asked, {})
        short = asked if self.learn_days == self.horizon_days else seen_slice(frame, self.learn_days, self.basis)
        longer = asked.value / np.maximum(short.value, SMALLEST)
        names = (name for name in LEARNED if name in wanted)
        return Look(asked, {name: self.learned.amounts(name, short.features) * longer for name in names})

    def scaled(self, look: Look) -> "Forecaster":
        """The same with scales that give these customers BTYD's totals of money, and of orders at the shop's level."""
        asked = look.asked
        total = float(asked.value.sum())
        scales = {name: round(_factor(total, each), 9) for name, each in look.learned.items()}
        amount = _at_level(look, scales, CANDIDATES)[self.choice] * self.level.amount
        orders = float(asked.orders.sum()) * self.level.orders
        return replace(self, scales=scales, order_scale=round(_factor(orders, amount / asked.order_spend), 9))

    def choosing(self, choice: Choice) -> "Forecaster":
        """The same with another candidate; scale it again."""
        return replace(self, choice=choice)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "horizon_days": self.horizon_days,
            "learn_days": self.learn_days,
            "choice": self.choice,
            "basis": self.basis.to_json(),
            "learned": self.learned.to_json() if self.learned else None,
            "level": self.level.to_json(),
            "scales": dict(self.scales),
            "order_scale": self.order_scale,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Forecaster":
        """The reverse of `to_json`."""
        return cls(
            horizon_days=int(values["horizon_days"]),
            learn_days=int(values["learn_days"]),
            choice=values["choice"],
            basis=Basis.from_json(values["basis"]),
            learned=Learned.from_json(values["learned"]) if values["learned"] else None,
            level=Level.from_json(values["level"]),
            scales=dict(values["scales"]),
            order_scale=float(values["order_scale"]),
        )


def _at_level(look: Look, scales: Mapping[Choice, float], wanted: tuple[Choice, ...]) -> dict[Choice, Vector]:
    found: dict[Choice, Vector] = {"btyd": look.asked.value}
    found |= {name: amounts * scales.get(name, 1.0) for name, amounts in look.learned.items()}
    if "mean" in wanted and look.learned:
        found["mean"] = np.mean([found["btyd"], *(found[name] for name in LEARNED)], axis=0)
    return found


def _factor(total: float, amounts: Vector) -> float:
    whole = float(amounts.sum())
    return total / whole if whole > 0 else 1.0
