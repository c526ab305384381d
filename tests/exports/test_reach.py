"""What a campaign could reach is counted before anybody promises it, and never more than the gate lets out."""

from pathlib import Path

from house import AS_OF, House, days_ago

from pipeline.exports import steps
from pipeline.lake import Table

PEOPLE = {
    "ann": {"member_no": "m1", "phone": "13812345678"},
    "bob": {"platform_user_id": "tb1"},
    "cy": {"member_no": "m3", "phone": "13900000003"},
    "di": {"member_no": "m4"},
    "eve": {"member_no": "m5", "phone": "13812345679", "email": "e@x.cn"},
}


def reach(house: House) -> Table:
    """segment_reach of the house, by its steps."""
    night = house.night()
    told = dict(night.tables)
    more = {"engine": night.engine}
    told["customer_attributes"] = Table("customer_attributes", told["customers"].paths)
    told["consent_policies"] = steps.consent_policies(path=house.root / "policies.parquet")
    names = (
        "consent_policies", "consent_states", "contact_points", "customer_attributes", "customer_profiles",
        "key_guards", "profile_keys",
    )  # fmt: skip
    told["channel_consents"] = steps.channel_consents(
        *(told[name] for name in names), **more, path=house.root / "channels.parquet"
    )
    inputs = ("channel_consents", "recent_contacts", "segment_definitions", "segment_members")
    return steps.segment_reach(
        *(told[name] for name in inputs), **more, settings=night.settings, path=house.root / "reach.parquet"
    )


def test_reach_by_hand(tmp_path: Path) -> None:
    house = House(tmp_path, people=PEOPLE, members={"all": list(PEOPLE), "none": []})
    house.said = [
        ("member_no=m1", "sms", "", "granted", "2026-01-01"),
        ("member_no=m3", "sms", "", "withdrawn", "2026-01-01"),
        ("member_no=m5", "sms", "", "granted", "2026-01-01"),
        ("member_no=m5", "email", "", "granted", "2026-01-01"),
    ]
    campaign = {"source": "club", "profile_key": "eve", "is_control": True, "campaign_id": "c", "event_on": AS_OF}
    house.rows["clean_campaign_contacts"] = [{**campaign, "sent_at": days_ago(0)}]
    rows = {(row["segment"], row["consent_channel"]): row for row in reach(house).read().to_dicts()}
    sms, email = rows["all", "sms"], rows["all", "email"]
    assert (sms["member_count"], sms["reachable_count"], sms["hidden_count"], sms["missing_count"]) == (5, 3, 1, 1)
    assert (sms["consented_count"], sms["withdrawn_count"], sms["exportable_count"]) == (2, 1, 1)
    assert (email["reachable_count"], email["consented_count"], email["exportable_count"]) == (1, 1, 0)
    assert rows["all", "wecom"]["missing_count"] == 5
    assert len(rows) == 8
    assert {row["member_count"] for key, row in rows.items() if key[0] == "none"} == {0}
    for row in rows.values():
        parts = ("reachable_count", "hidden_count", "shared_count", "missing_count")
        assert row["member_count"] == sum(row[part] for part in parts)
