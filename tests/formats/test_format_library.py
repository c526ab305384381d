"""Format files: built-in, own, extended; and mistakes in them, told with file, key and the nearest word."""

from pathlib import Path

import pytest
from exports_by_hand import BUILTIN, column, money, parse

from pipeline.errors import SettingsError
from pipeline.formats.library import load_library
from pipeline.settings import SourceSettings

OWN = "kind: orders\ncolumns:\n  order_id: [Nr]\n  ordered_at: [When]\n  paid_amount: [Paid]\n"


def write(folder: Path, text: str, name: str = "my_shop"):
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_library(folder)


def source(name, kind="orders"):
    return SourceSettings(name="s", kind=kind, format=name, path="x/*")


def test_all_built_in_formats_are_there():
    named = {"tmall", "jd", "pinduoduo", "douyin", "weixin_shop", "shopify", "square", "pos", "members"}
    assert named == set(BUILTIN.formats)
    assert all(BUILTIN.get(source("canonical", kind)).kind == kind for kind in BUILTIN.plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OWN + "colums: {sku: [A]}\n", r"formats/my_shop.yaml: unknown key colums \(did you mean columns\?\)"),
        (OWN.replace("order_id", "order_ids"), r"unknown order_ids \(did you mean order_id\?\)"),
        (OWN + "values: {status: {done: complete}}\n", r"unknown complete \(did you mean completed\?\)"),
        (OWN + "constants: {chanel: web}\n", r"unknown chanel \(did you mean channel\?\)"),
        (OWN + "grain: orders\n", "grain"),
        (OWN + "ignore_rows: [{column: remark}]\n", "give exactly one of starts_with, matches, in, filled"),
        (OWN + "status_rules: [{column: x, filled: true, becomes: finished}]\n", "unknown finished"),
        (OWN.replace("orders", "oders"), "kind"),
        ("extends: tmal\n", r"no built-in format tmal \(did you mean tmall\?\)"),
        ("extends: tmall\ncolums: {}\n", r"unknown key colums \(did you mean columns\?\)"),
        (OWN.replace("Nr", "No"), r"columns.order_id.0: Input should be a valid string. Quote words"),
        ("kind: orders\nreports: []\n", "list at least one"),
        (OWN + "columns: {}\n", "given twice"),
        (OWN + "ignore_rows: [{column: remark, matches: 'a(b'}]\n", r"'a\(b' is no regular .* \(unclosed group\)"),
        (OWN + "control_rows: [{column: remark, matches: '(?<=a)b'}]\n", "look-around"),
        (OWN + "derive: {paid_at: {column: order_id, pattern: '^[0-9]{6}'}}\n", "needs a group in round brackets"),
        (OWN + "order_key: [order_id, shop_id]\n", r"order_key: unknown shop_id \(did you mean sku|store_id\?\)"),
    ],
)
def test_mistakes_teach(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message) as mistake:
        write(tmp_path, text)
    assert "my_shop.yaml" in str(mistake.value)


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(SettingsError, match=r"source s: unknown format tmal \(did you mean tmall\?\)"):
        BUILTIN.get(source("tmal"))


def test_a_format_of_another_kind_is_refused():
    with pytest.raises(SettingsError, match="format members tells members, not orders"):
        BUILTIN.get(source("members"))


def test_extending_a_built_in_format_adds_words_and_headers(tmp_path):
    library = write(tmp_path, "extends: jd\ncolumns: {order_id: [单号]}\nvalues: {status: {飞走了: cancelled}}\n", "jd")
    assert library.get(source("jd")).reports[0].columns["order_id"][-1] == "单号"
    header = ["订单号", "京东价", "订购数量", "下单时间", "订单状态", "应付金额"]
    parsed = parse("jd", header, ["1", "5", "1", "2026-09-01", "飞走了", "5"], library=library)
    assert column(parsed, "order_lines", "status") == ["cancelled"]


def test_an_own_file_of_a_built_in_name_takes_its_place(tmp_path):
    library = write(tmp_path, OWN, "jd")
    parsed = parse("jd", ["Nr", "When", "Paid"], ["1", "2026-09-01", "5"], library=library)
    assert money(parsed, "order_lines", "paid_amount") == ["5.00"]
    assert column(parsed, "order_lines", "channel") == ["shop"]


def test_fingerprints_follow_the_text(tmp_path):
    first, second = write(tmp_path, OWN), write(tmp_path, OWN + "dates: dmy\n")
    assert first.fingerprint(first.get(source("my_shop"))) != second.fingerprint(second.get(source("my_shop")))
    assert BUILTIN.fingerprint(BUILTIN.get(source("jd"))) == BUILTIN.get(source("jd")).fingerprint()
