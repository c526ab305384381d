"""Points: what orders earn, what cards report, and what a difference is equal to."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_shop import aged, by_customer, shop_settings
from member_club import TO_MEMBERSHIPS, Club, bought

from pipeline.membership import steps
from pipeline.membership.words import EXPLANATIONS
from pipeline.schemas.membership import PROBABLE_CAUSES

EARNED = [
    ("fen earn nothing", [bought("a", 1, "99.99")], 99),
    ("each order is cut on its own", [bought("a", 1, "1.99"), bought("a", 2, "1.99")], 2),
    ("a refund takes its points back", [bought("a", 1, 60, refund_amount=40)], 60),
    ("also where only fen are left", [bought("a", 1, "0.50", refund_amount=Decimal("99.50"))], 0),
    ("a fully returned order earns none", [bought("a", 1, 0, refund_amount=100, is_purchase=False)], 0),
    ("all channels earn", [bought("a", 1, 10), bought("a", 1, 20, channel="tmall")], 30),
    ("other people's orders do not", [bought("b", 1, 10), bought(None, 1, 10)], 0),
    ("tomorrow's orders do not", [bought("a", -1, 10)], 0),
]


@pytest.mark.parametrize(("why", "orders", "points"), EARNED, ids=[row[0] for row in EARNED])
def test_points_of_orders(club: Club, why: str, orders: list[Any], points: int) -> None:
    club.trade(*orders)
    club.join("a")
    found = by_customer(club.memberships(), "ledger_points", "points_balance", "points_liability_amount")
    assert found == {"a": (points, points, Decimal(points) / 10)}, why


def test_nothing_reported_is_no_difference(club: Club) -> None:
    club.trade(bought("a", 1, 10))
    club.join("a")
    assert by_customer(club.memberships(), "reported_points", "ledger_difference") == {"a": (None, None)}


def test_100_points_are_10_yuan(club: Club) -> None:
    club.trade(bought("a", 1, 100))
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 100}])
    assert by_customer(club.memberships(), "points_balance", "points_liability_amount", "ledger_difference") == {
        "a": (100, 10, 0)
    }


def test_balances_of_several_cards_add_up(club: Club) -> None:
    """Two cards of a: 30 and 20 points; what a second source tells of the first card does not count twice."""
    cards = [
        {"customer_id": "a", "member_no": "1", "points_balance": 30},
        {"customer_id": "a", "member_no": "2", "points_balance": 20},
        {"customer_id": "a", "member_no": "1", "points_balance": 31, "source": "old_club"},
        {"customer_id": "b", "member_no": "3", "points_balance": None},
    ]
    club.join("ab", cards)
    assert by_customer(club.memberships(), "card_count", "reported_points", "points_balance") == {
        "a": (2, 50, 50),
        "b": (1, None, 0),
    }


class TestMovements:
    """100 points brought forward, 40 earned, 4 taken back, 50 redeemed, 7 tomorrow: 86 on as_of."""

    def club(self, tmp_path: Path, balance: int | None, **points: Any) -> Club:
        club = Club(tmp_path, shop_settings(points=points))
        club.trade(bought("a", 5, 36, refund_amount=4))
        club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": balance}])
        moves = [
            ("期初结转", 100, 9),
            ("消费累计", 40, 5),
            ("退货扣减", -4, 4),
            ("积分兑换", -50, 2),
            ("消费累计", 7, -1),
        ]
        club.moved(*[("1", age, points, reason) for reason, points, age in moves])
        return club

    def test_movements_stand_in_for_a_balance(self, tmp_path: Path) -> None:
        found = by_customer(self.club(tmp_path, None).memberships(), "reported_points", "ledger_difference")
        assert found == {"a": (86, 50)}

    def test_a_reported_balance_goes_before_them(self, tmp_path: Path) -> None:
        assert by_customer(self.club(tmp_path, 90).memberships(), "reported_points") == {"a": 90}

    @pytest.mark.parametrize(
        ("ledger", "points", "difference"), [("orders", 36, 50), ("orders_and_movements", 86, 0), ("movements", 86, 0)]
    )
    def test_what_counts_as_the_ledger(self, tmp_path: Path, ledger: str, points: int, difference: int) -> None:
        club = self.club(tmp_path, 86, ledger=ledger)
        assert by_customer(club.memberships(), "ledger_points", "ledger_difference") == {"a": (points, difference)}

    def test_words_that_earn_are_settings(self, tmp_path: Path) -> None:
        club = self.club(tmp_path, 86, ledger="orders_and_movements", earning_reasons=["期初", "积分"])
        assert by_customer(club.memberships(), "ledger_points") == {"a": 72}


def test_units_channels_and_value_are_settings(tmp_path: Path) -> None:
    club = Club(
        tmp_path, shop_settings(points={"points_per_unit": "1.5", "value_amount": "0.015", "channels": ["pos"]})
    )
    club.trade(bought("a", 1, "10.90"), bought("a", 1, 100, channel="tmall"))
    club.join("a")
    assert by_customer(club.memberships(), "points_balance", "points_liability_amount") == {
        "a": (15, Decimal("0.23"))  # 15 x 0.015 = 0.225
    }


SEVERAL = [bought("a", 9, "100.60"), bought("a", 5, "30.70", channel="tmall"), bought("a", 2, 7, channel="jd")]
TWICE_5 = [bought("a", 9, 5), bought("a", 3, 5), bought("a", 5, 1)]
REFUNDED = [bought("a", 9, 60, refund_amount=40), bought("a", 8, 7)]
RETURNED = [bought("a", 9, 50), bought("a", 3, -20, is_purchase=False)]
TWO_OF_JD = [*SEVERAL, bought("a", 1, 3, channel="jd")]
BEFORE = [bought("a", 450, 9), bought("a", 430, 8), bought("a", 2, 33)]
FRACTIONS = [bought("a", 9, net) for net in ("10.60", "10.60", "10.10", "10.10")]
CAUSES: list[tuple[str, list[Any], int, str, str | None]] = [
    ("the points of one order are missing", SEVERAL, 37, "order_missing", "pos:0"),
    ("of two equal orders the later", TWICE_5, 6, "order_missing", "pos:1"),
    ("the points of one order came twice", SEVERAL, 167, "order_doubled", "pos:1"),
    ("a refund took none back", REFUNDED, 107, "refund_not_taken_back", "pos:0"),
    ("a return without its order took some", RETURNED, 30, "return_taken_back", "pos:1"),
    ("a channel earned nothing", TWO_OF_JD, 130, "channel_missing", None),
    ("only one channel earned", TWO_OF_JD, 10, "one_channel_only", None),
    ("orders before the card earned nothing", BEFORE, 33, "before_registration", None),
    ("fractions add up", SEVERAL[:2], 131, "fractions_counted", None),
    ("each order was rounded", FRACTIONS, 42, "rounded", None),
    ("no reason", SEVERAL, 99, "unexplained", None),
]


def differences(club: Club) -> Any:
    return club.run(*TO_MEMBERSHIPS, steps.points_differences)


@pytest.mark.parametrize(("why", "orders", "reported", "cause", "order_key"), CAUSES, ids=[row[0] for row in CAUSES])
def test_probable_causes(
    club: Club, why: str, orders: list[Any], reported: int, cause: str, order_key: str | None
) -> None:
    club.trade(*orders)
    card = {"customer_id": "a", "member_no": "1", "points_balance": reported}
    club.join("a", [card], a={"registered_on": aged(400)})
    found = by_customer(differences(club), "probable_cause", "order_key")
    assert found == {"a": (cause, order_key)}, why


def test_refunds_that_were_cut_one_by_one(club: Club) -> None:
    """6.80 earned 6 points and 1.90 took 1 back: 5; the ledger says floor(4.90) = 4."""
    club.trade(bought("a", 9, "4.90", paid_amount="6.80", refund_amount="1.90"), bought("a", 9, 40))
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 45}])
    assert by_customer(differences(club), "probable_cause", "unexplained_points") == {"a": ("refunds_cut", 1)}


def test_movements_explain_first_and_point_to_the_order_that_has_none(club: Club) -> None:
    """70 orders' points and 200 brought forward; the order of 20 has no movement, and 5 more came from nowhere."""
    club.trade(bought("a", 9, 50), bought("a", 4, 20))
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 250}])
    club.moved(("1", 30, 200, "期初结转"), ("1", 9, 50, "消费累计"))
    columns = ("other_points", "unmoved_points", "unexplained_points", "probable_cause", "order_key", "explanation")
    assert by_customer(differences(club), *columns) == {
        "a": (200, 20, 0, "orders_without_movement", "pos:1", "当日无积分变动的订单共 20 分,可能漏记")
    }
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 255}])
    assert by_customer(differences(club), *columns[:5]) == {"a": (200, 20, 5, "unexplained", None)}


def test_points_given_on_a_later_day_are_not_missing(club: Club) -> None:
    club.trade(bought("a", 9, 50))
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 150}])
    club.moved(("1", 30, 100, "期初结转"), ("1", 2, 50, "消费累计"))
    found = by_customer(differences(club), "unmoved_points", "unexplained_points", "probable_cause")
    assert found == {"a": (0, 0, "movements")}


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_cause_has_a_sentence(tmp_path: Path, locale: str) -> None:
    assert set(EXPLANATIONS) == set(PROBABLE_CAUSES)
    club = Club(tmp_path, shop_settings(locale=locale))
    club.trade(*SEVERAL)
    club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 37}])
    said = by_customer(differences(club), "explanation")["a"]
    assert (
        said
        == {
            "zh-CN": "订单 pos:0 的 100 积分可能漏记",
            "en": "the 100 points of order pos:0 are probably missing",
        }[locale]
    )


class TestLiability:
    def liabilities(self, club: Club) -> dict[str, Any]:
        rows = club.run(*TO_MEMBERSHIPS, steps.points_liabilities).read().rows(named=True)
        return {row["tier"]: row for row in rows}

    def test_by_tier(self, club: Club) -> None:
        club.trade(bought("a", 1, 6000), bought("b", 1, 100), bought("c", 1, 50))
        club.join("abc", [{"customer_id": "b", "member_no": "1", "points_balance": 120}])
        found = self.liabilities(club)
        columns = ("member_count", "points_balance", "points_liability_amount")
        assert {tier: tuple(row[name] for name in columns) for tier, row in found.items()} == {
            "standard": (2, 170, Decimal(17)),
            "silver": (1, 6000, Decimal(600)),
            "gold": (0, 0, Decimal(0)),
        }
        assert (found["standard"]["ledger_difference"], found["standard"]["difference_count"]) == (20, 1)
        assert (found["standard"]["liability_rate"], found["gold"]["liability_rate"]) == (0.113333, None)

    def test_one_point_a_yuan_worth_a_tenth_is_a_rebate_of_10_percent(
        self, club: Club, caplog: pytest.LogCaptureFixture
    ) -> None:
        club.trade(bought("a", 1, 100))
        club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 100}])
        row = self.liabilities(club)["standard"]
        assert (row["implied_rebate_rate"], row["is_generous"]) == (0.1, True)
        assert "rebate of 10.0 %" in caplog.text

    def test_a_small_rebate_is_not_pointed_out(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        club = Club(tmp_path, shop_settings(points={"value_amount": "0.01"}))
        club.trade(bought("a", 1, 100))
        club.join("a", [{"customer_id": "a", "member_no": "1", "points_balance": 100}])
        assert self.liabilities(club)["standard"]["is_generous"] is False
        assert not caplog.text

    def test_a_shop_that_reports_no_points_is_not_warned(self, club: Club, caplog: pytest.LogCaptureFixture) -> None:
        club.trade(bought("a", 1, 100))
        club.join("a")
        assert self.liabilities(club)["standard"]["points_liability_amount"] == 10
        assert not caplog.text
