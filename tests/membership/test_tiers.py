"""Tiers on every boundary: to the cent, to the day, and as long as the settings keep them."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, by_customer, shop_settings
from member_club import Club, bought

from pipeline.errors import SettingsError

AMOUNTS = [
    ("nothing", "0.01", "standard", "4999.99"),
    ("a cent short of silver", "4999.99", "standard", "0.01"),
    ("exactly silver", "5000", "silver", "10000.00"),
    ("a cent short of gold", "14999.99", "silver", "0.01"),
    ("exactly gold", "15000", "gold", None),
]


@pytest.mark.parametrize(("why", "spend", "tier", "missing"), AMOUNTS, ids=[row[0] for row in AMOUNTS])
def test_boundaries_to_the_cent(club: Club, why: str, spend: str, tier: str, missing: str | None) -> None:
    club.trade(bought("a", 0, spend))
    club.join("a")
    found = by_customer(club.memberships(), "tier", "earned_tier", "spend_12m_amount", "amount_to_next_tier")
    assert found == {"a": (tier, tier, Decimal(spend), missing and Decimal(missing))}, why


DAYS = [
    ("today", date(2026, 6, 30), date(2026, 6, 30), True),
    ("after the same day a year before", date(2026, 6, 30), date(2025, 7, 1), True),
    ("the same day a year before", date(2026, 6, 30), date(2025, 6, 30), False),
    ("a day of the future", date(2026, 6, 30), date(2026, 7, 1), False),
    ("29 February counts through 28 February", date(2025, 2, 28), date(2024, 2, 29), True),
    ("29 February is out on 1 March", date(2025, 3, 1), date(2024, 2, 29), False),
    ("28 February before a leap year's", date(2024, 2, 29), date(2023, 2, 28), False),
    ("1 March on 29 February", date(2024, 2, 29), date(2023, 3, 1), True),
]


@pytest.mark.parametrize(("why", "as_of", "on", "counts"), DAYS, ids=[row[0] for row in DAYS])
def test_the_last_12_months(tmp_path: Path, why: str, as_of: date, on: date, counts: bool) -> None:
    club = Club(tmp_path, as_of=as_of)
    club.trade(bought("a", on, 5000))
    club.join("a")
    assert by_customer(club.memberships(), "tier") == {"a": "silver" if counts else "standard"}, why


@pytest.mark.parametrize(("on", "tier"), [(date(2026, 1, 1), "silver"), (date(2025, 12, 31), "standard")])
def test_calendar_year(tmp_path: Path, on: date, tier: str) -> None:
    club = Club(tmp_path, shop_settings(tiers={"period": "calendar_year"}))
    club.trade(bought("a", on, 5000))
    club.join("a")
    assert by_customer(club.memberships(), "tier") == {"a": tier}


def test_spend_is_that_of_all_channels_and_of_purchases_alone(club: Club) -> None:
    club.trade(
        bought("a", 1, 2000),
        bought("a", 1, 3000, channel="tmall", refund_amount=500),
        bought("a", 1, -400, is_purchase=False),
        bought(None, 1, 9000),
        bought("guest", 1, 9000),
    )
    club.join("ab")
    assert by_customer(club.memberships(), "spend_12m_amount", "tier") == {
        "a": (Decimal(5000), "silver"),
        "b": (Decimal(0), "standard"),
    }


class TestKeeping:
    """Gold through 30 June 2025's order: its spend leaves the rolling year on 30 June 2026."""

    def found(self, tmp_path: Path, as_of: date, keep_months: int | None) -> Any:
        club = Club(tmp_path, shop_settings(tiers={"keep_months": keep_months}), as_of)
        club.trade(bought("a", date(2025, 6, 30), 15000), bought("a", date(2026, 6, 1), 100))
        club.join("a")
        rows = by_customer(club.memberships(), "tier", "earned_tier", "tier_earned_on", "amount_to_next_tier")
        return rows["a"]

    def test_by_default_a_tier_is_lost_with_its_spend(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, date(2026, 6, 29), None) == ("gold", "gold", date(2026, 6, 29), None)
        assert self.found(tmp_path, date(2026, 6, 30), None)[:2] == ("standard", "standard")

    @pytest.mark.parametrize(
        ("as_of", "tier"),
        [
            (date(2026, 6, 30), "gold"),
            (date(2026, 9, 28), "gold"),
            (date(2026, 9, 29), "standard"),
        ],
    )
    def test_kept_for_three_months_after_the_last_day(self, tmp_path: Path, as_of: date, tier: str) -> None:
        found = self.found(tmp_path, as_of, 3)
        assert found[:2] == (tier, "standard")
        assert found[2] == (date(2026, 6, 29) if tier == "gold" else as_of)

    def test_a_better_tier_earned_since_wins(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings(tiers={"keep_months": 12}))
        club.trade(bought("a", 400, 6000), bought("a", 3, 20000))
        club.join("a")
        assert by_customer(club.memberships(), "tier", "tier_earned_on") == {"a": ("gold", AS_OF)}


class TestLadder:
    LADDER = (
        {"name": "paper", "from_amount": 0, "label": "纸卡"},
        {"name": "iron", "from_amount": "99.50"},
        {"name": "jade", "from_amount": 1000, "label": "玉卡"},
        {"name": "crown", "from_amount": 5000},
    )

    @pytest.mark.parametrize(
        ("spend", "tier", "next_tier"),
        [("99.49", "paper", "iron"), ("99.50", "iron", "jade"), ("4999", "jade", "crown"), ("5000", "crown", None)],
    )
    def test_tiers_of_ones_own(self, tmp_path: Path, spend: str, tier: str, next_tier: str | None) -> None:
        club = Club(tmp_path, shop_settings(tiers={"ladder": self.LADDER}))
        club.trade(bought("a", 0, spend))
        club.join("a")
        assert by_customer(club.memberships(), "tier", "next_tier") == {"a": (tier, next_tier)}

    def test_two_amounts_are_enough(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings(tiers={"silver_amount": 100, "gold_amount": 200}))
        club.trade(bought("a", 0, 150))
        club.join("a")
        assert by_customer(club.memberships(), "tier") == {"a": "silver"}

    @pytest.mark.parametrize(
        ("tiers", "words"),
        [
            ({"silver_amount": 20000}, "must rise"),
            ({"ladder": [{"name": "a", "from_amount": 1}]}, "from_amount 0"),
            ({"ladder": [{"name": "a", "from_amount": 0}, {"name": "a", "from_amount": 1}]}, "each tier once"),
            ({"ladder": [{"name": "a", "from_amount": 0}], "gold_amount": 9}, "one or the other"),
            ({"reported_names": {"黑卡": "black"}}, "the tiers are standard, silver, gold"),
        ],
    )
    def test_ladders_that_contradict_themselves(self, tiers: dict[str, Any], words: str) -> None:
        with pytest.raises(SettingsError, match=words):
            shop_settings(tiers=tiers)


REPORTED = [
    ("a word that is known", ["银卡会员"], "silver"),
    ("blanks and capitals do not matter", [" GOLD "], "gold"),
    ("of several cards the highest", ["普通会员", "金卡", "银卡"], "gold"),
    ("a word of the settings", ["至尊卡"], "gold"),
    ("an unknown word stays as it is", ["员工卡"], "员工卡"),
    ("a known word goes before an unknown one", ["员工卡", "普通会员"], "standard"),
    ("silence", [None], None),
]


@pytest.mark.parametrize(("why", "words", "tier"), REPORTED, ids=[row[0] for row in REPORTED])
def test_reported_tier(tmp_path: Path, why: str, words: list[str | None], tier: str | None) -> None:
    club = Club(tmp_path, shop_settings(tiers={"reported_names": {"至尊卡": "gold"}}))
    cards = [
        {"customer_id": "a", "member_no": f"c{number}", "reported_tier": word} for number, word in enumerate(words)
    ]
    club.join("a", cards)
    found = by_customer(club.memberships(), "reported_tier", "tier", "card_count")
    assert found == {"a": (tier, "standard", len(words))}, why


def test_only_members_have_a_row(club: Club) -> None:
    club.trade(bought("guest", 1, 100))
    club.write("customer_attributes", [{"customer_id": "guest"}, {"customer_id": "m", "is_member": True}])
    assert by_customer(club.memberships(), "tier", "card_count") == {"m": ("standard", 0)}


def test_the_ladder_is_a_table(club: Club) -> None:
    club.memberships()
    assert club.made["tier_ladder"].read().sort("tier_rank").rows() == [
        ("standard", 0, "普通会员", Decimal(0), Decimal(5000)),
        ("silver", 1, "银卡会员", Decimal(5000), Decimal(15000)),
        ("gold", 2, "金卡会员", Decimal(15000), None),
    ]
