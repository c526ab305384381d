"""The handbook on formats: what it shows can be used as it stands."""

import re
from pathlib import Path

import pytest
from exports_by_hand import context, parse_file

from pipeline.formats.library import load_library
from pipeline.schemas.raw import ORDER_STATUSES

DOCS = Path(__file__).parents[2] / "docs"
PAGE, OWN = DOCS / "how-to-new-format.md", DOCS / "how-to-own-exports.md"
BLOCKS = [
    block
    for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    if "sources:" not in block
]


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_is_a_valid_format(tmp_path, number):
    (tmp_path / "example.yaml").write_text(BLOCKS[number], encoding="utf-8")
    assert "example" in load_library(tmp_path).formats


def test_there_are_examples():
    assert len(BLOCKS) == 3


def block(kind):
    """The first block of a language on the page about own exports."""
    return re.search(rf"```{kind}\n(.*?)```", OWN.read_text(encoding="utf-8"), re.DOTALL).group(1)


def test_the_small_export_is_read_as_the_page_says(tmp_path):
    (tmp_path / "two_tills.yaml").write_text(block("yaml"), encoding="utf-8")
    (tmp_path / "export").write_text(block("csv"), encoding="utf-8")
    parsed = parse_file(tmp_path / "export", "tills/1.csv", context("two_tills", library=load_library(tmp_path)))
    orders = {
        "0001@S001@20260901": ("8800001", "completed"), "0001@S002@20260901": (None, "completed"),
        "0001@S001@20260902": ("8800001", "completed"), "0001@S002@20260902": ("8800002", "cancelled"),
    }  # fmt: skip
    lines = parsed.tables["raw_order_lines"]
    assert {row["order_id"]: (row["member_no"], row["status"]) for row in lines.iter_rows(named=True)} == orders
    (report,) = parsed.reports
    assert (report.accepted_rows, report.control_rows, str(report.control_total)) == (5, 1, "183.00")


def test_every_word_of_status_is_told():
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", OWN.read_text(encoding="utf-8"), re.MULTILINE)) == ORDER_STATUSES
