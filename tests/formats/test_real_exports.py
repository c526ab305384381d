"""A real export of a million lines: every row and every penny is where it belongs."""

from decimal import Decimal
from pathlib import Path

import pytest
from exports_by_hand import context, parse_file

from pipeline.formats.library import load_library

RETAIL = Path(__file__).parents[2] / "../shared/data/online_retail_II.csv.gz"
FORMAT = """
kind: orders
columns:
  order_id: [Invoice]
  sku: [StockCode]
  product_name: [Description]
  quantity: [Quantity]
  unit_price: [Price]
  ordered_at: [InvoiceDate]
  member_no: [Customer ID]
"""


@pytest.mark.slow
@pytest.mark.skipif(not RETAIL.exists(), reason="the real data set is not on this machine")
def test_a_million_lines_of_a_giftware_shop(tmp_path):
    (tmp_path / "my_shop.yaml").write_text(FORMAT, encoding="utf-8")
    shop = context("my_shop", library=load_library(tmp_path), timezone="Europe/London", currency="GBP")
    parsed = parse_file(RETAIL, "uk/online_retail_II.csv.gz", shop)
    report, lines = parsed.reports[0], parsed.tables["raw_order_lines"]
    assert (report.records, report.accepted_rows, report.rejected_rows) == (1_044_847, 1_044_847, 0)
    assert abs(report.raw_amount - Decimal("18909744.118")) < 1
    assert lines["row_key"].n_unique() == lines.height
    assert lines["order_id"].n_unique() == 53_628
    assert lines["member_no"].drop_nulls().n_unique() == 5_942
    assert lines["member_no"].null_count() == 235_287
