"""What `huitou check` is told of a file."""

from exports_by_hand import context

from pipeline.formats.inspect import inspect_file


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
