"""Members and their entry dates over several nights, and the reason of every move."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, Shop, shop_settings

from pipeline.lake import Table
from pipeline.segments.steps import segment_changes, segment_definitions, segment_members
from pipeline.settings import Settings

VIP = {"name": "vip", "where": "order_count >= 2 and city = '上海'"}
NIGHTS = [AS_OF + timedelta(days=number) for number in range(5)]


@dataclass
class Night:
    as_of: date | None
    customers: Table
    definitions: Table
    members: Table
    changes: Table


class Nights:
    """Runs one night after another; only what the segment `vip` says is told."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        empty = {name: shop.table(name) for name in ("customers", "segment_definitions", "segment_members")}
        self.last = Night(None, *empty.values(), shop.table("segment_changes"))

    def run(self, rows: list[dict[str, Any]], settings: Settings | None = None) -> None:
        shop, last = self.shop, self.last
        settings = settings or shop_settings(segments=[VIP])
        as_of = AS_OF if last.as_of is None else last.as_of + timedelta(days=1)
        customers = shop.table("customers", rows)
        definitions = segment_definitions(settings=settings, path=shop.path("definitions"))
        members = segment_members(
            customers, last.members, engine=shop.engine, settings=settings, as_of=as_of, path=shop.path("members")
        )
        changes = segment_changes(
            members, definitions, customers, last.members, last.definitions, last.customers, engine=shop.engine,
            settings=settings, as_of=as_of, previous_as_of=last.as_of, path=shop.path("changes"),
        )  # fmt: skip
        self.last = Night(as_of, customers, definitions, members, changes)

    def members(self) -> dict[str, date]:
        return {who: on for segment, who, on in self.last.members.read().rows() if segment == "vip"}

    def changes(self) -> dict[str, tuple[str, str]]:
        rows = self.last.changes.read().rows()
        assert {as_of for as_of, *_ in rows} <= {self.last.as_of}
        return {who: (change, reason) for _, segment, who, change, reason in rows if segment == "vip"}


@pytest.fixture
def nights(shop: Shop) -> Nights:
    return Nights(shop)


def person(who: str, orders: int = 2, city: str = "上海", **more: Any) -> dict[str, Any]:
    stages = {"lifecycle_stage": "regular", "activity_stage": "regular"}
    return {"customer_id": who, "order_count": orders, "city": city, **stages, **more}


def test_on_the_first_night_every_member_has_entered(nights: Nights) -> None:
    nights.run([person("a"), person("b", orders=1)])
    assert nights.members() == {"a": NIGHTS[0]}
    assert nights.changes() == {"a": ("entered", "first night")}


def test_entry_dates_stay_while_unbroken_and_begin_anew_after_a_break(nights: Nights) -> None:
    found = []
    for orders in (2, 2, 1, 3, 3):
        nights.run([person("a", orders)])
        found.append(nights.members().get("a"))
    assert found == [NIGHTS[0], NIGHTS[0], None, NIGHTS[3], NIGHTS[3]]


def test_reasons_tell_what_changed(nights: Nights) -> None:
    nights.run([person("a", 1), person("b"), person("c"), person("d"), person("e"), person("gone"), person("f", 9)])
    nights.run(
        [
            person("a", 2, province="北京"),
            person("b", 1, "北京"),
            person("c", profiling_opt_out=True),
            person("d", is_minor=True),
            person("e", 5, r_score=3),
            person("fresh"),
            person("f", 9, city=""),
        ]
    )
    assert nights.changes() == {
        "a": ("entered", "order_count 1 → 2 met order_count >= 2"),
        "b": (
            "left",
            "order_count 2 → 1 no longer meets order_count >= 2; city 上海 → 北京 no longer meets city = '上海'",
        ),
        "c": ("left", "profiling_opt_out false → true"),
        "d": ("left", "is_minor false → true"),
        "f": ("left", "city 上海 →  no longer meets city = '上海'"),
        "gone": ("left", "customer was merged, split or erased"),
        "fresh": ("entered", "customer is new"),
    }


def test_null_is_told(nights: Nights) -> None:
    nights.run([person("a")])
    nights.run([{**person("a"), "city": None}])
    assert nights.changes() == {"a": ("left", "city 上海 → null no longer meets city = '上海'")}


def test_time_alone_is_a_reason(nights: Nights) -> None:
    settings = shop_settings(segments=[{"name": "vip", "where": "registered_on > as_of - 2"}])
    for _ in range(3):
        nights.run([person("a", registered_on=AS_OF)], settings)
    reason = "as_of 2026-07-01 → 2026-07-02 no longer meets registered_on > as_of - 2"
    assert nights.changes() == {"a": ("left", reason)}


@pytest.mark.parametrize(
    ("where", "before", "after", "change", "reason"),
    [
        (
            "tags like '%,vip,%'", {"tags": ",region,vip,"}, {"tags": ",region,"},
            "left", "tags no longer meets tags LIKE '%,vip,%'",
        ),
        (
            "recency_days >= 90", {"recency_days": 89}, {"recency_days": 90},
            "entered", "recency_days 89 → 90 met recency_days >= 90",
        ),
        (
            "not (order_count = 0) and recency_days < 90", {"order_count": 0}, {"order_count": 1, "recency_days": 0},
            "entered", "order_count 0 → 1 no longer meets order_count = 0; recency_days null → 0 met recency_days < 90",
        ),
        (
            "(is_member or order_count > 5)", {"is_member": True, "order_count": 2}, {"order_count": 3},
            "left", "is_member true → false no longer meets is_member",
        ),
        (
            "city in ('上海', '北京')", {"city": "上海"}, {"city": "广州"},
            "left", "city 上海 → 广州 no longer meets city IN ('上海', '北京')",
        ),
        (
            "net_amount / frequency > 100", {"net_amount": 200, "frequency": 2}, {"net_amount": 300, "frequency": 2},
            "entered", "net_amount 200.00 → 300.00 met net_amount / frequency > 100",
        ),
        (
            "net_amount = 5 and city = 'and 5'", {"net_amount": 4}, {"net_amount": 5, "city": "and 5"},
            "entered", "net_amount 4.00 → 5.00 met net_amount = 5; city 上海 → and 5 met city = 'and 5'",
        ),
        (
            "city <> '$as_of'", {"city": "$as_of"}, {"city": "x"},
            "entered", "city $as_of → x met city <> '$as_of'",
        ),
    ],
)  # fmt: skip
def test_the_part_that_turned_is_told(
    nights: Nights, where: str, before: dict[str, Any], after: dict[str, Any], change: str, reason: str
) -> None:
    settings = shop_settings(segments=[{"name": "vip", "where": where}])
    for row in (before, after):
        nights.run([{**person("a"), **row}], settings)
    assert nights.changes() == {"a": (change, reason)}


def test_a_segment_that_is_new_worded_otherwise_or_gone(nights: Nights) -> None:
    rows = [person("a"), person("b", 5)]
    nights.run(rows, shop_settings())
    nights.run(rows)
    assert nights.changes() == dict.fromkeys("ab", ("entered", "segment is new"))
    nights.run(rows, shop_settings(segments=[{**VIP, "where": "order_count >= 5"}]))
    assert nights.changes() == {"a": ("left", "definition changed")}
    assert nights.members() == {"b": NIGHTS[1]}
    nights.run(rows, shop_settings())
    assert nights.changes() == {"b": ("left", "segment was removed")}


def test_opted_out_and_minors_are_in_no_segment(nights: Nights) -> None:
    nights.run([person("a"), person("b", profiling_opt_out=True), person("c", is_minor=True)])
    assert set(nights.last.members.read()["customer_id"]) == {"a"}


def test_nothing_moves_when_nothing_changed(nights: Nights) -> None:
    for _ in range(2):
        nights.run([person("a"), person("b", 1)])
    assert nights.last.changes.read().is_empty()


def test_a_column_that_the_last_night_did_not_have_is_no_obstacle(nights: Nights, tmp_path: Path) -> None:
    nights.run([person("a", 1)])
    older = nights.last.customers.read().drop("city")
    older.write_parquet(tmp_path / "older.parquet")
    nights.last.customers = Table("customers", (tmp_path / "older.parquet",))
    nights.run([person("a", 2)])
    assert nights.changes() == {"a": ("entered", "order_count 1 → 2 met order_count >= 2")}


def test_members_are_those_of_last_night_and_entered_less_left(nights: Nights) -> None:
    shapes = [{"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 1, "d": 4}, {"a": 2, "b": 2, "c": 1, "d": 1}]
    before: set[tuple[str, str]] = set()
    for shape in shapes:
        nights.run([person(who, orders) for who, orders in shape.items()])
        changes = nights.last.changes.read().rows()
        entered = {(segment, who) for _, segment, who, change, _ in changes if change == "entered"}
        left = {(segment, who) for _, segment, who, change, _ in changes if change == "left"}
        now = {(segment, who) for segment, who, _ in nights.last.members.read().rows()}
        assert not entered & before
        assert left <= before
        assert now == (before | entered) - left
        dated = {(segment, who) for segment, who, on in nights.last.members.read().rows() if on == nights.last.as_of}
        assert dated == entered
        before = now


def test_definitions_are_published_as_written(shop: Shop) -> None:
    table = segment_definitions(settings=shop_settings(segments=[VIP], locale="en"), path=shop.path("definitions"))
    told = table.read().select("segment", "label", "definition")
    rows = {name: (label, definition) for name, label, definition in told.rows()}
    assert rows["vip"] == ("vip", "order_count >= 2 and city = '上海'")
    assert rows["at_risk"] == ("Customers at risk", "rfrc_class = 'at_risk'")
