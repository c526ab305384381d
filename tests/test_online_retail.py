"""A real shop's million rows through the example of docs/how-to-own-exports.md: every row and penny accounted for."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
EXPORT = ROOT.parent / "shared" / "data" / "online_retail_II.csv.gz"
EXAMPLE = ROOT / "docs" / "examples" / "online_retail"

pytestmark = pytest.mark.skipif(not EXPORT.exists(), reason="the public data set Online Retail II is not at hand")


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, run_huitou: Callable[..., subprocess.CompletedProcess[str]]
) -> Workspace:
    root = tmp_path_factory.mktemp("shop") / "data"
    shutil.copytree(EXAMPLE, root)
    (root / "landing").mkdir()
    shutil.copy(EXPORT, root / "landing" / "online_retail_II.csv.gz")
    done = run_huitou(root, "run")
    assert done.returncode == 0, done.stderr
    return Workspace(root)


@pytest.fixture
def warehouse(shop: Workspace) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(shop.warehouse, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """The file read without any of our code: quantity times price, exact."""
    return pl.read_csv(EXPORT, infer_schema=False).with_columns(
        exact=pl.col("Quantity").cast(pl.Decimal(18, 0)) * pl.col("Price").cast(pl.Decimal(18, 4))
    )


def test_every_row_is_accounted_for(warehouse: duckdb.DuckDBPyConnection) -> None:
    query = """
    select raw_rows, clean_rows, rejected_rows, duplicate_rows, ignored_rows, control_rows
    from row_counts where table_name = 'raw_order_lines'
    """
    assert warehouse.execute(query).fetchall() == [(1_044_847, 1_044_847, 0, 0, 0, 0)]


def test_every_penny_is_accounted_for(warehouse: duckdb.DuckDBPyConnection, lines: pl.DataFrame) -> None:
    """Lines are rounded to the penny once, half away from zero; only prices of three decimals differ at all."""
    assert lines["exact"].sum() == Decimal("18909744.1180")
    mills = lines.select((pl.col("exact") * 1000).cast(pl.Int64)).to_series()
    pennies = int(((mills.abs() + 5) // 10 * mills.sign()).sum())
    query = "select raw_amount from row_counts where table_name = 'raw_order_lines'"
    ((counted,),) = warehouse.execute(query).fetchall()
    assert counted == Decimal(pennies).scaleb(-2)
    assert abs(counted - Decimal("18909744.118")) < Decimal("0.20")


def test_invoices_and_customers(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute("select count(*) from orders").fetchall() == [(53_628,)]
    assert warehouse.execute("select count(*) from customers").fetchall() == [(5_942,)]
    anonymous = "select count(*) from order_lines where customer_id is null"
    assert warehouse.execute(anonymous).fetchall() == [(235_287,)]


def test_money_of_lines_is_money_of_the_file(warehouse: duckdb.DuckDBPyConnection) -> None:
    query = """
    select sum(original_paid_amount) - (select raw_amount from row_counts where table_name = 'raw_order_lines')
    from order_lines
    """
    assert warehouse.execute(query).fetchall() == [(Decimal("0.00"),)]


@pytest.mark.parametrize(
    ("member_no", "orders", "amount", "recency_days", "why"),
    [
        # 499763: 3.25 + 4 x 5.95 = 27.05; 513774: 19 x 7.49 = 142.31; last 2010-06-28. Invoice 541431 of 74,215
        # pieces came back whole as C541433; the TEST001 lines are no trade.
        ("12346", 2, Decimal("169.36"), 529, "tests, a manual correction, one huge order returned within minutes"),
        # Its one invoice has a price of 0.00, so it never bought.
        ("13256", 0, Decimal("0.00"), None, "12,540 pieces for nothing"),
    ],
)
def test_hand_checked_customers(
    warehouse: duckdb.DuckDBPyConnection,
    member_no: str,
    orders: int,
    amount: Decimal,
    recency_days: int | None,
    why: str,
) -> None:
    query = """
    select order_count, monetary_amount, recency_days from customers
    where customer_id in (select customer_id from customer_profiles where profile_key = ?)
    """
    assert warehouse.execute(query, [member_no]).fetchall() == [(orders, amount, recency_days)], why


def test_fees_and_bad_debt_are_no_purchases(warehouse: duckdb.DuckDBPyConnection) -> None:
    query = """
    select count(*) from orders
    where is_purchase and order_key in (select order_key from order_lines group by order_key
        having bool_and(line_kind = 'adjustment'))
    """
    assert warehouse.execute(query).fetchall() == [(0,)]
