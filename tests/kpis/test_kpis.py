"""Figures of the shop: what a day's cell adds up, churn and repurchase by hand, and nights that stay."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_shop import AS_OF, aged, shop_settings
from member_club import Club, bought

from pipeline.kpis import steps
from pipeline.lake import Table


def daily(club: Club, *columns: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(age, store, channel) → columns."""
    rows = club.run(steps.daily_kpis).read().rows(named=True)
    return {
        ((club.as_of - row["sold_on"]).days, row["store_id"], row["channel"]): tuple(row[name] for name in columns)
        for row in rows
    }


class TestDailyKpis:
    def test_what_a_cell_adds_up(self, club: Club) -> None:
        club.write("customer_attributes", [{"customer_id": "m", "is_member": True}, {"customer_id": "g"}])
        club.trade(
            bought("m", 1, 60, store_id="S1", refund_amount=40, quantity=2),
            bought("g", 1, 30, store_id="S1"),
            bought(None, 1, 10, store_id="S1"),
            bought("m", 1, 7, channel="tmall"),
            bought("m", 1, -7, is_purchase=False),
            bought("m", -1, 7),
        )
        columns = ("is_online", "order_count", "anonymous_order_count", "member_order_count", "quantity",
                   "paid_amount", "refund_amount", "net_amount", "member_net_amount")  # fmt: skip
        assert daily(club, *columns) == {
            (1, "S1", "pos"): (False, 3, 1, 1, 2, 140, 40, 100, 60),
            (1, "-", "tmall"): (True, 1, 0, 1, 0, 7, 0, 7, 7),
        }

    def test_everybody_is_new_once(self, club: Club) -> None:
        """a first bought in the morning of the fifth day back; b's two orders of one moment go by their key."""
        noon = datetime.combine(aged(4), time(12))
        club.trade(
            bought("a", 5, 1, channel="jd", ordered_at=datetime.combine(aged(5), time(8))),
            bought("a", 5, 1, channel="pos"),
            bought("b", 4, 1, channel="tmall", ordered_at=noon),
            bought("b", 4, 1, channel="pos", ordered_at=noon),
            bought("b", 2, 1, channel="pos"),
            bought(None, 5, 1, channel="jd"),
        )
        assert daily(club, "new_customer_count", "returning_order_count") == {
            (5, "-", "jd"): (1, 0),
            (5, "-", "pos"): (0, 1),
            (4, "-", "tmall"): (1, 0),
            (4, "-", "pos"): (0, 1),
            (2, "-", "pos"): (0, 1),
        }

    def test_history_is_bounded_but_remembers_who_is_new(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings(kpis={"daily_history_days": 3, "store_channels": ["shop"]}))
        club.trade(bought("a", 3, 1), bought("a", 2, 1), bought("b", 2, 1, channel="shop"))
        assert daily(club, "is_online", "new_customer_count") == {
            (2, "-", "pos"): (True, 0),
            (2, "-", "shop"): (False, 1),
        }


def buyers(club: Club, scope: str = "total", scope_value: str = "all") -> dict[str, tuple[Any, Any]]:
    """metric → now, before."""
    rows = club.run(steps.buyer_figures).read().rows(named=True)
    return {
        row["metric"]: (row["kpi_value"], row["previous_value"])
        for row in rows
        if (row["scope"], row["scope_value"]) == (scope, scope_value)
    }


class TestBuyers:
    @pytest.mark.parametrize(
        ("why", "ages", "rate"),
        [
            ("first day of the last window but one, gone", [179], 1),
            ("a day earlier is not active then", [180], None),
            ("last day of the window before, gone", [90], 1),
            ("bought in the last window only", [89], None),
            ("stayed", [90, 89], 0),
            ("stayed, on as_of", [179, 0], 0),
        ],
    )
    def test_churn_on_its_boundaries(self, club: Club, why: str, ages: list[int], rate: int | None) -> None:
        club.trade(*(bought("a", age, 1) for age in ages))
        assert buyers(club)["churn_rate"][0] == rate, why

    def test_one_of_three_left(self, club: Club) -> None:
        """30 days before, c of 149 days was the only one asked, and gone."""
        club.trade(*(bought(who, age, 1) for who, age in [("a", 100), ("b", 100), ("b", 5), ("c", 179), ("c", 1)]))
        assert buyers(club)["churn_rate"] == (Decimal("0.333333"), 1)

    def test_before_is_the_same_figure_of_30_days_before(self, club: Club) -> None:
        """Seen from 30 days before: a at 90 days, gone; b at 100 and 10 days, stayed; c bought since."""
        club.trade(*(bought(who, age, 1) for who, age in [("a", 120), ("b", 130), ("b", 40), ("c", 29)]))
        found = buyers(club)
        assert found["churn_rate"] == (Decimal("0.5"), Decimal("0.5"))
        assert found["active_customer_count"] == (2, 1)
        assert found["dormant_customer_count"] == (1, 1)
        assert found["buyer_count"] == (1, 1)

    @pytest.mark.parametrize(
        ("age", "metric"),
        [(89, "active"), (90, "dormant"), (179, "dormant"), (180, "churned")],
    )
    def test_active_dormant_churned(self, club: Club, age: int, metric: str) -> None:
        club.trade(bought("a", age, 1), bought(None, 0, 1))
        counts = {name: now for name, (now, _) in buyers(club).items() if name.endswith("customer_count")}
        assert [name for name, now in counts.items() if now] == [f"{metric}_customer_count"]

    def test_a_channel_looks_at_its_own_purchases(self, club: Club) -> None:
        """a moved from the shop to tmall: lost to the shop, kept by the house."""
        club.trade(bought("a", 100, 1, store_id="S1"), bought("a", 3, 1, channel="tmall"))
        assert buyers(club)["churn_rate"][0] == 0
        assert buyers(club, "channel", "pos")["churn_rate"][0] == 1
        assert buyers(club, "store", "S1")["churn_rate"][0] == 1
        assert buyers(club, "channel", "tmall")["churn_rate"][0] is None

    def test_repurchase_within_a_year(self, club: Club) -> None:
        club.trade(*(bought(who, age, 1) for who, age in [("a", 364), ("a", 0), ("b", 365), ("b", 1), ("c", 9)]))
        assert buyers(club)["repurchase_rate"][0] == Decimal("0.333333")


def test_satisfaction(club: Club) -> None:
    scores = [(0, 5), (0, 4), (0, 3), (0, None), (7, 2), (-1, 1)]
    club.write("clean_tickets", [
        {"source": "desk", "row_key": str(number), "ticket_id": str(number), "satisfaction_score": score,
         "opened_at": datetime.combine(aged(age), time(23, 59))}
        for number, (age, score) in enumerate(scores)
    ])  # fmt: skip
    rows = club.run(steps.kpi_periods, steps.service_figures).read().rows(named=True)
    found = {row["metric"]: (row["kpi_value"], row["previous_value"]) for row in rows if row["period"] == "day"}
    assert found == {
        "ticket_count": (4, 1), "satisfaction_score": (4, 2), "satisfied_rate": (Decimal("0.666667"), 0),
    }  # fmt: skip


def test_completeness_by_home_store(club: Club) -> None:
    whole = {"name_masked": "张*", "phone_masked": "1*", "gender": "female", "birth_year": 1990, "city": "上海"}
    club.write("customer_attributes", [
        {"customer_id": "a", "is_member": True, "home_store_id": "S1", **whole},
        {"customer_id": "b", "is_member": True, "name_masked": "李*"},
        {"customer_id": "guest", "name_masked": "王*"},
    ])  # fmt: skip
    club.write("points_liabilities", [])
    rows = club.run(steps.member_figures).read().rows(named=True)
    found = {(row["scope_value"], row["metric"]): row["kpi_value"] for row in rows}
    assert {place: found[place, "complete_rate"] for place in ("all", "S1", "-")} == {
        "all": Decimal("0.6"), "S1": 1, "-": Decimal("0.2"),
    }  # fmt: skip
    assert (found["all", "member_count"], found["all", "phone_complete_rate"]) == (2, Decimal("0.5"))


class TestHistory:
    """One night after the other: what was published stays, what is new is added, what is old goes."""

    def night(self, club: Club, after_days: int, previous: Table | None, cities: int) -> Table:
        club.as_of = AS_OF + timedelta(days=after_days)
        club.made.clear()
        club.trade(bought("a", AS_OF, 10, store_id="S1"))
        members = [
            {"customer_id": str(number), "is_member": True, "city": "上海" if number < cities else None}
            for number in range(4)
        ]
        club.write("customer_attributes", members)
        club.write("points_liabilities", [])
        if previous is not None:
            club.made["previous_kpi_summary"] = previous
        made = (steps.kpi_periods, steps.sales_targets, steps.daily_kpis, steps.sales_figures, steps.buyer_figures)
        club.write("segment_members", [{"segment": "slowing_customers", "customer_id": "a"}])
        return club.run(*made, steps.service_figures, steps.member_figures, steps.segment_figures, steps.kpi_summary)

    def cities(self, table: Table) -> dict[date, tuple[Any, Any, Any]]:
        return {
            row["as_of"]: (row["kpi_value"], row["previous_value"], row["change_points"])
            for row in table.read().rows(named=True)
            if (row["metric"], row["scope"]) == ("city_complete_rate", "total")
        }

    def test_states_are_compared_with_the_night_that_far_back(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings(kpis={"compared_days": 2}))
        first = self.night(club, 0, None, 1)
        second = self.night(club, 1, first, 2)
        third = self.night(club, 2, second, 3)
        fourth = self.night(club, 3, third, 4)
        days = [AS_OF + timedelta(days=number) for number in range(4)]
        quarter = Decimal("0.25")
        assert self.cities(fourth) == {
            days[0]: (quarter, None, None),
            days[1]: (2 * quarter, None, None),
            days[2]: (3 * quarter, quarter, 50),
            days[3]: (4 * quarter, 2 * quarter, 50),
        }

    def test_the_same_night_again_is_the_same(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings())
        first = self.night(club, 0, None, 1)
        once, again = self.night(club, 1, first, 2), self.night(club, 1, first, 2)
        assert once.paths[0].read_bytes() == again.paths[0].read_bytes()

    def test_old_nights_go_and_stores_go_first(self, tmp_path: Path) -> None:
        club = Club(tmp_path, shop_settings(kpis={"summary_history_days": 3, "store_history_days": 2}))
        table: Table | None = None
        for number in range(5):
            table = self.night(club, number, table, 1)
        assert table is not None
        rows = table.read()
        kept: dict[str, set[int]] = {}
        for scope, on in rows.select("scope", "as_of").rows():
            kept.setdefault(scope, set()).add((club.as_of - on).days)
        assert kept == {"total": {0, 1, 2}, "channel": {0, 1, 2}, "store": {0, 1}}
