"""What a `where:` may say, what it means, and everything it may not."""

import pytest
from customer_shop import Shop, aged, shop_settings

from pipeline.errors import SettingsError
from pipeline.segments.conditions import compiled
from pipeline.segments.steps import segment_members

ROWS = [
    {
        "customer_id": "ann", "city": "上海", "is_member": True, "registered_on": aged(29), "order_count": 1,
        "recency_days": 30, "net_amount": 90, "rfm_class": "general_value", "response_rate": 0.25,
    },
    {
        "customer_id": "bob", "city": "O'Neil", "is_member": False, "order_count": 4, "recency_days": 89,
        "net_amount": 100, "rfm_class": "important_value",
    },
    {"customer_id": "cid", "is_member": True, "registered_on": aged(30)},
]  # fmt: skip
MEANINGS = [
    ("order_count >= 1", "ann bob"),
    ("ORDER_COUNT = 4", "bob"),
    ("order_count <> 1", "bob cid"),
    ("recency_days between 30 and 89", "ann bob"),
    ("recency_days is null", "cid"),
    ("recency_days is not null and not is_member", "bob"),
    ("recency_days < 1000", "ann bob"),
    ("not (recency_days < 1000)", ""),
    ("is_member", "ann cid"),
    ("is_member is false", "bob"),
    ("city in ('上海', '北京')", "ann"),
    ("city not in ('上海', '北京')", "bob"),
    ("city like '上%'", "ann"),
    ("city = 'O''Neil'", "bob"),
    ("upper(city) = 'O''NEIL'", "bob"),
    ("length(city) = 2", "ann"),
    ("city = '--' or is_member and order_count = 0", "cid"),
    ("registered_on > as_of - 30", "ann"),
    ("registered_on = '2026-05-31'", "cid"),
    ("registered_on <= date '2026-05-31'", "cid"),
    ("as_of - registered_on = 29", "ann"),
    ("year(registered_on) = 2026 and month(registered_on) = 6", "ann"),
    ("net_amount / order_count > 50", "ann"),
    ("net_amount * 2 - 0.01 < 180", "ann cid"),
    ("coalesce(response_rate, 0.0) < 0.25", "bob cid"),
    ("abs(recency_days - 60) <= 30", "ann bob"),
    ("-order_count = -4", "bob"),
    ("rfm_class in ('important_value', 'important_keep')", "bob"),
]


@pytest.mark.parametrize(("where", "members"), MEANINGS, ids=[case[0] for case in MEANINGS])
def test_meaning(shop: Shop, where: str, members: str) -> None:
    settings = shop_settings(segments=[{"name": "tested", "where": where}])
    table = segment_members(
        shop.table("customers", ROWS),
        shop.table("segment_members"),
        engine=shop.engine,
        settings=settings,
        as_of=shop.as_of,
        path=shop.path("members"),
    )
    found = [who for segment, who, _ in table.read().rows() if segment == "tested"]
    assert found == members.split()


def test_columns_are_remembered() -> None:
    condition = compiled("(city = 'x' or Order_Count > 1) and registered_on > as_of - 30", "s")
    assert condition.columns == ("as_of", "city", "order_count", "registered_on")


MISTAKES = [
    ("recency_day > 3", "names recency_day, which is no column of customers.* Did you mean recency_days"),
    ('city = "上海"', "Text stands in 'single quotes'"),
    ("city", "has text where a truth value belongs"),
    ("1", "has a whole number where a truth value belongs"),
    ("is_member and order_count", "has a whole number where a truth value belongs"),
    ("registered_on > 'soon'", "compares a date with text that is no date"),
    ("registered_on > '2025-02-30'", "compares a date with text that is no date"),
    ("registered_on > city", "compares a date with text"),
    ("registered_on > 5", "compares a date with a whole number"),
    ("city > 5", "compares text with a whole number"),
    ("order_count = '1'", "compares a whole number with text"),
    ("is_member = 1", "compares a truth value with a whole number"),
    ("city = null", "Write `is null`"),
    ("rfm_class = 'important_valu'", "Did you mean important_value"),
    ("lifecycle_stage = 'asleep'", "compares lifecycle_stage with a value it never has"),
    ("lower(order_count) = 'x'", "has a whole number where text belongs"),
    ("order_count + is_member > 1", "has a truth value where a number belongs"),
    ("registered_on > as_of - order_count", "moves a date by something else than days"),
    ("registered_on > as_of - 1.5", "moves a date by something else than days"),
    ("registered_on > as_of - 999999999", "moves a date by something else than days"),
    ("order_count = 1e400", "number out of range"),
    ("order_count = 99999999999999999999", "number out of range"),
    ("coalesce(city, 1) = 'x'", "compares text with a whole number"),
]


@pytest.mark.parametrize(("where", "message"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes_are_explained(where: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"^segment gold_ones: .*{message}"):
        compiled(where, "gold_ones")


HOSTILE = [
    "", "  ", ";", "is_member;", "is_member; drop table customers", "is_member)", "(is_member", "is_member and",
    "is_member -- and so on", "is_member /* and so on */", "is_member or 1 = 1 --", "is_member\x00",
    "is_member, is_minor", "is_member as x", "is_member union select true", "is_member order by city",
    "is_member limit 1", "is_member group by city", "select true", "(select true)", "true or (select true)",
    "exists (select 1)", "not exists (select 1 from customers)", "city in (select city from customers)",
    "city = any(select city from customers)", "city = any(['x'])", "order_count in ()",
    "customers.city = 'x'", "main.customers.city = 'x'", "previous_segment_members.segment = 'x'",
    "read_csv('/etc/passwd') = 'x'", "read_text('/etc/passwd') like '%'", "getenv('HOME') = 'x'", "pg_sleep(10)",
    "current_date > as_of", "now() > as_of", "random() > 0.5", "current_setting('threads') = '2'", "query('x') = 1",
    "city = $as_of", "city = ?", "city = :x", "city = @x", "city = getvariable('x')", "#1 = 1",
    "city::date = as_of", "cast(city as date) = as_of", "try_cast(city as date) = as_of", "date(city) = as_of",
    "case when is_member then true end", "if(is_member, true, false)", "row_number() over () = 1", "count(*) > 1",
    "max(order_count) > 1", "* = 1", "columns('.*') = 1", "lower(*) = 'x'", "[1, 2] = [1]", "{'a': 1} = {'a': 1}",
    "city[1] = 'x'", "(city, province) in (('a', 'b'))", "list_filter([1], x -> x = 1)", "city || 'x' = 'y'",
    "city ilike 'x'", "city similar to 'x'", "city ~ 'x'", "city glob 'x'", "regexp_matches(city, 'x')",
    "city like 'x' escape '!'", "city collate nocase = 'x'", "order_count between symmetric 1 and 2",
    "order_count is distinct from 1", "order_count % 2 = 0", "order_count // 2 = 1", "order_count ** 9 > 1",
    "1 << 62 > order_count", "interval 3 day > 1", "e'\\x41' = city", "order_count = 0x10", "repeat('x', 9) = city",
    "attach 'x'", "copy customers to 'x'", "pragma database_list", "install httpfs", "set threads = 1",
    "(" * 900 + "is_member" + ")" * 900, "not " * 450 + "is_member", "(" * 5000, "is_member or " * 300 + "is_member",
]  # fmt: skip


@pytest.mark.parametrize("where", HOSTILE, ids=[text[:40] or "empty" for text in HOSTILE])
def test_all_else_is_refused(where: str) -> None:
    with pytest.raises(SettingsError, match=r"^segment s: "):
        compiled(where, "s")
