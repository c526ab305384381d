"""What names show, and which of them may be one."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.identity.names import SHOWN, are_compatible, read_names

CHINESE = st.text(alphabet="张王李伟明娜欧阳*·先生 ", max_size=5)


@pytest.mark.parametrize(
    ("name", "kind", "head", "tail"),
    [
        ("张伟", "full", "张伟", "张伟"),
        ("张 伟", "full", "张伟", "张伟"),
        ("王小明", "full", "王小明", "王小明"),
        ("欧阳娜娜", "full", "欧阳娜娜", "欧阳娜娜"),
        ("买买提•艾力", "full", "买买提·艾力", "买买提·艾力"),
        ("Ann  LEE", "full", "ann lee", "ann lee"),
        ("Ａnn Lee", "full", "ann lee", "ann lee"),
        ("张*", "masked", "张", ""),
        ("张＊＊", "masked", "张", ""),
        ("*伟", "masked", "", "伟"),
        ("张*伟", "masked", "张", "伟"),
        ("欧阳*", "masked", "欧阳", ""),
        ("张女士", "masked", "张", ""),
        ("张*先生", "masked", "张", ""),
        ("王总", "masked", "王", ""),
        ("快乐猫", "other", None, None),
        ("微信用户", "other", None, None),
        ("j***8", "other", None, None),
        ("ann", "other", None, None),
        ("13800001001", "other", None, None),
        ("***", "other", None, None),
        ("女士", "other", None, None),
        (None, None, None, None),
    ],
)
def test_what_a_name_shows(name: str | None, kind: str | None, head: str | None, tail: str | None) -> None:
    row = read_names(pl.DataFrame({"name": [name]}, schema={"name": pl.String}), "name").row(0, named=True)
    assert (row["name_class"], row["name_head"], row["name_tail"]) == (kind, head, tail)
    assert row["name_key"] == (head if kind == "full" else None)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("张伟", "张伟", True),
        ("张伟", "张 伟", True),
        ("张建国", "张建华", False),
        ("张*", "张伟", True),
        ("张**", "张伟", True),
        ("李*", "张伟", False),
        ("*伟", "张伟", True),
        ("*伟", "张娜", False),
        ("张*伟", "张大伟", True),
        ("张*伟", "张伟", False),
        ("张女士", "张娜", True),
        ("张*", "张*伟", True),
        ("张*", "*伟", False),
        ("张*", "李*", False),
        ("欧*", "欧阳娜娜", True),
        ("快乐猫", "张伟", False),
        ("快乐猫", "快乐猫", False),
        (None, "张伟", False),
        (None, None, False),
    ],
)
def test_which_names_may_be_one(left: str | None, right: str | None, expected: bool) -> None:
    assert compatible(left, right) is compatible(right, left) is expected


@given(left=CHINESE, right=CHINESE)
def test_compatibility_has_no_direction(left: str, right: str) -> None:
    assert compatible(left, right) is compatible(right, left)


def compatible(left: str | None, right: str | None) -> bool:
    """Whether two names are compatible."""
    names = read_names(pl.DataFrame({"name": [left, right]}, schema={"name": pl.String}), "name").select(SHOWN)
    pair = pl.concat([names[:1], names[1:].rename({column: f"{column}_right" for column in SHOWN})], how="horizontal")
    return bool(pair.select(are_compatible()).item())
