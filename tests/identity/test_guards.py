"""Guards on keys: counted, shown masked, and gone the night after where they are about one night."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from retailer import Retailer

from pipeline.identity.checks import BANDS, outside_bands
from pipeline.lake import write_table
from pipeline.schemas.catalog import TABLES

NEXT, THIRD = date(2026, 10, 1), date(2026, 10, 2)
PHONE = "13800001001"


@pytest.fixture
def shop(tmp_path: Path) -> Retailer:
    return Retailer(tmp_path)


def shoppers(count: int, **more: str) -> list[dict[str, str]]:
    """Orders of one phone under as many names, each in a source of its own."""
    return [
        {"source": f"s{number}", "kind": "order", "phone": PHONE, "name": f"王小{'丁万三上下不'[number]}"} | more
        for number in range(count)
    ]


def guards(shop: Retailer) -> list[tuple[str, str, int, int | None]]:
    columns = ("key_masked", "guard_reason", "name_count", "previous_name_count")
    return shop.read("key_guards").select(columns).rows()


def test_guards_are_counted_and_masked(shop: Retailer) -> None:
    assert guards(shop.run(shoppers(2))) == [("138****1001", "several_names", 2, None)]
    assert guards(shop.run(shoppers(6), NEXT)) == [("138****1001", "too_many_names", 6, 2)]


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [(1, 4, "several_names"), (1, 5, "sudden_growth"), (2, 5, "several_names")],
)
def test_a_phone_that_gains_many_names_at_once_is_put_aside(
    before: int, after: int, reason: str, shop: Retailer
) -> None:
    shop.run(shoppers(before)).run(shoppers(after), NEXT)
    assert shop.read("key_guards")["guard_reason"].to_list() == [reason]


def test_it_is_put_aside_for_that_night_only(shop: Retailer) -> None:
    same = {"source": "club", "kind": "member", "member_no": "M1", "phone": PHONE, "name": "王小丁"}
    first = shop.run([*shoppers(1), same]).customers([*shoppers(1), same])
    assert first[0] == first[1]
    apart = shop.run([*shoppers(5), same], NEXT).customers([*shoppers(1), same])
    assert apart[0] != apart[1]
    again = shop.run([*shoppers(5), same], THIRD).customers([*shoppers(1), same])
    assert again == first


def test_a_recycled_phone_is_the_contact_of_its_last_owner_only(shop: Retailer) -> None:
    before = {"source": "pos", "kind": "order", "phone": PHONE, "name": "张伟", "event_on": date(2021, 3, 1)}
    now = {"source": "shop", "kind": "order", "phone": PHONE, "name": "李梅", "event_on": date(2025, 6, 1)}
    shop.run([before, now])
    assert shop.read("contact_points")["customer_id"].to_list() == [shop.customer_of(now)]
    lives = shop.read("key_lives").sort("life").select("source", "life", "is_last_life").rows()
    assert lives == [("pos", 0, False), ("shop", 1, True)]
    assert shop.read("identity_links").select("rule", "decision").rows() == [("phone_recycled", "refused")]


def test_figures_outside_their_bands_are_named(shop: Retailer, tmp_path: Path) -> None:
    shop.run(shoppers(3))
    reports = shop.tables["identity_reports"]
    metrics = shop.read("identity_reports")
    assert outside_bands(reports) == []
    assert set(BANDS) <= set(metrics["metric"])
    strange = metrics.with_columns(value=pl.when(pl.col("metric") == "bridge_share").then(0.5).otherwise("value"))
    table = write_table(TABLES["identity_reports"], strange, tmp_path / "strange.parquet")
    assert outside_bands(table) == ["bridge_share is 0.5, not 0 to 0.01"]


def test_figures_carry_those_of_the_night_before(shop: Retailer) -> None:
    shop.run(shoppers(2)).run(shoppers(3), NEXT)
    told = shop.read("identity_reports").filter(pl.col("metric") == "customers")
    assert told.select("model", "trained_on", "value", "baseline_value").rows() == [("identity", NEXT, 3.0, 2.0)]


def test_two_large_parts_held_by_one_weak_join_are_a_bridge(shop: Retailer) -> None:
    left = [{"source": name, "kind": "order", "unionid": "oU-1", "email": "a@example.cn"} for name in ("a1", "a2")]
    right = [{"source": name, "kind": "order", "openid": "o-1", "email": "a@example.cn"} for name in ("b1", "b1")]
    more = {"source": "b1", "kind": "order", "openid": "o-1", "external_userid": "wm-1", "email": "a@example.cn"}
    other = {"source": "b2", "kind": "order", "external_userid": "wm-1"}
    shop.run([*left, *right, more, other])
    value = shop.read("identity_reports").filter(pl.col("metric") == "bridge_share")["value"].to_list()
    assert value == [1.0]
