r"""How long until a thing is bought again, with the gaps that are still open: the Kaplan-Meier estimator.

Of every gap either the end is known (another purchase after :math:`t` days) or only that it lasts at least
:math:`t` days (censored). With :math:`d_i` gaps that end at :math:`t_i` and :math:`n_i` that last at least
:math:`t_i`, the share of gaps longer than :math:`t` is

.. math:: S(t) = \prod_{t_i \le t} \left(1 - \frac{d_i}{n_i}\right),

and the median is the smallest :math:`t_i` with :math:`S(t_i) \le 1/2`; there is none while more than half of the
gaps outlast everything seen. Gaps censored at :math:`t_i` still count in :math:`n_i`. The mean of the completed gaps
alone is biased short: those that would have been long are the ones still open.

E. L. Kaplan, P. Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53(282), 457-481.
Gaps of one customer are pooled as if they were independent; frequent buyers weigh more, as each gap counts once.

What a gap is does not belong here; see sql/membership/category_gaps.sql.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

RATE_PLACES = 6
HALF_TOLERANCE = 1e-9
"""A product of fractions that is one half must count as one half whatever its last digit."""


def survival(completed: Counts, censored: Counts) -> Vector:
    """S at each distinct length of gap, ascending. Shapes: (lengths,) in, (lengths,) out."""
    total = completed + censored
    at_risk = total[::-1].cumsum()[::-1]
    return np.cumprod(1.0 - completed / at_risk)


def median_gap(lengths: Vector, completed: Counts, censored: Counts) -> float | None:
    """The smallest length after which at most half of the gaps last on; None where more than half always do.

    `lengths` are distinct and ascending, the counts are those of gaps of each length. Shapes: (lengths,).
    """
    reached = np.flatnonzero(survival(completed, censored) <= 0.5 + HALF_TOLERANCE)
    return float(lengths[reached[0]]) if reached.size else None


def category_cycles(gaps: pl.DataFrame, min_gaps: int) -> pl.DataFrame:
    """One row per category of `gaps` (category, gap_days, completed_count, censored_count; any order).

    cycle_days and completed_gap_days (the median of the completed gaps alone) are null below `min_gaps` completed
    gaps; still_open_rate is S after the longest gap.
    """
    ordered = gaps.sort("category", "gap_days")
    rows = [_cycle(str(name), group, min_gaps) for (name,), group in ordered.group_by("category", maintain_order=True)]
    schema = {
        "category": pl.String(),
        "gap_count": pl.Int64(),
        "completed_count": pl.Int64(),
        "censored_count": pl.Int64(),
        "cycle_days": pl.Float64(),
        "completed_gap_days": pl.Float64(),
        "still_open_rate": pl.Float64(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


Cycle = tuple[str, int, int, int, float | None, float | None, float]


def _cycle(category: str, gaps: pl.DataFrame, min_gaps: int) -> Cycle:
    lengths = gaps["gap_days"].to_numpy()
    completed, censored = (gaps[name].to_numpy() for name in ("completed_count", "censored_count"))
    ended, still_open = int(completed.sum()), int(censored.sum())
    open_rate = round(float(survival(completed, censored)[-1]), RATE_PLACES)
    if ended < min_gaps:
        return category, ended + still_open, ended, still_open, None, None, open_rate
    seen = completed > 0
    plain = median_gap(lengths[seen], completed[seen], np.zeros_like(completed[seen]))
    return category, ended + still_open, ended, still_open, median_gap(lengths, completed, censored), plain, open_rate
