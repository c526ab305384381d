"""Sales targets by day, and the days that figures look at."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer_shop import shop_settings
from member_club import Club, bought
from pydantic import ValidationError

from pipeline.kpi_settings import KpiSettings, TargetSettings
from pipeline.kpis import steps
from pipeline.kpis.periods import periods_frame
from pipeline.kpis.targets import targets_frame


class TestTargets:
    def frame(self, *targets: dict[str, Any]) -> dict[tuple[Any, ...], Decimal]:
        rows = targets_frame(KpiSettings(targets=tuple(TargetSettings(**one) for one in targets)).targets).rows()
        assert len(rows) == len({row[:3] for row in rows})
        return {(on.day, *place): amount for on, *place, amount in rows}

    def test_a_month_is_shared_to_the_fen(self) -> None:
        found = self.frame({"month": "2026-02", "amount": "100.03"})
        assert [found[day, "total", "all"] for day in (1, 7, 8, 28)] == [Decimal("3.58")] * 2 + [Decimal("3.57")] * 2
        assert (len(found), sum(found.values())) == (28, Decimal("100.03"))

    def test_a_day_of_its_own_takes_its_part_first(self) -> None:
        found = self.frame({"month": "2026-11", "amount": 3900}, {"day": "2026-11-11", "amount": 1000})
        assert (found[11, "total", "all"], found[12, "total", "all"]) == (1000, 100)

    def test_stores_add_up_to_the_house(self) -> None:
        found = self.frame(
            {"month": "2026-02", "amount": 280, "store_id": "S1"},
            {"month": "2026-02", "amount": 560, "store_id": "S2"},
            {"month": "2026-02", "amount": 28, "channel": "tmall"},
        )
        assert {place: found[1, *place] for place in [("store", "S1"), ("channel", "tmall"), ("total", "all")]} == {
            ("store", "S1"): 10, ("channel", "tmall"): 1, ("total", "all"): 30,
        }  # fmt: skip

    def test_a_target_of_the_house_goes_before_the_sum(self) -> None:
        found = self.frame({"month": "2026-02", "amount": 28, "store_id": "S1"}, {"month": "2026-02", "amount": 56})
        assert found[1, "total", "all"] == 2

    @pytest.mark.parametrize(
        "target",
        [
            {"amount": 1},
            {"month": "2026-13", "amount": 1},
            {"month": "2026-01", "day": "2026-01-01", "amount": 1},
            {"month": "2026-01", "amount": 1, "store_id": "S", "channel": "pos"},
        ],
    )
    def test_targets_that_make_no_sense(self, target: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            TargetSettings(**target)

    def test_the_same_target_twice(self) -> None:
        with pytest.raises(ValidationError, match="same time and place"):
            self.frame({"month": "2026-02", "amount": 1}, {"month": "2026-02", "amount": 2})

    @pytest.mark.parametrize(("month", "target"), [("2026-06", 30), ("2026-05", None)])
    def test_a_period_has_a_target_where_all_its_days_have(
        self, tmp_path: Path, month: str, target: int | None
    ) -> None:
        club = Club(tmp_path, shop_settings(kpis={"targets": [{"month": month, "amount": 30}]}), date(2026, 6, 30))
        club.trade(bought("a", 0, 15))
        rows = club.run(steps.kpi_periods, steps.sales_targets, steps.daily_kpis, steps.sales_figures).read()
        found = {
            row["period"]: row["target_value"]
            for row in rows.rows(named=True)
            if (row["metric"], row["scope"]) == ("net_amount", "total")
        }
        assert (found["month"], found["window"]) == (target, target)


PERIODS = [
    (date(2026, 3, 31), "month", date(2026, 3, 1), date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
    (date(2026, 3, 5), "month", date(2026, 3, 1), date(2026, 3, 5), date(2026, 2, 1), date(2026, 2, 5)),
    (date(2026, 1, 31), "month", date(2026, 1, 1), date(2026, 1, 31), date(2025, 12, 1), date(2025, 12, 31)),
    (date(2026, 3, 31), "day", date(2026, 3, 31), date(2026, 3, 31), date(2026, 3, 24), date(2026, 3, 24)),
    (date(2026, 3, 31), "window", date(2026, 3, 2), date(2026, 3, 31), date(2026, 1, 31), date(2026, 3, 1)),
]


@pytest.mark.parametrize(("as_of", "period", "first", "last", "before_first", "before_last"), PERIODS)
def test_periods(as_of: date, period: str, first: date, last: date, before_first: date, before_last: date) -> None:
    rows = {(name, now): (since, until) for name, now, since, until, _ in periods_frame(KpiSettings(), as_of).rows()}
    assert rows[period, True] == (first, last)
    assert rows[period, False] == (before_first, before_last)
