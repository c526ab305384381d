"""Proof that no money was lost between the printed cells and the rows: two ways of adding up must agree.

What was read is compared with the sum of the printed money column, taken afresh from its cells (once per order
where an order repeats it), and with the footer of the file where it has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from pipeline.clean.money import FEN, scaled
from pipeline.formats.canonical import MONEY_OF_KIND
from pipeline.formats.cells import Cells
from pipeline.formats.detect import Layout
from pipeline.formats.order_money import order_columns
from pipeline.formats.row_rules import PART_OF_TOTAL
from pipeline.formats.texts import TABLE, Texts, sum_terms

ONE_FEN = Decimal("0.01")


@dataclass(frozen=True)
class Proof:
    """What the sums say: figures that disagree, and the total that the file itself prints."""

    problems: tuple[str, ...]
    control_total: Decimal | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Printed:
    """The money of a kind as the cells of some rows print it, in fen, whether these are footers of a part only, and
    the table of each.
    """

    fen: pl.Series
    is_part: pl.Series
    table: pl.Series


@dataclass(frozen=True)
class Sums:
    """Money of one table in fen: printed, printed once per order, as it was read, and read of rows that print it.

    A `size` is a sum without signs.
    """

    printed: int = 0
    once: int = 0
    once_size: int = 0
    amount: int = 0
    read: int = 0
    read_size: int = 0


def printed_money(texts: Texts, layout: Layout) -> Printed | None:
    """The printed money of rows, or of footers; None where the kind has none, or the report no such column."""
    name = MONEY_OF_KIND.get(layout.report.kind)
    fen = _printed(texts.frame, layout, name) if name else None
    if fen is None:
        return None
    return Printed(fen, texts.first_cell.str.contains(PART_OF_TOTAL).fill_null(value=False), texts.table)


def reconcile(
    cells: Cells,
    body: Texts,
    printed: Printed | None,
    footers: Printed | None,
    layout: Layout,
    unread: Sequence[int],
) -> list[Proof]:
    """Compare the rows of each table with its printed column and footer.

    `unread` counts the records of each table that are no rows at all.
    """
    if printed is None or footers is None:
        return [Proof((), None) for _ in unread]
    sums = _sums(cells, body, printed, layout)
    totals = _totals(footers)
    unreadable = _unreadable(cells, body.table) if totals else set()
    return [
        _proof(sums.get(index, Sums()), totals.get(index, []), layout, not records and index not in unreadable)
        for index, records in enumerate(unread)
    ]


def _proof(sums: Sums, totals: Sequence[int], layout: Layout, is_whole: bool) -> Proof:
    problems = _disagreement(sums, layout)
    if not totals:
        return Proof(problems, None)
    known = {sums.once, sums.printed, sums.amount}
    matching = [total for total in [*totals, sum(totals)] if total in known]
    total = _yuan(matching[0] if matching else totals[-1])
    if matching:
        return Proof(problems, total)
    if not is_whole:
        return Proof(problems, total, ("the footer could not be compared: some records were unreadable",))
    text = f"the footer says {total}, the rows add up to {_yuan(sums.once)}"
    return Proof((*problems, text), total)


def _disagreement(sums: Sums, layout: Layout) -> tuple[str, ...]:
    is_unsigned = layout.report.kind == "refunds" or "row_type" in layout.places or layout.report.amounts == "line"
    read, given = (sums.read_size, sums.once_size) if is_unsigned else (sums.read, sums.once)
    if read == given:
        return ()
    return (f"the rows were given {_yuan(read)}, their cells print {_yuan(given)}",)


def _sums(cells: Cells, body: Texts, printed: Printed, layout: Layout) -> dict[int, Sums]:
    """By table; one without rows is not there."""
    computed = pl.col("computed") if "computed" in cells.frame.columns else pl.lit(value=False)
    rows = cells.frame.select("amount", computed=computed).with_columns(body.table, printed.fen.alias("printed"))
    amount, given = pl.col("amount").cast(pl.Int128), pl.col("printed").cast(pl.Int128)
    read = pl.when(~pl.col("computed")).then(amount)
    wide = rows.select(TABLE, printed=given, amount=amount, read=read, read_size=read.abs())
    if MONEY_OF_KIND[layout.report.kind] in order_columns(layout):
        orders = wide.select(TABLE, "printed").with_columns(body.orders.alias("order"))
        once = orders.group_by(TABLE, "order").agg(once=pl.col("printed").drop_nulls().first())
    else:
        once = wide.select(TABLE, once="printed")
    of_rows = wide.group_by(TABLE).sum()
    of_orders = once.group_by(TABLE).agg(pl.col("once").sum(), once_size=pl.col("once").abs().sum())
    both = of_rows.join(of_orders, on=TABLE)
    return {own.pop(TABLE): Sums(**own) for own in both.iter_rows(named=True)}


def _totals(footers: Printed) -> dict[int, list[int]]:
    """What the footers of each table say that is told of all its rows."""
    frame = pl.DataFrame({TABLE: footers.table, "fen": footers.fen, "part": footers.is_part})
    if frame.is_empty():
        return {}
    whole = frame.filter(~pl.col("part")).drop_nulls("fen")
    return dict(whole.group_by(TABLE, maintain_order=True).agg("fen").iter_rows())


def _unreadable(cells: Cells, table: pl.Series) -> set[int]:
    """Tables in which some money could not be read."""
    found: set[int] = set()
    for fault in cells.faults:
        found.update(table.filter(fault.rows & fault.rules.str.starts_with("MONEY")).unique())
    return found


def _printed(frame: pl.DataFrame, layout: Layout, name: str) -> pl.Series | None:
    terms = sum_terms(frame, name)
    signs = layout.places[name].signs if terms else (1,)
    columns = terms or [column for column in (name,) if name in layout.places]
    if not columns:
        return None
    parts = [(scaled(frame[column], FEN) * sign).alias(column) for column, sign in zip(columns, signs, strict=True)]
    filled = pl.any_horizontal(pl.all().is_not_null())
    return pl.DataFrame(parts).select(pl.when(filled).then(pl.sum_horizontal(pl.all()))).to_series()


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) * ONE_FEN
