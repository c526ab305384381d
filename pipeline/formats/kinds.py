"""Typed cells of every other kind of report completed: refunds, members, and the small kinds.

Orders are in `pipeline.formats.orders`; keys and provenance of rows in `pipeline.formats.finish`.
"""

from collections.abc import Callable

import polars as pl

from pipeline.clean.keys import KEY_TYPES
from pipeline.clean.names import joined_names
from pipeline.formats.cells import Cells
from pipeline.formats.job import Job
from pipeline.formats.orders import with_accounts, with_all_columns, with_regions
from pipeline.formats.texts import Texts

PLACEHOLDER_BIRTHDAYS = ("1900-01-01", "1970-01-01")
SCORES = (1, 5)


def derive_kind(cells: Cells, texts: Texts, job: Job) -> None:
    """Fill everything that follows from the other cells of a row of this kind."""
    report = job.layout.report
    helpers: dict[str, pl.DataType] = {"address": pl.String()} if report.kind == "members" else {}
    cells.frame = with_all_columns(cells.frame, report.table, helpers)
    step = STEPS.get(report.kind)
    if step:
        step(cells, job)
    if "phone" in cells.frame.columns:
        cells.frame = with_accounts(cells.frame)
    if report.kind in ("members", "points"):
        _require_buyer(cells, texts)


def _refunds(cells: Cells, job: Job) -> None:
    """A refund file tells of done refunds unless it has a column for their state; its money is never negative."""
    cells.frame = cells.frame.with_columns(
        currency=job.currency_expr,
        refund_status=pl.col("refund_status").fill_null("success"),
        refund_amount=pl.col("refund_amount").abs(),
    )


def _members(cells: Cells, _: Job) -> None:
    """Whole names, birthdays that are some, and places out of addresses."""
    frame = cells.frame
    if "first_name" in frame.columns or "last_name" in frame.columns:
        absent = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
        first = frame["first_name"] if "first_name" in frame.columns else absent
        last = frame["last_name"] if "last_name" in frame.columns else absent
        frame = frame.with_columns(name=pl.coalesce("name", joined_names(first, last).alias("joined")))
    frame = with_regions(frame)
    invented = pl.col("birth_date").cast(pl.String).is_in(PLACEHOLDER_BIRTHDAYS)
    unborn = (pl.col("birth_date") > pl.col("registered_on")).fill_null(value=False)
    cells.frame = frame.with_columns(birth_date=pl.when(~invented & ~unborn).then("birth_date"))


def _truths(name: str) -> Callable[[Cells, Job], None]:
    def fill(cells: Cells, job: Job) -> None:
        cells.frame = cells.frame.with_columns(pl.col(name).fill_null(value=False))
        if "has_delivery_column" in cells.frame.columns:
            has_column = "delivered_at" in job.layout.places
            cells.frame = cells.frame.with_columns(has_delivery_column=pl.lit(has_column))

    return fill


def _currencies(cells: Cells, job: Job) -> None:
    """The currency of each amount."""
    cells.frame = cells.frame.with_columns(currency=job.currency_expr)


def _rates(cells: Cells, _: Job) -> None:
    """Currency codes in capitals; a rate is positive."""
    cells.frame = cells.frame.with_columns(pl.col("currency").str.to_uppercase())
    cells.refuse("rate", cells.frame["rate"] <= 0, "MONEY_RANGE")


def _tickets(cells: Cells, _: Job) -> None:
    """Scores outside 1..5 are no scores."""
    is_score = pl.col("satisfaction_score").is_between(*SCORES)
    cells.frame = cells.frame.with_columns(satisfaction_score=pl.when(is_score).then("satisfaction_score"))


def _require_buyer(cells: Cells, texts: Texts) -> None:
    nobody = cells.frame.select(pl.all_horizontal(pl.col(key).is_null() for key in KEY_TYPES)).to_series()
    if "member_no" not in texts.frame.columns:
        cells.refuse("member_no", nobody, "ID_MISSING")
        return
    is_spoilt = texts.frame["member_no"].is_not_null()
    frame = pl.DataFrame({"spoilt": is_spoilt})
    rules = frame.select(pl.when("spoilt").then(pl.lit("ID_FORMAT")).otherwise(pl.lit("ID_MISSING"))).to_series()
    cells.refuse("member_no", nobody, rules)


STEPS: dict[str, Callable[[Cells, Job], None]] = {
    "refunds": _refunds,
    "members": _members,
    "stores": _truths("is_test"),
    "campaign_contacts": _truths("is_control"),
    "marketing_spend": _currencies,
    "fx_rates": _rates,
    "tickets": _tickets,
}
