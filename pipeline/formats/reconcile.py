"""Proof that no money was lost between the printed cells and the rows: two ways of adding up must agree.

What was read is compared with the sum of the printed money column, taken afresh from its cells (once per order
where an order repeats it), and with the footer of the file where it has one.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipeline.clean.money import FEN, scaled
from pipeline.formats.canonical import MONEY_OF_KIND
from pipeline.formats.cells import Cells
from pipeline.formats.detect import Layout
from pipeline.formats.order_money import order_columns
from pipeline.formats.row_rules import PART_OF_TOTAL
from pipeline.formats.texts import Texts, sum_terms

ONE_FEN = Decimal("0.01")


@dataclass(frozen=True)
class Proof:
    """What the sums say: figures that disagree, and the total that the file itself prints."""

    problems: tuple[str, ...]
    control_total: Decimal | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Printed:
    """The money of a kind as the cells of some rows print it, in fen, and whether these are footers of a part only."""

    fen: pl.Series
    is_part: pl.Series

    def slice(self, offset: int, length: int) -> "Printed":
        """That of a stretch of the rows."""
        return Printed(self.fen.slice(offset, length), self.is_part.slice(offset, length))


def printed_money(texts: Texts, layout: Layout) -> Printed | None:
    """The printed money of rows, or of footers; None where the kind has none, or the report no such column."""
    name = MONEY_OF_KIND.get(layout.report.kind)
    fen = _printed(texts.frame, layout, name) if name else None
    if fen is None:
        return None
    return Printed(fen, texts.first_cell.str.contains(PART_OF_TOTAL).fill_null(value=False))


def reconcile(
    cells: Cells, body: Texts, printed: Printed | None, footers: Printed | None, layout: Layout, unread: int
) -> Proof:
    """Compare the rows with the printed column and the footer. `unread` counts records that are no rows at all."""
    if printed is None or footers is None:
        return Proof((), None)
    is_shared = MONEY_OF_KIND[layout.report.kind] in order_columns(layout)
    once = _once_per_order(printed.fen, body.orders) if is_shared else printed.fen
    problems = _disagreement(cells, once, layout)
    totals = footers.fen.filter(~footers.is_part).drop_nulls().to_list()
    if not totals:
        return Proof(problems, None)
    is_whole = not unread and not _has_unreadable(cells)
    known = {_sum(once), _sum(printed.fen), _sum(cells.frame["amount"])}
    matching = [total for total in [*totals, sum(totals)] if total in known]
    total = _yuan(matching[0] if matching else totals[-1])
    if matching:
        return Proof(problems, total)
    if not is_whole:
        return Proof(problems, total, ("the footer could not be compared: some records were unreadable",))
    text = f"the footer says {total}, the rows add up to {_yuan(_sum(once))}"
    return Proof((*problems, text), total)


def _disagreement(cells: Cells, once: pl.Series, layout: Layout) -> tuple[str, ...]:
    frame = cells.frame.select("amount", computed=pl.col("computed") if "computed" in cells.frame.columns else False)
    amounts = frame.filter(~pl.col("computed"))["amount"]
    is_unsigned = layout.report.kind == "refunds" or "row_type" in layout.places or layout.report.amounts == "line"
    read = amounts.abs() if is_unsigned else amounts
    given = once.abs() if is_unsigned else once
    if _sum(read) == _sum(given):
        return ()
    return (f"the rows were given {_yuan(_sum(read))}, their cells print {_yuan(_sum(given))}",)


def _printed(frame: pl.DataFrame, layout: Layout, name: str) -> pl.Series | None:
    terms = sum_terms(frame, name)
    signs = layout.places[name].signs if terms else (1,)
    columns = terms or [column for column in (name,) if name in layout.places]
    if not columns:
        return None
    parts = [(scaled(frame[column], FEN) * sign).alias(column) for column, sign in zip(columns, signs, strict=True)]
    filled = pl.any_horizontal(pl.all().is_not_null())
    return pl.DataFrame(parts).select(pl.when(filled).then(pl.sum_horizontal(pl.all()))).to_series()


def _once_per_order(printed: pl.Series, orders: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"printed": printed, "order": orders})
    return frame.group_by("order", maintain_order=True).agg(pl.col("printed").drop_nulls().first())["printed"]


def _has_unreadable(cells: Cells) -> bool:
    return any(fault.rules.filter(fault.rows).str.starts_with("MONEY").any() for fault in cells.faults)


def _sum(values: pl.Series) -> int:
    return int(values.cast(pl.Int128).sum() or 0)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) * ONE_FEN
