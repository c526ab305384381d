"""Members and all the other kinds: keys, days, words, what must be there."""

# ruff: noqa: DTZ001, E501 (tables are read across)

from datetime import date, datetime
from decimal import Decimal

import pytest
from exports_by_hand import SECRET, column, money, parse

from pipeline.clean.keys import with_profile_key
from pipeline.errors import StoppedSourceError
from pipeline.schemas.catalog import TABLES

MEMBERS = [
    "会员卡号",
    "会员姓名",
    "手机",
    "性别",
    "生日",
    "入会时间",
    "会员等级",
    "积分",
    "开卡门店",
    "短信授权",
    "余额",
    "联系地址",
]


def member(**cells):
    named = {"会员卡号": "M1", "会员姓名": "王小明", "手机": "13912345678", "入会时间": "2024-05-01 10:00"} | cells
    return [named.get(name, "") for name in MEMBERS]


def test_members_of_a_till():
    parsed = parse(
        "members", MEMBERS,
        member(性别="女", 生日="1990/2/3", 会员等级="金卡", 积分="1,234", 开卡门店="S1", 短信授权="是", 联系地址="江苏省南京市玄武区1号"),
        member(会员卡号="M2", 性别="保密", 生日="1900-01-01", 短信授权="否", 手机="139****5678"),
        member(会员卡号="", 手机="13912345679"),
        member(会员卡号="", 手机="139****5678"),
        kind="members",
    )  # fmt: skip
    assert column(parsed, "members", "gender") == ["female", None, None]
    assert column(parsed, "members", "birth_date") == [date(1990, 2, 3), None, None]
    assert column(parsed, "members", "registered_on") == [date(2024, 5, 1)] * 3
    assert column(parsed, "members", "reported_tier") == ["金卡", None, None]
    assert column(parsed, "members", "points_balance") == [Decimal("1234.0000"), None, None]
    assert column(parsed, "members", "consent_sms") == [True, False, None]
    assert column(parsed, "members", "city") == ["南京", None, None]
    assert column(parsed, "members", "event_on") == [None] * 3
    keys = column(parsed, "members", "row_key")
    assert keys[:2] == ["M1", "M2"]
    assert len(keys[2]) == 32
    assert parsed.rejected["rule"].to_list() == ["ID_MISSING"]
    table = parsed.tables["raw_members"]
    assert table.schema == TABLES["raw_members"].polars_schema
    assert with_profile_key(table, SECRET)["profile_key"].to_list() == keys


def test_a_birthday_after_registration_is_none():
    parsed = parse("members", MEMBERS, member(生日="2025-01-01"), kind="members")
    assert column(parsed, "members", "birth_date") == [None]


CASES = [
    ("products", "sku,product_name,unit_cost,list_price,launched_on", ["A,茶,3.5,10,2026-01-01"], ["A"], None),
    ("stores", "门店编号,门店名称,省份,城市,is_test", ["T999,测试店,广东省,深圳市,是", "S1,南山店,广东,深圳市,"], ["T999", "S1"], None),
    ("campaigns", "campaign_id,name,channel,started_on,ended_on,cost_amount", ["C1,开学季,sms,2026-09-01,2026-09-10,500"], ["C1"], None),
    ("fx_rates", "rate_on,currency,rate", ["2026-09-01,gbp,9.12345678"], ["2026-09-01|GBP"], date(2026, 9, 1)),
    ("consents", "member_no,channel,purpose,state,changed_at,source", ["M1,短信,marketing,opt-out,2026-09-01 10:00:00,app"], ["M1|sms|marketing|2026-09-01 10:00:00.000000|withdrawn"], date(2026, 9, 1)),
    ("tickets", "ticket_id,opened_at,channel,reason,member_no,satisfaction_score", ["T1,2026-09-01 10:00,phone,坏了,M1,5", "T2,2026-09-01 10:00,phone,坏了,M1,9"], ["T1", "T2"], date(2026, 9, 1)),
    ("stock", "sku,store_id,on_hand,counted_on", ["A,S1,12,2026-09-01"], ["A|S1|2026-09-01"], date(2026, 9, 1)),
    ("refunds", "refund_id,order_id,refunded_at,refund_amount,status", ["R1,1,2026-09-01 10:00,-5,退款成功"], ["R1"], date(2026, 9, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "header", "rows", "keys", "day"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("name", ["canonical", "plain", "kind"])
def test_plain_formats_of_every_kind(kind, header, rows, keys, day, name):
    parsed = parse(kind if name == "kind" else name, header.split(","), *(row.split(",") for row in rows), kind=kind)
    table = parsed.tables[f"raw_{kind}"]
    assert table.schema == TABLES[f"raw_{kind}"].polars_schema
    assert table["row_key"].to_list() == keys
    assert table["event_on"].to_list() == [day] * len(rows)
    for column_name in table.columns:
        assert column_name in TABLES[f"raw_{kind}"].nullable or not table[column_name].null_count(), column_name


COUNTED = [
    ("events", "event_at,event_type,openid,sku", "2026-09-01 10:00:00,加购,oABC,A"),
    ("points", "member_no,changed_at,points,reason", "M1,2026-09-01 10:00:00,-100,兑换"),
    ("marketing_spend", "spent_on,channel,campaign_id,spend_amount", "2026-09-01,douyin,C1,100.50"),
    ("campaign_contacts", "campaign_id,member_no,sent_at", "C1,M1,2026-09-01 10:00"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "header", "row"), COUNTED, ids=[case[0] for case in COUNTED])
def test_equal_rows_without_a_number_stay_two_and_are_found_again(kind, header, row):
    rows = [row.split(",")] * 2
    first, second = (parse(kind, header.split(","), *rows, kind=kind) for _ in range(2))
    keys = column(first, kind, "row_key")
    assert len(set(keys)) == 2
    assert column(second, kind, "row_key") == keys


def test_values_of_small_kinds():
    tickets = parse(
        "tickets",
        *(text.split(",") for text in ("ticket_id,opened_at,satisfaction_score", "1,2026-09-01,5", "2,2026-09-01,6")),
        kind="tickets",
    )
    assert column(tickets, "tickets", "satisfaction_score") == [5, None]
    refunds = parse(
        "refunds",
        *(text.split(",") for text in ("order_id,refunded_at,refund_amount", "1,2026-09-01,-5")),
        kind="refunds",
    )
    assert money(refunds, "refunds", "refund_amount") == ["5.00"]
    assert column(refunds, "refunds", "refund_status") == ["success"]
    stores = parse("stores", *(text.split(",") for text in ("store_id,is_test", "T,yes", "S,")), kind="stores")
    assert column(stores, "stores", "is_test") == [True, False]
    rates = parse(
        "fx_rates",
        *(text.split(",") for text in ("rate_on,currency,rate", "2026-09-01,gbp,9.1", "2026-09-02,gbp,0")),
        kind="fx_rates",
    )
    assert column(rates, "fx_rates", "rate") == [Decimal("9.10000000")]
    assert rates.rejected["rule"].to_list() == ["MONEY_RANGE"]


@pytest.mark.parametrize(
    ("header", "expected"),
    [("campaign_id,member_no,sent_at,delivered_at", True), ("campaign_id,member_no,sent_at", False)],
)
def test_contacts_know_whether_delivery_is_told(header, expected):
    parsed = parse(
        "campaign_contacts", header.split(","), ["C1", "M1", "2026-09-01 10:00", ""], kind="campaign_contacts"
    )
    assert column(parsed, "campaign_contacts", "has_delivery_column") == [expected]
    assert column(parsed, "campaign_contacts", "is_control") == [False]
    assert column(parsed, "campaign_contacts", "sent_at") == [datetime(2026, 9, 1, 10)]


def test_an_unknown_consent_state_stops_the_source():
    with pytest.raises(StoppedSourceError, match="unknown words in state: '也许' ×1"):
        parse(
            "consents",
            ["phone", "channel", "state", "changed_at"],
            ["13912345678", "sms", "也许", "2026-09-01"],
            kind="consents",
        )


def test_a_column_of_so_many_words_holds_something_else_and_is_told_by_shapes():
    """The columns of an export have shifted: where states should be, there are names."""
    names = [f"欧阳{letter}" for letter in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"]
    rows = [["13912345678", "sms", name, "2026-09-01"] for name in names]
    with pytest.raises(StoppedSourceError, match=r"unknown words in state: 'XXX' ×1.* and 1 more") as caught:
        parse("consents", ["phone", "channel", "state", "changed_at"], *rows, kind="consents")
    assert "欧阳" not in str(caught.value)
