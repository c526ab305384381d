"""How well found persons agree with the truth: pairwise and B-cubed precision, recall and F1.

Pure frames, for tests, benchmarks and acceptance; no night reads a truth. Both measures are taken after transitive
closure, that is on the persons a user of the id sees, not on single links.
"""

from dataclasses import dataclass

import polars as pl

EVERYBODY = "everybody"


@dataclass(frozen=True)
class Agreement:
    """One partition against the truth; shares are null where there is nothing to divide by."""

    records: int
    pair_precision: float | None
    pair_recall: float | None
    cubed_precision: float | None
    cubed_recall: float | None

    @property
    def pair_f1(self) -> float | None:
        """Harmonic mean of pairwise precision and recall."""
        return f1(self.pair_precision, self.pair_recall)

    @property
    def cubed_f1(self) -> float | None:
        """Harmonic mean of B-cubed precision and recall."""
        return f1(self.cubed_precision, self.cubed_recall)


def f1(precision: float | None, recall: float | None) -> float | None:
    """2PR / (P + R); null where either is."""
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def agreement(records: pl.DataFrame, chosen: pl.Expr | None = None) -> Agreement:
    """Compare `found` with `person`, one row per record; only records where `chosen` holds are judged.

    With n(f, p) the records of person p in group f, a(f) all of the group and b(p) all of the person: pairwise
    precision = sum C(n, 2) / sum C(a, 2), recall = sum C(n, 2) / sum C(b, 2); B-cubed precision = mean over records
    of n / a, recall = mean of n / b (Bagga and Baldwin 1998). For a class of records, a found pair counts if either
    end is in the class, a true pair likewise; the other end may lie outside.
    """
    marked = records.with_columns(chosen=pl.lit(value=True) if chosen is None else chosen)
    both = _cells(marked, ["found", "person"])
    found, person = _cells(marked, ["found"]), _cells(marked, ["person"])
    shares = marked.filter("chosen").select(n=pl.len().over("found", "person"), found="found", person="person")
    sizes = marked.group_by("found").agg(a=pl.len()), marked.group_by("person").agg(b=pl.len())
    whole = marked.group_by("found", "person").agg(n=pl.len())
    cubed = (
        shares.drop("n")
        .join(whole, on=["found", "person"])
        .join(sizes[0], on="found")
        .join(sizes[1], on="person")
        .select(
            (pl.col("n") / pl.col("a")).mean().alias("precision"), (pl.col("n") / pl.col("b")).mean().alias("recall")
        )
    )
    return Agreement(
        shares.height,
        _share(both, found),
        _share(both, person),
        cubed["precision"].item(),
        cubed["recall"].item(),
    )


def _cells(marked: pl.DataFrame, by: list[str]) -> int:
    """Pairs within the groups of `by` of which at least one end is chosen."""
    cells = marked.group_by(by).agg(size=pl.len().cast(pl.Int64), others=(~pl.col("chosen")).sum().cast(pl.Int64))
    size, others = pl.col("size"), pl.col("others")
    return int(cells.select((size * (size - 1) // 2 - others * (others - 1) // 2).sum()).item())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def by_class(records: pl.DataFrame, classes: pl.DataFrame) -> dict[str, Agreement]:
    """The agreement of everybody, then of the persons of each class.

    `records` has found and person; `classes` has person and trap, a person may be in several.
    """
    result = {EVERYBODY: agreement(records)}
    for (name,), members in sorted(classes.group_by("trap")):
        result[str(name)] = agreement(records, pl.col("person").is_in(members["person"].implode()))
    return result
