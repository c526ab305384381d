"""Messages, tickets and visits before a day, counted by hand; and a drawn slice tells what a whole one would."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from churn_shop import END, ChurnShop, simulated_orders
from customer_shop import shop_settings

from pipeline.lake import Table, write_table
from pipeline.predictions import steps
from pipeline.schemas.catalog import TABLES

TONIGHT = END + timedelta(days=1)
THEN = TONIGHT - timedelta(days=90)
EVERYBODY, NOBODY = "g", ""
COUNTS = (
    "contact_180d_count", "response_180d_count", "ticket_180d_count", "poor_ticket_count", "visits_30d_count",
    "visits_90d_count",
)  # fmt: skip


def at(age: int) -> datetime:
    """Noon of the day so many days before the day after as_of: 1 = as_of itself."""
    return datetime.combine(TONIGHT - timedelta(days=age), datetime.min.time()) + timedelta(hours=12)


def message(age: int, answered: int | None = None, who: str = "a", **more: Any) -> dict[str, Any]:
    moments = {"sent_at": at(age), "responded_at": None if answered is None else at(answered)}
    row = {"source": "log", "row_key": f"m{who}{age}", "profile_key": who, "is_control": False}
    return {**row, **moments, "has_delivery_column": False, **more}


def ticket(opened: int, closed: int | None, score: int | None, who: str = "a") -> dict[str, Any]:
    moments = {"opened_at": at(opened), "closed_at": None if closed is None else at(closed)}
    return {"source": "desk", "row_key": f"t{opened}", "profile_key": who, "satisfaction_score": score, **moments}


def visit(age: int, who: str = "a") -> dict[str, Any]:
    return {"source": "web", "row_key": f"v{who}{age}", "profile_key": who, "event_at": at(age)}


def counted(
    shop: ChurnShop, below: str, contacts: list[Any] | None = None, tickets: list[Any] | None = None,
    visits: list[Any] | None = None,
) -> dict[tuple[str, date], tuple[int, ...]]:  # fmt: skip
    """Counts by customer and cutoff; profile a of every source is ann, b is bob, others are nobody's."""
    rows = [(TONIGHT, EVERYBODY, True), (THEN, below, False)]
    cutoffs = pl.DataFrame(rows, schema=["cutoff_on", "draw_below", "is_scored"], orient="row").with_columns(
        has_outcome=~pl.col("is_scored"), has_year_outcome=pl.lit(value=False), has_year_before=pl.lit(value=True)
    )
    people = [
        {"source": source, "profile_key": key, "customer_id": who}
        for source in ("log", "desk", "web")
        for key, who in (("a", "ann"), ("b", "bob"))
    ]
    table: Callable[..., Table] = shop.shop.table
    found = steps.contact_features(
        write_table(TABLES["feature_cutoffs"], cutoffs, shop.shop.path("cutoffs")),
        table("customer_profiles", people),
        table("clean_campaign_contacts", contacts or []),
        table("clean_tickets", tickets or []),
        table("clean_events", visits or []),
        engine=shop.shop.engine,
        path=shop.shop.path("contacts"),
    ).read()
    return {(row["customer_id"], row["cutoff_on"]): tuple(row[name] for name in COUNTS) for row in found.to_dicts()}


def test_messages_of_180_days_and_their_answers_by_their_own_day(churn_shop: Callable[..., ChurnShop]) -> None:
    """Tonight the message of 180 days ago counts and that of 181 does not; the answer of 80 days ago came later."""
    told = [message(180), message(181), message(100, answered=80), message(100, who="b", is_control=True)]
    found = counted(churn_shop(), EVERYBODY, contacts=told)
    assert found == {("ann", TONIGHT): (2, 1, 0, 0, 0, 0), ("ann", THEN): (3, 0, 0, 0, 0, 0)}


def test_a_message_counts_from_its_delivery_where_exports_tell_it(churn_shop: Callable[..., ChurnShop]) -> None:
    told = [message(95, has_delivery_column=True, delivered_at=at(85)), message(94, has_delivery_column=True)]
    assert counted(churn_shop(), EVERYBODY, contacts=told) == {("ann", TONIGHT): (1, 0, 0, 0, 0, 0)}


def test_a_poor_mark_comes_with_the_close_and_never_grows_old(churn_shop: Callable[..., ChurnShop]) -> None:
    told = [ticket(100, 80, 1), ticket(300, 299, 2), ticket(250, 249, 3), ticket(20, None, None)]
    found = counted(churn_shop(), EVERYBODY, tickets=told)
    assert found == {("ann", TONIGHT): (0, 0, 2, 2, 0, 0), ("ann", THEN): (0, 0, 2, 1, 0, 0)}


def test_visits_of_30_and_90_days(churn_shop: Callable[..., ChurnShop]) -> None:
    told = [visit(age) for age in (1, 30, 31, 90, 91, 120, 180, 181)] + [visit(5, "b"), visit(5, "c")]
    found = counted(churn_shop(), EVERYBODY, visits=told)
    assert found == {
        ("ann", TONIGHT): (0, 0, 0, 0, 2, 4),
        ("ann", THEN): (0, 0, 0, 0, 2, 3),
        ("bob", TONIGHT): (0, 0, 0, 0, 1, 1),
    }


def test_who_was_not_drawn_is_in_no_slice_but_tonights(churn_shop: Callable[..., ChurnShop]) -> None:
    assert set(counted(churn_shop(), NOBODY, visits=[visit(5), visit(100)])) == {("ann", TONIGHT)}


@pytest.mark.parametrize("wanted", [1000, 20_000])
def test_a_drawn_slice_tells_of_its_customers_what_the_whole_would(
    churn_shop: Callable[..., ChurnShop], wanted: int
) -> None:
    """Refunds, articles and outcomes too: which customers are drawn changes no figure of any of them."""
    told = simulated_orders(1600, 400)
    found = []
    for settings in ({"training_customers": wanted}, {"training_customers": 1500}):
        shop = churn_shop(predictions=settings)
        orders = shop.orders(told)
        some = orders.read().gather_every(7)
        refunds = shop.write(
            "refunds",
            some.select(
                "order_key", "customer_id", refund_id="order_key", refunded_on=pl.col("ordered_on").dt.offset_by("9d"),
                refund_amount="paid_amount", is_netted=pl.lit(value=True), refund_origin=pl.lit("refund_file"),
            ),
        )  # fmt: skip
        lines = shop.write(
            "order_lines",
            orders.read().select(
                "order_key", "customer_id", "ordered_on", "paid_amount", line_id="order_key", line_kind=pl.lit("goods"),
                sku=pl.col("paid_amount").cast(pl.String).str.slice(0, 1), category=pl.lit("tea"),
            ),
        )  # fmt: skip
        found.append(shop.features(orders, refunds, lines).read())
    assert shop_settings().predictions.training_customers == 20_000
    both = found[0].join(found[1].select("cutoff_on", "customer_id"), on=["cutoff_on", "customer_id"], how="semi")
    same = found[1].join(found[0].select("cutoff_on", "customer_id"), on=["cutoff_on", "customer_id"], how="semi")
    assert both.equals(same)
    assert both["cutoff_on"].n_unique() == found[0]["cutoff_on"].n_unique()
    assert both["return_count"].sum() > 0
    assert both["sku_count"].max() > 1
    assert found[0].height != found[1].height
