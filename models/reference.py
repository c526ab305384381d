r"""How a column was distributed when a model was trained, and how far it has moved since.

PSI: :math:`\sum (q - p) \ln (q / p)` over bins of the reference; from 0.25 on the population has changed (Siddiqi
2006, Credit Risk Scorecards). What is done about it belongs to `models.registry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.binning import bin_codes, bin_edges

Vector = npt.NDArray[np.float64]

REFERENCE_BINS = 10
LEAST_SHARE = 1e-4


@dataclass(frozen=True)
class Reference:
    """Shares of the bins of one column, or of the score, on the training night, and the mean."""

    edges: Vector
    shares: Vector
    mean: float

    @classmethod
    def of(cls, column: Vector) -> "Reference":
        """The distribution of a column in tenths, with a bin for missing values."""
        edges = np.round(bin_edges(column, REFERENCE_BINS), 9)
        known = column[~np.isnan(column)]
        return cls(edges, _shares(edges, column), round(float(known.mean()), 6) if len(known) else 0.0)

    def drift(self, column: Vector) -> float:
        """PSI of a column tonight against the training night."""
        return stability_index(self.shares, _shares(self.edges, column))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"edges": self.edges.tolist(), "shares": self.shares.tolist(), "mean": self.mean}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Reference":
        """The reverse of `to_json`."""
        return cls(np.array(values["edges"], float), np.array(values["shares"], float), float(values["mean"]))


def _shares(edges: Vector, column: Vector) -> Vector:
    codes = bin_codes(edges, column)
    return np.round(np.bincount(codes, minlength=len(edges) + 2) / max(len(column), 1), 9)


def stability_index(reference: Vector, current: Vector) -> float:
    """PSI of two vectors of shares over the same bins."""
    before, now = np.maximum(reference, LEAST_SHARE), np.maximum(current, LEAST_SHARE)
    return float(((now - before) * np.log(now / before)).sum())
