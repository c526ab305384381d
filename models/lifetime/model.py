"""The lifetime model of one training night: everything that scoring needs, as plain numbers.

Kept as canonical JSON in the snapshot (`lifetime_versions`), so any later night that uses it can be made again. The
twin is the same kind of forecaster as it would have been made on the newest day whose horizon is over: it has seen no
outcome of it, so it is what measures are taken of and what a later challenger is compared with. Whether a model is
published at all is decided in `models.registry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from models.btyd.summary import Vector
from models.lifetime.forecaster import Forecaster
from models.lifetime.intervals import Intervals
from models.lifetime.slices import NAMES, FeatureMatrix, feature_matrix, viewed
from models.reference import Reference

LAYOUT = 3
"""Goes up whenever the same numbers would mean something else."""
REFERENCE_CUSTOMERS = 50_000


@dataclass(frozen=True)
class LifetimeModel:
    """The published forecaster, its twin and intervals (None where nothing could be held out), and references."""

    forecaster: Forecaster
    twin: Forecaster | None
    intervals: Intervals | None
    references: Mapping[str, Reference]

    @property
    def method(self) -> str:
        """The candidate that is published, and how it was tested."""
        return "btyd_young_shop" if self.twin is None else f"{self.forecaster.choice}_held_out_time"

    def largest_drift(self, rows: pl.DataFrame) -> tuple[str, float]:
        """The column, or the forecast ("score"), that has moved most since the training night, and its PSI."""
        value, name = max((value, name) for name, value in self.drifts(rows))
        return name, value

    def drifts(self, rows: pl.DataFrame) -> list[tuple[str, float]]:
        """PSI of every column and of the forecast among (a part of) tonight's customers."""
        part = _part(rows)
        columns = _columns(self.forecaster, part)
        return [(name, self.references[name].drift(column)) for name, column in columns.items()]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layout": LAYOUT,
            "columns": list(NAMES),
            "forecaster": self.forecaster.to_json(),
            "twin": self.twin.to_json() if self.twin else None,
            "intervals": self.intervals.to_json() if self.intervals else None,
            "references": {name: reference.to_json() for name, reference in self.references.items()},
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LifetimeModel":
        """The reverse of `to_json`."""
        return cls(
            forecaster=Forecaster.from_json(values["forecaster"]),
            twin=Forecaster.from_json(values["twin"]) if values["twin"] else None,
            intervals=Intervals.from_json(values["intervals"]) if values["intervals"] else None,
            references={name: Reference.from_json(each) for name, each in values["references"].items()},
        )


def fits_layout(values: Mapping[str, Any], horizon_days: int) -> bool:
    """Whether a stored model still means what this program and these settings mean."""
    found = (values.get("layout"), values.get("columns"))
    return found == (LAYOUT, list(NAMES)) and values["forecaster"]["horizon_days"] == horizon_days


def references_of(forecaster: Forecaster, tonight: pl.DataFrame) -> dict[str, Reference]:
    """The distributions of every column and of the forecast on the training night."""
    columns = _columns(forecaster, _part(tonight))
    return {name: Reference.of(column) for name, column in columns.items()}


def _part(rows: pl.DataFrame) -> pl.DataFrame:
    """An evenly spaced part of many customers."""
    return rows.gather_every(max(1, rows.height // REFERENCE_CUSTOMERS))


def _columns(forecaster: Forecaster, rows: pl.DataFrame) -> dict[str, Vector]:
    matrix: FeatureMatrix = feature_matrix(viewed(rows, forecaster.basis, forecaster.horizon_days))
    return dict(zip(NAMES, matrix.T, strict=True)) | {"score": forecaster.told(rows)[0]}
