"""What became of one table of a file: its rows on either side, its money, and what a person should know of it.

Only the shape lives here; it is filled by `pipeline.formats.work` and `pipeline.formats.split`.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from pipeline.formats.job import Job
from pipeline.formats.raw_table import ROW_NUMBER

NO_ROWS = pl.Schema({ROW_NUMBER: pl.Int64()})
NO_REJECTS = pl.Schema({ROW_NUMBER: pl.Int64(), "rule": pl.String(), "column": pl.String(),
                        "value_masked": pl.String(), "text": pl.String()})  # fmt: skip


@dataclass(frozen=True)
class TableResult:
    """What became of one table; `accepted` is typed in whole fen and not finished yet."""

    label: str
    records: int
    job: Job | None = None
    accepted: pl.DataFrame = field(default_factory=NO_ROWS.to_frame)
    rejected: pl.DataFrame = field(default_factory=NO_REJECTS.to_frame)
    control_rows: int = 0
    ignored_rows: int = 0
    accepted_amount: Decimal = Decimal("0.00")
    rejected_amount: Decimal = Decimal("0.00")
    ignored_amount: Decimal = Decimal("0.00")
    control_total: Decimal | None = None
    first_on: date | None = None
    last_on: date | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The raw table that it feeds; empty for a table that is no report."""
        return self.job.layout.report.table if self.job else ""

    @property
    def report(self) -> str:
        """The report that it is."""
        return (self.job.layout.report.name or self.job.layout.report.kind) if self.job else ""

    @property
    def unknown_columns(self) -> tuple[str, ...]:
        """Headers that the format does not know."""
        return self.job.layout.unknown if self.job else ()
