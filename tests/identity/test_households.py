"""Who shares a phone under two names in one town may live together."""

from pathlib import Path
from typing import Any

import pytest
from retailer import Retailer

Row = dict[str, Any]
MOTHER: Row = {
    "source": "club", "kind": "member", "member_no": "M1", "phone": "13800001001", "name": "李梅", "province": "浙江",
    "city": "杭州", "birth_date": "1980-01-02",
}  # fmt: skip
SON: Row = {**MOTHER, "member_no": "M2", "name": "张伟", "birth_date": "2000-01-02"}


@pytest.mark.parametrize(
    ("other", "edges"),
    [
        (SON, 1),
        ({**SON, "city": "宁波"}, 0),
        ({**SON, "city": None, "province": None}, 0),
        ({**SON, "name": "李梅", "birth_date": "1980-01-02"}, 0),
        ({**SON, "phone": "13800001002"}, 0),
        ({**SON, "birth_date": "2015-01-02"}, 0),
        ({**SON, "profiling_opt_out": True}, 0),
    ],
    ids=["a family", "another town", "no town", "one person", "another phone", "a minor", "refused profiling"],
)
def test_who_may_live_together(other: Row, edges: int, tmp_path: Path) -> None:
    shop = Retailer(tmp_path).run([MOTHER, other])
    found = shop.read("household_links")
    assert (
        found.select("customer_id", "other_customer_id").rows()
        == [tuple(sorted(shop.customers([MOTHER, other])))] * edges
    )


def test_evidence_is_masked(tmp_path: Path) -> None:
    shop = Retailer(tmp_path).run([MOTHER, SON])
    assert shop.read("household_links")["evidence"].to_list() == ["phone 138****1001, names 李* / 张*"]
