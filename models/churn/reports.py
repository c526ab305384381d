"""What is told of a churn model: measures on held-out time, what it looks at, and how far tonight has drifted.

One row per measure: (metric, value, baseline_value, sample_count). Measures are taken of the twin, which had seen no
outcome of the slice it is judged on; their baseline is the BTYD candidate made on the same day. The baseline of a mean
or an importance is none; that of `mean:<column>` is the mean of the training night.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from scipy.special import expit

from models.churn.design import NAMES, Matrix
from models.churn.model import ChurnModel
from models.churn.reasons import GROUPS, group_parts
from models.churn.training import Trained
from models.churn.validation import measured, reliability_table

PLACES = 6
Row = tuple[str, float, float | None, int]
SCHEMA = {"metric": pl.String, "value": pl.Float64, "baseline_value": pl.Float64, "sample_count": pl.Int64}


def training_report(made: Trained) -> list[Row]:
    """Measures of the training night, to be kept with the model."""
    validation = made.validation
    rows: list[Row] = [("training_rows", float(made.row_count), None, made.row_count)]
    rows += [("season_believed", float(validation.has_season), None, made.row_count)]
    rows += [("held_out_slices", float(validation.slice_count), None, validation.slice_count)]
    if validation.newest is not None and validation.twin is not None:
        count = len(validation.newest.churned)
        rows += [(f"candidate_log_loss:{name}", value, None, count) for name, value in validation.losses.items()]
        plain = measured(validation.twins["btyd"], validation.newest)
        rows += [
            (name, value, plain[name][0] if name in plain else None, customers)
            for name, (value, customers) in measured(validation.twin, validation.newest).items()
        ]
    if made.model.calibrated is not None:
        rows += [("level_shift", made.model.calibrated.level, None, made.row_count)]
        rows += [("season_shift", made.model.calibrated.season, None, made.row_count)]
    return [(name, round(value, PLACES), _rounded(base), count) for name, value, base, count in rows]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, PLACES)


def training_reliability(made: Trained) -> list[dict[str, Any]]:
    """Rows of the reliability table on the held-out slice; none where none could be held out."""
    validation = made.validation
    if validation.newest is None or validation.twin is None:
        return []
    return reliability_table(validation.twin, validation.newest).to_dicts()


def nightly_report(model: ChurnModel, matrix: Matrix) -> list[Row]:
    """Drift, means and importances among (a sample of) tonight's customers."""
    rows = [*_drift_rows(model, matrix), *_importance_rows(model, matrix)]
    return [(name, round(value, PLACES), _rounded(base), count) for name, value, base, count in rows]


def _drift_rows(model: ChurnModel, matrix: Matrix) -> Iterator[Row]:
    count = len(matrix)
    yield "drift:score", model.references["score"].drift(expit(model.logits(matrix))), None, count
    for number, name in enumerate(NAMES):
        column, before = matrix[:, number], model.references[name]
        known = column[~np.isnan(column)]
        yield f"drift:{name}", before.drift(column), None, count
        if len(known):
            yield f"mean:{name}", float(known.mean()), before.mean, len(known)


def _importance_rows(model: ChurnModel, matrix: Matrix) -> Iterator[Row]:
    """Mean absolute part of the logit, by group of reasons."""
    if model.calibrated is None:
        return
    added = np.abs(group_parts(model.calibrated.parts, model.calibrated.method, matrix)).mean(axis=0)
    for group, value in zip(GROUPS, added, strict=True):
        yield f"importance:{group}", float(value), None, len(matrix)


def largest_drift(model: ChurnModel, matrix: Matrix) -> tuple[str, float]:
    """The column, or the score, that moved most, and its PSI. Days since the first purchase move by themselves."""
    drifts = [
        (value, name.removeprefix("drift:"))
        for name, value, _, _ in _drift_rows(model, matrix)
        if name.startswith("drift:")
    ]
    value, name = max(drifts)
    return name, value
