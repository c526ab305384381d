"""What `huitou check` is told of a file."""

import pytest
from exports_by_hand import context

from pipeline.formats.inspect import inspect_file
from pipeline.formats.library import load_library
from pipeline.formats.reasons import told_reasons


def inspect(tmp_path, text, name="pos"):
    (tmp_path / "x").write_text(text, encoding="utf-8")
    return inspect_file(tmp_path / "x", "pos/9.csv", context(name))


def test_a_good_file(tmp_path):
    seen = inspect(tmp_path, "小票号,日期,实收金额,心情\n1,2026-09-01,5,好\n2,soon,6,好\n")
    assert seen.is_good
    assert (seen.encoding, seen.format) == ("utf-8", "pos")
    table = seen.tables[0]
    assert table.found == {"order_id": ("小票号",), "ordered_date": ("日期",), "paid_amount": ("实收金额",)}
    assert (table.unknown, table.missing) == (("心情",), ())
    assert (table.records, table.accepted_rows, table.rejected_rows) == (2, 1, 1)
    bad = table.bad_values[0]
    assert (bad.row_number, bad.rule, bad.column, bad.value_masked) == (3, "DATE_FORMAT", "ordered_at", "XXXX")


def test_every_problem_is_listed(tmp_path):
    seen = inspect(tmp_path, "小票号,心情,数量\n1,好,2\n")
    assert not seen.is_good
    assert seen.tables[0].missing == ("ordered_at", "paid_amount")
    assert len(seen.tables[0].problems) == 2


def test_unknown_words_and_footers_are_shown_together(tmp_path):
    seen = inspect(tmp_path, "小票号,日期,实收金额,状态\n1,2026-09-01,5,飞\n合计,,9,\n")
    assert [problem.split(":")[0] for problem in seen.tables[0].problems] == [
        "unknown words in status",
        "the footer says 9.00, the rows add up to 5.00",
    ]


def test_a_file_that_cannot_be_read(tmp_path):
    seen = inspect(tmp_path, "a,b\n1,2\n")
    assert not seen.is_good
    assert seen.refusal


def test_a_file_that_may_not_be_read_is_refused_with_a_remedy(tmp_path, monkeypatch):
    def closed(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pipeline.formats.inspect.read_tables", closed)
    seen = inspect_file(tmp_path / "x", "pos/9.csv", context("pos"))
    assert not seen.is_good
    assert seen.refusal == "pos/9.csv: cannot be read (Permission denied). Let the user that runs Huitou read it."


def test_a_file_that_is_gone_by_now_is_refused(tmp_path):
    assert "No such file" in (inspect_file(tmp_path / "gone", "pos/9.csv", context("pos")).refusal or "")


def problems(tmp_path, text, columns, **settings):
    """What `check` says of a file of a format that reads these columns."""
    (tmp_path / "formats").mkdir()
    listed = "".join(f"  {name}: [{headers}]\n" for name, headers in columns.items())
    (tmp_path / "formats" / "mine.yaml").write_text(f"kind: orders\ncolumns:\n{listed}", encoding="utf-8")
    (tmp_path / "x").write_text(text, encoding="utf-8")
    under = context("mine", library=load_library(tmp_path / "formats"), **settings)
    (table,) = inspect_file(tmp_path / "x", "mine/1.csv", under).tables
    return table


ORDERS = {"order_id": "单号", "ordered_at": "日期", "paid_amount": "实付"}


@pytest.mark.parametrize("header", ["实付￥", "实付(元)", "实付（元）", "实付（￥）", "￥ 实付"])
def test_a_unit_in_the_header_is_no_other_header(header, tmp_path):
    seen = problems(tmp_path, f"单号,日期,{header}\n1,2026-09-01,5\n", ORDERS)
    assert (seen.problems, seen.unknown, seen.accepted_rows) == ((), (), 1)
    assert seen.found["paid_amount"] == (header,)


def test_the_header_as_it_is_listed_goes_before_one_with_a_unit(tmp_path):
    seen = problems(tmp_path, "单号,日期,实付(元),实付\n1,2026-09-01,9,5\n", ORDERS)
    assert (seen.problems, seen.found["paid_amount"]) == ((), ("实付",))
    assert seen.unknown == ("实付(元)",)


def test_two_headers_that_differ_in_their_unit_are_never_chosen_from_in_silence(tmp_path):
    seen = problems(tmp_path, "单号,日期,实付(元),实付￥\n1,2026-09-01,9,5\n", ORDERS)
    assert seen.problems == (
        "'实付(元)' and '实付￥' look alike. List the one to read, as it is written, in formats/mine.yaml",
    )
    assert seen.accepted_rows == 0


def test_alike_headers_that_nobody_reads_are_no_matter(tmp_path):
    seen = problems(tmp_path, "单号,日期,实付,成本(元),成本￥\n1,2026-09-01,5,1,2\n", ORDERS)
    assert (seen.problems, seen.unknown) == ((), ("成本(元)", "成本￥"))


@pytest.mark.parametrize(
    ("header", "listed", "money", "is_good"),
    [
        ("Total $", "Total", "CNY", False),
        ("Total $", "Total", "USD", True),
        ("Total £", "Total", "GBP", True),
        ("Total ￥", "Total", "GBP", False),
        ("Total ￥", "Total", "JPY", True),
        ("Total $", "'Total $'", "CNY", True),  # the format says that it means this one
    ],
)
def test_the_sign_of_another_currency_stops_the_file(header, listed, money, is_good, tmp_path):
    columns = ORDERS | {"paid_amount": listed}
    seen = problems(tmp_path, f"单号,日期,{header}\n1,2026-09-01,5\n", columns, money=money)
    assert (seen.problems == ()) is is_good


def test_refused_cells_are_explained_once_per_reason():
    assert list(told_reasons(["DATE_RANGE", "ENUM", "DATE_RANGE", "NEVER_HEARD"])) == [
        "DATE_RANGE: written as a date, but no day of the calendar, or not of 1990 to 2100",
        "ENUM: a word that is none of the column's",
    ]


def test_mixed_spellings_of_days_are_told_by_their_form(tmp_path):
    text = "单号,日期,实付\n1,12/25/2026,5\n2,25/12/2026,5\n3,2026-02-30,5\n4,2026年9月1日 下午3时,5\n"
    seen = problems(tmp_path, text, ORDERS)
    assert [(bad.row_number, bad.rule) for bad in seen.bad_values] == [
        (2, "DATE_FORMAT"), (3, "DATE_FORMAT"), (4, "DATE_RANGE"), (5, "DATE_FORMAT"),
    ]  # fmt: skip
