"""The churn model of one training night: everything that scoring needs, as plain numbers.

The model is a pure function of that night's slices and settings. It is kept as canonical JSON in the snapshot
(`churn_versions`), so any later night that uses it can be made again. What people read of it is in
`models.churn.reports`; whether it is published at all is decided in `models.registry`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit

from models.btyd.model import BtydModel
from models.churn.design import NAMES, Matrix, Vector, design_matrix
from models.churn.procedure import Calibrated
from models.churn.slices import ChurnSlice
from models.reference import Reference

LAYOUT = 2
"""Goes up whenever the same numbers would mean something else."""
NEWCOMER_SLICES = 3
PRIOR_CUSTOMERS = 20.0


@dataclass(frozen=True)
class ChurnModel:
    """One published candidate with its BTYD model, the rate of newcomers and what it was trained on.

    `twin` is the same candidate as it would have been made a horizon earlier: it has seen no outcome of the newest
    slice, so it is what measures are taken of and what a later challenger is compared with.
    """

    horizon_days: int
    rhythm: BtydModel
    calibrated: Calibrated | None
    twin: Calibrated | None
    newcomer_rate: float | None
    base_rate: float | None
    references: Mapping[str, Reference]

    @property
    def method(self) -> str:
        """The candidate that is published."""
        return self.calibrated.method if self.calibrated else "btyd"

    def matrix(self, features: pl.DataFrame) -> Matrix:
        """The design of these customers with this model's view of their rhythm."""
        return design_matrix(features, self.rhythm, self.horizon_days)

    def logits(self, matrix: Matrix) -> Vector:
        """Logit of P(no purchase in the horizon), shape (rows,); without outcomes that of the BTYD model."""
        if self.calibrated is None:
            return matrix[:, 0]
        return self.calibrated.logits(matrix)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layout": LAYOUT,
            "columns": list(NAMES),
            "horizon_days": self.horizon_days,
            "rhythm": self.rhythm.to_json(),
            "calibrated": self.calibrated.to_json() if self.calibrated else None,
            "twin": self.twin.to_json() if self.twin else None,
            "newcomer_rate": self.newcomer_rate,
            "base_rate": self.base_rate,
            "references": {name: reference.to_json() for name, reference in self.references.items()},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "ChurnModel":
        """The reverse of `to_json`."""
        made, twin = values["calibrated"], values["twin"]
        return cls(
            horizon_days=int(values["horizon_days"]),
            rhythm=BtydModel.from_json(values["rhythm"]),
            calibrated=Calibrated.from_json(made) if made else None,
            twin=Calibrated.from_json(twin) if twin else None,
            newcomer_rate=values["newcomer_rate"],
            base_rate=values["base_rate"],
            references={name: Reference.from_json(each) for name, each in values["references"].items()},
        )


def fits_layout(values: Mapping[str, Any], horizon_days: int) -> bool:
    """Whether a stored model still means what this program and these settings mean."""
    found = (values.get("layout"), values.get("columns"), values.get("horizon_days"))
    return found == (LAYOUT, list(NAMES), horizon_days)


def newcomer_rate(slices: Sequence[ChurnSlice], season: float, base_rate: float) -> float:
    """Share of newcomers of the newest slices who did not come back, shrunk to the base rate, in tonight's season."""
    chosen = slices[:NEWCOMER_SLICES]
    count = float(sum(each.is_newcomer.sum() for each in chosen))
    left = float(sum(each.churned[each.is_newcomer].sum() for each in chosen))
    rate = (left + PRIOR_CUSTOMERS * base_rate) / (count + PRIOR_CUSTOMERS)
    rate = float(np.clip(rate, 1e-6, 1 - 1e-6))
    return round(float(expit(np.log(rate / (1 - rate)) + season)), 6)


def references_of(matrix: Matrix, logits: Vector) -> dict[str, Reference]:
    """The distributions of every column and of the score among tonight's customers."""
    found = {name: Reference.of(matrix[:, number]) for number, name in enumerate(NAMES)}
    return {**found, "score": Reference.of(expit(logits))}
