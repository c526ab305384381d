"""HTML pages that are called .xls."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import FileRefusedError
from pipeline.formats.tables import RawTable, ReadOptions, read_tables


def find_id(records: Sequence[Sequence[str]]) -> int | None:
    """The header is the first record with a cell `id`."""
    return next((index for index, record in enumerate(records) if "id" in record), None)


def read(folder: Path, page: bytes) -> list[RawTable]:
    path = folder / "spooled"
    path.write_bytes(page)
    return read_tables(path, "orders.xls", ReadOptions(find_header=find_id))


def test_table(tmp_path: Path) -> None:
    page = """<html><head><meta charset="gbk"><style>td {color: red}</style></head><body>
      <table><tr><th colspan=2>订单报表</th></tr>
      <tr><th> id </th><th>品名</th></tr>
      <tr><td>0001</td><td>连衣裙 &amp; <b>帽子</b><br>红色</td></tr>
      <tr><td></td><td>&nbsp;</td></tr>
      <tr><td>2<td>x
      y</tr>
      <tr><td>3</td></tr></table></body></html>"""
    (table,) = read(tmp_path, page.encode("gbk"))
    assert table.header == ("id", "品名")
    assert table.frame.rows() == [(3, "0001", "连衣裙 & 帽子\n红色"), (5, "2", "x y")]
    assert table.rejected.rows() == [(6, "CSV_WIDTH", "3\t")]
    assert (table.header_row, table.blank_rows, table.encoding) == (2, 1, "html")
    assert table.preamble == (("订单报表", ""),)


def test_several_tables_go_on_counting(tmp_path: Path) -> None:
    page = (
        "<table><tr><td>id<tr><td>1</table><table></table><table><tr><td>no</table><table><tr><td>id<tr><td>2</table>"
    )
    first, second = read(tmp_path, page.encode("utf-16"))
    assert (first.label, first.frame.rows()) == ("table 1", [(2, "1")])
    assert (second.label, second.frame.rows()) == ("table 3", [(5, "2")])


@pytest.mark.parametrize("page", [b"<html><p>login</p></html>", b"<table><tr><td>id</td></tr><tr><td>1</td>"])
def test_page_without_a_whole_table_is_refused(tmp_path: Path, page: bytes) -> None:
    with pytest.raises(FileRefusedError) as caught:
        read(tmp_path, page)
    assert caught.value.code == "UNREADABLE"
