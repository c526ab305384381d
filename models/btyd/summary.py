r"""What buy-till-you-die models need to know of a customer, as arrays: how often, how long, since when.

Customer :math:`i` made a first purchase, then :math:`x_i` repeat purchases, the last of them :math:`t_{x,i}` after
the first, and is observed until :math:`T_i` after the first. These numbers are sufficient for BG/NBD and MBG/NBD;
MBG/CNBD-k also needs the sum of the logarithms of the gaps between purchases, once for the whole likelihood.

How the numbers come from orders does not belong here; see sql/predictions/purchase_summaries.sql.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.errors import HuitouError

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]

REPEATS, SPAN, KNOWN = "repeat_count", "span_days", "known_days"
LOG_GAPS = "log_gap_sum"


@dataclass(frozen=True)
class PurchaseSummary:
    """Histories of customers, or of groups of customers with equal histories; all shapes (customers,).

    `repeats` is x, `last` is t_x (0 where x = 0), `known` is T, all times in one unit, counted from the first
    purchase. `weights` says how many customers share a row. `log_gaps` is the sum of log(gap) over the x gaps of a
    row; None where nobody counted them, which rules out regularity k > 1. `traits`, shape (customers, traits), are
    static covariates, 0 for the typical customer.
    """

    repeats: Vector
    last: Vector
    known: Vector
    weights: Vector
    log_gaps: Vector | None = None
    traits: Matrix | None = None

    def __post_init__(self) -> None:
        x, last, known = self.repeats, self.last, self.known
        sound = (x >= 0) & (last >= 0) & (last <= known) & ((x > 0) | (last == 0)) & (x == np.floor(x))
        if not (x.shape == last.shape == known.shape == self.weights.shape) or x.ndim != 1:
            raise HuitouError("repeats, last, known and weights must be vectors of one length", where="models/btyd")
        if not bool(sound.all()) or not bool((self.weights >= 0).all()):
            raise HuitouError(
                f"{int((~sound).sum())} histories are impossible: 0 <= last <= known, last = 0 without repeats,"
                " repeats whole and weights not negative must hold",
                where="models/btyd",
            )

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def customer_count(self) -> float:
        """The number of customers, rows times weights."""
        return float(self.weights.sum())

    @property
    def log_gap_total(self) -> float | None:
        """Sum of log(gap) over all gaps of all customers; the only thing regularity needs to know of them."""
        return None if self.log_gaps is None else float((self.weights * self.log_gaps).sum())

    def grouped(self) -> "PurchaseSummary":
        """Equal histories once, with their number as weight, sorted; the likelihood of both is the same.

        `log_gaps` becomes the mean over all customers, so that `log_gap_total` stays.
        """
        columns = {"x": self.repeats, "last": self.last, "known": self.known}
        traits = [] if self.traits is None else [f"trait{number}" for number in range(self.traits.shape[1])]
        columns |= {name: self.traits[:, number] for number, name in enumerate(traits) if self.traits is not None}
        keys = list(columns)
        rows = pl.DataFrame(columns | {"weight": self.weights}).group_by(keys).sum().sort(keys)
        weights = rows["weight"].to_numpy()
        gaps = self.log_gap_total
        return PurchaseSummary(
            rows["x"].to_numpy(),
            rows["last"].to_numpy(),
            rows["known"].to_numpy(),
            weights,
            None if gaps is None else np.full(len(weights), gaps / self.customer_count),
            rows.select(traits).to_numpy() if traits else None,
        )

    def taken(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "PurchaseSummary":
        """These rows only, by index or mask."""
        return replace(
            self,
            repeats=self.repeats[rows],
            last=self.last[rows],
            known=self.known[rows],
            weights=self.weights[rows],
            log_gaps=None if self.log_gaps is None else self.log_gaps[rows],
            traits=None if self.traits is None else self.traits[rows],
        )


def summary_of(frame: pl.DataFrame, traits: Sequence[str] = ()) -> PurchaseSummary:
    """The summary of a frame with `repeat_count`, `span_days`, `known_days` and, if it is there, `log_gap_sum`.

    One row per customer, in the order of the frame. `traits` names numeric columns that are static covariates.
    """
    x, last, known = (frame[name].cast(pl.Float64).to_numpy() for name in (REPEATS, SPAN, KNOWN))
    gaps = frame[LOG_GAPS].cast(pl.Float64).to_numpy() if LOG_GAPS in frame.columns else None
    extra = frame.select(pl.col(name).cast(pl.Float64) for name in traits).to_numpy() if traits else None
    return PurchaseSummary(x, last, known, np.ones(frame.height), gaps, extra)
