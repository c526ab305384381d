"""Every figure of the shop has words, and segments that are counted are real ones."""

import re
from typing import Any

import pytest
from customer_shop import shop_settings
from member_club import Club, bought

from pipeline.errors import SettingsError
from pipeline.kpis import definitions, steps
from pipeline.segments.steps import segment_definitions

FIGURES = (
    steps.kpi_periods,
    steps.sales_targets,
    steps.daily_kpis,
    steps.sales_figures,
    steps.buyer_figures,
    steps.service_figures,
    steps.member_figures,
    steps.segment_figures,
    steps.kpi_summary,
    segment_definitions,
    definitions.kpi_definitions,
)


def test_every_figure_is_told_in_words(club: Club) -> None:
    club.trade(bought("a", 1, 10, store_id="S1"))
    club.write("customer_attributes", [{"customer_id": "a", "is_member": True}])
    club.write("clean_tickets", [{"source": "desk", "row_key": "1", "ticket_id": "1"}])
    club.write("points_liabilities", [{"tier": "standard", "member_count": 1}])
    club.run(*FIGURES)
    told = {row["metric"]: row for row in club.made["kpi_definitions"].read().rows(named=True)}
    assert set(club.made["kpi_summary"].read()["metric"]) == set(told)
    assert all(row[column] for row in told.values() for column in ("label_zh", "label_en", "rule_zh", "rule_en"))


def test_windows_are_those_of_the_settings() -> None:
    words = {metric: rest for metric, *rest in definitions.words_of(shop_settings(kpis={"churn_window_days": 60}))}
    assert words["churn_rate"][3] == (
        "of the buyers of the 60 days before the last 60, the share without a purchase in the last 60"
    )
    for metric, (_, _, zh, en) in words.items():
        assert set(re.findall(r"\d+", zh)) == set(re.findall(r"\d+", en)), metric


def test_a_counted_segment_is_counted_also_when_it_is_empty(club: Club) -> None:
    members = [{"segment": "slowing_customers", "customer_id": who} for who in "ab"]
    club.write("segment_members", [*members, {"segment": "order_due", "customer_id": "a"}])
    rows = club.run(steps.segment_figures).read().select("metric", "kpi_value").rows()
    assert rows == [("churn_warning_count", 2), ("growth_opportunity_count", 0)]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"warned": "slowing_custommers"}, "Did you mean slowing_customers?"),
        ({"churn_rate": "slowing_customers"}, "is the name of another figure"),
    ],
)
def test_nonsense_is_refused(counts: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(message)):
        definitions.check_names(shop_settings(kpis={"segment_counts": counts}), ["slowing_customers"])
