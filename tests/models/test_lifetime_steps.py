"""Tables of lifetime value from literal orders: summaries, margins, withheld forecasts, cohorts that add up."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from customer_shop import AS_OF, Purchase, Shop, aged, by_customer, shop_settings

from assets import lifetime
from pipeline.lake import Table
from pipeline.settings import Settings
from pipeline.workspace import Workspace


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def summaries(shop: Shop, *purchases: Purchase, more: tuple[dict[str, Any], ...] = ()) -> Table:
    orders = shop.orders(purchases, more)
    return lifetime.purchase_summaries(orders, engine=shop.engine, as_of=shop.as_of, path=shop.path("summaries"))


def values(shop: Shop, orders: Table, people: Table, lines: Table, forecasts: Table) -> Table:
    facts = shop.facts(orders, people)
    return lifetime.lifetime_values(
        facts, people, lines, forecasts, engine=shop.engine, settings=shop.settings, path=shop.path("values")
    )


def line(customer: str, net: Any, margin: Any, number: int = 0) -> dict[str, Any]:
    return {
        "order_key": f"pos:{customer}", "line_id": str(number), "customer_id": customer, "is_purchase": True,
        "net_amount": net, "margin_amount": margin, "ordered_on": AS_OF,
    }  # fmt: skip


def forecast_of(customer: str, amount: Any = 100) -> dict[str, Any]:
    return {
        "customer_id": customer, "expected_orders_12m": 2.0, "expected_revenue_12m_amount": amount,
        "revenue_12m_low_amount": 0, "revenue_12m_high_amount": 180, "lifetime_factor": 1.5,
        "method": "mean_held_out_time",
    }  # fmt: skip


class TestSummaries:
    def test_days_with_a_purchase_count_once(self, shop: Shop) -> None:
        """Bought 50, 50, 40 and 10 days ago: 2 repeat days, 40 days from first to last, mean 100 a day."""
        found = summaries(shop, ("ann", 50, 60), ("ann", 50, 40), ("ann", 40, 150), ("ann", 10, 50), ("bob", 7, 9.99))
        columns = ("repeat_count", "span_days", "known_days", "purchase_count", "bought_amount", "day_spend_fen")
        assert by_customer(found, *columns) == {
            "ann": (2, 40, 50, 4, Decimal(300), 10_000.0),
            "bob": (0, 0, 7, 1, Decimal("9.99"), 999.0),
        }
        assert by_customer(found, "log_gap_sum") == {"ann": pytest.approx(5.703782, abs=1e-6), "bob": 0.0}

    def test_what_is_no_purchase_or_nobodys_or_later_does_not_count(self, shop: Shop) -> None:
        others = (
            {"order_key": "pos:r", "customer_id": "ann", "ordered_on": aged(5), "net_amount": -10},
            {"order_key": "pos:n", "customer_id": None, "ordered_on": aged(5), "net_amount": 10, "is_purchase": True},
            {"order_key": "pos:l", "customer_id": "ann", "ordered_on": aged(-1), "net_amount": 1, "is_purchase": True},
        )
        found = summaries(shop, ("ann", 9, 5), more=others)
        assert by_customer(found, "repeat_count", "bought_amount") == {"ann": (0, Decimal(5))}


class TestValues:
    @pytest.mark.parametrize(
        ("why", "lines", "margin"),
        [
            ("all costs known", [line("ann", 100, 30), line("ann", 100, 40, 1)], Decimal(70)),
            ("4 % unknown are taken at the known rate", [line("ann", 192, 48), line("ann", 8, None, 1)], Decimal(50)),
            ("6 % unknown are too much", [line("ann", 188, 47), line("ann", 12, None, 1)], None),
            ("no costs", [line("ann", 200, None)], None),
        ],
    )
    def test_historic_margin(self, shop: Shop, why: str, lines: list[dict[str, Any]], margin: Decimal | None) -> None:
        orders, people = shop.orders([("ann", 3, 200)]), shop.people({"ann": None})
        found = values(shop, orders, people, shop.table("order_lines", lines), shop.table("lifetime_forecasts"))
        assert by_customer(found, "historic_revenue_amount", "historic_margin_amount") == {
            "ann": (Decimal(200), margin)
        }, why

    def test_future_margin_leans_on_the_shop(self, shop: Shop) -> None:
        """Shop: 100 of 400 is margin, a purchase is 200. Ann kept .4: (80 + 50) / 400 = .325; bob (20 + 50) / 400."""
        orders, people = shop.orders([("ann", 3, 200), ("bob", 3, 200)]), shop.people({"ann": None, "bob": None})
        lines = shop.table("order_lines", [line("ann", 200, 80), line("bob", 200, 20)])
        found = values(shop, orders, people, lines, shop.table("lifetime_forecasts", map(forecast_of, ("ann", "bob"))))
        told = by_customer(found, "expected_margin_12m_amount", "discounted_ltv_amount", "ltv_basis")
        assert told == {
            "ann": (Decimal("32.50"), Decimal("48.75"), "margin"),
            "bob": (Decimal("17.50"), Decimal("26.25"), "margin"),
        }

    def test_without_costs_money_is_told_as_revenue(self, shop: Shop) -> None:
        orders, people = shop.orders([("ann", 3, 200)]), shop.people({"ann": None})
        lines = shop.table("order_lines", [line("ann", 200, None)])
        found = values(shop, orders, people, lines, shop.table("lifetime_forecasts", [forecast_of("ann")]))
        told = by_customer(found, "expected_margin_12m_amount", "discounted_ltv_amount", "ltv_basis")
        assert told == {"ann": (None, Decimal(150), "revenue")}

    def test_the_past_of_all_but_no_future_of_the_withheld(self, shop: Shop) -> None:
        orders = shop.orders([(who, 3, 200) for who in ("ann", "kid", "out", "new")])
        people = shop.table(
            "customer_attributes",
            [
                {"customer_id": "ann"},
                {"customer_id": "kid", "is_minor": True},
                {"customer_id": "out", "profiling_opt_out": True},
                {"customer_id": "new"},
                {"customer_id": "never bought"},
            ],
        )
        forecasts = shop.table("lifetime_forecasts", map(forecast_of, ("ann", "kid", "out")))
        found = values(shop, orders, people, shop.table("order_lines"), forecasts)
        told = by_customer(found, "historic_revenue_amount", "expected_revenue_12m_amount", "abstained_because")
        assert told == {
            "ann": (Decimal(200), Decimal(100), None),
            "kid": (Decimal(200), None, "minor"),
            "out": (Decimal(200), None, "opted_out"),
            "new": (Decimal(200), None, "too_little_data"),
        }
        withheld = found.read().filter(pl.col("abstained_because").is_not_null())
        future = ("expected_orders_12m", "revenue_12m_low_amount", "revenue_12m_high_amount", "discounted_ltv_amount")
        assert all(withheld[name].null_count() == 3 for name in (*future, "method", "ltv_basis"))

    def test_cohorts_are_the_sums_of_their_customers(self, shop: Shop) -> None:
        ages = {"ann": 3, "bob": 4, "cat": 45, "dan": 80}
        orders = shop.orders([(who, age, "10.01") for who, age in ages.items()])
        people, lines = shop.people(dict.fromkeys(ages)), [line(who, "10.01", 3) for who in ages]
        forecasts = shop.table("lifetime_forecasts", [forecast_of(who, "33.33") for who in ("ann", "bob", "cat")])
        found = values(shop, orders, people, shop.table("order_lines", lines), forecasts)
        cohorts = lifetime.lifetime_cohorts(found, engine=shop.engine, path=shop.path("cohorts")).read()
        assert cohorts.select("cohort_on", "customer_count", "forecast_customer_count").rows() == [
            (date(2026, 4, 1), 1, 0), (date(2026, 5, 1), 1, 1), (date(2026, 6, 1), 2, 2),
        ]  # fmt: skip
        for name in ("historic_revenue_amount", "expected_revenue_12m_amount", "discounted_ltv_amount"):
            assert cohorts[name].sum() == found.read()[name].sum()


class TestWithoutEnough:
    def versions(self, shop: Shop, features: Table, found: Table, settings: Settings) -> Table:
        return lifetime.lifetime_versions(
            features, found, shop.table("lifetime_versions"), settings=settings, as_of=AS_OF,
            workspace=Workspace(shop.folder), path=shop.path("versions"),
        )  # fmt: skip

    def test_every_table_exists_for_a_shop_without_orders(self, shop: Shop) -> None:
        empty, features = summaries(shop), shop.table("customer_features")
        versions = self.versions(shop, features, empty, shop.settings)
        forecasts = lifetime.lifetime_forecasts(
            features, empty, versions, settings=shop.settings, as_of=AS_OF, path=shop.path("forecasts")
        )
        reports = lifetime.lifetime_reports(features, versions, settings=shop.settings, path=shop.path("reports"))
        assert [len(table.read()) for table in (empty, versions, forecasts, reports)] == [0, 0, 0, 0]

    def test_few_buyers_get_no_forecast_unless_settings_say_so(self, shop: Shop) -> None:
        """Three buyers: below ltv.min_buyers 200; with 2 the models of a young shop speak."""
        found = summaries(shop, ("ann", 200, 50), ("ann", 100, 50), ("bob", 150, 80), ("cat", 120, 20), ("cat", 3, 30))
        rows = found.read().with_columns(since_last_days=0, cutoff_on=aged(-1), is_scored=True)
        features = shop.table("customer_features", [self.feature_row(row) for row in rows.iter_rows(named=True)])
        told = {}
        for buyers in (200, 2):
            settings = shop_settings(ltv={"min_buyers": buyers})
            forecasts = lifetime.lifetime_forecasts(
                features, found, self.versions(shop, features, found, settings), settings=settings, as_of=AS_OF,
                path=shop.path("forecasts"),
            )  # fmt: skip
            told[buyers] = by_customer(forecasts, "method")
        assert told == {200: {}, 2: dict.fromkeys(("ann", "bob", "cat"), "btyd_young_shop")}

    @staticmethod
    def feature_row(summary: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in summary.items() if name != "day_spend_fen"}
