"""The SQL and the plain Python of naive_tags agree, customer by customer, on random shops and on finished nights."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from customer_shop import AS_OF, aged, shop_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_tags import TAGS, Given, Rows, naive_tags
from tag_shop import SOURCES, Event, Line, Sale, TagShop, World

from pipeline.settings import load_settings
from pipeline.snapshots import Snapshot, SnapshotStore
from pipeline.tag_settings import TaggingSettings
from pipeline.workspace import Workspace

SMALL = {"discount_orders": 2, "affinity_orders": 2, "weekend_orders": 2, "night_orders": 1, "preference_lines": 2}
"""Smaller counts than the defaults, so that small shops reach them."""
LINES = st.builds(
    Line,
    sku=st.sampled_from(["s1", "s2", "s3", "s4"]),
    category=st.sampled_from(["tea", "coffee", "jam", None]),
    price=st.sampled_from([5_000, 10_000, 33_333, 250_000]),
    discount=st.sampled_from([0, 0, 1, 2_500, 5_000, None]),
    refund=st.sampled_from([0, 0, 0, 1, 2_500]),
    kind=st.sampled_from(["goods", "goods", "goods", "service"]),
)
AGES = st.one_of(st.integers(0, 40), st.sampled_from([59, 60, 89, 90, 180, 270, 364, 365, 366, 500]))
PEOPLE = st.sampled_from([*"abcdefgh", None])
SALES = st.builds(
    Sale,
    who=PEOPLE,
    age=AGES,
    lines=st.lists(LINES, min_size=1, max_size=3).map(tuple),
    channel=st.sampled_from(["pos", "jd"]),
    at=st.sampled_from([time(0), time(5, 59), time(6), time(12), time(22)]),
    is_unpaid=st.sampled_from([False, False, False, True]),
)
EVENTS = st.builds(
    Event,
    who=st.sampled_from("abcdefgh"),
    age=st.integers(0, 40),
    kind=st.sampled_from(["cart", "view"]),
    sku=st.sampled_from(["s1", "s2", None]),
)
LAUNCHES = st.dictionaries(st.sampled_from(["s1", "s2"]), st.integers(0, 90), max_size=2)


def shown(given_tags: Mapping[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    return sorted((tag, who, value) for (who, tag), value in given_tags.items())


@given(sales=st.lists(SALES, min_size=10, max_size=60), events=st.lists(EVENTS, max_size=10), launches=LAUNCHES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_shops(tmp_path: Path, sales: list[Sale], events: list[Event], launches: dict[str, int]) -> None:
    shop = TagShop(tmp_path, shop_settings(sources=SOURCES, tagging=SMALL))
    launched = {sku: aged(age) for sku, age in launches.items()}
    world = World(sales, events, products={sku: {"launched_on": day} for sku, day in launched.items()})
    rows = Rows(
        shop.order_rows(sales),
        shop.line_rows(sales),
        [(event.who, event.kind, aged(event.age), event.sku) for event in events],
        launched,
        AS_OF,
        TaggingSettings(**SMALL),
    )
    assert shown(shop.given(world, *TAGS)) == shown(naive_tags(rows))


def rows_of(snapshot: Snapshot, as_of: date, rules: TaggingSettings) -> Rows:
    """What the naive tags are made of, from a finished night."""

    def read(name: str, *columns: str) -> list[dict[str, Any]]:
        return snapshot.table(name).scan().select(columns).collect().to_dicts()

    owners = snapshot.table("customer_profiles").scan().select("source", "profile_key", "customer_id")
    events = snapshot.table("clean_events").scan().join(owners, on=["source", "profile_key"])
    told = events.select("customer_id", "event_type", pl.col("event_at").dt.date(), "sku").collect()
    launches = read("clean_products", "sku", "launched_on")
    launched: dict[str, date] = {}
    for row in launches:
        if row["launched_on"] is not None:
            launched[row["sku"]] = min(launched.get(row["sku"], row["launched_on"]), row["launched_on"])
    orders = read(
        "orders", "customer_id", "ordered_on", "ordered_at", "is_purchase", "excluded_because", "net_amount",
        "refund_amount", "channel",
    )  # fmt: skip
    lines = read(
        "order_lines", "customer_id", "order_key", "ordered_on", "is_purchase", "excluded_because", "line_kind", "sku",
        "category", "list_amount", "discount_amount", "paid_amount", "net_amount",
    )  # fmt: skip
    return Rows(orders, lines, told.rows(), launched, as_of, rules)


def test_the_sample_retailer(published_sample: Workspace) -> None:
    snapshot = SnapshotStore(published_sample.snapshots).current()
    assert snapshot is not None
    expected = naive_tags(rows_of(snapshot, snapshot.as_of, load_settings(published_sample.settings_file).tagging))
    tags = snapshot.table("customer_tags").read().filter(pl.col("tag").is_in(list(TAGS)))
    made: Given = {(who, tag): value for who, tag, value in tags.select("customer_id", "tag", "value").iter_rows()}
    assert shown(made) == shown(expected)
    assert len({tag for _, tag in made}) >= 9, Counter(tag for _, tag in made)


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_an_empty_shop_has_no_tags(tag: Callable[[Rows], Given]) -> None:
    assert tag(Rows([], [], [], {}, AS_OF, TaggingSettings())) == {}
