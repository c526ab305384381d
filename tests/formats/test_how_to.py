"""The handbook on formats: what it shows can be used as it stands."""

import re
from pathlib import Path

import pytest

from pipeline.formats.library import load_library

PAGE = Path(__file__).parents[2] / "docs" / "how-to-new-format.md"
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
