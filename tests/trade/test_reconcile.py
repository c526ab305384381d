"""row_counts: what the readers counted against what the tables hold, and sentences about what does not add up."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from ledger_of import AS_OF, SETTINGS, frame, ledger

from pipeline.engine import Engine
from pipeline.formats.parse import ReportCounts
from pipeline.lake import Table, write_table
from pipeline.schemas.catalog import TABLES
from pipeline.schemas.raw import RAW_TABLES
from pipeline.trade.reconcile import check_reconciled, row_counts


def report(table: str, **counts: int) -> ReportCounts:
    numbers = dict.fromkeys(("records", "control_rows", "ignored_rows", "accepted_rows", "rejected_rows"), 0)
    money = dict.fromkeys(("raw_amount", "accepted_amount", "rejected_amount", "ignored_amount"), 0)
    texts = {"report": "lines", "label": "", "control_total": None, "unknown_columns": (), "notes": ()}
    given = {**numbers, **{name: Decimal(value) for name, value in (money | counts).items() if name in money}}
    given |= {name: value for name, value in counts.items() if name in numbers}
    return ReportCounts(table=table, first_on=None, last_on=None, **texts, **given)  # type: ignore[arg-type]


def night(folder: Path, left_out: list[tuple[str, int]], reports: list[ReportCounts], **given: object) -> pl.DataFrame:
    """row_counts of one small night; `left_out` are (reason, amount) of lines of source pos."""
    tables = dict(ledger(folder, **given).tables)  # type: ignore[arg-type]
    for kind in RAW_TABLES:
        rows = left_out if kind == "order_lines" else []
        out = [
            {"source": "pos", "file_sha": "f", "row_number": number, "amount": amount, "left_out_because": reason}
            for number, (reason, amount) in enumerate(rows)
        ]
        tables[f"left_out_{kind}"] = _written(folder, f"left_out_{kind}", frame(f"left_out_{kind}", out))
        if f"clean_{kind}" not in tables:
            tables[f"clean_{kind}"] = _written(folder, f"clean_{kind}", frame(f"clean_{kind}", []))
    pairs = [("returns" if counts.table == "raw_refunds" else "pos", counts) for counts in reports]
    engine = Engine(SETTINGS.engine, folder / "scratch")
    return row_counts(pairs, tables, engine=engine, as_of=AS_OF, path=folder / "row_counts.parquet").read()


def _written(folder: Path, name: str, rows: pl.DataFrame) -> Table:
    return write_table(TABLES[name], rows, folder / f"{name}.parquet")


LINES = [
    {"order_id": "1", "paid_amount": 100, "amount": 100},
    {"order_id": "2", "paid_amount": 50, "amount": 50, "unit_price": 50},
    {"order_id": "3", "paid_amount": -100, "amount": -100, "quantity": -1, "ordered_at": "2026-06-05"},
    {"order_id": "4", "paid_amount": -70, "amount": -70, "quantity": -1, "unit_price": 70},
]
READ = report(
    "raw_order_lines",
    records=10,
    control_rows=1,
    ignored_rows=1,
    accepted_rows=7,
    rejected_rows=1,
    raw_amount=99,
    rejected_amount=9,
    ignored_amount=5,
)


def shown(counts: pl.DataFrame, table: str, *columns: str) -> tuple[object, ...]:
    row = counts.filter(pl.col("table_name") == table).row(0, named=True)
    return tuple(int(row[name]) for name in columns)


class TestRowCounts:
    LEFT_OUT = [("duplicate", 100), ("duplicate", 10), ("later", 0)]  # noqa: RUF012

    def test_every_row_and_cent_has_its_place(self, tmp_path: Path) -> None:
        counts = night(tmp_path, self.LEFT_OUT, [READ], order_lines=LINES)
        rows = ("file_rows", "raw_rows", "clean_rows", "rejected_rows", "duplicate_rows", "control_rows", "later_rows")
        assert shown(counts, "raw_order_lines", *rows) == (10, 7, 4, 1, 2, 1, 1)
        money = ("raw_amount", "clean_amount", "rejected_amount", "duplicate_amount")
        assert shown(counts, "raw_order_lines", *money) == (99, -20, 9, 110)
        assert check_reconciled(counts) == []
        assert counts["as_of"].unique().to_list() == [AS_OF]

    def test_ledger_rows_prove_orders_purchases_and_returns(self, tmp_path: Path) -> None:
        counts = night(tmp_path, self.LEFT_OUT, [READ], order_lines=LINES)
        columns = ("raw_rows", "clean_rows", "rejected_rows", "raw_amount", "clean_amount", "rejected_amount")
        assert shown(counts, "order_lines", *columns) == (4, 4, 0, -20, -20, 0)
        assert shown(counts, "orders", *columns) == (4, 4, 0, -20, -20, 0)
        # order 1 came back whole, order 2 stays; the slip of 70 found nothing
        assert shown(counts, "purchases", *columns) == (4, 1, 3, -20, 50, -70)
        assert shown(counts, "order_returns", *columns) == (2, 1, 1, -170, -100, -70)

    def test_refunds_are_netted_or_told_apart(self, tmp_path: Path) -> None:
        refunds = [
            {"order_id": "1", "refund_amount": 30, "amount": 30},
            {"order_id": "8", "refund_amount": 20, "amount": 20},
            {"order_id": "1", "refund_amount": 9, "amount": 9, "refund_status": "open"},
        ]
        counts = night(
            tmp_path,
            self.LEFT_OUT,
            [READ, report("raw_refunds", records=3, accepted_rows=3, raw_amount=59)],
            order_lines=LINES,
            refunds=refunds,
        )
        columns = ("file_rows", "raw_rows", "clean_rows", "rejected_rows", "ignored_rows", "clean_amount")
        assert shown(counts, "refunds", *columns) == (3, 2, 1, 1, 1, 30)
        assert check_reconciled(counts) == []

    def test_heads_and_lines_of_one_order_are_one_order(self, tmp_path: Path) -> None:
        counts = night(
            tmp_path,
            [],
            [],
            order_heads=[{"order_id": "1", "paid_amount": 90}, {"order_id": "5", "paid_amount": 7}],
            order_lines=[{"order_id": "1", "line_id": "1"}, {"order_id": "1", "line_id": "2"}],
        )
        columns = ("raw_rows", "clean_rows", "raw_amount", "clean_amount")
        assert shown(counts, "orders", *columns) == (2, 2, 97, 97)
        assert shown(counts, "order_lines", *columns) == (3, 3, 97, 97)


class TestSentences:
    ROW = {  # noqa: RUF012
        "as_of": date(2026, 6, 30),
        "table_name": "raw_order_lines",
        "source": "pos",
        **{name: 0 for name in TABLES["row_counts"].names if name.endswith("_rows")},
        **{name: Decimal(0) for name in TABLES["row_counts"].names if name.endswith("_amount")},
    }

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            (
                {"raw_rows": 2, "file_rows": 2, "clean_rows": 1},
                "raw_order_lines of pos: 2 raw_rows, but 1 clean_rows + 0 rejected_rows + 0 duplicate_rows = 1",
            ),
            (
                {"file_rows": 1},
                (
                    "raw_order_lines of pos: 1 file_rows, but 0 raw_rows + 0 control_rows + 0 ignored_rows"
                    " + 0 later_rows = 0"
                ),
            ),
            (
                {"raw_amount": Decimal("0.01")},
                (
                    "raw_order_lines of pos: 0.01 raw_amount, but 0.00 clean_amount + 0.00 rejected_amount"
                    " + 0.00 duplicate_amount = 0.00"
                ),
            ),
        ],
    )
    def test_says_which_equation_fails(self, wrong: dict[str, object], sentence: str) -> None:
        spec = TABLES["row_counts"]
        counts = pl.DataFrame([{**self.ROW, **wrong}], schema=spec.polars_schema)
        assert check_reconciled(counts) == [sentence]
