"""From slices to a model and what is told of it: validation, the procedure of tonight, the twin, and measures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from threadpoolctl import threadpool_limits

from models.churn.design import design_matrix
from models.churn.model import ChurnModel, newcomer_rate, references_of
from models.churn.procedure import made_for
from models.churn.slices import RHYTHM_CUSTOMERS, ChurnSlice, churn_slices, fitted_rhythm, population
from models.churn.validation import Validation, validated


@dataclass(frozen=True)
class Question:
    """What is asked of whom: see the settings of churn. `population_days` None = every buyer."""

    horizon_days: int = 90
    population_days: int | None = 180
    newcomer_days: int = 14
    min_history_days: int = 180


@dataclass(frozen=True)
class Trained:
    """A model and how its candidates were judged; `row_count` is the number of rows with an outcome."""

    model: ChurnModel
    validation: Validation
    row_count: int
    population_days: int | None


def trained(features: pl.DataFrame, cutoff_on: date, question: Question) -> Trained | None:
    """Train on the rows of `customer_features`; None where tonight's buyers have nothing to learn a rhythm from.

    Rows of `cutoff_on` are tonight's customers, all others slices with an outcome. The order of rows is indifferent.
    One thread each for linear algebra and trees: sums come out the same on every machine, and threads that wait for
    each other on busy processors cost more than they bring at this size.
    """
    with threadpool_limits(limits=1):
        return _trained(features, cutoff_on, question)


def _trained(features: pl.DataFrame, cutoff_on: date, question: Question) -> Trained | None:
    tonight = features.filter(pl.col("cutoff_on") == cutoff_on)
    asked = population(tonight, question.population_days).sort("customer_id")
    rhythm = fitted_rhythm(tonight)
    if rhythm is None or asked.is_empty():
        return None
    slices = churn_slices(
        features,
        question.horizon_days,
        question.population_days,
        question.newcomer_days,
        question.min_history_days,
    )
    validation = validated(slices, question.horizon_days)
    asked = asked.gather_every(max(1, asked.height // RHYTHM_CUSTOMERS))
    matrix = design_matrix(asked, rhythm, question.horizon_days)
    made, calibrated, logits = made_for(slices, cutoff_on, matrix, question.horizon_days), None, matrix[:, 0]
    if made:
        calibrated = made.candidates[validation.method]
        calibrated = calibrated if validation.has_season else calibrated.without_season()
        logits = calibrated.at_level(made.raws[validation.method])
    base_rate = round(float(slices[0].churned.mean()), 6) if slices else None
    season = calibrated.season if calibrated else 0.0
    model = ChurnModel(
        horizon_days=question.horizon_days,
        rhythm=rhythm,
        calibrated=calibrated,
        twin=validation.twin,
        newcomer_rate=None if base_rate is None else newcomer_rate(slices, season, base_rate),
        base_rate=base_rate,
        references=references_of(matrix, logits),
    )
    return Trained(model, validation, _rows(slices), question.population_days)


def _rows(slices: Sequence[ChurnSlice]) -> int:
    return sum(len(each.churned) for each in slices)
