r"""Gender and age band concluded from what a customer buys: multinomial logistic regression on categories.

With :math:`n_{ij}` lines :math:`j` and
:math:`x_{ij} = \log(1 + n_{ij})`,

.. math::
    P(y_i = k \mid x_i) = \frac{\exp(a_k + b_k^\top x_i)}{\sum_l \exp(a_l + b_l^\top x_i)},

with a ridge penalty (C = 1). One in five customers whose value is known is hidden, the model learns from the others
and is measured on the hidden ones against the plainest guess, the most common value. Where it may be used
(`models.imputation_judgement`) it is fitted again on everybody known. How much such records tell, and therefore how
carefully they should be used: M. Kosinski, D. Stillwell, T. Graepel (2013), "Private traits and attributes are
predictable from digital records of human behavior", PNAS 110(15), 5802-5805.

Which attributes are concluded, and of whom, belongs to `models.imputation`. Names are never read.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.imputation_judgement import (
    CONFIDENCE_PLACES,
    Guess,
    Imputation,
    beats_the_plainest_guess,
    is_believable,
    measures,
    nothing,
    report,
)
from pipeline.tag_settings import ImputationSettings

SEED = 20260630
HIDDEN_OF = 5
"""One in so many known customers is hidden for the measurement."""
MAX_CATEGORIES = 300
"""The most bought categories, which a model may look at; one that is hardly bought tells nothing."""

Labels = npt.NDArray[np.str_]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Shoppers:
    """Customers in order of their id with one row of `features` each; `labels` are empty where nothing is known."""

    ids: pl.Series
    features: sparse.csr_matrix
    labels: Labels

    @property
    def known(self) -> Places:
        return np.flatnonzero(self.labels != "")


def from_categories(
    counts: pl.DataFrame, told: pl.DataFrame, name: str, rules: ImputationSettings, as_of: date
) -> Imputation:
    """The attribute `name` from purchases by category.

    `counts` has one row per customer and category (`customer_id`, `category`, `line_count`); `told` one row per
    customer with `customer_id` and `value`, null where unknown. Row order does not matter.
    """
    shoppers = _shoppers(counts, told, rules.min_lines)
    known = shoppers.known
    drawn = np.random.default_rng(SEED).permutation(known)
    hidden, shown = np.split(drawn, [known.size // HIDDEN_OF])
    if not _can_learn(shoppers.labels[shown], hidden.size, rules):
        return Imputation(nothing(), report(name, as_of, [("is_used", 0.0, None, hidden.size)]))
    guess = _measured(shoppers, shown, hidden, rules)
    is_used = beats_the_plainest_guess(guess.is_right, guess.is_plain_right, rules) and is_believable(guess, rules)
    rows = [*measures(guess, rules), ("is_used", float(is_used), None, hidden.size)]
    values = _concluded(shoppers, known, rules) if is_used else nothing()
    return Imputation(values, report(name, as_of, rows))


def _shoppers(counts: pl.DataFrame, told: pl.DataFrame, min_lines: int) -> _Shoppers:
    """Customers with enough lines, whether their value is known or not."""
    common = counts.group_by("category").agg(pl.col("line_count").sum()).sort("line_count", "category")
    columns = common.tail(MAX_CATEGORIES).select(pl.col("category").sort()).with_row_index("column")
    rows = (
        counts.group_by("customer_id")
        .agg(pl.col("line_count").sum())
        .filter(pl.col("line_count") >= min_lines)
        .join(told, on="customer_id")
        .sort("customer_id")
        .select("customer_id", "value")
        .with_row_index("row")
    )
    cells = counts.join(columns, on="category").join(rows, on="customer_id")
    matrix = sparse.csr_matrix(
        (np.log1p(cells["line_count"].to_numpy()), (cells["row"].to_numpy(), cells["column"].to_numpy())),
        shape=(rows.height, columns.height),
    )
    return _Shoppers(rows["customer_id"], matrix, rows["value"].fill_null("").to_numpy().astype(np.str_))


def _can_learn(labels: Labels, hidden_count: int, rules: ImputationSettings) -> bool:
    return hidden_count >= rules.min_sample and np.unique(labels).size > 1


def _fitted(shoppers: _Shoppers, chosen: Places, rules: ImputationSettings) -> LogisticRegression:
    """The model of these customers, or of so many drawn from them where they are more than `training_customers`."""
    drawn = np.random.default_rng(SEED).permutation(chosen)[: rules.training_customers]
    used = np.sort(drawn if np.unique(shoppers.labels[drawn]).size > 1 else chosen)
    model = LogisticRegression(C=1.0, max_iter=1000)
    return model.fit(shoppers.features[used], shoppers.labels[used])


def _measured(shoppers: _Shoppers, shown: Places, hidden: Places, rules: ImputationSettings) -> Guess:
    model = _fitted(shoppers, shown, rules)
    probabilities = model.predict_proba(shoppers.features[hidden])
    guessed = model.classes_[probabilities.argmax(axis=1)]
    values, frequencies = np.unique(shoppers.labels[shown], return_counts=True)
    truth = shoppers.labels[hidden]
    return Guess(guessed == truth, truth == values[frequencies.argmax()], probabilities.max(axis=1))


def _concluded(shoppers: _Shoppers, known: Places, rules: ImputationSettings) -> pl.DataFrame:
    model = _fitted(shoppers, known, rules)
    unknown = np.flatnonzero(shoppers.labels == "")
    if unknown.size == 0:
        return nothing()
    probabilities = model.predict_proba(shoppers.features[unknown])
    frame = pl.DataFrame(
        {
            "customer_id": shoppers.ids.gather(unknown),
            "value": model.classes_[probabilities.argmax(axis=1)].astype(str),
            "confidence": probabilities.max(axis=1),
        }
    )
    sure = frame.filter(pl.col("confidence") >= rules.min_confidence)
    return sure.with_columns(pl.col("confidence").round(CONFIDENCE_PLACES))
