"""Nobody is exported whom anything speaks against; every member of a segment is accounted for."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from house import AS_OF, House, crowd, days_ago, hashed, phone

ANN, BOB = phone(1), phone(2)
SMS = {"segment": "all", "destination": "aliyun_sms", "purpose": "sms_marketing"}
META = {"segment": "all", "destination": "meta", "purpose": "share_ads"}
GRANTED = ("member_no=m1", "sms", "marketing", "granted", "2026-01-01")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Ann with a card and a phone, who said yes to texts."""
    return House(
        tmp_path,
        people={"ann": {"member_no": "m1", "phone": ANN}},
        said=[GRANTED],
        members={"all": ["ann"]},
        settings={"exports": [SMS]},
    )


def test_a_yes_on_the_card_opens_the_phone_of_the_card(house: House) -> None:
    assert house.outcome() == (1, {})


class TestConsent:
    def test_nothing_said_is_no(self, house: House) -> None:
        house.said.clear()
        assert house.outcome() == (0, {"no_consent": 1})

    @pytest.mark.parametrize(
        ("said", "outcome"),
        [
            # the last word counts
            ([("member_no=m1", "sms", "marketing", "withdrawn", "2026-02-01")], (0, {"withdrawn": 1})),
            ([("member_no=m1", "sms", "marketing", "withdrawn", "2025-12-31")], (1, {})),
            # of one moment the withdrawal
            ([("member_no=m1", "sms", "marketing", "withdrawn", "2026-01-01")], (0, {"withdrawn": 1})),
            # another word for the same: withdrawing everything closes marketing
            ([("member_no=m1", "sms", "", "withdrawn", "2026-02-01")], (0, {"withdrawn": 1})),
            ([("member_no=m1", "sms", "sms_marketing", "withdrawn", "2026-02-01")], (0, {"withdrawn": 1})),
            # another purpose, another channel: nothing to do with it
            ([("member_no=m1", "sms", "parcel_news", "withdrawn", "2026-02-01")], (1, {})),
            ([("member_no=m1", "email", "", "withdrawn", "2026-02-01")], (1, {})),
            # the phone itself was withdrawn before the card said yes: the most restrictive identifier decides
            ([(f"phone={ANN}", "sms", "", "withdrawn", "2025-06-01")], (0, {"withdrawn": 1})),
        ],
    )
    def test_what_was_said_last_and_least(self, house: House, said: list[Any], outcome: Any) -> None:
        house.said += said
        assert house.outcome() == outcome

    @pytest.mark.parametrize(
        ("word", "passes"), [("", True), ("marketing", True), ("sms_marketing", True), ("营销", True), ("care", False)]
    )
    def test_which_words_grant(self, house: House, word: str, passes: bool) -> None:
        house.said[:] = [("member_no=m1", "sms", word, "granted", "2026-01-01")]
        assert house.outcome() == ((1, {}) if passes else (0, {"no_consent": 1}))

    def test_another_purpose_needs_its_own_words(self, house: House) -> None:
        house.settings["exports"] = [{**SMS, "purpose": "birthday_care"}]
        assert house.outcome() == (0, {"no_consent": 1})
        house.said.append(("member_no=m1", "sms", "birthday_care", "granted", "2026-01-01"))
        assert house.outcome() == (1, {})

    def test_a_merge_carries_no_yes_across(self, house: House) -> None:
        """Ann's card said yes; the phone stands in another profile that was joined to hers."""
        house.people["ann"] = {"member_no": "m1", "unionid": "u1"}
        house.also.append(("ann", "web", {"unionid": "u1", "phone": ANN}))
        assert house.outcome() == (0, {"no_consent": 1})

    def test_a_merge_carries_every_no_across(self, house: House) -> None:
        house.also.append(("ann", "web", {"unionid": "u1"}))
        house.said.append(("unionid=u1", "sms", "", "withdrawn", "2025-01-01"))
        assert house.outcome() == (0, {"withdrawn": 1})

    def test_a_no_closes_the_shared_phone_for_both(self, house: House) -> None:
        house.people["bob"] = {"member_no": "m2", "phone": ANN}
        house.members["all"].append("bob")
        house.said.append(("member_no=m2", "sms", "", "withdrawn", "2026-01-01"))
        assert house.outcome() == (0, {"withdrawn": 2})

    def test_a_key_of_a_clerk_speaks_for_nobody(self, house: House) -> None:
        house.said[:] = [(f"phone={ANN}", "sms", "", "granted", "2026-01-01")]
        guard = {"key_type": "phone", "key_scope": "*", "key_hash": hashed(ANN), "guard_reason": "too_many_profiles"}
        house.rows["key_guards"] = [guard]
        assert house.outcome() == (0, {"no_consent": 1})

    def test_the_better_contact_is_the_one_consent_covers(self, house: House) -> None:
        house.people["ann"] = {"phone": BOB}
        house.also.append(("ann", "card", {"member_no": "m1", "phone": ANN}))
        house.write()
        (path,) = (house.root / "exports" / str(AS_OF) / "for_tools").iterdir()
        assert pl.read_excel(path, infer_schema_length=0)["手机号码"].to_list() == [ANN]


class TestMemberFlags:
    @pytest.mark.parametrize(
        ("row", "outcome"),
        [
            ({"consent_sms": True}, (1, {})),
            ({"consent_sms": False}, (0, {"withdrawn": 1})),
            ({"consent_sms": None, "consent_email": True}, (0, {"no_consent": 1})),
            ({"consent_sms": True, "consented_at": days_ago(-1)}, (0, {"no_consent": 1})),
        ],
    )
    def test_the_flags_of_the_card(self, house: House, row: dict[str, Any], outcome: Any) -> None:
        house.said.clear()
        house.rows["clean_members"] = [{"source": "club", "profile_key": "ann", "member_no": "m1", **row}]
        assert house.outcome() == outcome

    @pytest.mark.parametrize(
        ("row", "outcome"),
        [
            # an undated yes never overrules an explicit no, however young its file
            ({"consent_sms": True}, (0, {"withdrawn": 1})),
            ({"consent_sms": True, "registered_on": date(2026, 6, 1)}, (1, {})),
            ({"consent_sms": True, "consented_at": days_ago(1)}, (1, {})),
            ({"consent_sms": True, "consented_at": days_ago(400)}, (0, {"withdrawn": 1})),
        ],
    )
    def test_flags_beside_a_withdrawal(self, house: House, row: dict[str, Any], outcome: Any) -> None:
        house.said[:] = [("member_no=m1", "sms", "", "withdrawn", "2026-03-01")]
        house.rows["clean_members"] = [{"source": "club", "profile_key": "ann", "member_no": "m1", **row}]
        assert house.outcome() == outcome

    def test_an_undated_no_is_as_young_as_its_file(self, house: House) -> None:
        row = {"source": "club", "profile_key": "ann", "member_no": "m1", "consent_sms": False, "file_sha": "f"}
        house.rows["clean_members"] = [row]
        house.rows["source_files"] = [{"source": "club", "sha256": "f", "state": "loaded", "file_on": date(2025, 1, 1)}]
        assert house.outcome() == (1, {})
        house.rows["source_files"][0]["file_on"] = AS_OF
        assert house.outcome() == (0, {"withdrawn": 1})


class TestAds:
    @pytest.mark.parametrize(
        ("said", "outcome"),
        [
            ([GRANTED], (0, {"no_consent": 1})),
            ([("member_no=m1", "ads", "share_ads", "granted", "2026-01-01")], (1, {})),
            ([("member_no=m1", "ads", "share_ads:meta", "granted", "2026-01-01")], (1, {})),
            ([("member_no=m1", "ads", "share_ads:tencent_ads", "granted", "2026-01-01")], (0, {"no_consent": 1})),
            ([("member_no=m1", "ads", "", "granted", "2026-01-01")], (1, {})),
            ([("member_no=m1", "ads", "marketing", "granted", "2026-01-01")], (0, {"no_consent": 1})),
            (
                [
                    ("member_no=m1", "ads", "share_ads", "granted", "2026-01-01"),
                    ("member_no=m1", "ads", "share_ads:meta", "withdrawn", "2026-02-01"),
                ],
                (0, {"withdrawn": 1}),
            ),
        ],
    )
    def test_sharing_needs_consent_to_sharing(self, house: House, said: list[Any], outcome: Any) -> None:
        house.said[:] = said
        house.settings |= {"exports": [META], "privacy": {"cross_border": ["meta"]}}
        assert house.outcome() == outcome

    def test_texts_are_no_purpose_of_an_ad_platform(self, house: House) -> None:
        house.settings |= {
            "exports": [{**META, "purpose": "sms_marketing"}],
            "privacy": {"cross_border": ["meta"]},
        }
        assert house.outcome() == (0, {"purpose_not_allowed": 1})

    @pytest.mark.parametrize("approved", ["refused", ["klaviyo"]])
    def test_abroad_needs_approval(self, house: House, approved: Any) -> None:
        house.said[:] = [("member_no=m1", "ads", "share_ads", "granted", "2026-01-01")]
        house.settings |= {"exports": [META], "privacy": {"cross_border": approved}}
        assert house.outcome() == (0, {"cross_border_not_approved": 1})


class TestStoppers:
    @pytest.mark.parametrize(("column", "reason"), [("is_minor", "minor"), ("profiling_opt_out", "profiling_opt_out")])
    def test_minors_and_who_refused_profiling(self, house: House, column: str, reason: str) -> None:
        house.facts["ann"] = {column: True}
        assert house.outcome() == (0, {reason: 1})

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("td.txt", f"{ANN}\n".encode()),
            ("退订.csv", f"手机号,时间\r\n+86 {ANN[:3]} {ANN[3:7]} {ANN[7:]},2026-01-01\r\n".encode("gb18030")),
            ("bom.csv", f'\ufeff"{ANN}"\n'.encode()),
            ("card.txt", b"m1"),
            ("id.txt", b"ann"),
            ("mail.csv", b"reason;ANN@X.CN"),
        ],
    )
    def test_suppression_lists_in_any_spelling(self, house: House, name: str, content: bytes) -> None:
        house.people["ann"]["email"] = "ann@x.cn"
        folder = house.root / "state" / "suppression"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        assert house.outcome() == (0, {"suppressed": 1})

    def test_a_tombstone(self, house: House) -> None:
        (house.root / "state").mkdir()
        grave = {"key_type": "phone", "key_hash": hashed(ANN), "erased_on": "2026-05-01"}
        (house.root / "state" / "tombstones.jsonl").write_text(json.dumps(grave) + "\n", encoding="utf-8")
        assert house.outcome() == (0, {"erased": 1})

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ({"consent_channel": "sms", "consent_state": "withdrawn"}, "withdrawn"),
            ({"consent_channel": "email", "consent_state": "withdrawn"}, None),
            ({"consent_channel": "sms", "consent_state": "granted"}, None),
        ],
    )
    def test_a_no_after_as_of_counts_at_once(self, house: House, row: dict[str, Any], reason: str | None) -> None:
        late = {"source": "consents", "phone": ANN, "changed_at": days_ago(-1), "event_on": days_ago(-1).date()}
        house.rows["raw_consents"] = [late | row]
        assert house.outcome() == ((1, {}) if reason is None else (0, {reason: 1}))

    @pytest.mark.parametrize(
        ("flag", "reason"),
        [({"consent_sms": False}, "withdrawn"), ({"profiling_opt_out": True}, "profiling_opt_out")],
    )
    def test_a_no_in_a_younger_member_file_counts_at_once(
        self, house: House, flag: dict[str, Any], reason: str
    ) -> None:
        file = {"source": "club", "sha256": "new", "state": "loaded", "file_on": days_ago(-1).date()}
        house.rows |= {"source_files": [file], "raw_members": [{"file_sha": "new", "member_no": "m1", **flag}]}
        assert house.outcome() == (0, {reason: 1})


class TestCampaigns:
    @staticmethod
    def contact(days: int, **more: Any) -> dict[str, Any]:
        return {
            "source": "club", "profile_key": "ann", "row_key": f"{days}{more}", "campaign_id": f"c{days}",
            "sent_at": days_ago(days), "event_on": days_ago(days).date(), **more,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("days", "reason"),
        [([0, 1, 2], "frequency_cap"), ([0, 3, 6], "frequency_cap"), ([0, 3, 7], None), ([0, 0, 0], None)],
    )
    def test_three_messages_in_seven_days_are_enough(self, house: House, days: list[int], reason: str | None) -> None:
        rows = [self.contact(day, row_key=str(number)) for number, day in enumerate(days)]
        house.rows["clean_campaign_contacts"] = rows
        assert house.outcome() == ((1, {}) if reason is None else (0, {reason: 1}))

    def test_lists_of_one_night_count_too(self, house: House) -> None:
        house.settings |= {"exports": [SMS] * 3, "privacy": {"contact_cap": 2}}
        assert [entry["exported"] for entry in house.manifest()["exports"]] == [1, 1, 0]

    def test_lists_of_earlier_nights_count_until_the_log_of_messages_tells(self, house: House) -> None:
        house.settings["privacy"] = {"contact_cap": 1}
        assert house.outcome() == (1, {})
        house.as_of = date(2026, 7, 1)
        assert house.outcome() == (0, {"frequency_cap": 1})
        log = {"source": "club", "profile_key": "bob", "event_on": date(2026, 7, 1), "sent_at": days_ago(-1)}
        house.rows["clean_campaign_contacts"] = [log]  # the log of that day says that Ann got nothing
        assert house.outcome() == (1, {})

    @pytest.mark.parametrize(
        ("ended_on", "sent_days_ago", "reason"),
        [
            (AS_OF, 60, "control_group"), (days_ago(1).date(), 5, None), (None, 29, "control_group"), (None, 30, None),
        ],
    )  # fmt: skip
    def test_control_groups_are_left_alone(
        self, house: House, ended_on: date | None, sent_days_ago: int, reason: str | None
    ) -> None:
        house.rows["clean_campaign_contacts"] = [self.contact(sent_days_ago, is_control=True, campaign_id="c")]
        house.rows["clean_campaigns"] = [{"campaign_id": "c", "ended_on": ended_on}]
        assert house.outcome() == ((1, {}) if reason is None else (0, {reason: 1}))

    def test_who_is_held_out_stays_the_same(self, tmp_path: Path) -> None:
        house = crowd(tmp_path, 200, exports=[{**SMS, "holdout_share": 0.25}])
        house.said = [(f"member_no=m{number}", "sms", "", "granted", "2026-01-01") for number in range(200)]
        exported, excluded = house.outcome()
        assert excluded == {"held_out": 200 - exported}
        assert 30 <= excluded["held_out"] <= 70
        first = pl.read_parquet(tmp_path / "exports" / str(AS_OF) / "recipients.parquet")["customer_id"]
        house.members["all"] = house.members["all"][100:]
        house.write()
        again = pl.read_parquet(tmp_path / "exports" / str(AS_OF) / "recipients.parquet")["customer_id"]
        assert set(again) == set(first) & set(house.members["all"])


def test_two_people_with_one_phone_get_one_message(house: House) -> None:
    house.people["bob"] = {"member_no": "m2", "phone": ANN}
    house.members["all"].append("bob")
    house.said.append(("member_no=m2", "sms", "", "granted", "2026-01-01"))
    assert house.outcome() == (1, {"same_contact": 1})


def test_a_foreign_number_is_none_for_a_domestic_sender(house: House) -> None:
    house.people["ann"]["phone"] = "+447700900123"
    assert house.outcome() == (0, {"contact_not_supported": 1})


def test_large_lists_need_somebody_who_approved_them(house: House) -> None:
    house.settings["privacy"] = {"approval_rows": 0}
    assert house.outcome() == (0, {"approval_missing": 1})
    house.settings["exports"] = [{**SMS, "approved_by": "王经理"}]
    assert house.outcome() == (1, {})


def test_without_any_contact(house: House) -> None:
    house.people["ann"] = {"member_no": "m1"}
    assert house.outcome() == (0, {"no_contact": 1})
